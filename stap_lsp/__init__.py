"""The command `stap-lsp` and its language server: clients of `translator.analysis`."""

__version__ = "0.1.0"
