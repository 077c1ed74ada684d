"""Sentences on the saving of a trip: its changes, and by section the trains of its energy exchange."""

from collections.abc import Mapping

from api.clock import clock_text
from api.source_names import trip_title
from dispatch.explanation.energy_exchange import Partner, SectionExchange
from dispatch.explanation.explain import TripChange

PARTNERS = 3
"""Partners that a sentence names; the rest is summed."""
_LEAST_KWH = 0.05
"""Less than this is not worth a word."""


def change_words(change: TripChange, with_driving: bool) -> str:
    """The change of a trip as a phrase; `with_driving` also if the driving of all trips changes."""
    words = []
    if change.departure_change_s:
        later = "later" if change.departure_change_s > 0 else "earlier"
        words.append(f"leaves {abs(change.departure_change_s)} s {later}")
    if change.sections:
        words.append(_spread(change.sections, "running time", change.running_change_s))
    if change.stations:
        words.append(_spread(change.stations, "dwell", change.dwell_change_s))
    longer_s = change.running_change_s + change.dwell_change_s
    if longer_s:
        words.append(f"{abs(longer_s)} s {'longer' if longer_s > 0 else 'shorter'} end to end")
    if with_driving and change.driving != change.driving_before:
        words.append(f"driven {change.driving} instead of {change.driving_before}")
    return ", ".join(words) or ("driving only" if change.driving != change.driving_before else "nothing")


def _spread(count: int, name: str, total_s: int) -> str:
    plural = "s" if count != 1 else ""
    return f"{count} {name}{plural} ({f'{total_s:+d} s in all' if total_s else 'sum unchanged'})"


def section_title(section: SectionExchange, stations: Mapping[str, str]) -> str:
    """Stations and times of a section."""
    return (
        f"{stations[section.from_station]} to {stations[section.to_station]}, "
        f"{clock_text(section.departure_s)} to {clock_text(section.arrival_s)}"
    )


def section_sentences(
    section: SectionExchange,
    before: SectionExchange | None,
    stations: Mapping[str, str],
    numbers: Mapping[str, str],
) -> tuple[str, ...]:
    """Sentences on the energy exchange of a trip in a section; `before` is the section in the timetable in force,
    `numbers` are the train numbers of trips."""
    taken = section.from_trains_kwh
    sentences = [f"The train draws {section.drawn_kwh:.1f} kWh, of which {taken:.1f} kWh come from braking trains"]
    if before is not None:
        sentences[0] += f" (today {before.from_trains_kwh:.1f} of {before.drawn_kwh:.1f} kWh)"
    sentences[0] += _named(section.fed_by, "from", stations, numbers) + "."
    if section.offered_kwh < _LEAST_KWH:
        return tuple(sentences)
    text = f"When braking, the train offers {section.offered_kwh:.1f} kWh: {section.given_kwh:.1f} kWh go to others"
    if before is not None:
        text += f" (today {before.given_kwh:.1f} of {before.offered_kwh:.1f} kWh)"
    text += _named(section.feeds, "to", stations, numbers)
    for name, energy_kwh in (("storage", section.to_storage_kwh), ("the utility", section.to_substations_kwh)):
        if energy_kwh >= _LEAST_KWH:
            text += f", {energy_kwh:.1f} to {name}"
    text += f"; {section.own_auxiliaries_kwh:.1f} kWh to its own auxiliaries, {section.burnt_kwh:.1f} kWh are burnt"
    if before is not None:
        text += f" (today {before.burnt_kwh:.1f})"
    return (*sentences, text + ".")


def _named(
    partners: tuple[Partner, ...], towards: str, stations: Mapping[str, str], numbers: Mapping[str, str]
) -> str:  # fmt: skip
    named = [partner for partner in partners if partner.energy_kwh >= _LEAST_KWH]
    if not named:
        return ""
    parts = [
        f"{partner.energy_kwh:.1f} {towards} {trip_title(partner.trip_id, numbers)} {partner.doing} "
        f"{stations[partner.station]} {partner.distance_m / 1000:.1f} km away"
        for partner in named[:PARTNERS]
    ]
    rest = sum(partner.energy_kwh for partner in named[PARTNERS:])
    if rest >= _LEAST_KWH:
        count = len(named) - PARTNERS
        parts.append(f"{rest:.1f} {towards} {count} other train{'s' if count != 1 else ''}")
    return ": " + ", ".join(parts)
