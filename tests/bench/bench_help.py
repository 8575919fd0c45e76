"""`rankzero --help` against `python -c pass`: the goal is 2x + 60 ms.

python tests/bench/bench_help.py --rankzero .venv/bin/rankzero
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence


def milliseconds(command: Sequence[str]) -> float:
    """Return how long the command takes."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return 1000 * (time.perf_counter() - started)


def main() -> None:
    """Time both in turns and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rankzero", required=True)
    parser.add_argument("--pairs", type=int, default=30)
    options = parser.parse_args()
    ours, bare = [], []
    for _ in range(options.pairs):
        ours.append(milliseconds([options.rankzero, "--help"]))
        bare.append(milliseconds([sys.executable, "-c", "pass"]))
    mine, peer = statistics.median(ours), statistics.median(bare)
    print(f"rankzero --help {mine:.1f} ms, python -c pass {peer:.1f} ms, goal {2 * peer + 60:.1f} ms")


if __name__ == "__main__":
    main()
