"""The window while one types in a long file: how long its loop stalls, keystroke by keystroke.

    xvfb-run python tests/bench/bench_typing.py [--lines 2000] [--keys 300] [--view text|both] [--profile]

Goal: no keystroke holds the window up for more than 16.7 ms. The window is the real one over the real services, with a
pipeline of so many lines open; what is typed is checked meanwhile, as ever. Every tenth keystroke is followed by a
pause in which the check comes. Prints the time that each key takes in the window (pressed, written, coloured), with
and without waiting for a processor; how late the loop's beats come meanwhile, and the same for an idle window, to tell
the machine's own noise.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from desktop_app.ui.files.editor_pane import EditorPane  # noqa: E402
from desktop_app.ui.files.page import FilesPage  # noqa: E402
from tests.helpers.window_benches import Heartbeat, OpenWindow, say  # noqa: E402

_ALONE = Qt.KeyboardModifier.NoModifier
HEAD = """\
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
inputs:
  raw:
    type: uri_folder
jobs:
"""
STEP = """\
  step_{n}:
    type: command
    command: >-
      python train.py --data ${{{{inputs.data}}}}
      --lr 0.1  # a step
    environment: azureml:env:1
    code: ./src
    inputs:
      data:
        type: uri_folder
        path: ${{{{parent.inputs.raw}}}}
      lr: 0.1
    distribution:
      type: pytorch
      process_count_per_instance: 2
"""
TYPED = "    tags:\n  team: vision\ndisplay_name: a step # note\nresources:\n  instance_count: 2\n"
PASTED = "".join(f"      value_{n}: {n}\n" for n in range(200))


def long_file(lines: int) -> str:
    """Return a pipeline of about so many lines."""
    count = (lines - HEAD.count("\n")) // STEP.count("\n")
    return HEAD + "".join(STEP.format(n=n) for n in range(count))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=2000)
    parser.add_argument("--keys", type=int, default=300)
    parser.add_argument("--view", default="text", choices=("text", "both"))
    parser.add_argument("--profile", action="store_true", help="say where the window's thread spends its time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        Measurement(Path(name), options).run()


class Measurement:
    """The window with a long file open."""

    def __init__(self, home: Path, options: argparse.Namespace) -> None:
        self._options = options
        self._project = home / "project"
        (self._project / "src").mkdir(parents=True)
        (self._project / "src" / "train.py").write_text("print(1)\n")
        (self._project / "pipeline.yml").write_text(long_file(options.lines))
        self._open = OpenWindow(home)
        self._open.bench.plugins.load()
        self._beat = Heartbeat()
        self._keys: list[float] = []
        self._work: list[float] = []

    def run(self) -> None:
        """Measure and print."""
        self._open.run(self._measure, page="files")

    async def _pane(self) -> EditorPane:
        self._open.window.open_path(self._project / "pipeline.yml")
        page = cast("FilesPage", self._open.window.pages.page("files"))
        while page.pane is None or not page.pane.was_checked or page.pane.views.link.reading is None:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        page.pane.views.choose(self._options.view)
        await asyncio.sleep(3)
        return page.pane

    async def _measure(self) -> None:
        pane = await self._pane()
        self._beat.start()
        await asyncio.sleep(3)
        self._beat.stop()
        say("beats of an idle window, late by", self._beat.late)
        editor = pane.editor
        editor.setFocus()
        editor.go_to(editor.blockCount() // 2 // 15 * 15 + 7, 1)
        QTest.keyClick(editor, Qt.Key.Key_End)
        self._beat.start()
        await self._type(pane, self._options.keys)
        await self._more(pane)
        self._beat.stop()
        say("a key, from pressed to done", self._keys)
        say("a key, the work of the window's thread alone", self._work)
        say("beats while one types, late by", self._beat.late)

    async def _type(self, pane: EditorPane, count: int) -> None:
        if self._options.profile:
            import cProfile

            profile = cProfile.Profile()
            profile.enable()
        for index in range(count):
            letter = TYPED[index % len(TYPED)]
            await self._press(pane, Qt.Key.Key_Return if letter == "\n" else letter)
            await asyncio.sleep(0.5 if index % 10 == 9 else 0.03)
        if self._options.profile:
            profile.disable()
            profile.print_stats("tottime")

    async def _press(self, pane: EditorPane, key: Qt.Key | str, together: Qt.KeyboardModifier = _ALONE) -> None:
        began, worked = time.perf_counter(), time.thread_time()
        if isinstance(key, str):
            QTest.keyClicks(pane.editor, key)
        else:
            QTest.keyClick(pane.editor, key, together)
        self._keys.append(1000 * (time.perf_counter() - began))
        self._work.append(1000 * (time.thread_time() - worked))

    async def _more(self, pane: EditorPane) -> None:
        """Paste 200 lines, undo and do again, each with its own figure."""
        QGuiApplication.clipboard().setText(PASTED)
        control = Qt.KeyboardModifier.ControlModifier
        for name, key in (("paste of 200 lines", Qt.Key.Key_V), ("undo", Qt.Key.Key_Z), ("redo", Qt.Key.Key_Y)):
            before = len(self._beat.late)
            await self._press(pane, key, control)
            await asyncio.sleep(1)
            print(f"{name}: {self._keys[-1]:.1f} ms, worst beat after {max(self._beat.late[before:]):.1f} ms")


if __name__ == "__main__":
    main()
