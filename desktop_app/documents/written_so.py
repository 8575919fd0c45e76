"""What Azure ML reads otherwise than it is written: tags, and yes, no, on and off, which it takes for truth values."""

from __future__ import annotations

from collections.abc import Iterator

from desktop_app.core.paths import Part
from desktop_app.core.rules.notes import Notes
from desktop_app.documents.yaml_text import Parsed

_TRUTHS = {"yes": "True", "on": "True", "no": "False", "off": "False"}
_TEXTS = frozenset(
    {"name", "display_name", "description", "experiment_name", "version", "environment_variables", "tags"}
)
_OWN_TAG = "tag:yaml.org,2002:"
_KNOWN_TAGS = frozenset(
    f"{_OWN_TAG}{name}"
    for name in ("str", "int", "float", "bool", "null", "seq", "map", "timestamp", "binary", "set", "omap", "pairs",
                 "merge", "value")
)  # fmt: skip


def check(parsed: Parsed, notes: Notes) -> None:
    """Look at how the scalars of a text are written."""
    if "!" in parsed.text:
        for path, tag in _tags(parsed):
            shown = f"!!{tag.removeprefix(_OWN_TAG)}" if tag.startswith(_OWN_TAG) else tag
            message = f"Put this value in quotes, or remove {shown[:40]}: Azure ML refuses a file with such a tag."
            notes.error("tag", path, message)
    for path, place in parsed.places.items():
        node = place.value
        if path[0] not in _TEXTS or not isinstance(node.value, str) or node.style or node.tag is not None:
            continue
        truth = _TRUTHS.get(node.value.lower())
        if truth and len(path) == (2 if path[0] in {"environment_variables", "tags"} else 1):
            message = f"Put {node.value} in quotes: without them Azure ML reads {truth}."
            (notes.warning if len(path) == 2 else notes.error)("truth-word", path, message)


def _tags(parsed: Parsed) -> Iterator[tuple[tuple[Part, ...], str]]:
    for path, place in parsed.places.items():
        tag = place.value.tag
        if tag and tag.startswith(("!", "tag:")) and tag != "!" and tag not in _KNOWN_TAGS:
            yield path, tag
