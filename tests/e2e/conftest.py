"""The editors and the program they are tested with.

The program under test is the one named by STAP_LSP, else the one beside the running Python.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.e2e.provision import Tools, Unavailable, provision


@pytest.fixture(scope="session")
def tools() -> Tools:
    """Everything installed; installs what is missing."""
    try:
        return provision()
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def stap_lsp() -> Path:
    """The program that the editors start."""
    program = Path(os.environ.get("STAP_LSP") or Path(sys.executable).parent / "stap-lsp")
    assert os.access(program, os.X_OK), f"{program} is not there: install the project first"
    return program
