"""Logs at their largest: opening on the end, scrolling and searching, and what memory that takes.

    QT_QPA_PLATFORM=offscreen python tests/bench/bench_logs.py [--gigabytes 1] [--only huge|search|scroll]

Goals: 1 GB opens on its end in under 0.3 s, with memory that does not grow with its size. A text is found in
64 logs of 10 MB in at most twice the time of ripgrep (`rg`, where it is installed; the quickest of several turns by
turns, as a machine that does other things is never as quick twice). 10 million lines of 64 ranks scroll at 60 frames
a second in less than 300 MiB.

A frame is: the view is scrolled by three rows or by a screen, what came meanwhile is taken in, and what is seen then
is painted, on whatever screen there is. It is given as it passed and as processor time of the window's thread, which
tells it from what else the machine does. A step waited where the lines it went to were not read yet. The garbage is
collected as in the program.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.merge import LogSource
from desktop_app.services.logs.search import ERRORS, Query, search, smart
from desktop_app.ui.garbage import Garbage
from desktop_app.ui.runs.log_view import LogView
from desktop_app.ui.theme import theme_manager

LINE = b"epoch %09d  step 000123  loss 0.123456  accuracy 0.987654  42.1 ms/step on this rank of the job\n"


def write_log(folder: Path, rank: int, size: int) -> LogSource:
    """Write a log of about `size` bytes, with a clock mark for every 64 KiB."""
    source = LogSource(rank, folder / f"{rank}.txt", folder / f"{rank}.bin")
    written, number, began = 0, 0, time.time() - 3600
    with source.log.open("wb") as log, source.clock.open("wb") as clock:
        while written < size:
            block = b"".join(LINE % (number + index) for index in range(700))
            number += 700
            written += log.write(block)
            clock.write(struct.pack("<dQ", began + written / 1e6, written))
    return source


def write_ranks(folder: Path, ranks: int, lines: int, *, stamps: bool) -> list[LogSource]:
    """Write a log of `lines` for each rank: steps in which all keep pace; with stamps of their own, or a clock."""
    sources = []
    for rank in range(ranks):
        source = LogSource(rank, folder / f"{rank}.txt", Path() if stamps else folder / f"{rank}.bin")
        began = 1_795_342_272.0 + rank / 1000
        with source.log.open("wb") as log:
            for first in range(0, lines, 1000):
                log.write(b"".join(_line(rank, began, each, stamps=stamps) for each in range(first, first + 1000)))
            log.write(b"[rank%d] NCCL watchdog thread terminated\n" % rank)
        if not stamps:
            size = source.log.stat().st_size
            marks = [(began + lines / 20 * part / 500, size * part // 500) for part in range(1, 501)]
            source.clock.write_bytes(b"".join(struct.pack("<dQ", *each) for each in marks))
        sources.append(source)
    return sources


def _line(rank: int, began: float, number: int, *, stamps: bool) -> bytes:
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(began + number // 20)).encode() if stamps else b"train"
    part = number % 20 * 50
    return b"%s,%03d - INFO - epoch %d step %04d loss %.6f rank %d of the job that runs here\n" % (
        at, part, number // 1000, number % 1000, 1 / (1 + number), rank,
    )  # fmt: skip


def wait_for(condition: Callable[[], bool], limit: float = 60.0) -> None:
    """Let Qt work, and rest where there is nothing to do, until something holds."""
    end, loop, timer = time.monotonic() + limit, QEventLoop(), QTimer(interval=2)
    timer.timeout.connect(lambda: loop.quit() if condition() or time.monotonic() > end else None)
    timer.start()
    loop.exec()
    timer.stop()
    if not condition():
        raise TimeoutError("waited in vain")


def opened(app: QApplication, sources: list[LogSource]) -> tuple[LogView, float]:
    """Open logs in a new view; return it with the seconds until its last lines were painted."""
    view = LogView()
    view.resize(1000, 600)
    view.show()
    app.processEvents()
    began = time.perf_counter()
    view.show_sources(sources, follow=True)
    wait_for(lambda: bool(view.page.rows))
    view.viewport().repaint()
    return view, time.perf_counter() - began


def resident() -> float:
    """Return this process's memory in MiB."""
    return float(psutil.Process().memory_info().rss) / (1 << 20)


async def searched(sources: list[LogSource], query: Query) -> tuple[int, float]:
    """Return how many matches there are, and the seconds it took."""
    began = time.perf_counter()
    count = 0
    async for part in search(sources, query):
        count = part.count
    return count, time.perf_counter() - began


TEXTS = ("watchdog", "NCCL watchdog", "epoch 77 step 0777", "terminated", "no such text")


def compare_search(folder: Path) -> None:
    """Search 64 logs of 10 MB as the window does, and with ripgrep, in turns."""
    sources = write_ranks(folder, 64, 130_000, stamps=False)
    total = sum(each.log.stat().st_size for each in sources)
    print(f"64 logs of {total / 64e6:.1f} MB")
    for text in TEXTS:
        ours, theirs, count = [], [], 0
        for _turn in range(5):
            count, took = asyncio.run(searched(sources, smart(text)))
            ours.append(took)
            theirs.append(ripgrep(folder, text))
        against = (
            f"rg {1000 * min(theirs):.0f} ms, ratio {min(ours) / min(theirs):.2f}" if min(theirs) else "no rg here"
        )
        print(f"searching for {text!r}: {count} found in {1000 * min(ours):.0f} ms; {against} (goal 2)")


def ripgrep(folder: Path, text: str) -> float:
    """Return the seconds ripgrep takes for the same; 0 where there is none."""
    program = shutil.which("rg")
    if program is None:
        return 0.0
    began = time.perf_counter()
    found = subprocess.run([program, "-S", "-F", "-c", "-e", text, *sorted(folder.glob("*.txt"))], check=False,
                           stdout=subprocess.PIPE)  # fmt: skip
    assert found.returncode in (0, 1)
    return time.perf_counter() - began


def scroll(app: QApplication, folder: Path, *, stamps: bool) -> None:
    """Scroll through 10 million merged lines, a screen after the other, and see how long a frame takes."""
    sources = write_ranks(folder, 64, 156_250, stamps=stamps)
    for folded in (True, False):
        gc.collect()
        view = LogView()
        view.resize(1400, 900)
        view.set_folded(folded)
        view.show()
        app.processEvents()
        began = time.perf_counter()
        view.show_sources(sources, follow=False, live=False)
        wait_for(lambda: bool(view.page.rows))  # noqa: B023 - called at once
        view.viewport().repaint()
        took = time.perf_counter() - began
        frames = [frame(app, view, -3 if number % 100 < 80 else -view.visible_rows) for number in range(1500)]
        times, work = (sorted(each[which] for each in frames) for which in (0, 1))
        kind = f"{'stamped' if stamps else 'by arrival'}, {'folded' if folded else 'apart'}"
        print(f"10 million lines of 64 ranks, {kind}: opened in {1000 * took:.0f} ms; {resident():.0f} MiB resident")
        print(
            f"a frame takes {1000 * times[750]:.1f} ms, 99 of 100 at most {1000 * times[1485]:.1f}, "
            f"the longest {1000 * times[-1]:.1f} (goal 16.7)"
        )
        print(
            f"of that the window's thread works {1000 * work[750]:.1f} ms, 99 of 100 at most {1000 * work[1485]:.1f}, "
            f"the longest {1000 * work[-1]:.1f}; {sum(each[2] for each in frames)} of 1500 steps waited for lines"
        )
        walk(app, view)
        print(f"after jumping through them: {resident():.0f} MiB resident (goal 300)")
        view.close_feed()
        view.close()


def frame(app: QApplication, view: LogView, rows: int) -> tuple[float, float, bool]:
    """Scroll; return the seconds until what is seen then was painted, those of work, and whether lines were missing."""
    began, worked = time.perf_counter(), time.thread_time()
    view._scroll_by(rows)
    waits = bool(view._owed)
    app.processEvents()  # what was asked to be painted is painted here, as in the program
    took, work = time.perf_counter() - began, time.thread_time() - worked
    time.sleep(max(0.0, 1 / 60 - took))  # the next frame is not due yet: the thread that reads has its turn
    return took, work, waits


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--only", choices=("huge", "search", "scroll"))
    options = parser.parse_args()
    app = QApplication([])
    theme_manager().apply(app)
    garbage = Garbage()
    garbage.start()
    parts: dict[str, Callable[[Path], None]] = {
        "search": compare_search,
        "scroll": lambda folder: scroll(app, folder, stamps=False),
        "stamps": lambda folder: scroll(app, folder, stamps=True),
        "huge": lambda folder: huge(app, folder, int(options.gigabytes * (1 << 30))),
    }
    for name, part in parts.items():
        if options.only in (None, name, "scroll" if name == "stamps" else name):
            with tempfile.TemporaryDirectory() as folder:
                part(Path(folder))


def huge(app: QApplication, folder: Path, size: int) -> None:
    """Open, walk through and search logs of any size."""
    small = [write_log(folder, 9, 1 << 20)]
    large = [write_log(folder, 0, size)]
    ranks = [write_log(folder, rank, size // 16) for rank in range(1, 5)]
    view, seconds = opened(app, small)
    before = resident()
    print(f"1 MiB opens on its end in {1000 * seconds:.0f} ms; {before:.0f} MiB resident")
    view.close_feed()
    view, seconds = opened(app, large)
    print(f"{size / 1e9:.2f} GB opens on its end in {1000 * seconds:.0f} ms (goal 300); {resident():.0f} MiB resident")
    walk(app, view)
    print(f"after walking through it: {resident():.0f} MiB resident, {len(view.page.rows)} rows held")
    view.close_feed()
    view, seconds = opened(app, ranks)
    print(f"4 ranks of {size / 16e9:.2f} GB each, merged, open on their end in {1000 * seconds:.0f} ms")
    walk(app, view)
    print(f"after walking through them: {resident():.0f} MiB resident")
    view.close_feed()
    began = time.perf_counter()
    LogFile(large[0].log).offset_of_line(size // len(LINE % 0) - 10)
    print(f"finding the last line by its number: {time.perf_counter() - began:.2f} s")
    queries = (Query("epoch 001234567"), Query("LOSS 0.123457"), Query(r"epoch 00123456\d", regex=True), ERRORS)
    for query in queries:
        count, took = asyncio.run(searched(ranks, query))
        print(f"searching {size / 4e9:.2f} GB for {query.text[:20]!r}: {count} found in {took:.2f} s")


def walk(app: QApplication, view: LogView) -> None:
    """Drag the scroll bar through the whole log, and page around at every stop."""
    worst = 0.0
    bar = view.verticalScrollBar()
    for step in range(0, 101, 4):
        target = step * 10_000
        began = time.perf_counter()
        bar.setSliderPosition(target)
        view._slide(target)
        wait_for(lambda: view.page.rows != [] and view._wanted is None)
        view.viewport().repaint()
        worst = max(worst, time.perf_counter() - began)
        for _ in range(12):
            view._scroll_by(view.visible_rows)
            app.processEvents()
    print(f"a jump to any place takes {1000 * worst:.0f} ms at most")


if __name__ == "__main__":
    main()
