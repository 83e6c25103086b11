-- Neovim 0.11 and later: the configuration that vim.lsp.enable('stap_lsp') reads.
return {
  cmd = function(dispatchers)
    return vim.lsp.rpc.start({ require('stap_lsp').program() or 'stap-lsp', 'serve' }, dispatchers)
  end,
  filetypes = { 'systemtap' },
  root_markers = { 'stap-lsp.toml', 'pyproject.toml', '.git' },
}
