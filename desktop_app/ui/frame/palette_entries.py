"""What the command palette offers, and how each is carried out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shiboken6 import isValid

from desktop_app.presenters.palette import Entry
from desktop_app.presenters.palette_files import files_of
from desktop_app.presenters.palette_words import KEYWORDS
from desktop_app.ui.icons import STATE_ICONS
from desktop_app.ui.palette import Palette
from desktop_app.ui.tasks import spawn

if TYPE_CHECKING:
    from desktop_app.ui.frame.session import Session
    from desktop_app.ui.main_window import MainWindow

_ACTION_ICONS = {
    "job": "mdi6.plus", "file": "mdi6.folder-open-outline", "view": "mdi6.dock-window", "app": "mdi6.power",
    "run": "mdi6.play", "edit": "mdi6.pencil-outline", "help": "mdi6.information-outline",
    "plugins": "mdi6.puzzle-outline",
}  # fmt: skip
_RUNS = 30


def open_palette(window: MainWindow, session: Session | None) -> None:
    """Show the palette over the window with all there is to do now; the open folder's files follow when read."""
    entries = [*_actions(window), *_samples(), *_recent(window)]
    if session is not None:
        entries.extend([*_places(session), *_plugins(session), *_runs(session)])
    made = _open(window, entries, session)
    project = window.state.text("project")
    if session is not None and project:
        spawn(_add_files(made, Path(project)), "list files for the palette")


def open_shortcuts(window: MainWindow) -> None:
    """Show the palette with all that a key does."""
    _open(window, [each for each in _actions(window) if each.shortcut])


def _open(window: MainWindow, entries: list[Entry], session: Session | None = None) -> Palette:
    def carry_out(entry: Entry) -> None:
        _carry_out(window, entry, session)

    made = Palette(window, entries, window.state.texts("palette.recent"), carry_out)
    made.open_over(window)
    return made


async def _add_files(palette: Palette, folder: Path) -> None:
    import asyncio

    found = await asyncio.to_thread(files_of, folder)
    if isValid(palette):
        palette.add(found)


def _actions(window: MainWindow) -> list[Entry]:
    return [
        Entry(
            key=each.name,
            title=each.title,
            shortcut=each.shortcut,
            words=KEYWORDS.get(each.name, ""),
            icon=each.icon_name or _ACTION_ICONS.get(each.name.partition(".")[0], ""),
        )
        for each in window.actions_by_name.commands
        if each.action.isEnabled() and each.name != "view.palette"
    ]


def _samples() -> list[Entry]:
    from desktop_app.services.samples import samples

    return [
        Entry(f"sample:{each.name}", f"Sample: {each.title}", "sample", detail=each.file,
              icon="mdi6.school-outline", words=f"example demo tutorial {each.name.replace('-', ' ')}")
        for each in samples()
    ]  # fmt: skip


def _recent(window: MainWindow) -> list[Entry]:
    files = [
        Entry(f"open:{each}", Path(each).name, "file", detail=str(Path(each).parent), icon="mdi6.file-outline")
        for each in window.state.texts("recent.files")
        if Path(each).is_file()
    ]
    folders = [
        Entry(f"open:{each}", Path(each).name, "folder", detail=str(Path(each).parent), icon="mdi6.folder-outline")
        for each in window.state.texts("recent.projects")
        if Path(each).is_dir()
    ]
    return [*files, *folders]


def _places(session: Session) -> list[Entry]:
    return [
        Entry(f"place:{each.key}", f"Run jobs on {each.title}", "place", detail=each.note, icon=each.icon,
              words="workspace backend switch use cloud")
        for each in session.clouds.desk.places if not each.chosen
    ]  # fmt: skip


def _plugins(session: Session) -> list[Entry]:
    return [
        Entry(f"plugin:{each.id}", each.name, "plugin", detail=each.version, icon="mdi6.puzzle-outline",
              words="extension add-on settings remove update enable disable")
        for each in session.workbench.plugins.plugins
    ]  # fmt: skip


def _runs(session: Session) -> list[Entry]:
    runs = (each for each in session.workbench.store.runs.values() if each.trial is None)
    newest = sorted(runs, key=lambda run: run.created, reverse=True)
    return [
        Entry(f"run:{each.handle}", each.display_name or each.run, "run", detail=f"{each.run} · {each.status}",
              icon=STATE_ICONS.get(str(each.status), ""))
        for each in newest[:_RUNS]
    ]  # fmt: skip


def _carry_out(window: MainWindow, entry: Entry, session: Session | None) -> None:
    window.state.remember_first("palette.recent", entry.key)
    kind, _, rest = entry.key.partition(":")
    if kind == "open":
        window.open_path(Path(rest))
    elif kind == "sample":
        window.open_sample(rest)
    elif kind == "place" and session is not None:
        session.clouds.desk.choose(rest)
    elif kind == "plugin" and session is not None:
        session.plugins.show_plugin(rest)
    elif kind == "run":
        window.show_run(rest)
    else:
        window.actions_by_name[entry.key].trigger()
