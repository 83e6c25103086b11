"""DWARF 4 and 5, read by our own scanner: only what is asked for, unit by unit."""
