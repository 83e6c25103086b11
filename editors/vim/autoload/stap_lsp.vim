" Finding the program, and running a script into a scratch buffer, in Vim and in Neovim.
"
" A program in a workspace's own .venv is never taken by itself: opening a file must not run what
" came with it. Name it in g:stap_lsp_path, or activate the environment.

let s:buffer_name = 'stap-lsp://run'
let s:patience_ms = 5000
let s:run = {}

" The path of stap-lsp, or '' when there is none.
function! stap_lsp#program() abort
  for path in [get(g:, 'stap_lsp_path', ''), $STAP_LSP]
    if !empty(path)
      return executable(expand(path)) ? expand(path) : ''
    endif
  endfor
  return exepath('stap-lsp')
endfunction

function! stap_lsp#missing() abort
  for [source, path] in [['g:stap_lsp_path', get(g:, 'stap_lsp_path', '')], ['STAP_LSP', $STAP_LSP]]
    if !empty(path)
      return path . ', named by ' . source . ', is not a program: correct it, or unset it to search PATH'
    endif
  endfor
  return 'stap-lsp was not found: install it (pipx install stap-lsp) or name it in g:stap_lsp_path'
endfunction

function! stap_lsp#running() abort
  return !empty(s:run)
endfunction

" Words before `--` are options of `stap-lsp run`, words after it are the script's own.
function! stap_lsp#run(words) abort
  if stap_lsp#running()
    return s:complain(fnamemodify(s:run.script, ':t') . ' is still running: :StapStop ends it')
  endif
  let program = stap_lsp#program()
  if empty(program)
    return s:complain(stap_lsp#missing())
  endif
  if empty(expand('%'))
    return s:complain('this script has no file yet: :write it first')
  endif
  update
  let split = index(a:words, '--')
  let options = split < 0 ? a:words : split == 0 ? [] : a:words[: split - 1]
  let arguments = split < 0 ? [] : a:words[split + 1 :]
  let script = expand('%:p')
  let prefix = get(g:, 'stap_lsp_run_prefix', [])
  let command = prefix + [program, 'run'] + options + [script] + arguments
  let s:run = {'script': script, 'prefix': prefix, 'buffer': s:open_buffer(), 'stopping': 0,
        \ 'partial': {'stdout': '', 'stderr': ''}}
  call s:append(['$ ' . join(command)])
  call s:start(command, fnamemodify(script, ':h'))
endfunction

" Interrupts the script, so that its end probes run; insists when that does not help.
function! stap_lsp#stop() abort
  if !stap_lsp#running()
    return s:complain('no script is running')
  endif
  if !s:run.stopping
    let s:run.stopping = 1
    call s:signal(s:run, ['INT', 'TERM', 'KILL'])
  endif
endfunction

function! s:signal(run, names) abort
  if s:run isnot a:run
    return
  endif
  if empty(a:names)
    let a:run.stopping = 0
    return
  endif
  call system('kill -' . a:names[0] . ' ' . a:run.pid)
  if v:shell_error && !empty(a:run.prefix)
    " The prefix made the run another user's: only the same prefix may signal it.
    call system(join(map(a:run.prefix + ['kill', '-' . a:names[0], a:run.pid], 'shellescape(v:val)')))
  endif
  call timer_start(s:patience_ms, {-> s:signal(a:run, a:names[1:])})
endfunction

if has('nvim')
  function! s:start(command, directory) abort
    let run = s:run
    try
      let job = jobstart(a:command, {
            \ 'cwd': a:directory, 'stdin': 'null',
            \ 'on_stdout': {_, lines, __ -> s:on_chunk(run, 'stdout', lines)},
            \ 'on_stderr': {_, lines, __ -> s:on_chunk(run, 'stderr', lines)},
            \ 'on_exit': {_, code, __ -> s:ended(run, code)}})
    catch
      return s:not_started(v:exception)
    endtry
    if job <= 0
      return s:not_started('job table full or command not executable')
    endif
    let run.pid = jobpid(job)
  endfunction
else
  function! s:start(command, directory) abort
    let run = s:run
    let run.waiting = 2
    let job = job_start(a:command, {
          \ 'cwd': a:directory, 'in_io': 'null',
          \ 'out_mode': 'raw', 'err_mode': 'raw',
          \ 'out_cb': {_, text -> s:on_chunk(run, 'stdout', split(text, "\n", 1))},
          \ 'err_cb': {_, text -> s:on_chunk(run, 'stderr', split(text, "\n", 1))},
          \ 'close_cb': {_ -> s:ended_in_part(run)},
          \ 'exit_cb': {_, code -> s:ended_in_part(extend(run, {'code': code}))}})
    if job_status(job) ==# 'fail'
      return s:not_started('the command could not be executed')
    endif
    let run.pid = job_info(job).process
  endfunction

  " The end of the process and the end of its output come in either order.
  function! s:ended_in_part(run) abort
    let a:run.waiting -= 1
    if a:run.waiting == 0
      call s:ended(a:run, a:run.code)
    endif
  endfunction
endif

" The first item of a chunk continues the last item of the chunk before it.
function! s:on_chunk(run, stream, lines) abort
  if s:run is a:run
    let lines = copy(a:lines)
    let lines[0] = a:run.partial[a:stream] . lines[0]
    let a:run.partial[a:stream] = remove(lines, -1)
    call s:append(lines)
  endif
endfunction

function! s:ended(run, code) abort
  if s:run isnot a:run
    return
  endif
  call s:append(filter(values(a:run.partial), '!empty(v:val)'))
  call s:append(['[exit ' . a:code . ']'])
  let s:run = {}
endfunction

function! s:not_started(reason) abort
  call s:append(['[could not start: ' . a:reason . ']'])
  let s:run = {}
endfunction

function! s:open_buffer() abort
  let origin = win_getid()
  let buffer = bufnr('^' . s:buffer_name . '$')
  if buffer > 0 && bufwinid(buffer) >= 0
    call win_gotoid(bufwinid(buffer))
  else
    execute 'botright 12split' fnameescape(s:buffer_name)
  endif
  setlocal buftype=nofile bufhidden=hide noswapfile nobuflisted nowrap nonumber
  silent %delete _
  let buffer = bufnr('%')
  call win_gotoid(origin)
  return buffer
endfunction

" Adds lines at the end; windows that look at the end stay there.
function! s:append(lines) abort
  if empty(s:run) || empty(a:lines) || !bufexists(s:run.buffer)
    return
  endif
  let buffer = s:run.buffer
  let last = getbufinfo(buffer)[0].linecount
  let fresh = last == 1 && getbufline(buffer, 1) ==# ['']
  let followers = filter(win_findbuf(buffer), {_, window -> line('.', window) == last})
  if fresh
    call setbufline(buffer, 1, a:lines)
  else
    call appendbufline(buffer, '$', a:lines)
  endif
  let excess = getbufinfo(buffer)[0].linecount - get(g:, 'stap_lsp_run_lines', 100000)
  if excess > 0
    silent call deletebufline(buffer, 1, excess)
  endif
  for window in followers
    call win_execute(window, 'normal! G')
  endfor
endfunction

function! s:complain(message) abort
  echohl ErrorMsg
  echomsg 'stap-lsp: ' . a:message
  echohl None
endfunction
