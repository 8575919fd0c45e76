"""Checks a project's files in a process of its own, so that the window's thread and its interpreter stay free.

Started as `python -m desktop_app.services.folder_check.worker`, with the folder, the home and the share in the first
line of its standard input. It ends with its standard input: when the window closes, however that happens.
In come JSON lines: `{"text": path, "value": "…" or null}` (a file's text as it stands in an editor), `{"look": true}`,
`{"anew": true}` (plugins or their settings are others now), `{"share": [1, 2]}`,
`{"ask": n, "path": …, "value": …}` (a text that somebody waits for, checked before all else).
Out go `{"files": n}`, `{"reports": […], "looked": […], "left": n}` (of which files the disk was looked at),
`{"gone": […]}`, `{"idle": n}`, `{"answer": n, "report": …}`.
"""

from __future__ import annotations

import gc
import json
import os
import queue
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from desktop_app.api import Diagnostic, Severity, UserError
from desktop_app.core.words import size_text
from desktop_app.documents.checks import FileReport
from desktop_app.documents.text_file import TextFile
from desktop_app.places import find_places
from desktop_app.services.checking import FileChecks, faulty, unreadable
from desktop_app.services.folder_check.look import ProjectLook, share_of
from desktop_app.services.folder_check.wire import line, report_out
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings

_TELL_EVERY = 0.1
_MOST_TOLD = 100  # reports in a message: the window reads one between two frames
_LARGEST = 1_000_000
_POLL = 2.0  # seconds between two looks, if those are quick
_PART = 30  # a look takes at most this part of the time


def main() -> None:
    """Check until nobody listens any more."""
    if sys.platform != "win32":
        os.nice(5)
    gc.set_threshold(50_000, 20, 100)  # what checking makes is no garbage that needs to be looked for
    first = json.loads(sys.stdin.buffer.readline())
    orders: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_listen, args=(orders,), daemon=True).start()
    places = find_places(first["home"])
    settings = Settings(places.settings)
    plugins = PluginHost(places, settings, safe_mode=first["safe_mode"])
    plugins.be_a_helper()
    plugins.discover()

    def renew() -> None:
        settings.reload()
        plugins.discover()

    try:
        _Worker(Path(first["folder"]), FileChecks(plugins), tuple(first["share"]), orders, renew).run()
    except BrokenPipeError:
        os._exit(0)
    except Exception as error:  # noqa: BLE001 - the window shows the last line
        traceback.print_exc()
        print(
            f"The check of the folder ended by a fault of Rank Zero ({type(error).__name__}: {error}).", file=sys.stderr
        )
        sys.stderr.flush()
        os._exit(1)  # the thread that listens holds the standard input: an ordinary end would wait for it


def _listen(orders: queue.Queue[dict[str, Any]]) -> None:
    for row in sys.stdin.buffer:
        orders.put(json.loads(row))
    os._exit(0)  # the window is gone; whatever is being checked is of no use


class _Worker:
    def __init__(
        self,
        folder: Path,
        checks: FileChecks,
        share: tuple[int, ...],
        orders: queue.Queue[dict[str, Any]],
        renew: Callable[[], None],
    ) -> None:
        self._look = ProjectLook(folder)
        self._checks = checks
        self._share = (share[0], share[1])
        self._orders, self._renew = orders, renew
        self._texts: dict[Path, str] = {}
        self._waiting: deque[Path] = deque()
        self._queued: set[Path] = set()
        self._reports: list[FileReport] = []
        self._found: set[Path] = set()  # waiting, as a look at the disk found them changed
        self._looked: list[str] = []  # of those that are to be told of
        self._files = 0
        self._told = 0.0
        self._next_look = 0.0
        self._is_idle = False

    def run(self) -> None:
        """Take orders, check, look again; for ever."""
        while True:
            self._take_orders()
            if time.monotonic() >= self._next_look:
                self._look_again()
            if self._waiting:
                self._check(self._waiting.popleft())
            self._tell()

    def _take_orders(self) -> None:
        wait = 0.0 if self._waiting else max(0.0, self._next_look - time.monotonic())
        try:
            self._obey(self._orders.get(block=wait > 0, timeout=wait or None))
            while True:
                self._obey(self._orders.get_nowait())
        except queue.Empty:
            return

    def _obey(self, order: dict[str, Any]) -> None:
        if "share" in order:
            self._share = (order["share"][0], order["share"][1])
            kept = share_of(self._waiting, self._share)
            self._waiting, self._queued = deque(kept), set(kept)
            self._found &= self._queued
        elif "text" in order:
            path = Path(order["text"])
            if order["value"] is None:
                self._texts.pop(path, None)
            else:
                self._texts[path] = order["value"]
            self._enqueue(share_of([path], self._share), first=True)
        elif "ask" in order:
            report = self._checks.check_text(Path(order["path"]), order["value"])
            _say({"answer": order["ask"], "report": report_out(report)})
        elif "look" in order:
            self._next_look = 0.0
        elif "anew" in order:
            self._renew()
            self._enqueue(share_of(self._look.files, self._share))

    def _look_again(self) -> None:
        started = time.monotonic()
        looked = self._look.look()
        if looked.files != self._files:
            self._files = looked.files
            _say({"files": looked.files})
        if looked.gone:
            _say({"gone": [str(each) for each in looked.gone]})
        found = share_of(looked.to_check, self._share)
        self._found.update(found)
        self._enqueue(found)
        self._next_look = time.monotonic() + max(_POLL, (time.monotonic() - started) * _PART)

    def _enqueue(self, paths: list[Path], *, first: bool = False) -> None:
        new = [each for each in paths if each not in self._queued]
        self._queued.update(new)
        if first:
            self._waiting.extendleft(new)
        else:
            self._waiting.extend(new)

    def _check(self, path: Path) -> None:
        self._queued.discard(path)
        self._is_idle = False
        try:
            report = self._report(path)
        except Exception as error:  # noqa: BLE001 - one file must not keep the others from being checked
            report = faulty(path, error)
        self._reports.append(report)
        if path in self._found:
            self._found.discard(path)
            self._looked.append(str(path))

    def _report(self, path: Path) -> FileReport:
        text = self._texts.get(path)
        if text is not None:
            report = self._checks.check_text(path, text)
        else:
            report, text = self._check_file(path)
        self._look.note(report, text)
        return report

    def _check_file(self, path: Path) -> tuple[FileReport, str]:
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return FileReport(path, "unknown", ()), ""
        except OSError:
            size = 0  # reading it says why
        if size > _LARGEST:
            return _too_large(path, size), ""
        try:
            text = TextFile.load(path).text
        except UserError as error:
            return unreadable(path, error), ""
        report = self._checks.check_loaded(path, text)
        if report.kind == "unknown" and not _is_internal(report):
            return FileReport(path, "unknown", ()), text  # some other program's: none of ours to check
        return report, text

    def _tell(self) -> None:
        late = time.monotonic() - self._told > _TELL_EVERY
        if self._reports and (late or len(self._reports) >= _MOST_TOLD or not self._waiting):
            reports = [report_out(each) for each in self._reports]
            _say({"reports": reports, "looked": self._looked, "left": len(self._waiting)})
            self._reports, self._looked = [], []
            self._told = time.monotonic()
        if not self._waiting and not self._is_idle:
            self._is_idle = True
            _say({"idle": self._files})


def _is_internal(report: FileReport) -> bool:
    return any(each.code == "internal" for each in report.diagnostics)


def _too_large(path: Path, size: int) -> FileReport:
    message = f"The file is too large to be checked ({size_text(size)}): no file of Azure ML has more than a few kB."
    return FileReport(path, "unknown", (Diagnostic(Severity.INFO, "too-large", message),))


def _say(message: dict[str, Any]) -> None:
    sys.stdout.buffer.write(line(message))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
