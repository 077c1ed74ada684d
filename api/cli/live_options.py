"""The check of the options of `headwatt live` before anything starts."""

from collections.abc import Sequence
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from energy_models.faults import Fault, InputFaults

WEB = ("http", "https")
BROKER = ("mqtt", "mqtts")


def require_sensible(broker: str | None, service: str | None, feeds: Sequence[str], zone: str) -> None:
    """Raise `InputFaults` with each address that is none, and for an unknown time zone."""
    faults = []
    if broker is not None and not _is_address(broker, BROKER):
        faults.append(Fault("", "", "--broker", broker, "mqtt://HOST:PORT or mqtts://HOST:PORT"))
    if service is not None and not _is_address(service, WEB):
        faults.append(Fault("", "", "--service", service, "http://HOST:PORT or https://HOST"))
    for feed in feeds:
        if not _is_address(feed, WEB):
            faults.append(Fault("", "", "--gtfs-realtime", feed, "the address of a feed, http://... or https://..."))
    if not _is_zone(zone):
        faults.append(Fault("", "", "--zone", zone, "a time zone such as Asia/Shanghai"))
    if faults:
        raise InputFaults(faults)


def _is_address(text: str, schemes: Sequence[str]) -> bool:
    try:
        found = urlsplit(text)
        return found.scheme in schemes and bool(found.hostname) and (found.port is None or found.port > 0)
    except ValueError:
        return False


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return False
    return True
