"""The theme: readable, live, and the only home of colours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QFont, QIcon, QImage
from PySide6.QtWidgets import QApplication, QPushButton

from desktop_app.api import RunStatus
from desktop_app.ui import style
from desktop_app.ui.icons import STATE_ICONS, _names, icon, outline, state_icon
from desktop_app.ui.theme import DARK, LIGHT, TextSizes, mix, text_sizes, theme_manager
from tests.ui.audit import all_pale_pairs, contrast

UI = Path(style.__file__).parent


def test_every_pair_meant_for_text_is_readable() -> None:
    assert all_pale_pairs() == []


@pytest.mark.parametrize(("one", "other", "ratio"), [("#000000", "#FFFFFF", 21.0), ("#777777", "#FFFFFF", 4.48)])
def test_contrast_is_wcags(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == contrast(one, other)


def test_mixing_goes_from_one_colour_to_the_other() -> None:
    assert mix("#000000", "#FFFFFF", 0) == "#000000"
    assert mix("#000000", "#FFFFFF", 1) == "#FFFFFF"


def test_no_colour_has_another_home() -> None:
    found = [
        f"{path.relative_to(UI)}: {line.strip()}"
        for path in [*UI.rglob("*.py"), *UI.rglob("*.qss")]
        if path.name != "theme.py"
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"""['"\s]#[0-9A-Fa-f]{3,8}\b['";\s]|\brgba?\(\d""", line)
    ]
    assert found == []


def test_every_state_has_a_colour_and_an_icon_of_its_own() -> None:
    for status in RunStatus:
        assert LIGHT.state_color(status).startswith("#")
        assert STATE_ICONS[status].removeprefix("mdi6.") in _names()
        assert not state_icon(status).pixmap(QSize(16, 16)).isNull()
    told_apart = [status for status in RunStatus if status is not RunStatus.UNKNOWN]
    assert len({STATE_ICONS[status] for status in told_apart}) == len(told_apart)


def test_every_icon_named_in_the_code_exists() -> None:
    named = {name for path in UI.rglob("*.py") for name in re.findall(r'"mdi6\.([a-z0-9-]+)"', path.read_text("utf-8"))}
    assert named - _names().keys() == set()
    assert {glyph for glyph, _role in style.ART.values()} - _names().keys() == set()


def test_an_icon_takes_the_colour_of_the_theme_that_holds_when_it_is_painted() -> None:
    drawn = icon("mdi6.square", "text")
    assert _ink(drawn) == LIGHT.text.lower()
    theme_manager().set_mode("dark")
    assert _ink(drawn) == DARK.text.lower()


def test_a_disabled_icon_is_pale() -> None:
    assert _ink(icon("mdi6.square"), QIcon.Mode.Disabled) == LIGHT.disabled.lower()


def test_an_unknown_icon_is_a_puzzle_piece() -> None:
    assert outline("mdi6.no-such-icon") == outline("mdi6.puzzle-outline")
    assert not icon("nosuchset.thing").pixmap(QSize(16, 16)).isNull()


def test_switching_recolours_what_is_shown() -> None:
    button = QPushButton("Run")
    button.show()
    theme_manager().set_mode("dark")
    assert button.palette().buttonText().color().name() == DARK.text.lower()
    assert button.grab().toImage().pixelColor(button.width() // 2, 3).name() == DARK.surface.lower()
    button.deleteLater()


def test_an_unknown_mode_follows_the_desktop() -> None:
    theme_manager().set_mode("solarized")
    assert theme_manager().mode == "system"


def test_text_sizes_follow_the_systems_font(dressed_app: QApplication) -> None:
    font = QFont(dressed_app.font())
    font.setPointSizeF(20)
    dressed_app.setFont(font)
    assert text_sizes().body == pytest.approx(20, abs=0.5)
    assert f"font-size: {text_sizes().title}pt" in dressed_app.styleSheet()


def test_pictures_of_the_style_sheet_are_drawn_once_and_kept(tmp_path: Path) -> None:
    first = style.style_sheet(DARK, TextSizes(10), tmp_path)
    (folder,) = tmp_path.iterdir()
    assert len(list(folder.iterdir())) == 3 * len(style.ART)
    assert not QImage(str(folder / "down@2x.png")).isNull()
    before = folder.stat().st_mtime_ns
    assert style.style_sheet(DARK, TextSizes(10), tmp_path) == first
    assert folder.stat().st_mtime_ns == before
    named = set(re.findall(r'url\("([^"]+)"\)', first))
    assert named
    assert all(Path(each).is_file() for each in named)


def test_a_cache_that_cannot_be_written_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    sheet = style.style_sheet(LIGHT, TextSizes(10), tmp_path / "file" / "art")
    assert all(Path(each).is_file() for each in re.findall(r'url\("([^"]+)"\)', sheet))


def _ink(drawn: QIcon, mode: QIcon.Mode = QIcon.Mode.Normal) -> str:
    return drawn.pixmap(QSize(16, 16), 1.0, mode).toImage().pixelColor(8, 8).name()
