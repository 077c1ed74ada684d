"""Detects the encoding of a table: by its mark at the start, by strict decoding, and by how plausible the text is."""

import codecs
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from energy_models.faults import Fault
from energy_models.tables.plausibility import (
    cp932_mark,
    gb18030_mark,
    has_kana,
    is_hangul_or_chinese,
    windows_1252_mark,
)

LEAST_MARK = 0.5
"""A text with a lower mark is not taken for text of an encoding."""
CLEAR_DIFFERENCE = 0.2
"""Two encodings whose marks differ by less are a fault, not a guess."""

UTF_8 = "UTF-8"
ENCODINGS = (UTF_8, "UTF-16", "GB18030", "cp932", "Windows-1252")
"""The encodings that are detected."""

_TRIES: tuple[tuple[str, str, Callable[[str], float]], ...] = (
    ("GB18030", "gb18030", gb18030_mark),
    ("cp932", "cp932", cp932_mark),
    ("Windows-1252", "cp1252", windows_1252_mark),
)
_NAMED = re.compile(
    r"utf[-_]?8([-_]sig)?|utf[-_]?16([-_]?[lb]e)?|utf[-_]?32([-_]?[lb]e)?|gb(18030|k|2312)|big5(hkscs)?|cp9(32|36|49|50)|"
    r"shift[-_]?jis|sjis|euc[-_]?(jp|kr)|iso[-_]?2022[-_]jp|(cp|windows[-_]?)125[0-8]|cp(437|850|852|866)|"
    r"iso[-_]?8859[-_]\d{1,2}|latin[-_]?[1-9]|mac[-_]?roman|koi8[-_][ru]",
    re.IGNORECASE,
)
_USUAL = re.compile("[\u0080-\u024f\u0370-\u052f\u0800-\U0010ffff]")
"""Characters of Latin, Greek and Cyrillic alphabets, and all characters of three bytes and more in UTF-8."""
_KNOWN_NAMES = "utf-8, utf-16, gb18030, cp932, windows-1252, or another such as big5, euc-jp, euc-kr, cp1250, cp1251"
_MARKS = (
    (codecs.BOM_UTF8, UTF_8, "utf-8"),
    (codecs.BOM_UTF32_LE, "UTF-32", "utf-32-le"),
    (codecs.BOM_UTF32_BE, "UTF-32", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "UTF-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "UTF-16", "utf-16-be"),
)


@dataclass(frozen=True)
class Decoded:
    """The text of a file, and the encoding that it was read in."""

    text: str
    encoding: str

    @property
    def notes(self) -> tuple[str, ...]:
        """The encoding as a note, where it is not UTF-8."""
        return () if self.encoding == UTF_8 else (f"text in {self.encoding}",)


def decoded(
    content: bytes, name: str, faults: list[Fault], encoding: str | None = None, remedy: str = ""
) -> Decoded | None:
    """The text of the bytes of a file; None, with one fault, if no encoding fits or several fit equally well.

    Args:
        content: The bytes.
        name: The file, as faults name it.
        faults: The list of faults that grows.
        encoding: The encoding that the user names; None: it is detected.
        remedy: What the user can do if the encoding is not clear.
    """  # fmt: skip
    if encoding is not None:
        return _in_named(content, name, faults, encoding)
    for mark, label, codec in _MARKS:
        if content.startswith(mark):
            return _strict(content[len(mark) :], name, faults, label, codec, len(mark))
    if b"\0" in content:
        return _utf_16(content, name, faults)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        wrong = error
    else:
        # Two bytes of a Chinese character can also be one character of a rare alphabet in UTF-8.
        is_rare = not text.isascii() and not _USUAL.search(text) and likely_encodings(content) == ("GB18030",)
        return Decoded(content.decode("gb18030"), "GB18030") if is_rare else Decoded(text, UTF_8)
    return _in_likely(content, wrong.start, name, faults, remedy or "save the file as UTF-8")


def _in_likely(content: bytes, start: int, name: str, faults: list[Fault], remedy: str) -> Decoded | None:
    """The text of bytes that are not UTF-8 from the byte `start` on."""
    place = f"byte {start}"
    seen = content.decode("utf-8", "replace")
    broken = seen.count("\ufffd")
    if sum(map(len, re.findall("[^\x00-\x7f\ufffd]+", seen))) > 2 * broken:
        faults.append(Fault(name, place, "", "not UTF-8 text", f"text in UTF-8, like the rest of the file; {remedy}"))
        return None
    likely = likely_encodings(content)
    if len(likely) == 1:
        codec = next((codec for label, codec, _ in _TRIES if label == likely[0]), likely[0])
        return Decoded(content.decode(codec), likely[0])
    if not likely:
        allowed = f"text in {', '.join(ENCODINGS[:-1])} or {ENCODINGS[-1]}; {remedy}"
        faults.append(Fault(name, place, "", "not UTF-8 text", allowed))
    else:
        allowed = f"text whose encoding is clear; {remedy}"
        faults.append(Fault(name, place, "", "can be " + " or ".join(likely), allowed))
    return None


def likely_encodings(content: bytes) -> tuple[str, ...]:
    """The encodings, other than Unicode, that fit bytes about equally well; the best first, and none if none fits."""
    marks: list[tuple[float, str, str]] = []
    for label, codec, mark_of in _TRIES:
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        mark = mark_of(text)
        if mark >= LEAST_MARK:
            marks.append((mark, label, text))
    if not marks:
        return ()
    best = max(mark for mark, _, _ in marks)
    likely = [label for mark, label, _ in sorted(marks, reverse=True) if mark > best - CLEAR_DIFFERENCE]
    if likely == ["GB18030"]:
        (text,) = [text for _, label, text in marks if label == "GB18030"]
        if is_hangul_or_chinese(content, text):
            likely.append("EUC-KR")
        if has_kana(text):
            likely.append("EUC-JP")
    return tuple(likely)


def shared_encoding(contents: Sequence[bytes]) -> str | None:
    """The one likely encoding of files that belong together, for files that are too short to be clear alone."""
    others = [content for content in contents if not is_utf_8(content)]
    likely = likely_encodings(b"\n".join(others)) if others else ()
    return likely[0] if len(likely) == 1 else None


def is_utf_8(content: bytes) -> bool:
    """Whether bytes are strict UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _in_named(content: bytes, name: str, faults: list[Fault], encoding: str) -> Decoded | None:
    if not _NAMED.fullmatch(encoding.strip()):
        faults.append(Fault(name, "", "encoding", encoding or "empty", f"the name of an encoding: {_KNOWN_NAMES}"))
        return None
    wanted = encoding.strip().lower().replace("_", "-")
    try:
        codec = codecs.lookup(wanted).name
    except LookupError:
        faults.append(Fault(name, "", "encoding", encoding, f"the name of an encoding: {_KNOWN_NAMES}"))
        return None
    for mark, label, of_mark in _MARKS:
        if content.startswith(mark) and label.replace("-", "").lower() in codec.replace("-", "").replace("_", ""):
            return _strict(content[len(mark) :], name, faults, label, of_mark, len(mark))
    label = UTF_8 if codec.startswith("utf-8") else encoding.strip()
    return _strict(content, name, faults, label, "utf-8" if label == UTF_8 else codec, 0)


def _strict(content: bytes, name: str, faults: list[Fault], label: str, codec: str, skipped: int) -> Decoded | None:
    try:
        return Decoded(content.decode(codec), label)
    except UnicodeError as error:
        start = error.start + skipped if isinstance(error, UnicodeDecodeError) else 0
        faults.append(Fault(name, f"byte {start}", "", f"not {label} text", f"text in {label} to its end"))
        return None


def _utf_16(content: bytes, name: str, faults: list[Fault]) -> Decoded | None:
    """UTF-16 without a mark at its start: in the right order of bytes, more characters are digits and separators."""
    best: tuple[float, str] | None = None
    for codec in ("utf-16-le", "utf-16-be"):
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        plain = len(re.findall(r"[\r\n\t -~]", text))
        if "\0" not in text and plain >= 0.05 * len(text) and (best is None or plain > best[0]):
            best = (plain, text)
    if best is None:
        allowed = f"text in {', '.join(ENCODINGS[:-1])} or {ENCODINGS[-1]}, or a workbook (.xlsx)"
        faults.append(Fault(name, f"byte {content.index(0)}", "", "not text", allowed))
        return None
    return Decoded(best[1], "UTF-16")
