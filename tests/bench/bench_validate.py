"""How fast files are checked: one warm, one from a cold start against importing azure-ai-ml, and five thousand at once.

python tests/bench/bench_validate.py [--azureml PYTHON] [--files FOLDER] [--many 5000]
Goals: warm median 2 ms; cold at most a quarter of `python -c "import azure.ai.ml"`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from desktop_app.cli.validate import open_checks  # noqa: E402 (the path comes first)
from tests.corpora.good_files import FILES  # noqa: E402


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--azureml", help="a Python with azure-ai-ml")
    parser.add_argument("--files", type=Path, help="check the YAML files below this folder, not our own")
    parser.add_argument("--many", type=int, default=5000)
    parser.add_argument("--pairs", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        own = _project(Path(folder) / "project")
        files = sorted(each for each in (options.files or own).rglob("*") if each.suffix in {".yml", ".yaml"})
        _warm(files, Path(folder) / "home")
        _cold(own / "job.yml", options.azureml, options.pairs)
        _many(Path(folder), files, options.many)


def _project(folder: Path) -> Path:
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "train.py").write_text("print()\n")
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def _warm(files: Sequence[Path], home: Path) -> None:
    checks = open_checks(str(home), safe_mode=False)
    times = [[_milliseconds(lambda file=file: checks.check_file(file)) for file in files] for _ in range(3)]
    best = sorted(min(each) for each in zip(*times, strict=True))
    p95 = best[int(len(best) * 0.95)]
    print(f"warm: {len(best)} files, median {statistics.median(best):.2f} ms, 95 % {p95:.1f} ms (goal: median 2 ms)")


def _milliseconds(call: object) -> float:
    began = time.perf_counter()
    call()  # type: ignore[operator]
    return 1000 * (time.perf_counter() - began)


def _cold(file: Path, azureml: str | None, pairs: int) -> None:
    ours, theirs = [], []
    for _ in range(pairs):
        ours.append(_started([sys.executable, "-m", "desktop_app", "validate", str(file)]))
        if azureml:
            theirs.append(_started([azureml, "-c", "import azure.ai.ml"]))
    mine = statistics.median(ours)
    print(f"cold: {mine:.0f} ms", end="")
    if theirs:
        peer = statistics.median(theirs)
        print(f", import azure.ai.ml {peer:.0f} ms, ratio {mine / peer:.2f} (goal: 0.25)", end="")
    print()


def _started(command: Sequence[str]) -> float:
    return _milliseconds(
        lambda: subprocess.run(command, cwd=ROOT, check=False, capture_output=True, env=os.environ | {"LC_ALL": "C"})
    )


def _many(folder: Path, files: Sequence[Path], count: int) -> None:
    many = folder / "many"
    texts = [each.read_bytes() for each in files]
    for number, text in enumerate(islice(cycle(texts), count)):
        home = many / f"{number // 50}"
        home.mkdir(parents=True, exist_ok=True)
        (home / f"{number}.yml").write_bytes(text)
    took = _started([sys.executable, "-m", "desktop_app", "validate", "--json", str(many)])
    print(f"many: {count} files in {took / 1000:.1f} s, {took / count:.2f} ms each")


if __name__ == "__main__":
    main()
