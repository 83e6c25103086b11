"""What binaries and the kernel say of themselves: ELF, DWARF, BTF, symbols."""
