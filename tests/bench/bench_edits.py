"""Measures edits over a folder of YAML files: how many are right and local, and what one takes in a long file.

python tests/bench/bench_edits.py FOLDER [SEEDS]
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from desktop_app.api import UserError  # noqa: E402
from desktop_app.documents.edits import set_values  # noqa: E402
from desktop_app.documents.text_file import TextFile  # noqa: E402
from desktop_app.documents.yaml_text import parse  # noqa: E402
from tests.corpora.edit_trials import run, trials  # noqa: E402


def main(folder: Path, seeds: int) -> int:
    """Run everything and print it."""
    made: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    parses: list[float] = []
    for path in sorted(each for each in folder.rglob("*") if each.suffix.lower() in {".yml", ".yaml", ".runconfig"}):
        try:
            text = TextFile.load(path).text
        except UserError:
            continue
        begun = time.perf_counter()
        parsed = parse(text)
        parses.append(time.perf_counter() - begun)
        if any(each.code == "yaml-syntax" for each in parsed.problems) or parsed.data is None or parsed.is_template:
            continue
        for seed in range(seeds):
            for trial in trials(text, random.Random(f"{path.name}{seed}")):
                made[trial.kind] += 1
                outcome = run(text, trial)
                if outcome.fault:
                    wrong[trial.kind] += 1
                    print(f"{path}: {trial.kind} {trial.path}: {outcome.fault}")
    for kind, count in made.items():
        print(f"{kind:14} {count - wrong[kind]}/{count}")
    print(f"parse: median {statistics.median(parses) * 1e3:.2f} ms, longest {max(parses) * 1e3:.1f} ms")
    print(f"set_values in 2,000 lines: {_long_file():.1f} ms")
    print(f"set_values of 150 values at once: {_many_values():.0f} ms")
    return 1 if wrong else 0


def _long_file() -> float:
    parts = [f"key{n}:\n  a: {n}\n  b: text {n}\n  c: [1, x]  # comment\n  d: some plain text\n" for n in range(400)]
    text, times = "".join(parts), []
    for number in range(9):
        begun = time.perf_counter()
        text = set_values(text, {"key200.b": f"other {number}"})
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1e3


def _many_values() -> float:
    text = "jobs:\n" + "".join(f"  step{n}:\n    command: run {n}\n    compute: azureml:c{n}\n" for n in range(150))
    begun = time.perf_counter()
    set_values(text, {f"jobs.step{n}.compute": f"azureml:other{n}" for n in range(150)})
    return (time.perf_counter() - begun) * 1e3


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
