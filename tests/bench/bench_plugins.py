"""Plugins in processes of their own: first paint with 50 of them, what they take, and switching one on and off.

Run `python tests/bench/bench_plugins.py`, or with `page` for how long a Plugins page of 100 keeps the window's thread.
Needs a display (or QT_QPA_PLATFORM=offscreen), and Linux for memory.
Each plugin has a wizard, a preset and a check. Memory is the processes' proportional share (PSS).
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from desktop_app.api import Job  # noqa: E402 - a script finds its project first
from desktop_app.places import Places  # noqa: E402
from desktop_app.services.plugins import PluginHost  # noqa: E402
from desktop_app.services.settings import Settings  # noqa: E402
from tests.bench.bench_startup import OURS, first_paint  # noqa: E402
from tests.helpers.plugin_folders import write_plugin  # noqa: E402
from tests.helpers.plugin_processes import nurseries, plugin_processes  # noqa: E402

PAINT_LIMIT, SWITCH_LIMIT = 1.1, 50.0
HOOKS = """
from desktop_app.api import Diagnostic, EnvironmentPreset, FormSpec, Job, JobWizard, Severity, WizardStep, hookimpl


@hookimpl
def environment_presets():
    return [EnvironmentPreset("{id}", "Title", "azureml:x@latest")]


@hookimpl
def check_job(job):
    return [Diagnostic(Severity.INFO, "seen", job.command)]


@hookimpl
def job_wizards():
    pages = (WizardStep("only", "Only", FormSpec()),)
    return [JobWizard("w", "A wizard", "Makes jobs.", lambda answers, context: pages, lambda *asked: Job("x"))]
"""


def made_host(home: Path) -> PluginHost:
    """Return a host over `home`, bundled plugins included."""
    places = Places(home, home / "cache")
    host = PluginHost(places, Settings(places.settings), installed=tuple)
    host.discover()
    return host


def with_plugins(home: Path, count: int) -> Path:
    """Put plugins into a home."""
    for number in range(count):
        write_plugin(home / "plugins", f"plugin-{number}", HOOKS)
    return home


def cpu() -> float:
    """Return the processor's seconds that this process, its nursery and the plugins' processes have had."""
    everybody = [psutil.Process(), *nurseries(), *plugin_processes()]
    return sum(each.cpu_times().user + each.cpu_times().system for each in everybody)


def milliseconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def paint(rounds: int = 11) -> dict[str, float]:
    """Return the medians of first paint without and with 50 plugins, in turn, and their ratio."""
    with tempfile.TemporaryDirectory() as none, tempfile.TemporaryDirectory() as many:
        with_plugins(Path(many), 50)
        for home in (none, many):
            first_paint(OURS, home)  # draws icons, which every start but the first finds
        rows = [(first_paint(OURS, none)[0], first_paint(OURS, many)[0]) for _ in range(rounds)]
    without, with_them = (statistics.median(each) * 1000 for each in zip(*rows, strict=True))
    return {"without_ms": round(without, 1), "with_50_ms": round(with_them, 1), "ratio": round(with_them / without, 3)}


LIST = "import json, sys; from tests.bench.bench_plugins import work; print(json.dumps(work(int(sys.argv[1]))))"


def apart(count: int) -> dict[str, float]:
    """Return what `work` says, of a process of its own."""
    words = [sys.executable, "-c", LIST, str(count)]
    found: dict[str, float] = json.loads(subprocess.check_output(words, cwd=ROOT, text=True))
    return found


def work(count: int) -> dict[str, float]:
    """Return what a number of plugins takes: until the wizards are listed, for a call of all, and memory."""
    with tempfile.TemporaryDirectory() as home:
        host = made_host(with_plugins(Path(home), count))
        before, listed = cpu(), milliseconds(host.wizards)
        spent = cpu() - before
        gc.collect()
        checks = [milliseconds(lambda: host.check_job(Job("x"))) for _ in range(30)]
        shares = [each.memory_full_info() for each in (*nurseries(), *plugin_processes())]
        host.close()
    return {
        "until_wizards_ms": round(listed),
        "cpu_ms": round(spent * 1000),
        "check_job_ms": round(statistics.median(checks), 2),
        "memory_mb": round(sum(each.pss for each in shares) / 1e6, 1),
        "own_memory_mb": round(sum(each.uss for each in shares) / 1e6, 1),
    }


def switching(rounds: int = 20) -> dict[str, float]:
    """Return how long switching one of 50 on and off takes, and the first answer after that."""
    with tempfile.TemporaryDirectory() as home:
        host = made_host(with_plugins(Path(home), 50))
        host.environment_presets()
        rows = []
        for _ in range(rounds):
            off, on = milliseconds(lambda: host.disable("plugin-7")), milliseconds(lambda: host.enable("plugin-7"))
            rows.append((off, on, milliseconds(host.environment_presets)))
        host.close()
    off, on, answer = (statistics.median(each) for each in zip(*rows, strict=True))
    worst = max(max(each[:2]) for each in rows)
    return {"off_ms": round(off, 1), "on_ms": round(on, 1), "worst_ms": round(worst, 1), "then_ms": round(answer, 1)}


async def _page(count: int) -> dict[str, float]:
    from PySide6.QtCore import QTimer

    from desktop_app.ui.plugins.page import PluginsPage
    from desktop_app.ui.tasks import running
    from tests.helpers.benches import small_bench
    from tests.helpers.fake_shell import FakeShell

    with tempfile.TemporaryDirectory() as home:
        bench = small_bench(with_plugins(Path(home), count))
        turns: list[float] = []
        last = time.perf_counter()

        def beat() -> None:
            nonlocal last
            now = time.perf_counter()
            turns.append((now - last) * 1000)
            last = now

        heart = QTimer(interval=0)
        heart.timeout.connect(beat)
        heart.start()

        async def rest() -> float:
            """Wait until all is shown; return the longest turn of the loop meanwhile."""
            start = time.perf_counter()
            while len(page.list.views) < len(bench.plugins.plugins) or running() or time.perf_counter() - start < 0.5:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            longest = max(turns)
            turns.clear()
            return longest

        start = time.perf_counter()
        page = PluginsPage(bench, FakeShell(Path(home)))
        page.resize(1000, 700)
        made = (time.perf_counter() - start) * 1000
        start = last = time.perf_counter()
        page.show()
        shown = (time.perf_counter() - start) * 1000
        longest = await rest()
        again = milliseconds(page.refresh)
        turns.clear()
        last = time.perf_counter()
        await asyncio.to_thread(bench.plugins.disable, "plugin-1")
        switching = await rest()
        bench.plugins.close()
        page.desk.close()
        page.deleteLater()
        return {
            "make_ms": round(made, 1), "show_ms": round(shown, 1), "longest_turn_ms": round(longest, 1),
            "nothing_changed_ms": round(again, 1), "longest_turn_of_a_switch_ms": round(switching, 1),
        }  # fmt: skip


def page_of_many(count: int = 100, rounds: int = 5) -> dict[str, float]:
    """Return the medians of what a page of many plugins keeps the window's thread with."""
    import qasync
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance() or QApplication([])
    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app)) as runner:
        rows = [runner.run(_page(count)) for _ in range(rounds + 1)][1:]  # the first one loads icons
    return {key: statistics.median(each[key] for each in rows) for key in rows[0]}


if __name__ == "__main__":
    if sys.argv[1:] == ["page"]:
        print(json.dumps(page_of_many(), indent=2))
        sys.exit(0)
    painted, switched = paint(), switching()
    taken = {str(count): apart(count) for count in (0, 1, 10, 50, 100)}
    print(json.dumps({"first_paint": painted, "work": taken, "switching": switched}, indent=2))
    sys.exit(0 if painted["ratio"] <= PAINT_LIMIT and switched["worst_ms"] < SWITCH_LIMIT else 1)
