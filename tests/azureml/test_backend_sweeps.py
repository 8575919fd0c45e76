"""Sweeps through the backend, its real gateway and the emulator: sent, watched with their trials, canceled."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from desktop_app.api import JobSource, RunSnapshot, RunStatus
from desktop_app.documents.job_document import read_job
from tests.helpers.azure_backends import quiet
from tests.helpers.emulated_backends import CloudDesk, cloud_desk
from tests.helpers.emulated_jobs import LOG_METRIC
from tests.helpers.emulators import Emulator, running_emulator

TRIAL = (
    LOG_METRIC
    + """
import sys
rate, steps = float(sys.argv[1]), int(sys.argv[2])
print("rate", rate, os.environ["AZUREML_SWEEP_rate"], flush=True)
for step in range(steps):
    log("accuracy", rate + step / 1000, step)
    if steps > 10:
        time.sleep(0.2)
os.makedirs("outputs", exist_ok=True)
open("outputs/model.txt", "w").write(str(rate))
"""
)
SWEEP = """\
type: sweep
display_name: Tuned
compute: azureml:gpu-cluster
trial:
  command: python tune.py ${{{{search_space.rate}}}} {steps}
  code: ./src
  environment: azureml:AzureML-sklearn-1.5@latest
sampling_algorithm: grid
search_space:
  rate: {{type: choice, values: {rates}}}
objective: {{primary_metric: accuracy, goal: maximize}}
{more}limits: {{max_total_trials: 4, max_concurrent_trials: 2, timeout: 600}}
"""


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator whose clusters are quick."""
    with running_emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture
async def desk(
    emulator: Emulator, azureml_python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[CloudDesk]:
    """A backend that is led to the emulator."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    async with cloud_desk(tmp_path, emulator, azureml_python) as made:
        (tmp_path / "src" / "tune.py").write_text(TRIAL)
        yield made


async def submit(desk: CloudDesk, rates: list[float], steps: int = 2, more: str = "") -> str:
    """Submit a sweep; return its handle."""
    text = SWEEP.format(rates=rates, steps=steps, more=more)
    job = read_job(text, desk.folder / "sweep.yml").job
    assert job is not None
    plan = await desk.backend.plan(job, JobSource(None, desk.folder, text))
    return await desk.backend.submit(plan, quiet)


async def trials(desk: CloudDesk, handle: str) -> list[RunSnapshot]:
    """Return the trials that are known, as they are now, by their numbers."""
    found = await desk.backend.snapshots(await desk.backend.discover())
    mine = [each for each in found.values() if each.trial is not None and each.trial.sweep == handle.rpartition("/")[2]]
    return sorted(mine, key=lambda each: each.trial.number if each.trial is not None else 0)


async def test_a_grid_is_sent_once_and_its_trials_are_runs_to_read_and_fetch(desk: CloudDesk) -> None:
    handle = await submit(desk, [0.1, 0.9, 0.5])
    assert len(desk.puts()) == 1
    sweep = await desk.until(handle, lambda run: run.is_over and run.sweep is not None and run.sweep.best != "")
    assert (sweep.status, sweep.reason, sweep.ranks) == (RunStatus.COMPLETED, "", ())
    found = await trials(desk, handle)
    assert [each.display_name for each in found] == ["Tuned trial 0", "Tuned trial 1", "Tuned trial 2"]
    assert [each.trial.values for each in found if each.trial is not None] == [
        {"rate": 0.1},
        {"rate": 0.9},
        {"rate": 0.5},
    ]
    assert sweep.sweep is not None
    assert (sweep.sweep.started, sweep.sweep.total, sweep.sweep.best) == (3, 3, found[1].run)
    assert sweep.sweep.best_value == pytest.approx(0.901)
    best = await desk.until(found[1].handle, lambda run: run.is_over)
    logs = await desk.backend.log_files(best.handle)
    assert logs[best.ranks[0].log].read_text().startswith("rate 0.9 0.9")
    assert [each.value for each in await desk.backend.metrics(best.handle)] == [0.9, 0.901]
    (model,) = await desk.cloud.fetch(best.handle, ["outputs/model.txt"], desk.folder / "got", quiet)
    assert model.read_text() == "0.9"


async def test_a_sweep_that_is_canceled_ends_with_its_trials(desk: CloudDesk) -> None:
    handle = await submit(desk, [0.1, 0.2, 0.3], steps=3000)
    await desk.until(handle, lambda run: run.sweep is not None and run.sweep.started == 2)
    await desk.backend.cancel(handle)
    assert (await desk.until(handle, lambda run: run.is_over)).status is RunStatus.CANCELED
    for each in await trials(desk, handle):
        ended = await desk.until(each.handle, lambda run: run.is_over)
        assert ended.status is RunStatus.CANCELED
        assert ended.trial is not None
        assert not ended.trial.stopped_early
    await desk.backend.remove(handle)
    assert await desk.backend.discover() == []


async def test_the_policy_ends_the_trial_that_is_behind(desk: CloudDesk) -> None:
    policy = "early_termination: {type: bandit, slack_factor: 0.1, evaluation_interval: 1, delay_evaluation: 2}\n"
    handle = await submit(desk, [0.9, 0.1], steps=25, more=policy)
    sweep = await desk.until(handle, lambda run: run.is_over and run.sweep is not None and run.sweep.stopped_early > 0)
    assert sweep.status is RunStatus.COMPLETED
    early = [each.trial.number for each in await trials(desk, handle) if each.trial and each.trial.stopped_early]
    assert early == [1]
