" Highlighting of SystemTap scripts. What follows later wins over what stands before it.
if exists('b:current_syntax')
  finish
endif

let s:cpo = &cpo
set cpo&vim

syn include @systemtapC syntax/c.vim
unlet! b:current_syntax

syn case match

syn match systemtapOperator "<<<\|->\|=\~\|!\~"
syn match systemtapNumber "\<\%(0[xX]\x\+\|\d\+\)\>"
syn match systemtapCall "\<\h\w*\ze\s*("
syn match systemtapPrint "\<s\?print\%(f\|ln\|dln\|d\)\?\ze\s*("
syn match systemtapPrint "\<\%(log\|warn\|error\|exit\)\ze\s*("

" Words after a dot or an arrow are names of components and members, never keywords.
syn match systemtapConditional "\%([.>$@]\)\@1<!\<\%(if\|else\)\>"
syn match systemtapRepeat "\%([.>$@]\)\@1<!\<\%(while\|for\|foreach\|in\|limit\)\>"
syn match systemtapStatement "\%([.>$@]\)\@1<!\<\%(return\|next\|delete\|break\|continue\)\>"
syn match systemtapException "\%([.>$@]\)\@1<!\<\%(try\|catch\)\>"
syn match systemtapStorage "\%([.>$@]\)\@1<!\<\%(global\|private\)\>"
syn match systemtapType "\%([.>$@]\)\@1<!\<\%(long\|string\)\>"
syn match systemtapDeclaration "\%([.>$@]\)\@1<!\<function\>" nextgroup=systemtapFunction skipwhite
syn match systemtapFunction "\h\w*" contained

syn match systemtapMacro "@\h\w*"
syn match systemtapDefine "@define\>" nextgroup=systemtapFunction skipwhite
syn match systemtapAt "@\%(cast\|defined\|probewrite\|entry\|perf\|var\|const\|enum\|enumname\)\>"
syn match systemtapAt "@\%(kregister\|uregister\|kderef\|uderef\)\>"
syn match systemtapAt "@\%(count\|sum\|min\|max\|avg\|variance\|hist_log\|hist_linear\)\>"
syn match systemtapTarget "\$\+\h\w*\$*"
syn match systemtapArgument "[$@]\%(\d\+\|#\)"

syn match systemtapPreprocessor "%(\|%)\|%?\|%:"
syn match systemtapPreprocessorWord "\<\%(kernel_vr\?\|systemtap_v\|systemtap_privilege\|guru_mode\|CONFIG_\w\+\)\>"

syn match systemtapFormat "%[-+# 0]*\%(\*\|\d\+\)\?\%(\.\%(\*\|\d\+\)\)\?\%(hh\|h\|ll\|l\)\?[bcdimMopsuxX]\|%%" contained
syn match systemtapEscape "\\\%(x\x\+\|\o\{1,3}\|.\|$\)" contained
syn region systemtapString start=+"+ skip=+\\\\\|\\"\|\\$+ end=+"\|$+ contains=systemtapFormat,systemtapEscape

" A probe's header: from the keyword to the brace of its handler.
syn region systemtapProbe matchgroup=systemtapDeclaration
      \ start="\%([.>$@]\)\@1<!\<probe\>"
      \ end="\ze{\%([[:alnum:]_*?.]*,[[:alnum:]_*?.,]*}\)\@!"
      \ end="^\ze\%(probe\|function\|global\|private\)\>"
      \ contains=systemtapPoint,systemtapAlias,systemtapString,systemtapNumber,systemtapArgument,systemtapTarget,systemtapConditional,systemtapPreprocessor,systemtapPreprocessorWord,systemtapComment,systemtapLineComment
syn match systemtapPoint "[[:alpha:]_*][[:alnum:]_*?]*" contained
syn match systemtapAlias "\h[[:alnum:]_.]*\ze\s*+\?==\@!" contained

syn region systemtapEmbeddedC matchgroup=systemtapPreprocessor start="%{" end="%}" contains=@systemtapC keepend

syn keyword systemtapTodo TODO FIXME XXX NOTE contained
syn match systemtapLineComment "//.*$" contains=systemtapTodo,@Spell
syn match systemtapLineComment "\%([$@]\)\@1<!#.*$" contains=systemtapTodo,@Spell
syn region systemtapComment start="/\*" end="\*/" contains=systemtapTodo,@Spell

syn sync minlines=200

hi def link systemtapLineComment Comment
hi def link systemtapComment Comment
hi def link systemtapTodo Todo
hi def link systemtapString String
hi def link systemtapEscape SpecialChar
hi def link systemtapFormat SpecialChar
hi def link systemtapNumber Number
hi def link systemtapDeclaration Keyword
hi def link systemtapPoint Type
hi def link systemtapAlias Function
hi def link systemtapFunction Function
hi def link systemtapCall Function
hi def link systemtapPrint Special
hi def link systemtapStorage StorageClass
hi def link systemtapType Type
hi def link systemtapConditional Conditional
hi def link systemtapRepeat Repeat
hi def link systemtapStatement Statement
hi def link systemtapException Exception
hi def link systemtapOperator Operator
hi def link systemtapAt Operator
hi def link systemtapMacro Macro
hi def link systemtapDefine Define
hi def link systemtapTarget Identifier
hi def link systemtapArgument Special
hi def link systemtapPreprocessor PreProc
hi def link systemtapPreprocessorWord PreProc

let b:current_syntax = 'systemtap'

let &cpo = s:cpo
unlet s:cpo
