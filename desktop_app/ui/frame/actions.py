"""Every action of the window in one place: it feeds the menus, the shortcuts and the command palette."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QMenuBar

from desktop_app.ui.icons import icon

MENUS = {
    "file": "&File", "edit": "&Edit", "run": "&Run", "cloud": "&Cloud", "plugins": "&Plugins", "view": "&View",
    "help": "&Help",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Command:
    """An action under its stable name, with the menu it stands in (empty: in none)."""

    name: str
    menu: str
    action: QAction
    icon_name: str = ""

    @property
    def title(self) -> str:
        """What the palette shows: the text without its mnemonic and dots."""
        return self.action.text().replace("&", "").rstrip("….")

    @property
    def shortcut(self) -> str:
        """The keys as this platform writes them."""
        return self.action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


class Actions:
    """The window's actions by name."""

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self._commands: dict[str, Command] = {}
        self._last: dict[str, QAction] = {}
        self._kinds: dict[str, str] = {}
        self.menus = {name: QMenu(window.tr(title), window) for name, title in MENUS.items()}
        for each in self.menus.values():
            each.menuAction().setVisible(False)

    @property
    def commands(self) -> tuple[Command, ...]:
        """Every action in the order it was added."""
        return tuple(self._commands.values())

    def __getitem__(self, name: str) -> QAction:
        return self._commands[name].action

    def add(  # noqa: PLR0913 - the last two are optional keywords
        self,
        name: str,
        text: str,
        shortcut: str,
        callback: Callable[[], object],
        *,
        icon_name: str = "",
        menu: str = "",
    ) -> QAction:
        """Add an action, or replace the one of that name; its shortcut works in the whole window."""
        if name in self._commands:
            self.remove(name)
        action = QAction(text, self._window)
        action.setObjectName(name)
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
        if icon_name:
            action.setIcon(icon(icon_name))
        action.triggered.connect(lambda _checked=False: callback())
        self._window.addAction(action)
        if menu in self.menus:
            self._separate_kinds(menu, name)
            self.menus[menu].insertAction(self._last.get(menu), action)  # type: ignore[arg-type]
            self.menus[menu].menuAction().setVisible(True)
        self._commands[name] = Command(name, menu, action, icon_name)
        return action

    def remove(self, name: str) -> None:
        """Take an action back wholly."""
        command = self._commands.pop(name)
        self._window.removeAction(command.action)
        command.action.deleteLater()

    def _separate_kinds(self, menu: str, name: str) -> None:
        """Put a line between the actions of different pages (`files.…`, `edit.…`) in one menu."""
        kind = name.partition(".")[0]
        if self._kinds.get(menu, kind) != kind:
            self.menus[menu].insertSeparator(self._last.get(menu))  # type: ignore[arg-type]
        self._kinds[menu] = kind

    def put_last(self, name: str) -> None:
        """Keep an action, and a line above it, at the end of its menu, whatever is added later."""
        command = self._commands[name]
        self._last[command.menu] = self.menus[command.menu].insertSeparator(command.action)

    def separate(self, menu: str) -> None:
        """Put a line into a menu."""
        self.menus[menu].addSeparator()

    def fill(self, target: QMenu | QMenuBar) -> None:
        """Put the menus that have something in them into a menu bar, or into one menu that holds all."""
        for menu in self.menus.values():
            target.addMenu(menu)
