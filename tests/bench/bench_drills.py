"""Runs whose true cause is known: makes them, and scores what `rankzero runs diagnose` says of them, rank and line.

    python tests/bench/bench_drills.py --folder FOLDER --make --half all     # real frameworks, real runs: takes long
    python tests/bench/bench_drills.py --folder FOLDER --score --half dev    # a moment: the runs are kept in FOLDER

The cases are in tests/helpers/broken_jobs. Their halves: `dev` may be looked at; of `held` only the totals are printed,
unless --show. The cases of files called held_*.toml and fresh_*.toml were written by somebody who did not know how the
program diagnoses; three quarters of the former and a half of the latter, by the hash of their names, were looked at
since and belong to `dev`.
Once the rest was looked at, fresh cases are written. Goal: ≥ 95 % of the held half right.
A run is judged as if its fault had come from outside: what the program knows of its own drills is taken out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from desktop_app.cli.explained import diagnosis_shape
from desktop_app.compose import open_workbench
from desktop_app.services.diagnosing.foreign import diagnosed
from desktop_app.services.diagnosing.runs import diagnose_run
from tests.helpers.broken_jobs.cases import Case, all_cases
from tests.helpers.broken_jobs.judging import Answer, not_as_meant, read, wrong
from tests.helpers.broken_jobs.running import forget_drills, run_case, state
from tests.helpers.fork_server import warm_verbs
from tests.helpers.program import Program

GRACE = "4,3"
HALVES = ("dev", "held", "all")


class Kept:
    """The finished runs in a folder, by the names of their cases."""

    def __init__(self, folder: Path) -> None:
        self._index = folder / "runs.json"
        self.runs: dict[str, dict[str, str]] = json.loads(self._index.read_text()) if self._index.exists() else {}

    def run_of(self, case: Case) -> str:
        """Return the run of a case as it is now, empty where there is none."""
        found = self.runs.get(case.name, {})
        return found.get("run", "") if found.get("version") == case.version else ""

    def keep(self, case: Case, run: Path) -> None:
        """Note a finished run."""
        self.runs[case.name] = {"run": run.name, "version": case.version, "status": str(state(run)["status"])}
        self._index.write_text(json.dumps(self.runs, indent=1, sort_keys=True), "utf-8")


def make(program: Program, kept: Kept, cases: Iterable[Case]) -> int:
    """Run each case that has no run yet, one at a time; return how many could not be made."""
    failed = 0
    for case in cases:
        if kept.run_of(case):
            continue
        began = time.monotonic()
        try:
            run = run_case(program, case)
        except AssertionError as error:
            failed += 1
            print(f"NOT MADE {case.name}: {str(error)[:300]}", flush=True)
            continue
        forget_drills(run)
        kept.keep(case, run)
        print(f"{time.monotonic() - began:5.1f} s  {state(run)['status']:9}  {case.name}  {run.name}", flush=True)
    return failed


def check(program: Program, kept: Kept, cases: Iterable[Case]) -> int:
    """Print which runs are not what their cases are about; return their number. Says nothing of any diagnosis."""
    faults = 0
    for case in cases:
        run = kept.run_of(case)
        fault = not_as_meant(case, program.home / "runs" / run) if run else "there is no run of it"
        if fault:
            faults += 1
            print(f"{case.name}  {run}: {fault}")
    return faults


async def answers(home: Path, runs: Collection[str], *, is_foreign: bool) -> dict[str, Answer]:
    """Return what is said of each run; `is_foreign`: of its logs alone, as if they had come from elsewhere."""
    workbench = open_workbench(home, False)
    try:
        await workbench.monitor.refresh("local")
        found = {each.run: each for each in workbench.store.runs.values() if each.run in runs}
        said = {}
        for name, run in found.items():
            logs = [home / "runs" / name / "user_logs"]
            known = diagnosed(workbench.plugins, logs) if is_foreign else await diagnose_run(workbench.plugins, run)
            said[name] = read(diagnosis_shape(known, workbench.plugins))
        return said
    finally:
        await workbench.cloud.close()


def score(home: Path, kept: Kept, cases: Sequence[Case], *, show_held: bool, is_foreign: bool) -> None:
    """Ask for the diagnosis of each run and print what is wrong, and the totals."""
    right: Counter[str] = Counter()
    all_of: Counter[str] = Counter()
    names = {each.name: run for each in cases if (run := kept.run_of(each))}
    said = asyncio.run(answers(home, {*names.values()}, is_foreign=is_foreign))
    for case in cases:
        answer = said.get(names.get(case.name, ""))
        if answer is None:
            continue
        fault = wrong(case, answer, is_foreign=is_foreign)
        for group in (case.half, f"{case.half} {case.kind}"):
            all_of[group] += 1
            right[group] += not fault
        if case.half == "dev" or show_held:
            print(
                f"{'WRONG' if fault else 'right'}  {case.name}  {names[case.name]}  {fault}\n       {answer.in_words}"
            )
    for group in sorted(all_of):
        print(f"{group:16} {right[group]:3} of {all_of[group]:3}  {100 * right[group] / all_of[group]:5.1f} %")


def main() -> None:
    """Make, score, or both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="where the runs are kept")
    parser.add_argument("--make", action="store_true")
    parser.add_argument("--check", action="store_true", help="whether each run is what its case is about")
    parser.add_argument("--score", action="store_true")
    parser.add_argument("--half", choices=HALVES, default="dev")
    parser.add_argument("--only", default="", help="cases whose names hold this")
    parser.add_argument("--show", action="store_true", help="print the cases of the held half too")
    parser.add_argument("--foreign", action="store_true", help="score what is said of the logs alone, without the run")
    options = parser.parse_args()
    chosen = [each for each in all_cases() if options.half in ("all", each.half) and options.only in each.name]
    options.folder.mkdir(parents=True, exist_ok=True)
    jobs = options.folder / "jobs"
    jobs.mkdir(exist_ok=True)
    kept, failed = Kept(options.folder), 0
    with warm_verbs() as warm:
        variables = {**os.environ, "RANKZERO_GRACE": GRACE}
        program = Program(options.folder / "home", jobs, variables, warm=warm)
        if options.make:
            failed = make(program, kept, chosen)
        if options.check:
            failed += check(program, kept, chosen)
        if options.score:
            score(program.home, kept, chosen, show_held=options.show, is_foreign=options.foreign)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
