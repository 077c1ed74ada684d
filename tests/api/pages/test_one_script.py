"""Modules of the pages in one script: what is imported runs once, and forms that nobody uses are refused."""

from pathlib import Path

import pytest

from api.page_modules import one_script


def written(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder / "entry.js"


def test_each_module_comes_once_and_before_those_that_import_it(tmp_path: Path) -> None:
    entry = written(
        tmp_path,
        entry='import { twice } from "./middle.js";\nimport { one as first } from "./base.js";\ntwice(first);\n',
        middle='import { one } from "./base.js";\nexport function twice(x) {\n  return one + x;\n}\n',
        base="export const one = 1;\n",
    )
    assert one_script(entry, ()) == (
        "const $base = (() => {\nconst one = 1;\nreturn { one };\n})();\n"
        "const $middle = (() => {\nconst { one } = $base;\nfunction twice(x) {\n  return one + x;\n}\n"
        "return { twice };\n})();\nconst { twice } = $middle;\nconst { one: first } = $base;\ntwice(first);\n"
    )


def test_only_the_texts_that_the_page_shows_are_kept(tmp_path: Path) -> None:
    texts = 'export const STRINGS = {\n  "graph.day": ["Day", "日"],\n  other: ["Other", "其他"],\n};\n'
    entry = written(tmp_path, entry='import { STRINGS } from "./strings.js";\n', strings=texts)
    script = one_script(entry, ("graph.",))
    assert "graph.day" in script
    assert "Other" not in script


@pytest.mark.parametrize(
    ("base", "words"),
    [
        ('import { twice } from "./middle.js";\nexport const one = 1;\n', "imports itself"),
        ("export default 1;\n", "export default 1;"),
        ('import * as all from "./other.js";\nexport const one = 1;\n', "form of import"),
    ],
)
def test_what_the_pages_do_not_use_is_refused(tmp_path: Path, base: str, words: str) -> None:
    middle = 'import { one } from "./base.js";\nexport const twice = 2 * one;\n'
    entry = written(tmp_path, entry='import { twice } from "./middle.js";\n', middle=middle, base=base)
    with pytest.raises(ValueError, match=words):
        one_script(entry, ())
