"""Measures the background check of a folder: until the first finding, until the last, and how the loop fares meanwhile.

python tests/bench/bench_folder.py [FILES] [OTHERS] [SAMPLES]

Makes FILES Azure ML files out of the YAML files below SAMPLES (the project's own samples by default) and OTHERS other
files, checks the folder with the service that the window uses, changes one file, and removes all of it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from desktop_app.documents.checks import FileReport  # noqa: E402
from desktop_app.services.folder_check.check import CheckState, FolderCheck  # noqa: E402

_IN_A_FOLDER = 50


class Told:
    """When what was told."""

    def __init__(self) -> None:
        self.begun = time.perf_counter()
        self.first = 0.0
        self.files = 0
        self.findings = 0
        self.done = asyncio.Event()

    def take_reports(self, reports: tuple[FileReport, ...], looked: frozenset[Path]) -> None:
        self.first = self.first or time.perf_counter() - self.begun
        self.files += len(reports)
        self.findings += sum(len(each.diagnostics) for each in reports)

    def take_gone(self, paths: tuple[Path, ...]) -> None:
        self.files -= len(paths)

    def take_state(self, state: CheckState) -> None:
        if state.is_done:
            self.done.set()


def make(folder: Path, files: int, others: int, samples: Path) -> None:
    """Fill the folder."""
    found = sorted(each for each in samples.rglob("*") if each.suffix.lower() in {".yml", ".yaml"} and each.is_file())
    for number in range(files):
        source = found[number % len(found)]
        target = folder / f"part{number // _IN_A_FOLDER:04}" / f"{number:05}-{source.name}"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(source.read_bytes())
    (folder / "images").mkdir()
    for number in range(others):
        (folder / "images" / f"{number}.png").touch()


async def longest_stall(done: asyncio.Event) -> float:
    """Return the longest time that the loop was kept from turning, in seconds."""
    longest = 0.0
    while not done.is_set():
        begun = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - begun - 0.001)
    return longest


async def check(folder: Path, home: Path) -> None:
    """Check, change one file, and print the times."""
    told = Told()
    service = FolderCheck(folder, told, home=home)
    await service.start()
    stall = await longest_stall(told.done)
    took = time.perf_counter() - told.begun
    used = [psutil.Process(each).cpu_times() for each in service.pids]
    cpu = sum(each.user + each.system for each in used)
    print(f"{told.files} files checked in {took:.1f} s, the first after {told.first:.2f} s; {told.findings} findings")
    print(f"{len(used)} processes with {cpu:.1f} s of CPU; the window's loop waited {stall * 1e3:.1f} ms at most")
    changed = next(folder.glob("part*/*"))
    told.done.clear()
    before, begun = told.files, time.perf_counter()
    changed.write_bytes(changed.read_bytes() + b"\n")
    service.look_again()
    while told.files == before:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.005)
    print(f"one changed file after {time.perf_counter() - begun:.2f} s")
    await service.close()


def main(files: int, others: int, samples: Path) -> None:
    """Measure."""
    with tempfile.TemporaryDirectory(prefix="rankzero-bench-") as folder:
        project = Path(folder, "project")
        project.mkdir()
        make(project, files, others, samples)
        asyncio.run(check(project, Path(folder, "home")))


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        int(given[0]) if given else 5_000,
        int(given[1]) if len(given) > 1 else 45_000,
        Path(given[2]) if len(given) > 2 else ROOT / "tests" / "corpora" / "samples",
    )
