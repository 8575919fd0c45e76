"""A plugin's own settings while somebody changes them: what each field shows, what is wrong, what is to be saved."""

from __future__ import annotations

from collections.abc import Mapping

from desktop_app.api import Diagnostic, Field, FormSpec, Severity, UserError, Value
from desktop_app.services.plugins.plugin_settings import PluginSettings, check_setting

HELP = "They hold at once, and stay when the plugin is updated, switched off or removed."


class OwnSettings:
    """What was changed and is not saved yet goes before what is saved."""

    def __init__(self, now: PluginSettings) -> None:
        self._now = now
        self._wrong: dict[str, tuple[Value, str]] = {}
        self.waiting: dict[str, Value] = {}
        """What is to be saved, None for the default."""

    @property
    def form(self) -> FormSpec:
        """What is asked."""
        return self._now.form

    @property
    def can_reset(self) -> bool:
        """Whether anything differs from its default."""
        return bool(self._now.chosen or self.waiting or self._wrong)

    @property
    def said(self) -> str:
        """What there is to say besides: stored values that can't be used, or that nobody knows."""
        unknown = ", ".join(self._now.unknown)
        kept = f"Kept, though this version of the plugin doesn't know it: {unknown}." if unknown else ""
        return "\n".join(filter(None, (*self._now.problems, kept)))

    def take(self, now: PluginSettings) -> None:
        """Show what is saved now; what is being typed and is wrong stays."""
        self._now = now

    def forget(self) -> None:
        """Drop what was not saved."""
        self._wrong.clear()
        self.waiting.clear()

    def value(self, asked: Field) -> Value:
        """Return what a field shows."""
        if asked.name in self._wrong:
            return self._wrong[asked.name][0]
        if asked.name in self.waiting:
            value = self.waiting[asked.name]
            return asked.default if value is None else value
        return self._now.values.get(asked.name, asked.default)

    def notes(self, name: str) -> tuple[Diagnostic, ...]:
        """Return what is wrong with what was typed into a field."""
        wrong = self._wrong.get(name)
        return (Diagnostic(Severity.ERROR, "setting", wrong[1], name),) if wrong else ()

    def answer(self, name: str, value: Value) -> None:
        """Take what was typed; what may be saved waits for that. The default's own value is no choice."""
        asked = next(each for each in self.form.fields if each.name == name)
        is_default = value == asked.default or (asked.default is None and value in ("", {}))
        try:
            checked = None if is_default else check_setting(asked, value)
        except UserError as error:
            self._wrong[name] = value, f"{error} What was saved before holds."
            self.waiting.pop(name, None)
        else:
            self._wrong.pop(name, None)
            self.waiting[name] = checked

    def take_saved(self, saved: Mapping[str, Value]) -> None:
        """What was saved waits no longer, unless it was changed again meanwhile."""
        self.waiting = {name: each for name, each in self.waiting.items() if name not in saved or each != saved[name]}
