"""The sentences of the service in Chinese: each belongs to a sentence that the code or the report contains."""

import ast
import json
import re
from pathlib import Path

import api

TREE = Path(api.__file__).parents[1]
ROOMS = ("api", "dispatch", "simulation", "scenarios")
CHINESE = Path(api.__file__).parent / "pages" / "sentences.zh.json"
SHORTEST_PART = 6
COMPOSED = (
    "no substation has rated power",
    "no rated power (rated_power_kw and",
    "no more than today (today",
    " more) and depots",
    "no timing of these trips saves more than ",
    " kwh braking energy that",
    " kwh auxiliaries of trains that",
    " kwh energy of the trains above",
    "these headways are ",
    "the highest 15-minute demand ",
    " at the dc terminals + ",
    " violations of its ",
    "today (chosen)",
    "as asked (chosen)",
    "deviations do not add up",
    "deviations add up",
)
"""Parts that the code composes of several texts."""


def pairs() -> list[list[str]]:
    """English and Chinese sentences."""
    found: list[list[str]] = json.loads(CHINESE.read_text(encoding="utf-8"))
    return found


def literals(node: ast.AST) -> list[str]:
    """Texts of the code, with a space for each value of an f-string."""
    if isinstance(node, ast.JoinedStr):
        parts = (one.value if isinstance(one, ast.Constant) else " " for one in node.values)
        inner = [text for one in node.values if isinstance(one, ast.FormattedValue) for text in literals(one.value)]
        return ["".join(str(part) for part in parts), *inner]
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    return [text for child in ast.iter_child_nodes(node) for text in literals(child)]


def written() -> str:
    """Every text that the code, the report and its script contain, in small letters."""
    texts = [
        text
        for room in ROOMS
        for file in sorted((TREE / room).rglob("*.py"))
        for text in literals(ast.parse(file.read_text(encoding="utf-8")))
    ]
    for name in ("report/report.html.j2", "report/report_language.js"):
        texts.append((Path(api.__file__).parent / name).read_text(encoding="utf-8"))
    return re.sub(r"\s+", " ", "\n".join(texts)).lower()


def test_each_sentence_is_there_once_with_the_same_values() -> None:
    english = [one.lower() for one, _ in pairs()]
    assert len(english) == len(set(english))
    for one, chinese in pairs():
        assert sorted(re.findall(r"\{\w+\}", one)) == sorted(re.findall(r"\{\w+\}", chinese)), one


def test_each_sentence_is_one_that_the_code_writes() -> None:
    text = written()
    parts = [part for one, _ in pairs() for part in re.split(r"\{\w+\}|[;,.:] |, and ", one.lower())]
    unknown = [part for part in parts if len(part) >= SHORTEST_PART and part.strip(" .;:,()") not in text]
    assert [part for part in unknown if not any(one in part for one in COMPOSED)] == []
