"""Reference cases of driving and supply from independent programs, and their readers."""
