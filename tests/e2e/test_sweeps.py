"""A sweep by verbs, as a person runs it: followed, shown with its trials, listed, removed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desktop_app.services.settings import Settings
from desktop_app.services.toolchains.service import CHOSEN
from tests.helpers.local_sweeps import project_at
from tests.helpers.program import ROOT, Program

SAMPLE = ROOT / "resources" / "samples" / "digits"
SWEEP = """\
$schema: https://azuremlschemas.azureedge.net/latest/sweepJob.schema.json
type: sweep
display_name: tune
trial:
  command: python try.py ${{{{search_space.x}}}} {mode}
  code: src
  environment: azureml:any@latest
  distribution:
    type: pytorch
    process_count_per_instance: 2
search_space:
  x:
    type: choice
    values: [2, 5]
sampling_algorithm: grid
objective:
  goal: maximize
  primary_metric: score
limits:
  max_total_trials: 2
"""


def sweep_file(program: Program, mode: str) -> Path:
    """Write a sweep of two trials of two ranks each."""
    path = project_at(program.cwd / "tune") / "sweep.yml"
    path.write_text(SWEEP.format(mode=mode))
    return path


def test_a_sweep_is_run_shown_listed_and_removed(program: Program) -> None:
    done = program("run", sweep_file(program, "quick"))
    assert done.code == 0, done.out + done.err
    lines = done.out.splitlines()
    assert [each.split(" (")[0] for each in lines if " starts: " in each] == [
        "Trial 0 starts: x=2",
        "Trial 1 starts: x=5",
    ]
    assert sum(" Completed in " in each and ": score " in each for each in lines) == 2
    assert lines[-1].startswith("Best: trial 1, score 5.1 with x=5")

    (sweep,) = program("runs", "list", "--json").json["runs"]
    assert (sweep["status"], sweep["parent"], sweep["sweep"]["best_value"]) == ("Completed", None, 5.1)
    assert "2 trials" in program("runs", "list").out
    own = program("runs", "list", "--sweep", sweep["run"], "--json").json["runs"]
    assert [(each["parent"], each["trial"]["values"], len(each["ranks"])) for each in own] == [
        (sweep["run"], {"x": 2}, 2),
        (sweep["run"], {"x": 5}, 2),
    ]
    shown = program("runs", "show", sweep["run"])
    (best,) = [line for line in shown.out.splitlines() if line.startswith("*")]
    assert best.split()[1:5] == ["1", "Completed", "5", "5.1"]
    assert [each["run"] for each in program("runs", "show", sweep["run"], "--json").json["trials"]] == [
        each["run"] for each in own
    ]
    assert "x is 5" in program("runs", "logs", own[1]["run"]).out
    assert "is no sweep" in program("runs", "list", "--sweep", own[0]["run"]).err

    gone = program("runs", "rm", sweep["run"])
    assert "and its 2 trials are gone" in gone.err
    assert program("runs", "list", "--json").json == {"runs": []}
    assert "There is no run" in program("runs", "show", own[0]["run"]).err


def test_a_sweep_of_which_all_failed_fails(program: Program) -> None:
    done = program("run", sweep_file(program, "fail"))
    assert done.code == 1
    assert "All 2 trials failed" in done.err


def test_a_sweep_that_completed_sends_on_to_its_trial_that_failed(program: Program) -> None:
    path = sweep_file(program, "quick")
    trial = path.parent / "src" / "try.py"
    trial.write_text("import sys\nif sys.argv[1] == '5':\n    raise ValueError('five is too much')\n")
    assert program("run", path).code == 0
    (sweep,) = program("runs", "list", "--json").json["runs"]
    told = program("runs", "diagnose", sweep["run"])
    assert told.code == 1
    assert f"did not fail: it is Completed. One of its trials did: rankzero runs diagnose {sweep['run']}_1" in told.err
    assert "five is too much" in program("runs", "diagnose", f"{sweep['run']}_1").out


@pytest.mark.torch
def test_the_sample_finds_a_good_rate(program: Program, torch_toolchain: Path) -> None:
    Settings(program.home / "settings.json").set(CHOSEN, {"rankzero-pytorch": str(torch_toolchain)})
    folder = shutil.copytree(SAMPLE, program.cwd / "digits")
    few = ("--set", "inputs.epochs=1", "--set", "limits.max_total_trials=2")
    done = program("run", folder / "sweep.yml", *few, "--json")
    assert done.code == 0, done.err
    assert "warning" not in done.err
    state = done.json["sweep"]
    assert (state["started"], state["primary_metric"]) == (2, "accuracy")
    assert state["best_value"] > 0.5
