"""A plugin's own settings: its form and what the person chose, read, checked and saved.

They stand in settings.json under `plugins.settings.ID`, one object for each plugin, and stay there when the plugin is
switched off, updated or removed: `forget_settings` alone deletes them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from desktop_app.api import Field, FieldKind, FormSpec, UserError, Value
from desktop_app.api._plugins.own_settings import filled_in, is_set, setting_problem
from desktop_app.core.nearest import nearest
from desktop_app.services.settings import Settings

PREFIX = "plugins.settings."
_LARGEST = 64_000
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


class AsksPlugins(Protocol):
    """The plugin host, as far as settings need it."""

    def settings_form(self, plugin_id: str) -> FormSpec:
        """Return a plugin's form; raises UserError where it can't be had."""


@dataclass(frozen=True, slots=True)
class PluginSettings:
    """A plugin's settings as they are.

    `values` hold one for each field, `chosen` are the names of those that the person set. `problems` say what is
    stored and can't be used, so that the default holds; `unknown` are stored names that the form does not have.
    """

    plugin: str
    form: FormSpec
    values: Mapping[str, Value] = field(default_factory=dict)
    chosen: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def stored_settings(settings: Settings, plugin_id: str) -> dict[str, Value]:
    """Return what is stored for a plugin, as it stands."""
    return _as_object(settings.get(f"{PREFIX}{plugin_id}"))


def settings_of(form: FormSpec, settings: Settings, plugin_id: str) -> PluginSettings:
    """Return a plugin's settings as its form shows them."""
    stored = stored_settings(settings, plugin_id)
    known = {each.name: each for each in form.fields}
    return PluginSettings(
        plugin_id,
        form,
        filled_in(form, stored),
        frozenset(name for name, each in known.items() if is_set(each, stored)),
        tuple(
            f"“{each.title}” {what}; its default holds."
            for name, each in known.items()
            if name in stored and (what := setting_problem(each, stored[name]))
        ),
        tuple(sorted(stored.keys() - known.keys())),
    )


def check_setting(asked: Field, value: Value) -> Value:
    """Return a value that may be saved, None for the default. Raises UserError for any other."""
    if asked.disabled:
        raise UserError(f"“{asked.name}” can't be set now: {asked.disabled}")
    if value is None:
        return None
    if problem := setting_problem(asked, value):
        raise UserError(f"“{asked.name}” ({asked.title}) {problem}.", hint=_choices(asked))
    from desktop_app.core.secrets import SECRETS  # twenty patterns: not before somebody sets something

    text = json.dumps(value, ensure_ascii=False)
    if len(text) > _LARGEST:
        raise UserError(f"“{asked.name}” ({asked.title}) is too long: {_LARGEST // 1000} kB are the most.")
    if kind := next((each.kind for each in SECRETS if each.pattern.search(text)), ""):
        message = f"“{asked.name}” ({asked.title}) looks like {kind}: settings are a plain file and keep no secrets."
        raise UserError(message, hint="Put it into an environment variable or a key vault.")
    return value


def choose_settings(form: FormSpec, settings: Settings, plugin_id: str, changes: Mapping[str, Value]) -> None:
    """Save values, None for the default. Raises UserError for what is no answer, OutsideError for a full disk."""
    checked = {name: check_setting(_field(form, plugin_id, name), value) for name, value in changes.items()}
    _save(settings, plugin_id, checked)


def reset_settings(form: FormSpec, settings: Settings, plugin_id: str) -> dict[str, Value]:
    """Take every default again; returns what was chosen before, for `restore_settings`."""
    stored, names = stored_settings(settings, plugin_id), {each.name for each in form.fields}
    _save(settings, plugin_id, dict.fromkeys(names))
    return {name: value for name, value in stored.items() if name in names}


def restore_settings(settings: Settings, plugin_id: str, before: Mapping[str, Value]) -> None:
    """Save again what was chosen before."""
    _save(settings, plugin_id, before)


def forget_settings(settings: Settings, plugin_id: str) -> None:
    """Delete all that is stored for a plugin; for a person who says so when removing it."""
    settings.set(f"{PREFIX}{plugin_id}", None)


def set_plugin_setting(
    host: AsksPlugins, settings: Settings, plugin_id: str, assignments: Sequence[str]
) -> PluginSettings:
    """Save what was typed as `KEY=VALUE` and return what holds now; all of it is saved, or nothing.

    `KEY=` takes the default again; `KEY.NAME=VALUE` sets one of a field's names and values, and `KEY.NAME=` drops it.
    """
    form = host.settings_form(plugin_id)
    changes: dict[str, Value] = {}
    for each in assignments:
        name, value = _assigned(form, plugin_id, each, {**stored_settings(settings, plugin_id), **changes})
        changes[name] = value
    _save(settings, plugin_id, changes)
    return settings_of(form, settings, plugin_id)


def _save(settings: Settings, plugin_id: str, changes: Mapping[str, Value]) -> None:
    def merged(before: Value) -> Value:
        values = {**_as_object(before), **changes}
        kept: dict[str, Value] = {name: each for name, each in values.items() if each is not None}
        return kept or None

    settings.update(f"{PREFIX}{plugin_id}", merged)


def _as_object(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _field(form: FormSpec, plugin_id: str, name: str) -> Field:
    known = {each.name: each for each in form.fields}
    if name in known:
        return known[name]
    if not known:
        raise UserError(f"The plugin “{plugin_id}” has no settings.")
    raise UserError(f"The plugin “{plugin_id}” has no setting “{name}”.", hint=nearest(name, list(known)))


def _choices(asked: Field) -> str:
    return f"It can be {', '.join(each.value for each in asked.choices)}." if asked.choices else ""


def _assigned(form: FormSpec, plugin_id: str, typed: str, now: Mapping[str, Value]) -> tuple[str, Value]:
    name, sign, text = typed.partition("=")
    name = name.strip()
    if not sign or not name:
        raise UserError(f"“{typed}” sets nothing.", hint="Write KEY=VALUE, such as timeout=60.")
    whole, dot, key = name.partition(".")
    pairs = next((each for each in form.fields if each.name == whole and each.kind is FieldKind.KEY_VALUES), None)
    if dot and pairs is not None:
        return whole, check_setting(pairs, _with_pair(pairs, now.get(whole), key, text))
    asked = _field(form, plugin_id, name)
    return name, check_setting(asked, _typed(asked, text) if text else None)


def _with_pair(asked: Field, before: Value, key: str, text: str) -> Value:
    pairs = dict(_as_object(asked.default if before is None else before))
    if text:
        pairs[key] = text
    else:
        pairs.pop(key, None)
    return pairs


def _typed(asked: Field, text: str) -> Value:
    """Return what was typed as the kind of value that a field takes; the text itself where it is none."""
    if asked.kind is FieldKind.BOOLEAN:
        return _yes_no(text)
    if asked.kind is FieldKind.INTEGER:
        return _number(text, int)
    if asked.kind is FieldKind.NUMBER:
        return _number(text, float)
    if asked.kind is FieldKind.KEY_VALUES:
        return _json(asked, text)
    return "" if text == '""' else text


def _yes_no(text: str) -> Value:
    word = text.strip().lower()
    return word in _YES if word in _YES + _NO else text


def _number(text: str, kind: type[int] | type[float]) -> Value:
    try:
        number = kind(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _json(asked: Field, text: str) -> Value:
    try:
        value: Value = json.loads(text)
    except (ValueError, RecursionError) as error:
        hint = f'Write {asked.name}.NAME=VALUE, or JSON: {asked.name}={{"NAME": "VALUE"}}.'
        raise UserError(f"“{asked.name}” ({asked.title}) wants names and values.", hint=hint) from error
    return value
