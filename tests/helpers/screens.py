"""Pictures of every screen, to be looked at: `python -m tests.helpers.screens FOLDER [--size 1280x800] [--mode dark]`.

Needs a display for the right fonts (Xvfb will do); QT_SCALE_FACTOR=2 shows how it looks at 200 %. The window is the
real one over the real services, with the sample project open and a plugin that is broken.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication

from desktop_app.api import UserError
from desktop_app.app import first_paint, make_application
from desktop_app.places import find_places
from desktop_app.services.samples import own_copy
from desktop_app.services.settings import Settings
from desktop_app.services.workbench import Workbench
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.tasks import cancel_all
from desktop_app.ui.theme import theme_manager

BROKEN_PLUGIN = """[plugin]
id = "acme-wizards"
name = "Acme wizards"
version = "1.0.0"
api = "1"
summary = "Company templates"
icon = "mdi6.office-building-outline"
hooks = "hooks.py"
"""


class Screens:
    """One window and the folder its pictures go to."""

    def __init__(self, window: MainWindow, folder: Path) -> None:
        self.window = window
        self.folder = folder

    async def take(self, name: str, seconds: float = 0.6) -> None:
        """Wait a moment and save a picture of the window with whatever floats above it."""
        await asyncio.sleep(seconds)
        picture = self.window.grab()
        painter = QPainter(picture)
        for each in QApplication.topLevelWidgets():
            if each is not self.window and each.isVisible():
                painter.drawPixmap(self.window.mapFromGlobal(each.pos()), each.grab())
        painter.end()
        picture.save(str(self.folder / f"{name}.png"))

    async def take_all(self, workbench: Workbench, project: Path) -> None:
        """Save a picture of every screen of the frame."""
        window = self.window
        await self.take("first-paint", 0)
        window.attach(workbench)
        window.open_path(project)
        await self.take("files", 1.5)
        for page in ("runs", "plugins", "settings"):
            window.show_page(page)
            await self.take(page)
        hint = "Create it, or change `code` in job.yml."
        window.say(UserError("The folder src is missing.", hint=hint, details="/home/ada/digits/src"))
        await self.take("message")
        window.message.dismiss()
        window.show_page("files")
        await self.with_popup("menu", window.title_row.menu_button.menu().popup)
        await self.with_popup("menu-file", window.actions_by_name.menus["file"].popup)
        await self.with_popup("menu-view", window.actions_by_name.menus["view"].popup)
        window.open_palette()
        await self.take("palette")

    async def with_popup(self, name: str, show: Callable[..., object]) -> None:
        """Save a picture with a menu open below the title row."""
        show(self.window.mapToGlobal(self.window.title_row.menu_button.geometry().bottomLeft()))
        await self.take(name, 0.3)
        popup = QApplication.activePopupWidget()
        if popup is not None:
            popup.close()


def prepare(home: Path) -> Path:
    """Fill a person's home: the sample project and a plugin that is broken."""
    places = find_places(home)
    folder = places.plugins / "acme"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plugin.toml").write_text(BROKEN_PLUGIN)
    (folder / "hooks.py").write_text("import acme_core\n")
    return own_copy(places)


async def photograph(window: MainWindow, folder: Path, home: Path) -> None:
    """Save the pictures and close the window."""
    from desktop_app.compose import open_workbench

    workbench = open_workbench(home)
    workbench.plugins.load()
    await Screens(window, folder).take_all(workbench, prepare(home))
    await cancel_all()
    window.finish()


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the options and take the pictures."""
    import qasync

    parser = argparse.ArgumentParser(description="Pictures of every screen.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--mode", default="light", choices=("light", "dark"))
    parser.add_argument("--font", type=float, default=1.0, help="how much larger than the system's font")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="rankzero-screens-"))
    prepare(home)
    Settings(find_places(home).settings).set("appearance.theme", options.mode)
    font = make_application().font()
    font.setPointSizeF(font.pointSizeF() * options.font)
    QApplication.setFont(font)
    app, window = first_paint(home, print)
    theme_manager().follow_desktop()
    theme_manager().set_mode(options.mode)
    window.resize(*map(int, options.size.split("x")))
    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app)) as runner:
        runner.run(photograph(window, options.folder, home))


if __name__ == "__main__":
    main()
