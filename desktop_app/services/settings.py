"""What the person chose, as one JSON object that the window and the command line share."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import cast

from desktop_app.api import OutsideError, UserError, Value
from desktop_app.core.observable import Signal
from desktop_app.services.files import locked, set_aside, write_atomically


class Settings:
    """Values by key, such as `plugins.disabled`. Two processes may set different keys at once: neither is lost.

    A file that can't be understood is kept aside, said in `notices`, and the defaults hold.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.changed: Signal[[str]] = Signal()
        self.notices: tuple[UserError, ...] = ()
        self._values = self._read_or_notice()

    def get(self, key: str, default: Value = None) -> Value:
        """Return a copy of the value of `key`, or `default` where it was never set."""
        return copy.deepcopy(self._values[key]) if key in self._values else default

    def set(self, key: str, value: Value) -> None:
        """Save `value` (None forgets the key) and tell who listens. Raises OutsideError where it can't be saved."""
        before = self._values
        try:
            with locked(self.path.with_name(f".{self.path.name}.lock")):
                values = self._read()
                values.pop(key, None)
                if value is not None:
                    values[key] = copy.deepcopy(value)
                write_atomically(self.path, json.dumps(values, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
        except OSError as error:
            raise OutsideError(f"The settings can't be saved to {self.path}: {error.strerror or error}.") from error
        self._adopt(before, values)

    def reload(self) -> None:
        """Read what another process may have set meanwhile."""
        self._adopt(self._values, self._read_or_notice())

    def _adopt(self, before: dict[str, Value], after: dict[str, Value]) -> None:
        self._values = after
        for key in sorted(before.keys() | after.keys()):
            if before.get(key) != after.get(key):
                self.changed.emit(key)

    def _read_or_notice(self) -> dict[str, Value]:
        try:
            return self._read()
        except OSError as error:
            self._notice(f"The settings in {self.path} can't be read: {error.strerror or error}.")
            return {}

    def _read(self) -> dict[str, Value]:
        try:
            values = json.loads(self.path.read_text("utf-8-sig"))
        except FileNotFoundError:
            return {}
        except (ValueError, RecursionError) as error:
            return self._damaged(str(error))
        return cast("dict[str, Value]", values) if isinstance(values, dict) else self._damaged("It is no JSON object.")

    def _damaged(self, why: str) -> dict[str, Value]:
        try:
            kept = f"It is kept as {set_aside(self.path).name}."
        except OSError:
            kept = "It could not be moved aside."
        self._notice(f"The settings file {self.path.name} is damaged; the defaults hold. {kept}", why)
        return {}

    def _notice(self, message: str, details: str = "") -> None:
        self.notices = (*self.notices, UserError(message, details=details))
