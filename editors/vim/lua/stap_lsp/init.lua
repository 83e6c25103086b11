-- The language server in Neovim 0.7 to 0.10; later versions read lsp/stap_lsp.lua.

local M = {}

local clients = {} -- root directory to client id, for Neovim 0.7, which has no vim.lsp.start

---The path of stap-lsp, or nil.
function M.program()
  local path = vim.fn['stap_lsp#program']()
  return path ~= '' and path or nil
end

local function root_of(buffer)
  local directory = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ':p:h')
  for _, marker in ipairs({ 'stap-lsp.toml', 'pyproject.toml', '.git' }) do
    local found = vim.fn.finddir(marker, directory .. ';')
    if found == '' then
      found = vim.fn.findfile(marker, directory .. ';')
    end
    if found ~= '' then
      local path = vim.fn.fnamemodify(found, ':p'):gsub('/$', '')
      return vim.fn.fnamemodify(path, ':h')
    end
  end
  return directory
end

---Starts the server for the current buffer, or attaches the buffer to the one that runs.
function M.start()
  local program = M.program()
  if not program then
    vim.notify_once(vim.fn['stap_lsp#missing'](), vim.log.levels.WARN)
    return
  end
  local root = root_of(0)
  local config = { name = 'stap-lsp', cmd = { program, 'serve' }, root_dir = root }
  if vim.lsp.start then
    vim.lsp.start(config)
    return
  end
  config.on_exit = function()
    clients[root] = nil
  end
  clients[root] = clients[root] or vim.lsp.start_client(config)
  if clients[root] then
    vim.lsp.buf_attach_client(0, clients[root])
    vim.bo.omnifunc = 'v:lua.vim.lsp.omnifunc'
  end
end

return M
