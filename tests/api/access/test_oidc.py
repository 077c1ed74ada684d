"""Tokens of an OpenID Connect provider, which a real local server issues, with keys that change."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from prepared_data import prepared_data
from served_app import served_app
from token_provider import AUDIENCE, TokenProvider, token_provider

from api.access.oidc import Provider, TokenRefusedError, Tokens, user_id_of
from api.access.roles import EVERY_LINE, Role
from api.access.signing_keys import BETWEEN_S, FRESH_S, LONGEST_S, ProviderUnavailableError, SigningKeys, read_json
from api.http.app import create_app
from api.http.exposure import Exposure
from api.http.service import Service
from api.services.installation import open_with
from api.settings.read import read_settings

ROLES = {"planners": ("planner:tutorial_line",), "admins": ("admin:*", "viewer:tutorial_line"), "all": ("viewer:*",)}


class Clock:
    """A clock that the test sets."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def provider() -> Iterator[TokenProvider]:
    with token_provider() as provider:
        yield provider


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(provider: TokenProvider, clock: Clock) -> Tokens:
    meaning = Provider(provider.issuer, AUDIENCE, "sub", "realm_access.roles", ROLES)
    return Tokens(meaning, SigningKeys(provider.issuer, clock=clock))


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_good_token_gives_its_user_and_roles(provider: TokenProvider, tokens: Tokens) -> None:
    found = tokens.identity(provider.token("one"))
    assert (found.user_id, dict(found.grants.roles)) == ("oidc:ada", {"tutorial_line": Role.PLANNER})
    several = {"roles": ["all", "admins", "unknown", 5]}
    found = tokens.identity(provider.token("one", aud=["other", AUDIENCE], realm_access=several))
    assert dict(found.grants.roles) == {EVERY_LINE: Role.ADMIN, "tutorial_line": Role.VIEWER}
    for nothing in (None, {}, {"roles": None}, {"roles": {"planners": 1}}, "planners"):
        assert dict(tokens.identity(provider.token("one", realm_access=nothing)).grants.roles) == {}
    provider.add_key("curve", "EC")
    found = tokens.identity(provider.token("one", "PS256"))
    assert found.user_id == "oidc:ada"
    assert len(user_id_of("x" * 200)) <= 100
    assert user_id_of("a\nb") != user_id_of("a b")


def test_a_token_that_proves_nothing_is_refused(provider: TokenProvider, tokens: Tokens) -> None:
    now_s = int(time.time())
    provider.add_key("hidden", publish=False)
    good = provider.token("one")
    head, body, signature = good.split(".")
    pem = provider.private["one"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    forged_head = part({"alg": "HS256", "kid": "one", "typ": "JWT"})
    forged = hmac.new(pem, f"{forged_head}.{body}".encode(), hashlib.sha256).digest()
    hs256 = f"{forged_head}.{body}.{base64.urlsafe_b64encode(forged).rstrip(b'=').decode()}"
    bad = {
        "wrong issuer": provider.token("one", iss="http://127.0.0.1:1"),
        "wrong audience": provider.token("one", aud="other"),
        "no audience": provider.token("one", aud=None),
        "no issuer": provider.token("one", iss=None),
        "no end": provider.token("one", exp=None),
        "no subject": provider.token("one", sub=None),
        "empty subject": provider.token("one", sub=""),
        "expired": provider.token("one", exp=now_s - 60),
        "not yet valid": provider.token("one", nbf=now_s + 120),
        "issued later": provider.token("one", iat=now_s + 120),
        "alg none": jwt.encode(provider.claims(), None, algorithm="none", headers={"kid": "one"}),
        "alg None with the signature": f"{part({'alg': 'None', 'kid': 'one'})}.{body}.{signature}",
        "HS256 with the public key": hs256,
        "unknown kid": provider.token("one", header={"kid": "two"}),
        "no kid": f"{part({'alg': 'RS256'})}.{body}.{signature}",
        "kid is a list": f"{part({'alg': 'RS256', 'kid': ['one']})}.{body}.{signature}",
        "signed by another key": provider.token("hidden", header={"kid": "one"}),
        "ES256 with an RSA key": f"{part({'alg': 'ES256', 'kid': 'one'})}.{body}.{signature}",
        "changed claims": f"{head}.{part(provider.claims(sub='eve'))}.{signature}",
        "without signature": f"{head}.{body}.",
        "no token": "a.b.c",
        "too long": provider.token("one", filler="x" * 20_000),
    }
    assert tokens.identity(good).user_id == "oidc:ada"
    for reason, token in bad.items():
        with pytest.raises(TokenRefusedError) as caught:
            tokens.identity(token)
        assert token not in str(caught.value), reason


def test_a_symmetric_or_encryption_key_in_the_list_signs_nothing(provider: TokenProvider, tokens: Tokens) -> None:
    secret = b"x" * 40
    shared = base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
    provider.published.append({"kty": "oct", "kid": "shared", "k": shared, "alg": "HS256"})
    provider.add_key("encrypts", use="enc")
    provider.add_key("other", alg="RS512")
    for token in (
        jwt.encode(provider.claims(), secret, algorithm="HS256", headers={"kid": "shared"}),
        provider.token("encrypts"),
        provider.token("other"),
    ):
        with pytest.raises(TokenRefusedError):
            tokens.identity(token)
    assert tokens.identity(provider.token("other", "RS512")).user_id == "oidc:ada"


def test_keys_change_while_the_service_runs(provider: TokenProvider, tokens: Tokens, clock: Clock) -> None:
    old = provider.token("one")
    assert tokens.identity(old).user_id == "oidc:ada"
    assert tokens.identity(old).user_id == "oidc:ada"
    assert provider.requests.count("/keys") == 1
    provider.add_key("two", "EC")
    with pytest.raises(TokenRefusedError):
        tokens.identity(provider.token("two", "ES256"))  # the keys were read a moment ago
    clock.now_s += BETWEEN_S
    assert tokens.identity(provider.token("two", "ES256")).user_id == "oidc:ada"
    provider.remove_key("one")
    assert tokens.identity(old).user_id == "oidc:ada"
    clock.now_s += FRESH_S
    with pytest.raises(TokenRefusedError):
        tokens.identity(old)
    assert tokens.identity(provider.token("two", "ES256")).user_id == "oidc:ada"
    before = len(provider.requests)
    for number in range(20):
        with pytest.raises(TokenRefusedError):
            tokens.identity(provider.token("one", header={"kid": f"guess-{number}"}))
    assert len(provider.requests) == before


def test_a_provider_that_fails(provider: TokenProvider, tokens: Tokens, clock: Clock) -> None:
    token = provider.token("one")
    for broken in (b"", b"[]", b"{}", b"\xff", b'{"keys": 1}', b"[" * 100_000, b" " * 1_000_001):
        provider.broken = broken
        clock.now_s += BETWEEN_S
        with pytest.raises(ProviderUnavailableError):
            tokens.identity(token)
    provider.broken = None
    provider.named_issuer = "http://127.0.0.1:1"
    clock.now_s += BETWEEN_S
    with pytest.raises(ProviderUnavailableError):
        tokens.identity(token)
    provider.named_issuer = None
    clock.now_s += BETWEEN_S
    assert tokens.identity(token).user_id == "oidc:ada"
    provider.broken = b""
    clock.now_s += LONGEST_S
    assert tokens.identity(token).user_id == "oidc:ada"
    clock.now_s += BETWEEN_S
    with pytest.raises(ProviderUnavailableError):
        tokens.identity(token)
    with pytest.raises(ProviderUnavailableError):
        read_json(f"{provider.issuer}/moved")


@pytest.mark.many_cases
def test_a_service_with_a_provider(provider: TokenProvider, tmp_path: Path) -> None:
    environment = {
        "HEADWATT_DATA": str(prepared_data(tmp_path)),
        "HEADWATT_OIDC_ISSUER": provider.issuer, "HEADWATT_OIDC_AUDIENCE": AUDIENCE,
        "HEADWATT_OIDC_ROLES_CLAIM": "realm_access.roles",
        "HEADWATT_OIDC_ROLES": '{planners = ["planner:tutorial_line"]}',
    }  # fmt: skip
    installation = open_with(read_settings(environment=environment).settings)
    app = create_app(
        Service.of(installation), None, lambda: installation.prepare(lambda _: None), installation.close,
        Exposure(is_local=True),
    )  # fmt: skip
    with served_app(app) as port, httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0) as client:
        assert client.get("/v1/plans").status_code == 401
        good = {"authorization": f"Bearer {provider.token('one')}"}
        assert client.get("/v1/session", headers=good).json()["roles"] == {"tutorial_line": "planner"}
        lines = client.get("/v1/scenarios", headers=good).json()["scenarios"]
        assert [line["name"] for line in lines] == ["tutorial_line"]
        ordered = client.post("/v1/plans", json={"scenario": "tutorial_line"}, headers=good)
        assert ordered.status_code == 202, ordered.text
        bad = {"authorization": f"Bearer {provider.token('one', aud='other')}"}
        refused = client.get("/v1/plans", headers=bad)
        assert (refused.status_code, refused.json()["code"]) == (401, "key-required")
        assert [user.name for user in installation.access.users()] == ["oidc:ada"]
        installation.access.revoke_role("oidc:ada", None, "a test")
        assert client.get("/v1/plans", headers=good).status_code == 401
    entries = [(one.actor_id, one.action) for one in reversed(installation.audit.newest(5))]
    assert entries == [("oidc:ada", "user.added"), ("oidc:ada", "plan.ordered"), ("a test", "role.revoked")]
