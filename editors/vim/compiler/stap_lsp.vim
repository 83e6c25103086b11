" :compiler stap_lsp | make — the diagnostics of `stap-lsp check` in the quickfix list.
if exists('current_compiler')
  finish
endif
let current_compiler = 'stap_lsp'

if exists(':CompilerSet') != 2
  command -nargs=* CompilerSet setlocal <args>
endif

let s:cpo = &cpo
set cpo&vim

let s:check = stap_lsp#program()
execute 'CompilerSet makeprg=' . escape((empty(s:check) ? 'stap-lsp' : shellescape(s:check)) . ' check --output-format gcc %:S', ' |"\')
CompilerSet errorformat=%E%f:%l:%c:\ error:\ %m\ [%[%^]]%#],
      \%W%f:%l:%c:\ warning:\ %m\ [%[%^]]%#],
      \%I%f:%l:%c:\ note:\ %m,
      \%-G%.%#

let &cpo = s:cpo
unlet s:cpo s:check
