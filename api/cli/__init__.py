"""The command line: one module per command; `main` registers the commands."""
