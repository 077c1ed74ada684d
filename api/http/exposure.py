"""How the service can be reached, as the routes and what stands in front of them need it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Exposure:
    """How the service can be reached.

    `hosts` are the names of the service besides addresses of machines and `localhost`. With `is_local`, only this
    machine reaches the service, and requests need no key as long as there are no users. With `is_secure`, browsers
    reach the service over TLS, directly or through a proxy. `metrics` is who may read the metrics: users with a role
    on every line, everybody without a key, or nobody.
    """

    hosts: Collection[str] = ()
    is_local: bool = False
    is_secure: bool = False
    metrics: Literal["role", "open", "off"] = "role"
