"""Where a service may listen: beyond this machine only with TLS, or behind a proxy that has TLS."""

import ipaddress
from pathlib import Path

from energy_models.faults import Fault, InputFaults


def is_loopback(host: str) -> bool:
    """Whether an address or name reaches this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_local_only(host: str, certificate: Path | None, key: Path | None, behind_tls_proxy: bool) -> bool:
    """Whether only this machine reaches a service that listens on `host`.

    Raises `InputFaults` beyond this machine without TLS files and without a proxy, and for TLS files that are missing.
    """
    faults = []
    if (certificate is None) != (key is None):
        missing = "--tls-key" if key is None else "--tls-certificate"
        faults.append(Fault("", "", missing, "missing", "both files of TLS, or none"))
    for name, path in (("--tls-certificate", certificate), ("--tls-key", key)):
        if path is not None and not path.is_file():
            faults.append(Fault("", "", name, str(path), "a file in PEM format"))
    if not is_loopback(host) and certificate is None and key is None and not behind_tls_proxy:
        allowed = (
            "an address of this machine such as 127.0.0.1; any other needs --tls-certificate and --tls-key, or "
            "--behind-tls-proxy if a proxy with TLS passes on the requests"
        )
        faults.append(Fault("", "", "--host", host, allowed))
    if faults:
        raise InputFaults(faults)
    return is_loopback(host) and not behind_tls_proxy
