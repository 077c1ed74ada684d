"""Modules of the pages as one script, for a page that is a single file and works without a server."""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{ ([^}]+) \} from "([^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class|let) (\w+))", re.MULTILINE)
_TEXT = re.compile(r'^  (?:"([^"]+)"|(\w+)): \[.*\],\n', re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


def one_script(entry: Path, texts: tuple[str, ...]) -> str:
    """The module `entry` with all modules that it imports, as the text of one module script without imports.

    Each imported module becomes a function that runs once and returns the exports. Of the catalogue of texts, only the
    entries whose keys begin with one of `texts` are kept. Raises ValueError for modules that import each other in a
    circle, and for forms of import and export that the pages do not use.
    """
    parts: dict[Path, str] = {}
    _add(entry.resolve(), parts, (), texts)
    return "\n".join(parts.values()).replace("</script", "<\\/script")


def _add(file: Path, parts: dict[Path, str], path: tuple[Path, ...], texts: tuple[str, ...]) -> None:
    if file in path:
        raise ValueError(f"{file.name} imports itself through {', '.join(one.name for one in path)}")
    if file in parts:
        return
    code = file.read_text(encoding="utf-8")
    for _, address in _IMPORT.findall(code):
        _add((file.parent / address).resolve(), parts, (*path, file), texts)
    if file.stem.endswith("strings"):
        code = _TEXT.sub(lambda found: found[0] if (found[1] or found[2]).startswith(texts) else "", code)
    exports = _EXPORT.findall(code)
    code = _EXPORT.sub("", _IMPORT.sub(lambda found: _taken(found[1], (file.parent / found[2]).stem), code))
    other = _OTHER.search(code)
    if other:
        raise ValueError(f'{file.name}: "{other[0]}" is a form of import or export that one_script does not know')
    if path:
        code = f"const {_name(file.stem)} = (() => {{\n{code}return {{ {', '.join(exports)} }};\n}})();"
    parts[file] = code


def _taken(names: str, module: str) -> str:
    return f"const {{ {names.replace(' as ', ': ')} }} = {_name(module)};"


def _name(module: str) -> str:
    return f"${module}"
