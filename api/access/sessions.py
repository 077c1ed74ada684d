"""Sessions of browsers and one-time links: their secrets, the token against forged requests, and their lifetimes."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

_SESSION = re.compile(r"hws_[A-Za-z0-9_-]{43}")
_LINK = re.compile(r"hwl_[A-Za-z0-9_-]{43}")
_COOKIE = "headwatt"
FIRST_USER = "admin"
"""The user of the link of the first start."""


@dataclass(frozen=True)
class Lifetimes:
    """How long a session lasts without requests, how long at most, and how long a one-time link is valid."""

    idle: timedelta = timedelta(hours=1)
    longest: timedelta = timedelta(hours=12)
    link: timedelta = timedelta(minutes=30)


def new_session_secret() -> str:
    """The random secret of a new session, 256 bits; only the cookie of the browser contains it."""
    return f"hws_{secrets.token_urlsafe(32)}"


def new_link_token() -> str:
    """The random token of a new one-time link, 256 bits."""
    return f"hwl_{secrets.token_urlsafe(32)}"


def is_session_secret(text: str) -> bool:
    """Whether a text has the form of the secret of a session."""
    return _SESSION.fullmatch(text) is not None


def is_link_token(text: str) -> bool:
    """Whether a text has the form of the token of a one-time link."""
    return _LINK.fullmatch(text) is not None


def link_address(service: str, token: str) -> str:
    """The address of a one-time link; the token is in the fragment, which browsers send to no server."""
    return f"{service.rstrip('/')}/sign-in#link={token}"


def csrf_token(session_secret: str) -> str:
    """The token that each changing request of a session sends in a header; a page of another origin cannot read it."""
    return hmac.new(session_secret.encode(), b"csrf", hashlib.sha256).hexdigest()


def is_csrf_token(given: str, session_secret: str) -> bool:
    """Whether a text is the token of a session."""
    return hmac.compare_digest(given.encode(), csrf_token(session_secret).encode())


def cookie_name(is_secure: bool) -> str:
    """The name of the cookie. With TLS, the prefix makes browsers refuse a cookie that another host has set."""
    return f"__Host-{_COOKIE}" if is_secure else _COOKIE
