"""An OpenID Connect provider on a real socket: it serves its description and its keys, and signs tokens."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE = "headwatt"


class TokenProvider:
    """A provider with keys that the test changes."""

    def __init__(self) -> None:
        self.issuer = ""
        self.named_issuer: str | None = None
        self.private: dict[str, Any] = {}
        self.published: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.broken: bytes | None = None

    def add_key(self, kid: str, kind: str = "RSA", publish: bool = True, **members: Any) -> None:
        """Make a key; a published one appears in the list of keys."""
        if kind == "RSA":
            key: Any = rsa.generate_private_key(65537, 2048)
            public = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
        else:
            key = ec.generate_private_key(ec.SECP256R1())
            public = json.loads(ECAlgorithm.to_jwk(key.public_key()))
        public.pop("key_ops", None)
        self.private[kid] = key
        if publish:
            self.published.append(public | {"kid": kid, "use": "sig"} | members)

    def remove_key(self, kid: str) -> None:
        """Withdraw a key from the list of keys."""
        self.published = [one for one in self.published if one["kid"] != kid]

    def claims(self, **changed: Any) -> dict[str, Any]:
        """The claims of a good token; None removes a claim."""
        now_s = int(time.time())
        claims = {
            "iss": self.issuer, "aud": AUDIENCE, "sub": "ada", "iat": now_s, "exp": now_s + 300,
            "realm_access": {"roles": ["planners"]},
        }  # fmt: skip
        return {name: value for name, value in (claims | changed).items() if value is not None}

    def token(self, kid: str, algorithm: str = "RS256", header: dict[str, Any] | None = None, **changed: Any) -> str:
        """A token that is signed with a key of the provider."""
        headers = {"kid": kid} | (header or {})
        return jwt.encode(self.claims(**changed), self.private[kid], algorithm=algorithm, headers=headers)


@contextmanager
def token_provider() -> Iterator[TokenProvider]:
    """A provider with one RSA key `one` on a port of 127.0.0.1."""
    provider = TokenProvider()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.requests.append(self.path)
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", "/keys")
                self.end_headers()
                return
            body = provider.broken
            if body is None and self.path == "/keys":
                body = json.dumps({"keys": provider.published}).encode()
            elif body is None:
                named = provider.named_issuer or provider.issuer
                body = json.dumps({"issuer": named, "jwks_uri": f"{provider.issuer}/keys"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        provider.issuer = f"http://127.0.0.1:{server.server_port}"
        provider.add_key("one")
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
