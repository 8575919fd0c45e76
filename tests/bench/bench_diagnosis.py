"""How long the root cause of 64 logs of 10 MB takes, in the running program and as a verb.

    python tests/bench/bench_diagnosis.py [--ranks 64] [--megabytes 10]

Goal: under 0.3 s in the running program, whether the cause stands at the end of its log or further back. What is timed
is asked twice: the first time reads the plugins' knowledge, as the program does once.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.places import Places
from desktop_app.services.diagnosing.foreign import diagnosed
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings

STEP = "[rank{rank}]: 2026-11-22 10:{minute:02d}:{second:02d},{part:03d} INFO train: step {step} loss {loss:.6f}\n"
ECHO = """[rank{rank}]: Traceback (most recent call last):
[rank{rank}]:   File "/mnt/azureml/train.py", line 88, in <module>
[rank{rank}]:     loss.backward()
[rank{rank}]: torch.distributed.DistBackendError: NCCL error: remote process exited or there was a network error
[rank{rank}]: ncclRemoteError: A call failed possibly due to a network error or a remote process exiting prematurely.
"""
CAUSE = """[rank{rank}]: Traceback (most recent call last):
[rank{rank}]:   File "/mnt/azureml/train.py", line 81, in <module>
[rank{rank}]:     loss = model(batch.cuda())
[rank{rank}]: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has 39.39 GiB
"""
AFTER = "[rank{rank}]: frame #{number}: c10d::ProcessGroupNCCL::watchdogHandler() + 0x1a4 (0x7f in libtorch_cuda.so)\n"


def write_logs(folder: Path, ranks: int, size: int, guilty: int, *, back: int) -> int:
    """Write logs of `size` bytes, of which one holds the cause, `back` bytes before its end; return all bytes."""
    total = 0
    for rank in range(ranks):
        steps = "".join(_step(rank, step) for step in range(5000))
        text = (steps * (size // len(steps) + 1))[:size].rpartition("\n")[0] + "\n"
        if rank == guilty:
            after = AFTER.format(rank=rank, number=7)
            text += CAUSE.format(rank=rank) + after * (back // len(after))
        else:
            text += ECHO.format(rank=rank)
        total += (folder / f"rank{rank}.log").write_bytes(text.encode())
    return total


def _step(rank: int, step: int) -> str:
    second = step // 100
    return STEP.format(
        rank=rank, minute=second // 60, second=second % 60, part=step % 100 * 10, step=step, loss=1 / (step + 1)
    )


def timed(host: PluginHost, folder: Path) -> tuple[Diagnosis, float]:
    """Return a diagnosis and the seconds it took."""
    began = time.perf_counter()
    known = diagnosed(host, [folder])
    return known, time.perf_counter() - began


def verb(folder: Path, home: Path) -> float:
    """Return the seconds that the verb takes, its process included."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "desktop_app", "--home", str(home), "diagnose", str(folder), "--json"],
        check=True, capture_output=True, cwd=Path(__file__).resolve().parents[2], env=dict(os.environ),
    )  # fmt: skip
    return time.perf_counter() - began


def main() -> None:
    """Make the logs, ask, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ranks", type=int, default=64)
    parser.add_argument("--megabytes", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        home = Path(made, "home")
        places = Places(home, Path(made, "cache"))
        host = PluginHost(places, Settings(places.settings))
        host.discover()
        for name, back in (("at the end", 0), ("5 MB back", 5_000_000)):
            folder = Path(made, name.replace(" ", "-"))
            folder.mkdir()
            size = write_logs(folder, options.ranks, options.megabytes * 1_000_000, options.ranks // 2, back=back)
            times = [timed(host, folder) for _ in range(6)]
            known = times[0][0]
            said = f"rank {known.rank}, {known.place}" if known.cause is not None else known.verdict.value
            print(f"{name}: {size / 1e6:.0f} MB in {options.ranks} logs: {said}")
            print(f"  first {times[0][1]:.3f} s, then {sorted(each for _, each in times[1:])[2]:.3f} s (median of 5)")
            print(f"  the verb: {min(verb(folder, home) for _ in range(3)):.3f} s (best of 3)")
        host.close()


if __name__ == "__main__":
    main()
