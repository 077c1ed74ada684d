"""Secrets in texts for logs and answers: keys, sessions, links, tokens and passwords in addresses are replaced."""

import re

_SECRETS = (
    (re.compile(r"\b(hw_[0-9a-f]{8})_[A-Za-z0-9_-]{20,}"), r"\1_..."),
    (re.compile(r"\b(hw[sl])_[A-Za-z0-9_-]{20,}"), r"\1_..."),
    (re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), "eyJ..."),
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^/\s:@]*):[^/\s@]+@"), r"\1:...@"),
    (re.compile(r"(?i)\b((?:authorization|cookie|x-csrf-token)['\"]?\s*[:=]\s*)(?:b?['\"])?[^\r\n'\"]+"), r"\1..."),
)


def without_secrets(text: str) -> str:
    """The text with `...` instead of each secret; the part of a key that may be shown stays."""
    for pattern, shown in _SECRETS:
        text = pattern.sub(shown, text)
    return text
