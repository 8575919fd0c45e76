"""What the person chose, as one JSON object that the window and the command line share."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

from desktop_app.api import OutsideError, UserError, Value
from desktop_app.services.files import locked, set_aside, write_atomically
from desktop_app.services.on_loop import LoopSignal


class Settings:
    """Values by key, such as `plugins.disabled`. Two processes may set different keys at once: neither is lost.

    Saving waits for a lock and for the disk: the window does it in a thread (`asyncio.to_thread(settings.set, …)`);
    who listens to `changed` is told on the loop.
    A file that can't be understood is kept aside, said in `notices`, and the defaults hold.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.changed: LoopSignal[[str]] = LoopSignal()
        self.notices: tuple[UserError, ...] = ()
        self._turn = threading.RLock()
        self._values = self._read_or_notice()

    def get(self, key: str, default: Value = None) -> Value:
        """Return a copy of the value of `key`, or `default` where it was never set."""
        return copy.deepcopy(self._values[key]) if key in self._values else default

    def set(self, key: str, value: Value) -> None:
        """Save `value` (None forgets the key) and tell who listens. Raises OutsideError where it can't be saved."""
        self.update(key, lambda _before: value)

    def update(self, key: str, change: Callable[[Value], Value]) -> None:
        """Save what `change` makes of the value that is saved now (None: there is none); else as `set`.

        Two processes that each change a part of one value lose neither.
        """
        try:
            with self._turn, locked(self.path.with_name(f".{self.path.name}.lock")):
                values = self._read()
                value = change(copy.deepcopy(values.pop(key, None)))
                if value is not None:
                    values[key] = copy.deepcopy(value)
                write_atomically(self.path, json.dumps(values, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
                changed = self._adopt(values)
        except OSError as error:
            raise OutsideError(f"The settings can't be saved to {self.path}: {error.strerror or error}.") from error
        self._tell(changed)

    def reload(self) -> None:
        """Read what another process may have set meanwhile."""
        with self._turn:
            changed = self._adopt(self._read_or_notice())
        self._tell(changed)

    def _adopt(self, after: dict[str, Value]) -> list[str]:
        before, self._values = self._values, after
        return [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]

    def _tell(self, keys: list[str]) -> None:
        for key in keys:
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
