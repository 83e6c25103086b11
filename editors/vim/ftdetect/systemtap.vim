" `set`, not `setfiletype`: the built-in detection has already said `stp` (Stored Procedures).
autocmd BufNewFile,BufRead *.stp,*.stpm set filetype=systemtap
autocmd BufNewFile,BufRead *
      \ if &filetype !=# 'systemtap' && getline(1) =~# '^#!.*\<stap' |
      \   set filetype=systemtap |
      \ endif
