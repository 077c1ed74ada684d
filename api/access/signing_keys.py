"""The public keys of an OpenID Connect provider: read over HTTP, kept for some minutes, and then read again."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

FRESH_S = 600.0
"""After this time the keys are read again, so that a key which the provider withdrew is not accepted any longer."""
LONGEST_S = 3600.0
"""Longest time for which keys count if the provider does not answer."""
BETWEEN_S = 10.0
"""Shortest time between two readings, so that tokens with unknown keys cause few requests."""
_TIMEOUT_S = 5.0
_MOST_BYTES = 1_000_000


class ProviderUnavailableError(Exception):
    """The provider does not answer, or its answer is not usable; a later call may succeed."""


class SigningKeys:
    """The keys of a provider by their `kid`. Several threads may use them."""

    def __init__(
        self,
        issuer: str,
        read: "Callable[[str], Mapping[str, Any]] | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._read = read or read_json
        self._clock = clock
        self._keys: Mapping[str, Mapping[str, Any]] = {}
        self._read_s: float | None = None
        self._tried_s: float | None = None
        self._lock = threading.Lock()

    def key(self, kid: str) -> Mapping[str, Any] | None:
        """The key of a `kid` as JWK; None if the provider has none. Raises `ProviderUnavailableError`."""
        # Only one thread reads; the others wait for it only if they have no key that counts.
        if self._is_due(kid) and self._lock.acquire(blocking=self._key_that_counts(kid) is None):
            try:
                if self._is_due(kid):
                    self._refresh()
            finally:
                self._lock.release()
        if self._read_s is None or self._clock() - self._read_s > LONGEST_S:
            raise ProviderUnavailableError("The keys of the provider cannot be read.")
        return self._keys.get(kid)

    def _key_that_counts(self, kid: str) -> Mapping[str, Any] | None:
        is_old = self._read_s is None or self._clock() - self._read_s > LONGEST_S
        return None if is_old else self._keys.get(kid)

    def _is_due(self, kid: str) -> bool:
        now_s = self._clock()
        if self._tried_s is not None and now_s - self._tried_s < BETWEEN_S:
            return False
        return self._read_s is None or now_s - self._read_s >= FRESH_S or kid not in self._keys

    def _refresh(self) -> None:
        self._tried_s = self._clock()
        try:
            self._keys = keys_of(self._issuer, self._read)
            self._read_s = self._clock()
        except ProviderUnavailableError:
            if self._read_s is None:
                raise


def keys_of(issuer: str, read: Callable[[str], Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The public signature keys that a provider publishes now, by `kid`. Raises `ProviderUnavailableError`."""
    description = read(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if description.get("issuer") != issuer:
        raise ProviderUnavailableError("The description of the provider names another issuer.")
    address = description.get("jwks_uri")
    if not isinstance(address, str) or urlsplit(address).scheme != urlsplit(issuer).scheme:
        raise ProviderUnavailableError("The description of the provider has no address of keys over TLS.")
    listed = read(address).get("keys")
    if not isinstance(listed, list):
        raise ProviderUnavailableError("The provider lists no keys.")
    # A symmetric key is a secret of the provider; in a public list it proves nothing.
    return {
        one["kid"]: one
        for one in listed
        if isinstance(one, dict)
        and isinstance(one.get("kid"), str)
        and one.get("kty") in ("RSA", "EC", "OKP")
        and one.get("use", "sig") == "sig"
    }


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow no redirect: the address of the provider is a setting."""


def read_json(address: str) -> Mapping[str, Any]:
    """The JSON object at an address. Raises `ProviderUnavailableError` within some seconds."""
    try:
        request = Request(address, headers={"Accept": "application/json"})
        with build_opener(_NoRedirects()).open(request, timeout=_TIMEOUT_S) as answer:
            body = answer.read(_MOST_BYTES + 1)
        found = json.loads(body) if len(body) <= _MOST_BYTES else None
    except (URLError, OSError, ValueError, RecursionError) as error:
        raise ProviderUnavailableError(f"{type(error).__name__} at the provider") from error
    if not isinstance(found, dict):
        raise ProviderUnavailableError("The answer of the provider is not a JSON object.")
    return found
