"""Opening a huge log on its end, and what memory that takes, against a small one.

    QT_QPA_PLATFORM=offscreen python tests/bench/bench_logs.py [--gigabytes 1]

Goals: 1 GB opens on its end in under 0.3 s, with memory that does not grow with its size.
"""

from __future__ import annotations

import argparse
import asyncio
import struct
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from PySide6.QtWidgets import QApplication

from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.merge import LogSource
from desktop_app.services.logs.search import ERRORS, Query, search
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


def wait_for(app: QApplication, condition: Callable[[], bool], limit: float = 60.0) -> None:
    """Let Qt work until something holds."""
    end = time.monotonic() + limit
    while not condition():
        app.processEvents()
        if time.monotonic() > end:
            raise TimeoutError("waited in vain")


def opened(app: QApplication, sources: list[LogSource]) -> tuple[LogView, float]:
    """Open logs in a new view; return it with the seconds until its last lines were painted."""
    view = LogView()
    view.resize(1000, 600)
    view.show()
    app.processEvents()
    began = time.perf_counter()
    view.show_sources(sources, follow=True)
    wait_for(app, lambda: bool(view.page.rows))
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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    options = parser.parse_args()
    app = QApplication([])
    theme_manager().apply(app)
    size = int(options.gigabytes * (1 << 30))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = [write_log(folder, 9, 1 << 20)]
        huge = [write_log(folder, 0, size)]
        ranks = [write_log(folder, rank, size // 16) for rank in range(1, 5)]
        view, seconds = opened(app, small)
        before = resident()
        print(f"1 MiB opens on its end in {1000 * seconds:.0f} ms; {before:.0f} MiB resident")
        view.close_feed()
        view, seconds = opened(app, huge)
        print(
            f"{size / 1e9:.2f} GB opens on its end in {1000 * seconds:.0f} ms (goal 300); {resident():.0f} MiB resident"
        )
        walk(app, view)
        print(f"after walking through it: {resident():.0f} MiB resident, {len(view.page.rows)} rows held")
        view.close_feed()
        view, seconds = opened(app, ranks)
        print(f"4 ranks of {size / 16e9:.2f} GB each, merged, open on their end in {1000 * seconds:.0f} ms")
        walk(app, view)
        print(f"after walking through them: {resident():.0f} MiB resident")
        view.close_feed()
        began = time.perf_counter()
        LogFile(huge[0].log).offset_of_line(size // len(LINE % 0) - 10)
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
        wait_for(app, lambda: view.page.rows != [] and not view._wanted)
        worst = max(worst, time.perf_counter() - began)
        for _ in range(12):
            view._scroll_by(view.visible_rows)
            app.processEvents()
    print(f"a jump to any place takes {1000 * worst:.0f} ms at most")


if __name__ == "__main__":
    main()
