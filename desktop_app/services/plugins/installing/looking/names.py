"""Which names are so like another plugin's that somebody could take one for the other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from packaging.utils import canonicalize_name

_SHORTEST = 6  # letters of a name of which one more, less or other is a slip of the pen, or meant to be one
# Letters of other scripts that look like Latin ones (Unicode TS 39, confusables; those that titles could be made of).
_LIKE = str.maketrans(
    "аᴀɑαеёєоοσрρсϲухχіїɩιјѕкκмтτвнԛԝɡզո",
    "aaaaeeeoooppccyxxiiiijskkmttbhqwgqn",
)
_ALIKE = str.maketrans("01i|!5$", "ollllss")


def same_name(one: str, other: str) -> bool:
    """Whether two names are those of one distribution."""
    return bool(canonicalize_name(one) == canonicalize_name(other))


def confusable(plugin_id: str, title: str, taken: Mapping[str, str]) -> str:
    """Return in a sentence why a new plugin is easily taken for one in `taken` (ids with titles), or nothing.

    Its own id may be among them: that is no other plugin.
    """
    for other, other_title in sorted(taken.items()):
        if other == plugin_id:
            continue
        if looks_like(plugin_id, other):
            return f"“{plugin_id}” is easily taken for “{other}”, which is another plugin."
        if _bones(title) and _bones(title) in {_bones(other_title), _bones(_own(other))}:
            return f"It calls itself “{title}”, as “{other}” does, which is another plugin."
    return ""


def looks_like(name: str, other: str) -> bool:
    """Whether two names differ by case, hyphens, `rankzero-`, letters that look alike, or a single slip alone."""
    name, other = _own(name), _own(other)
    if _bones(name) == _bones(other):
        return True
    one, two = _folded(name), _folded(other)
    if min(len(one), len(two)) < _SHORTEST or not _one_slip(one, two):
        return False
    return not _numbered(one, two)


def _own(name: str) -> str:
    """Return a name without what any plugin's may begin with."""
    return re.sub(r"(?i)^rankzero[-_.]", "", name)


def _folded(text: str) -> str:
    """Return a name without case, accents, hyphens, and letters of other scripts that look like Latin ones."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold()).translate(_LIKE)
    return "".join(each for each in plain if each.isalnum() or each in "|!$")


def _bones(text: str) -> str:
    """Return what is left of a name when letters that look alike are the same."""
    return _folded(text).translate(_ALIKE).replace("rn", "m").replace("vv", "w").replace("cl", "d")


def _numbered(one: str, two: str) -> bool:
    """Whether names differ in their numbers alone, as those of a family do: acme-v1, acme-v2."""
    digits = re.compile(r"\d+")
    return digits.sub("#", one) == digits.sub("#", two)


def _one_slip(one: str, two: str) -> bool:
    """Whether one letter more, less or other, or two that changed places, make one text of the other."""
    if len(one) > len(two):
        one, two = two, one
    if len(two) - len(one) > 1:
        return False
    same = next((place for place, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), len(one))
    if len(one) < len(two):
        return one[same:] == two[same + 1 :]
    swapped = one[same : same + 2] == two[same : same + 2][::-1] and one[same + 2 :] == two[same + 2 :]
    return swapped or one[same + 1 :] == two[same + 1 :]
