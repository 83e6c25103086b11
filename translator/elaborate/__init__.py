"""Aliases expanded, probes derived, bodies lowered to core: what runtimes are given."""
