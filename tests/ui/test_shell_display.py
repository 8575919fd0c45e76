"""The window on a real X display: what is chosen is what is painted, at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import sys
from desktop_app.app import first_paint
from desktop_app.ui.theme import DARK, LIGHT, theme_manager
app, window = first_paint(sys.argv[1], print)
manager = theme_manager()
manager.follow_desktop()
def ground():
    return window.grab().toImage().pixelColor(window.width() // 2, window.height() // 2).name().upper()
print(app.platformName(), window.was_painted)
print(manager.mode, manager.theme.name, ground() == LIGHT.ground)
manager.set_mode("dark")
print(manager.theme.name, ground() == DARK.ground)
manager.set_mode("light")
print(manager.theme.name, ground() == LIGHT.ground)
manager.set_mode("system")
print(manager.theme.name, ground() == LIGHT.ground)
import os; os._exit(0)
"""


@pytest.mark.xvfb
def test_what_is_chosen_is_painted_on_a_real_display(tmp_path: Path) -> None:
    starter = shutil.which("xvfb-run")
    if starter is None:
        pytest.skip("xvfb-run is not installed")
    environment = {**os.environ, "RANKZERO_CACHE": str(tmp_path / "cache")}
    environment.pop("QT_QPA_PLATFORM", None)
    done = subprocess.run(
        [starter, "-a", sys.executable, "-c", PROGRAM, str(tmp_path)], cwd=ROOT, capture_output=True, text=True,
        timeout=100, check=False, env=environment,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "xcb True", "system light True", "dark True", "light True", "light True",
    ], done.stderr  # fmt: skip
