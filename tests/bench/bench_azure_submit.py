"""Submitting the digits sample to Azure ML, against the same by a bare script of the SDK; in turns, to the emulator.

    python tests/bench/bench_azure_submit.py [--pairs 15] [--cold 5] [--latency 0.05]

Goal: at most 1.1 times as long. Warm: both have a client that has sent a job before. Cold: the verb `run --detach`
against `python script.py`, as whole processes. The code is another one each time, so that it is uploaded. The emulator
answers at once; with --latency every answer comes so many seconds later, as over the network.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from desktop_app.api import JobSource  # noqa: E402
from desktop_app.backends.azureml.backend import AzureBackend  # noqa: E402
from desktop_app.documents.job_document import read_job  # noqa: E402
from desktop_app.places import Places  # noqa: E402
from tests.helpers.azure_backends import quiet  # noqa: E402
from tests.helpers.azure_benches import (  # noqa: E402
    azureml_python,
    backend_over,
    change_code,
    digits,
    emulated,
    make_cluster,
    spread,
)
from tests.helpers.cloud_verbs import cloud_program  # noqa: E402
from tests.helpers.emulators import Emulator, Sdk  # noqa: E402

_BARE = """
import sys
from azure.ai.ml import MLClient, load_job
from azure.identity import EnvironmentCredential

ml = MLClient.from_config(EnvironmentCredential(), path=sys.argv[1])
print(ml.jobs.create_or_update(load_job(sys.argv[2])).name)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--cold", type=int, default=5)
    parser.add_argument("--latency", type=float, default=0.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, emulated(Path(name)) as emulator:
        make_cluster(emulator)
        if options.latency:
            emulator.control("faults", {"kind": "delay", "seconds": options.latency})
        jobs = digits(Path(name) / "ours"), digits(Path(name) / "bare")
        asyncio.run(_warm(Path(name), emulator, jobs, options.pairs))
        _cold(Path(name), emulator, jobs, options.cold)


async def _warm(folder: Path, emulator: Emulator, jobs: tuple[Path, Path], pairs: int) -> None:
    with Sdk(azureml_python(), emulator.environment, folder) as sdk:
        sdk("ml = client(config)", config=str(emulator.config))
        async with backend_over(folder / "home", emulator) as (backend, _):
            first = await _ours(backend, jobs[0], "first")
            bare = _bare(sdk, jobs[1], "first")
            print(f"the first time: {first:.2f} s with both children's start, {bare:.2f} s by a client that stands")
            took: list[tuple[float, float]] = []
            for turn in range(-2, pairs):
                pair = await _pair(backend, sdk, jobs, turn)
                took += [pair] if turn >= 0 else []
    _say("warm", took)


async def _pair(backend: AzureBackend, sdk: Sdk, jobs: tuple[Path, Path], turn: int) -> tuple[float, float]:
    """Send both, the one first that came second before."""
    if turn % 2:
        bare = await asyncio.to_thread(_bare, sdk, jobs[1], f"turn {turn}")
        return await _ours(backend, jobs[0], f"turn {turn}"), bare
    ours = await _ours(backend, jobs[0], f"turn {turn}")
    return ours, await asyncio.to_thread(_bare, sdk, jobs[1], f"turn {turn}")


async def _ours(backend: AzureBackend, path: Path, word: str) -> float:
    change_code(path, f"ours {word}")
    text = path.read_text("utf-8")
    job = read_job(text, path).job
    assert job is not None
    plan = await backend.plan(job, JobSource(path, path.parent, text))
    began = time.perf_counter()
    await backend.submit(plan, quiet)
    took = time.perf_counter() - began
    assert not backend.outbox.entries(), "it was sent"
    return took


def _bare(sdk: Sdk, path: Path, word: str) -> float:
    change_code(path, f"bare {word}")
    began = time.perf_counter()
    sdk("ml.jobs.create_or_update(load_job(path)).name", path=str(path))
    return time.perf_counter() - began


def _cold(folder: Path, emulator: Emulator, jobs: tuple[Path, Path], pairs: int) -> None:
    """Whole processes, each with the start of its Python and of the SDK."""
    script = folder / "bare.py"
    script.write_text(_BARE)
    took = []
    places = Places(folder / "person", folder / "cache")
    with cloud_program(places, emulator, azureml_python(), folder) as program:
        assert program("workspace", "add", emulator.config, "--no-check").code == 0
        for turn in range(pairs):
            change_code(jobs[0], f"cold {turn}")
            change_code(jobs[1], f"cold bare {turn}")
            began = time.perf_counter()
            said = program("run", jobs[0], "--backend", "azureml", "--detach", "--json")
            middle = time.perf_counter()
            assert said.code == 0, said.err
            command = [str(azureml_python()), str(script), str(emulator.config), str(jobs[1])]
            subprocess.run(command, env=program.variables(), capture_output=True, check=True)
            took.append((middle - began, time.perf_counter() - middle))
    _say("cold", took)


def _say(title: str, took: list[tuple[float, float]]) -> None:
    if not took:
        return
    print(f"{title}, ours: {spread([each for each, _ in took])}")
    print(f"{title}, bare: {spread([each for _, each in took])}")
    ratio = statistics.median(each for each, _ in took) / statistics.median(each for _, each in took)
    print(f"{title}: {ratio:.2f} times as long; goal 1.1: {'met' if ratio <= 1.1 else 'missed'}", flush=True)


if __name__ == "__main__":
    main()
