" Starts the language server: with Neovim's own client, or with the client plug-in that Vim has.
" ALE finds ale_linters/systemtap/stap_lsp.vim by itself.
if exists('g:loaded_stap_lsp') || get(g:, 'stap_lsp_no_server', 0)
  finish
endif
let g:loaded_stap_lsp = 1

if has('nvim-0.11')
  lua vim.lsp.enable('stap_lsp')
  finish
endif

augroup stap_lsp
  autocmd!
  if has('nvim')
    autocmd FileType systemtap lua require('stap_lsp').start()
  else
    autocmd User lsp_setup call s:vim_lsp()
    autocmd User LspSetup call s:yegappan()
    autocmd VimEnter * call s:yegappan()
  endif
augroup END

" prabirshrestha/vim-lsp
function! s:vim_lsp() abort
  if exists('*lsp#register_server') && !empty(stap_lsp#program())
    call lsp#register_server({
          \ 'name': 'stap-lsp',
          \ 'cmd': {_ -> [stap_lsp#program(), 'serve']},
          \ 'allowlist': ['systemtap'],
          \ })
  endif
endfunction

" yegappan/lsp
function! s:yegappan() abort
  if exists('*LspAddServer') && !exists('s:added') && !empty(stap_lsp#program())
    let s:added = 1
    call LspAddServer([{
          \ 'name': 'stap-lsp',
          \ 'filetype': ['systemtap'],
          \ 'path': stap_lsp#program(),
          \ 'args': ['serve'],
          \ }])
  endif
endfunction
