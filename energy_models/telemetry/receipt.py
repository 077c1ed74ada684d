"""The receipt of a batch: what became of each of its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Receipt:
    """What became of the rows of a batch; `rows_in` = `stored` + `flagged` + `duplicates` + `quarantined`.

    Attributes:
        batch_id: The batch.
        rows_in: Rows of the batch.
        stored: Rows stored without a flag.
        flagged: Rows stored with a flag.
        duplicates: Rows that the store already had, or that the batch contains more than once.
        quarantined: Rows that cannot be stored; the store keeps their bytes and the reason.
        flags: Number of stored rows by flag, in words; a row can have several.
        reasons: Number of quarantined rows by reason.
    """

    batch_id: str
    rows_in: int
    stored: int
    flagged: int
    duplicates: int
    quarantined: int
    flags: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_balanced(self) -> bool:
        """Whether each row is counted exactly once."""
        return self.rows_in == self.stored + self.flagged + self.duplicates + self.quarantined


def total(receipts: "list[Receipt] | tuple[Receipt, ...]") -> Receipt:
    """The sum of receipts."""

    def merged(name: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for receipt in receipts:
            for words, count in getattr(receipt, name).items():
                found[words] = found.get(words, 0) + count
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def added(name: str) -> int:
        return sum(int(getattr(receipt, name)) for receipt in receipts)

    return Receipt(
        "", added("rows_in"), added("stored"), added("flagged"), added("duplicates"), added("quarantined"),
        merged("flags"), merged("reasons"),
    )  # fmt: skip
