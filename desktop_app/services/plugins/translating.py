"""The language of plugins' texts: the person's choice, else what the system says; and each plugin's translations."""

from __future__ import annotations

import dataclasses
import locale
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from desktop_app.api import UserError
from desktop_app.api._plugins.translating import (
    NOTHING,
    Translations,
    languages,
    read_translations,
    translated,
    translated_error,
)
from desktop_app.services.plugins.info import PluginInfo
from desktop_app.services.settings import Settings

LANGUAGE = "language"
_LOCALE = re.compile(r"([A-Za-z]{2,3})(?:[_-]([A-Za-z0-9]{2,8}))?(?:[.@].*)?")


class Translator:
    """Each plugin's translations into the language that holds, every file read once."""

    def __init__(self, settings: Settings, environment: Mapping[str, str] = os.environ) -> None:
        self._settings, self._system = settings, language_of_system(environment)
        self._read: dict[tuple[Path, str], Translations] = {}
        self._infos: dict[str, tuple[PluginInfo, Translations, PluginInfo]] = {}

    @property
    def language(self) -> str:
        """The language, such as `de-at`; empty for English."""
        chosen = self._settings.get(LANGUAGE)
        if not isinstance(chosen, str) or not chosen:
            return self._system
        return _but_english(_language(chosen))

    def of(self, folder: Path | None) -> Translations:
        """Return the translations of the plugin in a folder."""
        language = self.language
        if folder is None or not language:
            return NOTHING
        key = (folder, language)
        if key not in self._read:
            self._read[key] = read_translations(folder, language)
        return self._read[key]

    def info(self, info: PluginInfo) -> PluginInfo:
        """Return what the list shows of a plugin; a file of translations that can't be used is said in its details."""
        said = self.of(info.folder)
        if said is NOTHING:
            return info
        known = self._infos.get(info.id)
        if known is None or known[0] is not info or known[1] is not said:
            known = self._infos[info.id] = info, said, _said(info, said)
        return known[2]

    def answer(self, info: PluginInfo, result: Any) -> tuple[PluginInfo, Any]:
        """Return a plugin and what its hook returned."""
        said = self.of(info.folder)
        return self.info(info), translated(result, said) if said else result

    def refusal(self, error: UserError, folder: Path) -> UserError:
        """Return what a hook raised for the person, in the person's language."""
        return translated_error(error, self.of(folder))

    def forget(self) -> None:
        """Read the files anew when they are next asked for."""
        self._read.clear()
        self._infos.clear()


def _said(info: PluginInfo, said: Translations) -> PluginInfo:
    return dataclasses.replace(
        info,
        name=said(info.name),
        summary=said(info.summary),
        toolchains=translated(info.toolchains, said),
        details=info.details or said.problem,
    )


def languages_of(folders: list[Path]) -> tuple[str, ...]:
    """Return the languages that any of the plugins is translated into."""
    return tuple(sorted({name for folder in folders for name in languages(folder)}))


def _language(name: str) -> str:
    """Return `de-at` for `de_AT.UTF-8`, `en` for the locales C and POSIX, nothing for what is none."""
    if name.partition(".")[0] in ("C", "POSIX"):
        return "en"
    found = _LOCALE.fullmatch(name.strip())
    return "-".join(each.lower() for each in found.groups() if each) if found else ""


def language_of_system(environment: Mapping[str, str] = os.environ) -> str:
    """Return the language that the system speaks, such as `de-at`; empty for English, or where that is not known."""
    return _but_english(next((each for each in _of_system(environment) if each), ""))


def _but_english(language: str) -> str:
    return "" if language == "en" else language


def _of_system(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what the environment says, in gettext's order."""
    said = next((environment[each] for each in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(each)), "")
    if _language(said) != "en":  # as with gettext, LANGUAGE means nothing where the locale is C
        yield from (_language(each) for each in environment.get("LANGUAGE", "").split(":") if each)
    if said:
        yield _language(said)
    else:
        yield _language(locale.getlocale()[0] or "")
