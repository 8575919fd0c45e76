"""Whether a plugin's translations say everything that it says."""

from __future__ import annotations

import json
from collections.abc import Iterator

from desktop_app.api._plugins import Manifest
from desktop_app.api._plugins.translating import TranslationError, Translations, languages, read_file, translated
from desktop_app.api.testing.looking import Look

_MOST = 20


def translation_problems(manifest: Manifest, look: Look) -> Iterator[str]:
    """Yield what is wrong with each file of translations, and what it lacks of the texts that were seen."""
    said = texts(manifest, look)
    for name, path in languages(manifest.folder).items():
        where = f"{path.parent.name}/{path.name}"
        try:
            entries = read_file(path)
        except TranslationError as error:
            yield f"{where}: {error}"
            continue
        missing = _missing(said, entries)
        if missing:
            lines = "".join(f"  {json.dumps(each, ensure_ascii=False)}: …,\n" for each in missing[:_MOST])
            more = f"  and {len(missing) - _MOST} more\n" if len(missing) > _MOST else ""
            told = "Write {} on both sides for the parts of a text that change."
            yield f"{where} does not say everything in “{name}”. {told} It lacks:\n{lines}{more}".rstrip()


def texts(manifest: Manifest, look: Look) -> list[str]:
    """Return each English text for people that was seen, once."""
    found: dict[str, None] = {}

    def keep(text: str) -> str:
        found[text] = None
        return text

    keep(manifest.summary)
    translated(manifest.toolchains, keep)
    translated([answer for _, answer in look.answers], keep)
    for message in look.refusals:
        keep(message)
    return [each for each in found if any(letter.isalpha() for letter in each)]


def _missing(said: list[str], entries: dict[str, str]) -> list[str]:
    mark = "\0"  # what is translated begins with it
    translate = Translations({text: mark + each for text, each in entries.items() if each})
    return [each for each in said if not translate(each).startswith(mark)]
