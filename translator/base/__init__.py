"""Text, diagnostics, memoised queries and the seam to the machine.  Imports nothing of ours."""
