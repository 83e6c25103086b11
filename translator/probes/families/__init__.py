"""One file per probe family: its patterns, and how each resolves to an attachment."""
