"""Tables that are broken at random, each by its seed: cells, columns, rows, bytes, encodings and separators."""

import csv
import io
import random

NASTY = (
    "", " ", "-", "|", "...", "レ", "x", "0", "-1", "1e999", "nan", "inf", "1,5", "1.234,5", "25:99", "24:10", "00:05",
    "6:5", "0605", "605", "0.25", "9" * 400, "=1/0", "#REF!", "true", "null", "~", '"', '""', "'", "\\", "a,b", "a;b",
    "a\nb", "a\rb", "\t", "\x00", "\x1a", "\ufeff", "\u200b", "０６：０５", "徐家汇", "渋谷発", "Châtelet", "up",
    "down", "下行", "Station", "Train", "arr", "dep", "km", "sep=;", "# comment", "&a [*a]", "../../x.csv", "😀",
)  # fmt: skip
ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "gb18030",
    "cp932",
    "cp1252",
    "utf-32",
    "latin-1",
)
SEPARATORS = (",", ";", "\t", "|", ":", " ")


def broken(text: str, rng: random.Random) -> bytes:
    """The bytes of a CSV text after one to four random changes."""
    rows = list(csv.reader(io.StringIO(text)))
    separator, ending, encoding = ",", "\n", "utf-8"
    changes = [rng.choice(("cell", "cell", "column", "shuffle", "rows", "header", "separator", "encoding", "ending"))
               for _ in range(rng.randint(1, 4))]  # fmt: skip
    for change in changes:
        if change == "separator":
            separator = rng.choice(SEPARATORS)
        elif change == "encoding":
            encoding = rng.choice(ENCODINGS)
        elif change == "ending":
            ending = rng.choice(("\r\n", "\r", "\n\n"))
        else:
            _change_rows(rows, change, rng)
    written = io.StringIO()
    csv.writer(written, delimiter=separator, lineterminator=ending).writerows(rows)
    content = written.getvalue().encode(encoding, "replace")
    return _broken_bytes(content, rng) if rng.random() < 0.3 else content


def _change_rows(rows: list[list[str]], change: str, rng: random.Random) -> None:
    if not rows:
        return
    if change == "cell":
        for _ in range(rng.randint(1, 5)):
            row = rng.choice(rows)
            if row:
                row[rng.randrange(len(row))] = rng.choice(NASTY)
    elif change == "column":
        place = rng.randrange(max(1, len(rows[0])))
        for row in rows:
            if place < len(row):
                del row[place]
    elif change == "shuffle":
        rng.shuffle(rows)
    elif change == "rows":
        begin = rng.randrange(len(rows))
        rows[begin : begin + rng.randint(1, 3)] = rng.choices(rows, k=rng.randint(0, 4))
    elif change == "header":
        rows[0] = [rng.choice((cell, cell.upper(), cell.replace("_", " "), rng.choice(NASTY))) for cell in rows[0]]


def _broken_bytes(content: bytes, rng: random.Random) -> bytes:
    kind = rng.randrange(4)
    if kind == 0:
        return content[: rng.randrange(len(content) + 1)]
    place = rng.randrange(len(content) + 1)
    noise = rng.randbytes(rng.randint(1, 40))
    if kind == 1:
        return content[:place] + noise + content[place:]
    if kind == 2:
        return content[:place] + noise + content[place + len(noise) :]
    return noise
