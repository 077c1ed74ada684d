"""Bearer tokens of an OpenID Connect provider: the signature, who issued them for whom, and the roles in them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from api.access.principal import Grants
from api.access.roles import Role
from api.access.signing_keys import SigningKeys

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a public key. HS256 and none are not among them: everybody could compute both."""
CLOCKS_S = 30
"""Difference of the clocks of the provider and of this machine that is accepted."""
PREFIX = "oidc:"
"""The begin of the name of each user of the provider, which no other user has."""
LONGEST_TOKEN = 16_000
_LONGEST_USER = 100
_REQUIRED = ("iss", "aud", "exp", "sub")


class TokenRefusedError(Exception):
    """A token is not valid. Its text names the reason for the log, and contains nothing of the token."""


@dataclass(frozen=True)
class Provider:
    """A provider and what its tokens mean here.

    `user_claim` names the user; dots in `roles_claim` lead into nested objects; `roles` are the roles here, as
    `role:line`, of each role of the provider.
    """

    issuer: str
    audience: str
    user_claim: str
    roles_claim: str
    roles: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Identity:
    """The user of a token with its roles."""

    user_id: str
    grants: Grants


class Tokens:
    """Checks the tokens of a provider."""

    def __init__(self, provider: Provider, keys: SigningKeys) -> None:
        self._provider = provider
        self._keys = keys

    def identity(self, token: str) -> Identity:
        """The user of a token; raises `TokenRefusedError`, and `ProviderUnavailableError` without keys."""
        claims = self._claims(token)
        user = claims.get(self._provider.user_claim)
        if not isinstance(user, str) or not user:
            raise TokenRefusedError(f"the claim {self._provider.user_claim} is missing")
        return Identity(user_id_of(user), self._grants(claims))

    def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > LONGEST_TOKEN:
            raise TokenRefusedError("the token is too long")
        try:
            header = jwt.get_unverified_header(token)
            algorithm, kid = header.get("alg"), header.get("kid")
            if algorithm not in ALGORITHMS:
                raise TokenRefusedError("the signature is not one with a public key")
            key = self._keys.key(kid) if isinstance(kid, str) else None
            if key is None:
                raise TokenRefusedError("the provider has no key with this kid")
            if key.get("alg", algorithm) != algorithm:
                raise TokenRefusedError("the key belongs to another algorithm")
            return jwt.decode(
                token,
                jwt.PyJWK(dict(key), algorithm=algorithm),
                algorithms=[algorithm],
                audience=self._provider.audience,
                issuer=self._provider.issuer,
                leeway=CLOCKS_S,
                options={"require": list(_REQUIRED)},
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise TokenRefusedError(type(error).__name__) from None

    def _grants(self, claims: Mapping[str, Any]) -> Grants:
        """The role by line; of several roles on one line, the last one of the table counts."""
        found: dict[str, Role] = {}
        for name in _named_roles(claims, self._provider.roles_claim):
            for given in self._provider.roles.get(name, ()):
                role, _, line = given.partition(":")
                found[line] = max(Role(role), found.get(line, Role.VIEWER), key=list(Role).index)
        return Grants(found)


def is_token(text: str) -> bool:
    """Whether a text has the form of a signed token."""
    return text.count(".") == 2


def user_id_of(claim: str) -> str:
    """The name of a user of the provider here; a hash if the claim is too long or contains special characters."""
    if len(PREFIX + claim) <= _LONGEST_USER and claim.isprintable():
        return PREFIX + claim
    return PREFIX + hashlib.sha256(claim.encode("utf-8", "surrogatepass")).hexdigest()


def _named_roles(claims: Mapping[str, Any], path: str) -> list[str]:
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for step in path.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return found.split()
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
