" Comments, completion, and the commands that run the script of this buffer.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

let s:cpo = &cpo
set cpo&vim

setlocal comments=sO:*\ -,mO:*\ \ ,exO:*/,s1:/*,mb:*,ex:*/,://,b:#
setlocal commentstring=//\ %s
setlocal formatoptions-=t formatoptions+=croql
setlocal suffixesadd=.stp,.stpm
setlocal define=^\\s*\\(function\\\|probe\\\|global\\\|@define\\)
let b:match_words = '%(:%?:%::%),%{:%}'

command! -buffer -nargs=* StapRun call stap_lsp#run([<f-args>])
command! -buffer StapStop call stap_lsp#stop()

let b:undo_ftplugin = 'setlocal comments< commentstring< formatoptions< suffixesadd< define<'
      \ . ' | unlet! b:match_words'
      \ . ' | silent! delcommand -buffer StapRun'
      \ . ' | silent! delcommand -buffer StapStop'

let &cpo = s:cpo
unlet s:cpo
