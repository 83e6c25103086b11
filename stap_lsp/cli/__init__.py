"""The commands of `stap-lsp`, one file each.  They import no protocol library."""
