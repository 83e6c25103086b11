"""Elaboration: what a script means, as core."""
