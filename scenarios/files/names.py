"""Suggestions for misspelt names."""

import difflib
from collections.abc import Iterable


def nearest(wrong: str, known: Iterable[str]) -> list[str]:
    """The known names that are most similar to a wrong name, most similar first."""
    return difflib.get_close_matches(wrong, list(known), n=3, cutoff=0.6)


def did_you_mean(
    wrong: str,
    known: Iterable[str],
    titles: dict[str, str] | None = None,
    if_none: str = "nothing of this kind is defined",
) -> str:
    """The known names most like a wrong one, then all of them if they are few: "RC, RJ (known: ...)".

    `titles` are longer names of the known ones (a station's full name), compared too. `if_none` is the clause that
    states what is missing where there is no known name: "the line has no depots".
    """
    names = list(known)
    if not names:
        return f"no name, because {if_none}"
    by_text = {name.casefold(): name for name in names}
    by_text.update({title.casefold(): name for name, title in (titles or {}).items()})
    near = difflib.get_close_matches(str(wrong).casefold(), list(by_text), n=3, cutoff=0.4)
    meant = list(dict.fromkeys(by_text[text] for text in near))
    listing = ", ".join(names[:40]) + (f" and {len(names) - 40} more" if len(names) > 40 else "")
    return f"did you mean {' or '.join(meant)}? known: {listing}" if meant else f"one of {listing}"
