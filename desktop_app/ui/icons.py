"""Icons of one set at one weight: Material Design Icons 6 as qtawesome ships them, coloured when painted.

The font and its names come from qtawesome's files, but qtawesome itself is not imported for them: importing it
loads QtOpenGL and all of its twelve fonts, more than the window may take to show (tests/bench/bench_startup.py).
Only a name with another prefix (`ph.rocket`, from somebody's plugin) brings it in.
"""

from __future__ import annotations

import contextlib
import json
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QByteArray, QDataStream, QPointF, QRect, QRectF, QSize, QSizeF
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap

from desktop_app.ui.theme import STATE_ROLES, theme_manager

if TYPE_CHECKING:
    from PySide6.QtGui import QPainterPath, QRawFont

    from desktop_app.api import RunStatus

PREFIX = "mdi6."
FALLBACK = "puzzle-outline"
_GRID = 24.0  # the icons are drawn on a grid of 24 × 24
_BASELINE = 21.0  # whose bottom eighth lies below the font's baseline

STATE_ICONS = {
    "NotStarted": "mdi6.circle-outline",
    "Queued": "mdi6.clock-outline",
    "Preparing": "mdi6.progress-wrench",
    "Running": "mdi6.play-circle-outline",
    "Finalizing": "mdi6.progress-check",
    "Completed": "mdi6.check-circle-outline",
    "Failed": "mdi6.close-circle-outline",
    "CancelRequested": "mdi6.stop-circle-outline",
    "Canceled": "mdi6.cancel",
    "Unknown": "mdi6.help-circle-outline",
    "Logs": "mdi6.text-box-outline",
}

FAMILY_ROLES = {"environment": "accent", "component": "finalizing", "endpoint": "running", "deployment": "running"}
KIND_ROLES = {"commandJob": "running", "sweepJob": "finalizing", "pipelineJob": "accent", "conda": "completed"}


@cache
def _fonts() -> Path:
    import importlib.util

    spec = importlib.util.find_spec("qtawesome")
    if spec is None or spec.origin is None:
        raise RuntimeError("qtawesome, which carries the icons, is not installed")
    return Path(spec.origin).parent / "fonts"


@cache
def _names() -> dict[str, str]:
    (found,) = _fonts().glob("materialdesignicons6-webfont-charmap-*.json")
    return cast("dict[str, str]", json.loads(found.read_text(encoding="utf-8")))


@cache
def _font() -> QRawFont:
    from PySide6.QtGui import QFont, QRawFont

    (found,) = _fonts().glob("materialdesignicons6-webfont-*.ttf")
    return QRawFont(str(found), _GRID, hintingPreference=QFont.HintingPreference.PreferNoHinting)


@cache
def outline(name: str) -> QPainterPath:
    """Return the shape of `mdi6.NAME` on a grid of 24 × 24; of a puzzle piece where there is no such icon."""
    from PySide6.QtCore import Qt

    names = _names()
    code = names.get(name.removeprefix(PREFIX)) or names[FALLBACK]
    font = _font()
    path = font.pathForGlyph(font.glyphIndexesForString(chr(int(code, 16)))[0])
    path.translate(0, _BASELINE)
    path.setFillRule(Qt.FillRule.WindingFill)
    return path


def draw_icon(painter: QPainter, rect: QRectF, name: str, color: QColor) -> None:
    """Paint `mdi6.NAME` into `rect`; for delegates and pictures that paint themselves."""
    side = min(rect.width(), rect.height())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.x() + (rect.width() - side) / 2, rect.y() + (rect.height() - side) / 2)
    painter.scale(side / _GRID, side / _GRID)
    painter.fillPath(outline(name), color)
    painter.restore()


_pixmaps: dict[str, QPixmap] = {}
_loaded: set[str] = set()  # the keys of those that came from the file
_MOST = 2000  # pictures kept in memory; forgotten all at once when there are more


def _drawn(name: str, color: str, size: QSize) -> QPixmap:
    key = f"{name} {color} {size.width()}x{size.height()}"
    if key not in _pixmaps:
        if len(_pixmaps) > _MOST:
            _pixmaps.clear()
        _pixmaps[key] = made = QPixmap(size)
        if made.isNull():  # asked for by a button that got no room
            return made
        made.fill(QColor("transparent"))
        painter = QPainter(made)
        draw_icon(painter, QRectF(QPointF(0, 0), QSizeF(size)), name, QColor(color))
        painter.end()
    return _pixmaps[key]


def load_pictures(file: Path) -> None:
    """Take in the icons that the last first paint drew: then this one needs neither the font nor its names."""
    try:
        stream = QDataStream(QByteArray(file.read_bytes()))
    except OSError:
        return
    found: dict[str, QPixmap] = {}
    for _ in range(stream.readInt32()):
        key, picture = stream.readQString(), QPixmap()
        stream >> picture
        if stream.status() != QDataStream.Status.Ok or picture.isNull():
            return
        found[key] = picture
    _pixmaps.update(found)
    _loaded.update(found)


def keep_pictures(file: Path) -> None:
    """Write the icons drawn so far for the next start, unless it would find them already."""
    if _loaded >= _pixmaps.keys():
        return
    kept = QByteArray()
    stream = QDataStream(kept, QDataStream.OpenModeFlag.WriteOnly)
    stream.writeInt32(len(_pixmaps))
    for key, picture in _pixmaps.items():
        stream.writeQString(key)
        stream << picture
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        staged = file.with_name(f"{file.name}.{os.getpid()}")
        staged.write_bytes(kept.data())
        staged.replace(file)


def forget_pictures() -> None:
    """Let go of every picture; they must not outlive the application."""
    _pixmaps.clear()
    _loaded.clear()


class _Engine(QIconEngine):
    """Paints one glyph in its role's colour of whatever theme holds at that moment."""

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self._name = name
        self._role = role

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Called by Qt to paint the icon."""
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(rect, self.pixmap(rect.size() * ratio, mode, state))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Called by Qt for the icon as pixels; `size` is in device pixels."""
        role = "disabled" if mode == QIcon.Mode.Disabled else self._role
        return _drawn(self._name, theme_manager().theme.color(role), size)


def icon(name: str, role: str = "text") -> QIcon:
    """Return the icon `mdi6.NAME` in the colour of a theme role; it follows the theme by itself."""
    if "." in name and not name.startswith(PREFIX):
        return _foreign(name, role)
    return QIcon(_Engine(name, role))


def _foreign(name: str, role: str) -> QIcon:
    import qtawesome

    try:
        return cast("QIcon", qtawesome.icon(name, color=theme_manager().theme.color(role)))
    except Exception:  # noqa: BLE001 - whatever a plugin's icon name does, an icon is drawn
        return QIcon(_Engine(FALLBACK, role))


def state_icon(status: RunStatus | str) -> QIcon:
    """Return the icon of a run's or a rank's state, in the state's colour."""
    return icon(STATE_ICONS.get(str(status), STATE_ICONS["Unknown"]), STATE_ROLES.get(str(status), "waiting"))


def kind_icon(kind: str) -> QIcon:
    """Return the icon of a file's kind (`commandJob`, `conda`, …)."""
    from desktop_app.documents.kinds import KINDS

    known = KINDS.get(kind)
    if known is None:
        return icon("mdi6.file-outline", "muted")
    return icon(f"mdi6.{known.icon}", KIND_ROLES.get(kind) or FAMILY_ROLES.get(known.family, "muted"))
