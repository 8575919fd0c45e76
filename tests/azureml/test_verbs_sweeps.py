"""A sweep by verbs, in the cloud: sent and followed to its end; and found, opened and read by somebody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.emulators import Emulator
from tests.helpers.program import Program

SWEEP = """\
$schema: https://azuremlschemas.azureedge.net/latest/sweepJob.schema.json
type: sweep
display_name: tuned
compute: azureml:gpu-cluster
trial:
  command: python hello.py ${{search_space.rate}}
  code: src
  environment: azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest
sampling_algorithm: grid
search_space:
  rate: {type: choice, values: [0.25, 0.5]}
objective: {primary_metric: accuracy, goal: maximize}
limits: {max_total_trials: 2, max_concurrent_trials: 2, timeout: 600}
"""


@pytest.fixture
def at_work(verbs: Program) -> Program:
    """A person with a sweep and a cluster for it."""
    (verbs.cwd / "src").mkdir()
    (verbs.cwd / "src" / "hello.py").write_text("import sys\nprint('rate', sys.argv[1])\n")
    (verbs.cwd / "sweep.yml").write_text(SWEEP)
    if not [each for each in verbs("compute", "list", "--json").json["computes"] if each["name"] == "gpu-cluster"]:
        assert verbs("compute", "create", "gpu-cluster").code == 0
    return verbs


def test_a_sweep_is_followed_to_its_end_and_opened_by_somebody_else(
    at_work: Program, emulator: Emulator, tmp_path: Path
) -> None:
    ran = at_work("run", "sweep.yml", "--backend", "azureml", "--json")
    assert ran.code == 0, ran.err
    run = ran.json["run"]
    assert (ran.json["status"], ran.json["sweep"]["started"], ran.json["sweep"]["total"]) == ("Completed", 2, 2)
    other = Program(tmp_path / "other", at_work.cwd, at_work.environment)
    assert other("workspace", "add", emulator.config, "--no-check").code == 0
    listed = other("runs", "list", "--everyone", "--json")
    assert listed.code == 0, listed.err
    found = {each["run"]: each for each in listed.json["jobs"]}
    assert (found[run]["kind"], found[run]["status"], found[run]["display_name"]) == ("sweep", "Completed", "tuned")
    assert f"{run}_0" not in found
    assert other("runs", "list", "--json").json == {"runs": []}
    opened = other("runs", "show", f"azureml://emulated/{run}", "--json")
    assert opened.code == 0, opened.err
    assert opened.json["sweep"]["started"] == 2
    assert other("runs", "logs", f"{run}_1").out == "rate 0.5\n"
    missing = other("runs", "show", "azureml://emulated/nobody")
    assert (missing.code, "has no job “nobody”" in missing.err) == (1, True)
