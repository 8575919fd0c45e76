"""The one home of colours, spacing and text sizes; everything else in `ui/` asks here.

A `Theme` is a value. The `ThemeManager` follows the desktop (or the person's choice), sets the palette and the
style sheet, and says when both changed. Icons look their colour up when painted, so they follow by themselves.

Here, and wherever the first paint passes, `PySide6.QtCore.Qt` is imported in functions that run later: making its
hundred enumerations takes a tenth of the time in which the window may show.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QColor, QFont, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from pathlib import Path

    from desktop_app.api import RunStatus

MODES = ("system", "light", "dark")


class Space:
    """The 4-pixel grid."""

    XS = 4
    S = 8
    M = 12
    L = 16
    XL = 24


RADIUS = 6
ICON = 16


@dataclass(frozen=True, eq=False, repr=False)  # there are two: nobody compares or prints them
class Theme:
    """Colours by what they are for, as `#rrggbb`.

    Pairs meant for text (`text`, `muted`, `accent`, the states and the code colours on `ground`, `surface`,
    `hover` and `selection`; `on_accent` on `accent`) have a contrast of at least 4.5:1, held by a test.
    """

    name: str
    is_dark: bool
    ground: str
    surface: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_hover: str
    accent_pressed: str
    on_accent: str
    hairline: str
    border_strong: str
    hover: str
    pressed: str
    selection: str
    waiting: str
    preparing: str
    running: str
    finalizing: str
    completed: str
    failed: str
    canceled: str
    code_key: str
    code_string: str
    code_comment: str
    code_number: str
    scroll: str
    scroll_hover: str

    @property
    def error(self) -> str:
        """What failed, and what a person must mend."""
        return self.failed

    @property
    def warning(self) -> str:
        """What deserves a look."""
        return self.canceled

    @property
    def info(self) -> str:
        """What is merely worth knowing."""
        return self.accent

    @property
    def success(self) -> str:
        """What is as it should be."""
        return self.completed

    def color(self, role: str) -> str:
        """Return the colour of a role (`muted`, `failed`, …); a `#rrggbb` stands for itself."""
        return role if role.startswith("#") else str(getattr(self, role))

    def state_color(self, status: RunStatus | str) -> str:
        """Return the colour of a run's or a rank's state."""
        return self.color(STATE_ROLES.get(str(status), "waiting"))

    def tint(self, role: str, strength: float = 0.08) -> str:
        """Return `surface` with a breath of the role's colour: the ground of messages, cells and marks."""
        return mix(self.surface, self.color(role), strength)

    @property
    def series(self) -> tuple[str, ...]:
        """Colours of curves, in the order they are given out; each also has its name beside it."""
        return (
            self.accent, self.completed, self.running, self.canceled, self.finalizing, self.failed, self.waiting,
        )  # fmt: skip


STATE_ROLES = {
    "NotStarted": "waiting",
    "Queued": "waiting",
    "Preparing": "preparing",
    "Running": "running",
    "Finalizing": "finalizing",
    "Completed": "completed",
    "Failed": "failed",
    "CancelRequested": "canceled",
    "Canceled": "canceled",
    "Unknown": "waiting",
}

LIGHT = Theme(
    name="light",
    is_dark=False,
    ground="#F7F8FA",
    surface="#FFFFFF",
    text="#1B1F27",
    muted="#586070",
    disabled="#8D95A3",
    accent="#2459D6",
    accent_hover="#1D4CBC",
    accent_pressed="#183F9C",
    on_accent="#FFFFFF",
    hairline="#DDE1E8",
    border_strong="#B9C0CC",
    hover="#EEF1F6",
    pressed="#E3E7EE",
    selection="#E3EBFC",
    waiting="#5F6877",
    preparing="#1D5FD1",
    running="#0B6E67",
    finalizing="#6D35C9",
    completed="#1A7536",
    failed="#B3261E",
    canceled="#8F5200",
    code_key="#1D4FC4",
    code_string="#1B1F27",
    code_comment="#1A7536",
    code_number="#6D35C9",
    scroll="#C3C9D4",
    scroll_hover="#9AA3B2",
)

DARK = Theme(
    name="dark",
    is_dark=True,
    ground="#15171C",
    surface="#1C1F26",
    text="#E7E9EE",
    muted="#A1A9B8",
    disabled="#6A7282",
    accent="#86ACFF",
    accent_hover="#9DBCFF",
    accent_pressed="#7199F0",
    on_accent="#10131A",
    hairline="#2D323C",
    border_strong="#454C5A",
    hover="#232731",
    pressed="#2A2F3A",
    selection="#24304A",
    waiting="#A3ABB8",
    preparing="#86B4FF",
    running="#56D3C8",
    finalizing="#BEA3FF",
    completed="#6AD993",
    failed="#FF938C",
    canceled="#F2B461",
    code_key="#86ACFF",
    code_string="#E7E9EE",
    code_comment="#6AD993",
    code_number="#BEA3FF",
    scroll="#3B4250",
    scroll_hover="#586274",
)


def mix(ground: str, ink: str, strength: float) -> str:
    """Return `ground` moved towards `ink` by `strength` (0 to 1)."""
    pairs = zip(_channels(ground), _channels(ink), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * strength):02X}" for a, b in pairs)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


@dataclass(frozen=True, slots=True)
class TextSizes:
    """Text sizes in points, all derived from the system's."""

    body: float
    pixels: int = 12

    @property
    def icon(self) -> int:
        """An icon beside such text, in pixels; even, so that it stays sharp."""
        return max(ICON, round(self.pixels * 0.62) * 2)

    @property
    def small(self) -> float:
        """Headers of tables, captions."""
        return round(self.body * 0.92, 1)

    @property
    def large(self) -> float:
        """Headings of cards and messages."""
        return round(self.body * 1.1, 1)

    @property
    def title(self) -> float:
        """A page's heading."""
        return round(self.body * 1.35, 1)


def text_sizes() -> TextSizes:
    """Return the sizes that belong to the application's font."""
    info = QFontInfo(QApplication.font())
    return TextSizes(info.pointSizeF(), info.pixelSize())


def icon_size(*, wide: bool = False) -> QSize:
    """Return the size of an icon beside text of the system's size.

    A wide one has a little air at both sides, for buttons: Qt puts their text right beside it.
    """
    side = theme_manager().icon_side
    return QSize(side + Space.XS, side) if wide else QSize(side, side)


def sized_font(points: float, *, bold: bool = False) -> QFont:
    """Return the application's font at another size."""
    font = QFont(QApplication.font())
    font.setPointSizeF(points)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font


def mono_font() -> QFont:
    """Return the system's fixed-width font at the body's size; for code and logs only."""
    from PySide6.QtGui import QFontDatabase

    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(text_sizes().body)
    return font


class ThemeManager(QObject):
    """Which theme holds, and everything that has to happen when that changes."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._mode = "system"
        self._theme = LIGHT
        self._app: QApplication | None = None
        self._art: Path | None = None
        self.icon_side = ICON
        self._desktop_is_dark = False
        self._follows = False
        self._busy = False

    @property
    def theme(self) -> Theme:
        """The theme that holds now."""
        return self._theme

    @property
    def mode(self) -> str:
        """What the person chose: `system`, `light` or `dark`."""
        return self._mode

    def set_mode(self, mode: str) -> None:
        """Follow the desktop (`system`), or stay `light` or `dark`; recolours everything at once."""
        self._mode = mode if mode in MODES else "system"
        if self._app is not None:
            if self._follows:
                self._ask_desktop(self._app)
            self._refresh()

    def apply(self, app: QApplication, art: Path | None = None) -> None:
        """Dress `app` and follow the desktop from now on; `art` is a folder that may keep drawn arrows."""
        self.dress(app, art)
        self.follow_desktop()

    def dress(self, app: QApplication, art: Path | None = None) -> None:
        """Dress `app` for its first paint; `follow_desktop` has to come soon after."""
        if self._app is not app:
            self._app, self._art = app, art
            self._desktop_is_dark = app.palette().window().color().lightnessF() < 0.5
        self._refresh()

    def follow_desktop(self) -> None:
        """Ask the desktop how it looks, and listen to it from now on."""
        app = self._app
        if app is not None and not self._follows:
            self._follows = True
            if app.style().name() != "fusion":
                app.setStyle("Fusion")
            app.styleHints().colorSchemeChanged.connect(self._follow)
            app.fontChanged.connect(self._font_changed)
            self._ask_desktop(app)
            if self._wanted() is not self._theme:
                self._refresh()

    def forget(self) -> None:
        """Let go of the application; the next `apply` starts anew."""
        if self._app is not None:
            with contextlib.suppress(RuntimeError):
                self._app.styleHints().colorSchemeChanged.disconnect(self._follow)
                self._app.fontChanged.disconnect(self._font_changed)
        self._app, self._follows = None, False

    def _ask_desktop(self, app: QApplication) -> None:
        from PySide6.QtCore import Qt

        schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        app.styleHints().setColorScheme(schemes.get(self._mode, Qt.ColorScheme.Unknown))
        self._hear(app)

    def _hear(self, app: QApplication) -> None:
        """Take in what the desktop says; one that says nothing is judged by its palette, as at the start."""
        from PySide6.QtCore import Qt

        scheme = app.styleHints().colorScheme()
        if self._mode == "system" and scheme != Qt.ColorScheme.Unknown:
            self._desktop_is_dark = scheme == Qt.ColorScheme.Dark

    def _follow(self) -> None:
        if self._app is not None and self._mode == "system":
            self._hear(self._app)
            self._refresh()

    def _font_changed(self) -> None:
        if not self._busy:
            self._refresh()

    def _wanted(self) -> Theme:
        is_dark = self._desktop_is_dark if self._mode == "system" else self._mode == "dark"
        return DARK if is_dark else LIGHT

    def _refresh(self) -> None:
        app = self._app
        if app is None or self._busy:
            return
        from desktop_app.ui.style import style_sheet  # the sheet is drawn from this module's values

        self._busy = True
        try:
            self._theme = self._wanted()
            app.setPalette(palette(self._theme))
            sizes = text_sizes()
            self.icon_side = sizes.icon
            app.setStyleSheet(style_sheet(self._theme, sizes, self._art))
        finally:
            self._busy = False
        self.changed.emit()


def palette(theme: Theme) -> QPalette:
    """Return the theme as Qt's palette, for what no style sheet reaches."""
    made = QPalette()
    role = QPalette.ColorRole
    colors = {
        role.Window: theme.ground, role.WindowText: theme.text, role.Base: theme.surface,
        role.AlternateBase: theme.ground, role.Text: theme.text, role.Button: theme.surface,
        role.ButtonText: theme.text, role.BrightText: theme.failed, role.Highlight: theme.selection,
        role.HighlightedText: theme.text, role.Link: theme.accent, role.LinkVisited: theme.accent,
        role.ToolTipBase: theme.surface, role.ToolTipText: theme.text, role.PlaceholderText: theme.muted,
        role.Light: theme.hover, role.Midlight: theme.hairline, role.Mid: theme.hairline,
        role.Dark: theme.border_strong, role.Shadow: theme.ground, role.Accent: theme.accent,
    }  # fmt: skip
    for each, color in colors.items():
        made.setColor(each, QColor(color))
    for each in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        made.setColor(QPalette.ColorGroup.Disabled, each, QColor(theme.disabled))
    return made


@cache
def theme_manager() -> ThemeManager:
    """Return the window's theme manager: the one global of this room."""
    return ThemeManager()
