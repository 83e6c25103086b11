"""The SystemTap language: one front end, and the translator behind it (see ARCHITECTURE.md)."""
