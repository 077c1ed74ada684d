"""The texts of the pages: each is in the catalogue, in both languages, with the same values."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import api
from dispatch.checker.rules import registered

PAGES = Path(api.__file__).parent / "pages"
ENTRY = re.compile(r'^  (?:"([^"]+)"|(\w+)): \["(.*)", "(.*)"\],$', re.MULTILINE)
NOT_TEXTS = {"Headwatt", "English", "中文", "--:--:--"}
CATALOGUE = (
    "strings.js", "control_room_strings.js", "control_room_shift_strings.js", "engineer_strings.js", "fleet_strings.js",
    "service_strings.js",
)  # fmt: skip
COMMANDS = {"headwatt access add", ",", "headwatt access link"}
SCRIPTS = sorted(set(PAGES.rglob("*.js")) - {PAGES / name for name in CATALOGUE})


def catalogue() -> dict[str, tuple[str, str]]:
    """English and Chinese by key."""
    text = "".join((PAGES / name).read_text(encoding="utf-8") for name in CATALOGUE)
    found = {quoted or plain: (english, chinese) for quoted, plain, english, chinese in ENTRY.findall(text)}
    assert len(found) == text.count('"],\n')
    return found


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.outside: set[str] = set()
        self.keys: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        given = dict(attrs)
        self.keys |= {str(given[name]) for name in ("data-t", "data-t-label") if name in given}
        self.outside |= {str(given[name]) for name in ("title", "aria-label", "alt") if name in given}

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.outside.add(data.strip())


def loose_texts(script: str) -> list[str]:
    """Literals of a script that read like a text: two words, or one word between two tags, outside of comments."""
    code = re.sub(r"/\*.*?\*/|^\s*//.*$", "", script, flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`', code)
    literals = [plain or re.sub(r"\$\{[^}]*\}|<[^>]*>", "", template) for plain, template in found]
    is_text = re.compile(r"^[A-Z][a-z]+[ a-z]*[.?!]?$|[A-Za-z]{2,} [a-z]{2,}|[\u4e00-\u9fff]")
    return [one for one in literals if is_text.search(one) and one not in ALLOWED]


ALLOWED = {
    "Content-Type", "X-CSRF-Token", "Date", "driving profiles", "compiling the search", "simulated days",
    "writing the plan", "ui-monospace", "Enter", "Escape", "ArrowLeft ArrowRight ArrowUp ArrowDown + - 0 C N P Escape",
    "train failed", "section blocked", "late pull-out",
    "hold train", "hold station", "substation out", "silent train", "silent meters", "train events",
    "vehicle telemetry", "substation meters",
    "headwatt live beijing_yizhuang --virtual --speed 10", "headwatt telemetry quarantine",
    "headwatt telemetry map recording.csv --line {line} --out recorder.yaml",
    "headwatt serve --telemetry store/ --mapping recorder.yaml",
    "curl -X POST {origin}/v1/telemetry --data-binary @recording.csv",
    "headwatt telemetry generate {line} --out recording.csv",
}  # fmt: skip


def test_each_text_is_in_both_languages_with_the_same_values() -> None:
    for key, (english, chinese) in catalogue().items():
        assert english, key
        assert re.search(r"[\u4e00-\u9fff]", chinese), key
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", chinese)), key


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.html")), ids=lambda path: path.name)
def test_a_page_has_no_text_outside_the_catalogue(page: Path) -> None:
    found = _Texts()
    found.feed(page.read_text(encoding="utf-8"))
    assert found.outside <= NOT_TEXTS | COMMANDS
    assert found.keys <= set(catalogue())


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_has_no_text_outside_the_catalogue(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert loose_texts(text) == []
    assert set(re.findall(r'\bt\("([^"]+)"', text)) <= set(catalogue())


def test_a_text_outside_the_catalogue_is_found() -> None:
    assert loose_texts('element("p", {}, "Stopped before it was done.")') == ["Stopped before it was done."]
    assert loose_texts('element("button", {}, "Stop")') == ["Stop"]
    assert loose_texts("`about ten`") == ["about ten"]
    assert loose_texts("`<title>${name} of the day</title>`") == [" of the day"]


def test_every_rule_of_the_checker_has_a_name_in_both_languages() -> None:
    named = {key.removeprefix("rule.") for key in catalogue()}
    assert {entry.rule for entry in registered()} <= named
