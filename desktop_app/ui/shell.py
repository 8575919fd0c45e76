"""What pages may ask of the window around them, and what the window asks of its pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from desktop_app.api import Fix, UserError, Value
    from desktop_app.presenters.models.export import Source

PAGES = ("files", "runs", "models", "cloud", "plugins", "settings")


class State(Protocol):
    """What the window remembers between two starts: JSON values by name, such as `files.open`."""

    def get(self, key: str, default: Value = None) -> Value:
        """Return the value, or `default` where there is none."""

    def set(self, key: str, value: Value) -> None:
        """Remember the value; it is written soon after, and at the latest on closing."""


class Shell(Protocol):
    """The window as its pages know it. Every method is called on the window's thread and returns at once."""

    @property
    def state(self) -> State:
        """What comes back at the next start."""

    @property
    def backend(self) -> str:
        """The backend chosen at the top, such as `local`."""

    def open_path(self, path: Path) -> None:
        """Open a folder as the project, or a file in it (its folder becomes the project where none is open)."""

    def open_file(self, path: Path, line: int | None = None) -> None:
        """Show a file on the Files page, at a line (counted from 1)."""

    def show_run(self, handle: str) -> None:
        """Show a run's page."""

    def show_page(self, name: str) -> None:
        """Show `files`, `runs`, `models`, `cloud`, `plugins` or `settings`."""

    def new_job(self, template: str | None = None) -> None:
        """Open the wizard; `template` is `PLUGIN/WIZARD`, None lets the person choose."""

    def run_file(self, path: Path) -> None:
        """Plan the job file, have the plan reviewed, and submit it."""

    def mend_file(self, path: Path, fix: Fix) -> None:
        """Show a file on the Files page, and what a fix would change in it, to be done or left."""

    def change_file(self, path: Path, title: str, make: Callable[[str], str]) -> None:
        """Show a file on the Files page, and what `make` would change in its text, to be done or left.

        `make` is called off the window's thread; it may raise UserError.
        """

    def export_model(self, source: Source | None = None) -> None:
        """Show how a model is exported to ONNX; which one, where a source is given."""

    def show_graph(self, path: Path) -> None:
        """Show the graph of an ONNX file."""

    def notify(self, title: str, text: str, handle: str = "") -> None:
        """Tell the person though the window is not in front; a click leads to the run `handle`."""

    def say(self, message: UserError) -> None:
        """Show what happened and what to do next at the top of the page that is shown."""

    def set_problems(self, errors: int, warnings: int) -> None:
        """Show the open project's problems in the status bar."""

    def add_action(  # noqa: PLR0913 - the last two are optional keywords
        self,
        name: str,
        text: str,
        shortcut: str,
        callback: Callable[[], object],
        *,
        icon: str = "",
        menu: str = "",
    ) -> QAction:
        """Add an action to the window, the palette and, where `menu` (`file`, `run`, `view`, …) is given, a menu.

        `name` is stable (`files.save`); `text` carries a mnemonic (`&Save`); `shortcut` may be empty.
        """


class FilesView(Protocol):
    """What the window asks of the Files page."""

    def open_folder(self, folder: Path) -> None:
        """Make `folder` the project that is open."""

    def open_file(self, path: Path, line: int | None = None) -> None:
        """Open a file in a tab, or show the tab it is in."""

    def new_job(self, template: str | None = None) -> None:
        """Open the wizard on the open project."""

    def run_file(self, path: Path) -> None:
        """Plan, have reviewed, submit."""

    def mend_file(self, path: Path, fix: Fix) -> None:
        """Show a file and what a fix would change in it."""

    def change_file(self, path: Path, title: str, make: Callable[[str], str]) -> None:
        """Show a file and what a change would make of its text."""

    def show_problems(self) -> None:
        """Show the first problem, or the list of them."""

    async def may_close(self) -> bool:
        """Settle unsaved texts (kept as drafts, or asked about); False keeps the window open."""


class RunsView(Protocol):
    """What the window asks of the Runs page."""

    def show_run(self, handle: str) -> None:
        """Show a run's page."""
