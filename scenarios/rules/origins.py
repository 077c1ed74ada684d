"""Rules of provenance (P): every entry has a source or an assumption, and its path exists."""

from collections.abc import Iterator

from scenarios.files.names import did_you_mean
from scenarios.files.provenance import ASSUMED, matching_entries
from scenarios.rules.rule import Finding, Rule
from scenarios.schema.scenario import Scenario


def _known_sources(scenario: Scenario) -> Iterator[Finding]:
    for path, origin in scenario.provenance.items():
        if not origin.startswith(ASSUMED) and origin.split(";")[0].strip() not in scenario.sources:
            known = did_you_mean(origin, scenario.sources, if_none="the scenario has no sources")
            yield Finding(("provenance", path), origin, f"{known}; or text that begins with {ASSUMED}:")


def _known_paths(scenario: Scenario) -> Iterator[Finding]:
    used = matching_entries(scenario)
    for path in scenario.provenance:
        if path not in used:
            yield Finding(
                ("provenance", path), path, "the path of a value or of a group of values; * matches every name"
            )


RULES = (
    Rule("P1", "Each origin is a key of the sources, or begins with `assumed:`.", _known_sources),
    Rule("P2", "Each path of the provenance is the path of a value.", _known_paths, needs_whole=True),
)
