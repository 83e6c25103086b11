" One step in for each line that leaves a bracket open, one out for each that begins by closing one.
if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=SystemtapIndent(v:lnum)
setlocal indentkeys=0{,0},0),0],!^F,o,O,e
let b:undo_indent = 'setlocal indentexpr< indentkeys<'

if exists('*SystemtapIndent')
  finish
endif

function! SystemtapIndent(lnum) abort
  let previous = prevnonblank(a:lnum - 1)
  if previous == 0
    return 0
  endif
  let indent = indent(previous) + shiftwidth() * (s:opened(getline(previous)) > 0)
  let line = s:code(getline(previous))
  " An if, while or for without braces holds the one statement that follows it.
  if line =~# '^\s*\%(if\|while\|for\|foreach\)\>.*)\s*$' || line =~# '^\s*}\?\s*else\s*$'
    let indent += shiftwidth()
  elseif s:holds_one(prevnonblank(previous - 1)) && line !~# '^\s*[{}]'
    let indent -= shiftwidth()
  endif
  if getline(a:lnum) =~# '^\s*\%([])}]\|%[})]\)'
    let indent -= shiftwidth()
  elseif getline(a:lnum) =~# '^\s*{' && s:holds_one(previous)
    let indent -= shiftwidth()
  endif
  return max([0, indent])
endfunction

function! s:holds_one(lnum) abort
  let line = s:code(getline(a:lnum))
  return line =~# '^\s*\%(if\|while\|for\|foreach\)\>.*)\s*$' || line =~# '^\s*}\?\s*else\s*$'
endfunction

" Brackets left open by a line, not counting closers it begins with.
function! s:opened(line) abort
  let depth = 0
  for bracket in split(substitute(substitute(s:code(a:line), '^\s*[])}]\+', '', ''), '[^][(){}]', '', 'g'), '\zs')
    let depth += bracket =~# '[[({]' ? 1 : -1
  endfor
  return depth
endfunction

" The line without its strings and comments.
function! s:code(line) abort
  let line = substitute(a:line, '"\%(\\.\|[^"\\]\)*"', '""', 'g')
  return substitute(line, '/\*.\{-}\*/\|//.*$\|[$@]\@1<!#.*$\|^\s*/\?\*.*$', '', 'g')
endfunction
