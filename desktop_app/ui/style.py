"""The application's one style sheet, made of `style.qss` and the theme; and the small pictures it shows.

A style sheet that touches a spin box, combo box or check box must draw its arrows and marks itself, from files:
they are drawn once per theme into a folder of the cache, in three resolutions.
"""

from __future__ import annotations

import dataclasses
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from desktop_app.ui.icons import draw_icon
from desktop_app.ui.theme import ICON, RADIUS, TextSizes, Theme

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

_SHEET = Path(__file__).with_name("style.qss")

ART = {
    "down": ("chevron-down", "muted"),
    "down_off": ("chevron-down", "disabled"),
    "up": ("chevron-up", "muted"),
    "up_off": ("chevron-up", "disabled"),
    "right": ("chevron-right", "muted"),
    "left": ("chevron-left", "muted"),
    "check": ("check-bold", "on_accent"),
    "check_plain": ("check", "text"),
    "check_off": ("check-bold", "disabled"),
    "partly": ("minus-thick", "on_accent"),
    "close": ("close", "muted"),
    "close_hover": ("close", "text"),
    "dot": ("circle-medium", "text"),
}


def style_sheet(theme: Theme, sizes: TextSizes, art: Path | None = None) -> str:
    """Return the sheet for `theme` with text `sizes` in points; `art` keeps the pictures (None: not for long)."""
    values = {each.name: getattr(theme, each.name) for each in dataclasses.fields(theme)}
    values.update({f"art_{name}": path.as_posix() for name, path in _pictures(theme, art).items()})
    values.update({
        "radius": f"{RADIUS}px", "small": f"{sizes.small}pt", "large": f"{sizes.large}pt", "title": f"{sizes.title}pt",
        "mark": f"{sizes.icon - 2}px", "mark_round": f"{sizes.icon // 2}px", "dot": f"{sizes.icon - 10}px",
        "arrow": f"{sizes.icon - 2}px", "arrow_small": f"{sizes.icon - 4}px", "spin": f"{sizes.icon + 6}px",
        "error_ground": theme.tint("failed"), "warning_ground": theme.tint("canceled"),
        "info_ground": theme.tint("accent"), "success_ground": theme.tint("completed"),
    })  # fmt: skip
    return Template(_SHEET.read_text(encoding="utf-8")).substitute(values)


def _pictures(theme: Theme, art: Path | None) -> dict[str, Path]:
    recipe = repr((sorted(ART.items()), dataclasses.astuple(theme)))
    folder = (art or _temporary()) / f"{theme.name}-{zlib.crc32(recipe.encode()):08x}"
    if not folder.is_dir():
        folder = _draw_all(theme, folder)
    return {name: folder / f"{name}.png" for name in ART}


def _draw_all(theme: Theme, folder: Path) -> Path:
    """Draw every picture; into a temporary folder first, so that a half-filled one is never taken for whole."""
    import tempfile  # not at the top: needed at the very first start alone

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(dir=folder.parent))
    except OSError:
        folder = _temporary() / folder.name
        staged = Path(tempfile.mkdtemp(dir=folder.parent))
    for name, (glyph, role) in ART.items():
        for scale in (1, 2, 3):
            _draw(staged / f"{name}{f'@{scale}x' if scale > 1 else ''}.png", glyph, theme.color(role), scale)
    with suppress(OSError):  # another window was quicker
        staged.rename(folder)
    return folder if folder.is_dir() else staged


def _draw(path: Path, glyph: str, color: str, scale: int) -> None:
    image = QImage(ICON * scale, ICON * scale, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    draw_icon(painter, QRectF(image.rect()), glyph, QColor(color))
    painter.end()
    image.save(str(path), "PNG")  # type: ignore[call-overload]


@cache
def _temporary() -> Path:
    import tempfile

    folder = tempfile.TemporaryDirectory(prefix="rankzero-art-")
    _kept.append(folder)
    return Path(folder.name)


_kept: list[TemporaryDirectory[str]] = []
