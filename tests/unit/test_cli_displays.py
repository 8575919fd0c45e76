"""Whether there is a display: sockets that answer, sockets that do not, and names that are none."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.cli import displays
from desktop_app.cli.displays import display_trouble

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start without any display, and look for X servers where only the test's own are."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(displays, "_LOCAL", tmp_path)


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[socket.socket]:
    """Somebody who takes connections at X7."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "X7"))
        server.listen()
        yield server


def test_nothing_is_set() -> None:
    assert display_trouble() == "DISPLAY is not set"


@pytest.mark.parametrize("name", [":77", "unix:77", ":77.0", "localhost:59001", ":99999999999"])
def test_a_display_that_nobody_answers_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", name)
    assert display_trouble() == f"nothing answers at DISPLAY={name}"


def test_a_name_of_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", "screen")
    assert display_trouble() == "DISPLAY=screen names none"


@pytest.mark.parametrize("name", [":7", "unix:7.1"])
def test_a_display_that_answers(name: str, listening: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", name)
    monkeypatch.setattr(displays, "_lets_in", lambda _name: True)
    assert display_trouble() == ""
    monkeypatch.setattr(displays, "_lets_in", lambda _name: False)
    assert display_trouble() == f"DISPLAY={name} refuses this program"
    assert listening.fileno() >= 0


def test_wayland_by_name_and_by_path(listening: socket.socket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "X7")
    assert display_trouble() == "nothing answers at WAYLAND_DISPLAY=X7"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert display_trouble() == ""
    monkeypatch.setenv("WAYLAND_DISPLAY", str(tmp_path / "X7"))
    assert display_trouble() == ""
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    assert display_trouble() == "DISPLAY is not set", "Qt will not look at Wayland"
    assert listening.fileno() >= 0


@pytest.mark.parametrize("platform", ["offscreen", "minimal", "vnc:size=800x600"])
def test_platforms_without_a_display(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    assert display_trouble() == ""
