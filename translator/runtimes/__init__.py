"""Where programs run.  `protocol.py` is the contract, `registry.py` the list."""
