"""How long installing a small plugin takes beside bare uv, and 500 kills while plugins are changed.

    python -m tests.bench.bench_plugin_install [--rounds 20] [--kills 500]

The bounds: the median of planning, installing, trying and switching in the running program is at most 1.2 times the
median of `uv pip install --target` of the same wheel, and no kill leaves a broken state. Kills: half of them at a step
that Python's audit events tell, half after a random time; one that comes after the end is no kill.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from desktop_app.places import Places
from desktop_app.services.toolchains.uv import uv_binary
from tests.helpers import plugin_changes
from tests.helpers.plugin_managers import desks, quiet
from tests.helpers.plugin_wheels import write_plugin_wheel

MOST = 1.2


async def installs(root: Path, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each way, taken in turns; all are done once before."""
    wheel = write_plugin_wheel(root / "wheels", "acme")
    places = Places(root / "home", root / "cache")
    found: dict[str, list[float]] = {"uv": [], "program": [], "program, nothing warm": [], "verb": []}
    with desks(places) as opened:
        desk = opened()
        await desk.install(write_plugin_wheel(root / "wheels", "other"))
        for n in range(rounds + 1):
            took = {"uv": _uv(wheel, root / "target", places)}
            desk.presets()  # a plugin that runs: its nursery is there
            for name in ("program", "program, nothing warm"):
                began = time.perf_counter()
                await desk.install(wheel)
                took[name] = time.perf_counter() - began
                await desk.manager.remove("acme", quiet)
                desk.host.close()
            took["verb"] = _verb(wheel, places)
            await desk.manager.remove("acme", quiet)
            for name, each in took.items():
                found[name] += [each] if n else []
    return found


def _uv(wheel: Path, target: Path, places: Places) -> float:
    shutil.rmtree(target, ignore_errors=True)
    words = [uv_binary(), "pip", "install", "-q", "--python", sys.executable, "--target", str(target), str(wheel)]
    return _timed(words, {"UV_CACHE_DIR": str(places.fetched)})


def _verb(wheel: Path, places: Places) -> float:
    words = [sys.executable, "-m", "desktop_app", "plugins", "install", "--yes", str(wheel)]
    return _timed(words, {"RANKZERO_HOME": str(places.home), "RANKZERO_CACHE": str(places.cache)})


def _timed(words: list[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(words, env={**os.environ, **environment}, check=True, capture_output=True)
    return time.perf_counter() - began


def kills(root: Path, count: int) -> tuple[dict[str, int], int]:
    """Return how often each whole state was found after a kill, and how many states were broken."""
    wheels, cache = root / "kill-wheels", root / "kill-cache"
    plugin_changes.make_wheels(wheels)
    began = time.perf_counter()
    steps = int(plugin_changes.start(Places(root / "first", cache), wheels, "count", 0).communicate()[0])
    longest = time.perf_counter() - began
    found: dict[str, int] = {}
    broken = n = 0
    drawn = random.Random(11)
    while n < count:
        places = Places(root / "homes" / str(n), cache)
        if n % 2:
            process = plugin_changes.start(places, wheels, "kill", drawn.randint(1, steps))
        else:
            process = plugin_changes.start(places, wheels, "count", 0)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(drawn.uniform(0.1, longest))
            process.kill()
        process.communicate()
        if process.returncode == -9:  # else it was done before
            n += 1
            broken += not _is_whole(places, found)
            if n % 50 == 0:
                print(f"{n} kills, {broken} broken", flush=True)
        shutil.rmtree(places.home, ignore_errors=True)
    return found, broken


def _is_whole(places: Places, found: dict[str, int]) -> bool:
    try:
        state = str(plugin_changes.check_whole(places))
    except Exception as error:  # noqa: BLE001 - each is counted and told
        print(f"BROKEN: {type(error).__name__}: {error}", flush=True)
        return False
    found[state] = found.get(state, 0) + 1
    return True


def main() -> int:
    """Measure and print; 1 where a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--kills", type=int, default=500)
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        if options.rounds:
            found = asyncio.run(installs(Path(folder), options.rounds))
            bare = statistics.median(found["uv"])
            for name, each in found.items():
                middle = statistics.median(each)
                print(f"{name:24} {middle * 1000:6.0f} ms  {middle / bare:5.2f} times uv")
            failed = statistics.median(found["program"]) > MOST * bare
        if options.kills:
            states, broken = kills(Path(folder), options.kills)
            print(f"{options.kills} kills, {broken} broken states; found: {states}")
            failed = failed or broken > 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
