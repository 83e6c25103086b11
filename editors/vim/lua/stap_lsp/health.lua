-- :checkhealth stap_lsp

local M = {}

local health = vim.health or require('health')
local start = health.start or health.report_start
local ok = health.ok or health.report_ok
local warn = health.warn or health.report_warn
local fail = health.error or health.report_error

function M.check()
  start('stap-lsp')
  local program = require('stap_lsp').program()
  if not program then
    fail(vim.fn['stap_lsp#missing']())
    return
  end
  ok('program: ' .. program)
  local version = vim.fn.system({ program, '--version' })
  if vim.v.shell_error == 0 then
    ok('version: ' .. vim.trim(version))
  else
    fail('it does not run: ' .. vim.trim(version))
  end
  if vim.g.stap_lsp_no_server == 1 then
    warn('the server is not started: g:stap_lsp_no_server is set')
  elseif vim.fn.has('nvim-0.11') == 1 then
    ok('started by vim.lsp.enable()')
  else
    ok('started for each systemtap buffer')
  end
end

return M
