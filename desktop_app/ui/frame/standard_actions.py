"""The actions that the window itself has; pages add theirs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app import __version__
from desktop_app.ui.frame.navigation import ENTRIES
from desktop_app.ui.theme import theme_manager

if TYPE_CHECKING:
    from desktop_app.ui.main_window import MainWindow


def add_standard_actions(window: MainWindow) -> None:
    """Add what is in the menus from the first moment on."""
    add = window.actions_by_name.add
    tr = window.tr
    add("job.new", tr("&New job…"), "Ctrl+N", window.new_job, icon_name="mdi6.plus", menu="file")
    add("file.open_folder", tr("&Open folder…"), "Ctrl+O", lambda: _open_folder(window),
        icon_name="mdi6.folder-open-outline", menu="file")  # fmt: skip
    add("file.open_file", tr("Open &file…"), "Ctrl+Alt+O", lambda: _open_file(window),
        icon_name="mdi6.file-outline", menu="file")  # fmt: skip
    add("file.sample", tr("Open the sa&mple project"), "", window.open_sample,
        icon_name="mdi6.school-outline", menu="file")  # fmt: skip
    add("app.quit", tr("&Quit"), "Ctrl+Q", lambda: window.close_because("Quit"), icon_name="mdi6.power", menu="file")
    window.actions_by_name.put_last("app.quit")
    _add_views(window)
    _add_help(window)


def _add_views(window: MainWindow) -> None:
    add = window.actions_by_name.add
    add("view.palette", window.tr("&Command palette…"), "Ctrl+K", window.open_palette,
        icon_name="mdi6.magnify", menu="view")  # fmt: skip
    window.actions_by_name.separate("view")
    for name, (title, icon_name, shortcut) in ENTRIES.items():
        text = window.tr("Cl&oud") if name == "cloud" else window.tr(f"&{title}")
        add(f"view.{name}", text, shortcut, partial(window.show_page, name), icon_name=icon_name, menu="view")
    window.actions_by_name.separate("view")
    looks = {"system": "Appearance: follow the &desktop", "light": "Appearance: li&ght", "dark": "Appearance: d&ark"}
    for mode, text in looks.items():
        action = add(f"view.theme.{mode}", window.tr(text), "", partial(window.choose_theme, mode), menu="view")
        action.setCheckable(True)
        action.setChecked(theme_manager().mode == mode)
    window.actions_by_name.separate("view")
    add("view.notifications", window.tr("Switch &notifications on or off"), "", window.toggle_notifications,
        icon_name="mdi6.bell-outline", menu="view")  # fmt: skip
    add("view.full_screen", window.tr("F&ull screen"), "F11", lambda: _full_screen(window),
        icon_name="mdi6.fullscreen", menu="view")  # fmt: skip


def _add_help(window: MainWindow) -> None:
    add = window.actions_by_name.add
    add("help.shortcuts", window.tr("Show &keyboard shortcuts"), "", window.open_shortcuts,
        icon_name="mdi6.keyboard-outline", menu="help")  # fmt: skip
    add("help.crashes", window.tr("Show &crash reports"), "", lambda: _show_folder(window.places.crashes),
        icon_name="mdi6.bug-outline", menu="help")  # fmt: skip
    add("help.home", window.tr("Show where Rank Zero keeps its &files"), "", lambda: _show_folder(window.places.home),
        icon_name="mdi6.folder-home-outline", menu="help")  # fmt: skip
    add("help.about", window.tr("&About Rank Zero"), "", lambda: _about(window),
        icon_name="mdi6.information-outline", menu="help")  # fmt: skip


def _open_folder(window: MainWindow) -> None:
    from PySide6.QtWidgets import QFileDialog  # here and below: nothing that the first paint does not need

    chosen = QFileDialog.getExistingDirectory(window, window.tr("Open a folder"), window.state.text("project"))
    if chosen:
        window.open_path(Path(chosen))


def _open_file(window: MainWindow) -> None:
    from PySide6.QtWidgets import QFileDialog

    chosen, _kind = QFileDialog.getOpenFileName(window, window.tr("Open a file"), window.state.text("project"))
    if chosen:
        window.open_path(Path(chosen))


def _full_screen(window: MainWindow) -> None:
    if window.isFullScreen():
        window.showNormal()
    else:
        window.showFullScreen()


def _show_folder(folder: Path) -> None:
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QDesktopServices

    folder.mkdir(parents=True, exist_ok=True)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _about(window: MainWindow) -> None:
    import platform

    from PySide6.QtCore import qVersion

    facts = (
        f"Rank Zero {__version__}",
        f"Python {platform.python_version()}, Qt {qVersion()}, {platform.platform()}",
        f"State: {window.places.home}",
        f"Cache: {window.places.cache}",
    )
    text = window.tr("Rank Zero {}: a workbench for training on many processes.").format(__version__)
    window.message.show_text("info", text, "", "\n".join(facts))
