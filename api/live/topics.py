"""The topics of a live line at a broker."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Topics:
    """Topics below `headwatt/<line>`: events, records, meters and clock come in, the others go out."""

    line_id: str

    def _of(self, name: str) -> str:
        return f"headwatt/{self.line_id}/{name}"

    @property
    def incoming(self) -> tuple[str, ...]:
        """What the process of the line subscribes to."""
        return tuple(self._of(name) for name in ("events", "records/#", "meters", "clock"))

    @property
    def events(self) -> str:
        """Events of trains."""
        return self._of("events")

    @property
    def records(self) -> str:
        """Records of recorders; the last part of the topic is free."""
        return self._of("records/line")

    @property
    def meters(self) -> str:
        """Meters of substations."""
        return self._of("meters")

    @property
    def clock(self) -> str:
        """The clock of a virtual line."""
        return self._of("clock")

    @property
    def advice(self) -> str:
        """Advice that is new or has changed."""
        return self._of("advice")

    @property
    def alarms(self) -> str:
        """Alarms that began or ended."""
        return self._of("alarms")

    @property
    def state(self) -> str:
        """The snapshot, once a second (retained)."""
        return self._of("state")

    @property
    def incidents(self) -> str:
        """Incidents that a virtual line lets happen."""
        return self._of("incidents")
