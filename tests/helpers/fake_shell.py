"""A drawer of fakes for pages: a window that writes down what it is asked, and services that need no other process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from desktop_app.api import Fix, UserError
from desktop_app.presenters.models.export import Source
from desktop_app.ui.window_state import WindowState


class FakeShell:
    """Implements `ui.shell.Shell`; `calls` holds what was asked for, `said` the errors that were shown."""

    def __init__(self, folder: Path) -> None:
        self.state = WindowState(folder / "window.json")
        self.backend = "local"
        self.calls: list[tuple[object, ...]] = []
        self.said: list[UserError] = []
        self.actions: dict[str, QAction] = {}
        self._owner = QWidget()

    def open_path(self, path: Path) -> None:
        self.calls.append(("open_path", path))

    def open_file(self, path: Path, line: int | None = None) -> None:
        self.calls.append(("open_file", path, line))

    def show_run(self, handle: str) -> None:
        self.calls.append(("show_run", handle))

    def show_page(self, name: str) -> None:
        self.calls.append(("show_page", name))

    def new_job(self, template: str | None = None) -> None:
        self.calls.append(("new_job", template))

    def run_file(self, path: Path) -> None:
        self.calls.append(("run_file", path))

    def mend_file(self, path: Path, fix: Fix) -> None:
        self.calls.append(("mend_file", path, fix))

    def change_file(self, path: Path, title: str, make: Callable[[str], str]) -> None:
        self.calls.append(("change_file", path, title, make))

    def export_model(self, source: Source | None = None) -> None:
        self.calls.append(("export_model", source))

    def show_graph(self, path: Path) -> None:
        self.calls.append(("show_graph", path))

    def notify(self, title: str, text: str, handle: str = "") -> None:
        self.calls.append(("notify", title, text, handle))

    def say(self, message: UserError) -> None:
        self.said.append(message)

    def set_problems(self, errors: int, warnings: int) -> None:
        self.calls.append(("set_problems", errors, warnings))

    def add_action(
        self, name: str, text: str, shortcut: str, callback: Callable[[], object], *, icon: str = "", menu: str = ""
    ) -> QAction:
        action = QAction(text, self._owner)
        action.setShortcut(QKeySequence(shortcut))
        action.triggered.connect(lambda _checked=False: callback())
        self.actions[name] = action
        return action

    def close(self) -> None:
        """Let go of what Qt holds; called by the fixture."""
        self.state.save()
        self._owner.deleteLater()
