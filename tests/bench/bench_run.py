"""A 2-rank job through `rankzero run` against the same command under bare torchrun: pairs, and their ratio.

    python tests/bench/bench_run.py --torchrun PATH/TO/toolchain/bin/torchrun --rankzero .venv/bin/rankzero

Both train the digits sample for the same epochs, with one thread per rank, in turns (A B A B …).
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

SAMPLE = Path(__file__).parents[2] / "resources" / "samples" / "digits"


def seconds(command: Sequence[str], folder: Path, environment: dict[str, str]) -> float:
    """Return how long the command takes; it must end well."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return time.perf_counter() - started


def main() -> None:
    """Run the pairs and print each, the medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torchrun", required=True)
    parser.add_argument("--rankzero", required=True)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch, "digits")
        shutil.copytree(SAMPLE, project)
        environment = {**os.environ, "RANKZERO_HOME": f"{scratch}/home", "OMP_NUM_THREADS": "1"}
        arguments = ["--epochs", str(options.epochs), "--lr", "0.002", "--batch-size", "32"]
        torchrun = [options.torchrun, "--nproc_per_node=2", "train.py", *arguments]
        rankzero = [options.rankzero, "run", "job.yml", "--set", f"inputs.epochs={options.epochs}"]
        pairs = []
        for number in range(options.pairs + 1):
            ours = seconds(rankzero, project, environment)
            bare = seconds(torchrun, project / "src", environment)
            print(f"{number or 'warm-up'}: rankzero {ours:.2f} s, torchrun {bare:.2f} s, {ours / bare:.3f}")
            pairs.append((ours, bare))
        counted = pairs[1:]
        ratio = statistics.median(ours / bare for ours, bare in counted)
        print(f"medians: rankzero {statistics.median(a for a, _ in counted):.2f} s,", end=" ")
        print(f"torchrun {statistics.median(b for _, b in counted):.2f} s, ratio {ratio:.3f} (goal 1.05)")


if __name__ == "__main__":
    main()
