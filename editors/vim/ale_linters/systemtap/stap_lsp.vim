" The language server in ALE (dense-analysis/ale).
call ale#linter#Define('systemtap', {
      \ 'name': 'stap_lsp',
      \ 'lsp': 'stdio',
      \ 'executable': {_ -> stap_lsp#program()},
      \ 'command': '%e serve',
      \ 'project_root': {buffer -> fnamemodify(bufname(buffer), ':p:h')},
      \ })
