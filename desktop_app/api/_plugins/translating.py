"""A plugin's texts in the person's language: its `translations/LANG.json`, and which texts of what a hook returns.

A translation is found for the whole text, else for a text with `{}` for its changing parts; what has none stays
English. Codes, names, paths and values are never translated.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from desktop_app.api.errors import UserError

Translate: TypeAlias = Callable[[str], str]

FOLDER = "translations"
TEXTS: Mapping[str, tuple[str, ...]] = {
    "Choice": ("title", "note"),
    "Diagnostic": ("message",),
    "EnvironmentPreset": ("title", "summary"),
    "Explanation": ("cause", "advice"),
    "Field": ("title", "help", "suffix", "disabled"),
    "Fix": ("title",),
    "FormSpec": (),
    "JobWizard": ("title", "summary", "job_action"),
    "OnnxExporter": ("title",),
    "RankTable": ("says",),
    "Row": ("title", "note", "help"),
    "ScriptScan": (),
    "ToolchainSpec": ("title",),
    "WizardStep": ("title", "summary"),
}
"""The types that hold texts for people, themselves or further inside, each with those of its own fields that are."""
_CALLED = {"JobWizard": ("steps", "build"), "OnnxExporter": ("form",)}
"""Functions whose results hold texts."""
_LARGEST, _LONGEST, _KEPT = 1_000_000, 4_000, 4_096
_NAME = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}")
_PLACE = re.compile(r"\{(\d?)\}")


class TranslationError(Exception):
    """A file of translations that can't be used; the text is one sentence."""


class Translations:
    """Translates a plugin's texts into one language; without any entry it leaves them as they are."""

    def __init__(self, entries: Mapping[str, str], problem: str = "") -> None:
        self.problem = problem
        self._exact = {text: said for text, said in entries.items() if said}
        with_places = [_Pattern(text, said) for text, said in self._exact.items() if "{}" in text]
        self._patterns = sorted(with_places, key=lambda each: -each.weight)
        self._known: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._exact)

    def __call__(self, text: str) -> str:
        """Return the translation of a text, the text itself where there is none."""
        if text not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[text] = self._exact.get(text) or self._by_pattern(text)
        return self._known[text]

    def _by_pattern(self, text: str) -> str:
        if len(text) > _LONGEST:
            return text
        return next((said for each in self._patterns if (said := each.translate(text)) is not None), text)


class _Pattern:
    """A text with places; the one with more words of its own is tried first."""

    def __init__(self, text: str, said: str) -> None:
        self._literals = text.split("{}")
        self._said = said
        self.weight = sum(map(len, self._literals))

    def translate(self, text: str) -> str | None:
        parts = self._parts(text)
        if parts is None:
            return None
        numbers = iter(range(len(parts)))
        return _PLACE.sub(lambda found: parts[int(found[1]) if found[1] else next(numbers)], self._said)

    def _parts(self, text: str) -> list[str] | None:
        """Return what stands at the places, none of it empty, each as short as may be; None for another text."""
        first, *between, last = self._literals
        if not text.startswith(first) or not text.endswith(last):
            return None
        parts, at, end = [], len(first), len(text) - len(last)
        for literal in between:
            found = text.find(literal, at + 1, end)
            if found < 0:
                return None
            parts.append(text[at:found])
            at = found + len(literal)
        return [*parts, text[at:end]] if at < end else None


NOTHING = Translations({})


def languages(folder: Path) -> dict[str, Path]:
    """Return the languages that a plugin has translations for, such as `de` or `pt-br`, each with its file."""
    try:
        files = sorted((folder / FOLDER).glob("*.json"))
    except OSError:
        return {}
    named = {each.stem.lower().replace("_", "-"): each for each in files}
    return {name: path for name, path in named.items() if _NAME.fullmatch(name)}


def read_translations(folder: Path, wanted: str) -> Translations:
    """Return a plugin's translations into `wanted` (`de-at`), over those into its plain language (`de`).

    A file that can't be used is left out, and said in `problem`.
    """
    there = languages(folder)
    parts = wanted.split("-")
    entries: dict[str, str] = {}
    problems = []
    for name in ("-".join(parts[:count]) for count in range(1, len(parts) + 1)):
        if name in there:
            try:
                entries |= read_file(there[name])
            except TranslationError as error:
                problems.append(f"{FOLDER}/{there[name].name}: {error} Its texts stay English.")
    return Translations(entries, "\n".join(problems)) if entries or problems else NOTHING


def read_file(path: Path) -> dict[str, str]:
    """Return the texts of one language, English text → translation. Raises TranslationError."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            raise TranslationError(f"It is no file of at most {_LARGEST // 1_000_000} MB.")
        data = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise TranslationError(f"It can't be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise TranslationError(f"It is no JSON in UTF-8: {error}.") from error
    if not isinstance(data, dict):
        raise TranslationError("It must be an object: English text → translation.")
    for text, said in data.items():
        _check(text, said)
    return data


def _check(text: str, said: Any) -> None:
    start = f"“{text[:60]}”"
    if not isinstance(said, str):
        raise TranslationError(f"The translation of {start} is no text.")
    if max(len(text), len(said)) > _LONGEST:
        raise TranslationError(f"{start} is longer than {_LONGEST} characters.")
    places = text.count("{}")
    if places > 9 or "{}{}" in text:
        raise TranslationError(f"{start} has more than 9 places, or two with nothing between them.")
    if places and said and not _fits(_PLACE.findall(said), places):
        raise TranslationError(f"The translation of {start} must have its {places} places: {{}}, or {{0}} and so on.")


def _fits(found: list[str], places: int) -> bool:
    """Whether a translation has each place, in the same order as `{}` or in its own with numbers."""
    return found == [""] * places or ("" not in found and {int(each) for each in found} == set(range(places)))


def translated(value: Any, translate: Translate) -> Any:
    """Return what a hook returned with its texts for people translated; functions in it answer likewise."""
    if isinstance(value, list | tuple):
        return _several(value, translate)
    if isinstance(value, Mapping):
        inside = {key: translated(each, translate) for key, each in value.items()}
        return value if all(inside[key] is value[key] for key in inside) else inside
    kind = next((each.__name__ for each in type(value).__mro__ if each.__name__ in TEXTS), None)
    return _record(value, kind, translate) if kind is not None else value


def _several(values: Any, translate: Translate) -> Any:
    made = [translated(each, translate) for each in values]
    return values if all(new is old for new, old in zip(made, values, strict=True)) else tuple(made)


def _record(record: Any, kind: str, translate: Translate) -> Any:
    changed: dict[str, Any] = {}
    for each in dataclasses.fields(record):
        old = getattr(record, each.name)
        if each.name in TEXTS[kind]:
            new: Any = _texts(old, translate)
        elif each.name in _CALLED.get(kind, ()):
            new = functools.partial(_answer, old, translate)
        else:
            new = translated(old, translate)
        if new is not old and new != old:
            changed[each.name] = new
    return dataclasses.replace(record, **changed) if changed else record


def _texts(value: Any, translate: Translate) -> Any:
    """Return a text, or several, translated; what is neither is a mistake that is found elsewhere."""
    if isinstance(value, list | tuple):
        return tuple(_texts(each, translate) for each in value)
    return translate(value) if isinstance(value, str) else value


def _answer(function: Callable[..., Any], translate: Translate, *arguments: Any) -> Any:
    try:
        return translated(function(*arguments), translate)
    except UserError as error:
        raise translated_error(error, translate) from error


def translated_error(error: UserError, translate: Translate) -> UserError:
    """Return a refusal in the person's language; its details stay as they are."""
    made = type(error)(translate(error.message), hint=translate(error.hint), details=error.details)
    return made.with_traceback(error.__traceback__)
