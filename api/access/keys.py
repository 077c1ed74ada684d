"""API keys: random, shown once, and stored as a hash."""

import hashlib
import re
import secrets
from dataclasses import dataclass

_BEGIN = "hw"
_FORM = re.compile(rf"{_BEGIN}_[0-9a-f]{{8}}_[A-Za-z0-9_-]{{43}}")


@dataclass(frozen=True)
class NewKey:
    """A new key: `prefix` may be shown, `secret` is the whole key, and `secret_hash` is stored."""

    prefix: str
    secret: str = ""
    secret_hash: str = ""

    def __repr__(self) -> str:
        """The key without its secret, for logs and errors."""
        return f"NewKey({self.prefix})"


def new_key() -> NewKey:
    """A random key of 256 bits, so that a plain hash is enough: nobody can try all keys."""
    prefix = f"{_BEGIN}_{secrets.token_hex(4)}"
    secret = f"{prefix}_{secrets.token_urlsafe(32)}"
    return NewKey(prefix, secret, hash_of_key(secret))


def hash_of_key(secret: str) -> str:
    """The hash under which a key is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def key_in(authorization: str) -> str | None:
    """The key of the header `Authorization: Bearer KEY`; None if the header has another form."""
    scheme, _, given = authorization.partition(" ")
    key = given.strip()
    return key if scheme.casefold() == "bearer" and _FORM.fullmatch(key) else None
