"""Why a sweep failed: the cause of its first trial that failed, with its name, and how many failed alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.api import RunSnapshot, RunStatus
from desktop_app.backends.local.backend import LocalBackend
from desktop_app.cli.explained import diagnosis_lines
from desktop_app.core.diagnosis.model import Verdict
from desktop_app.places import Places
from desktop_app.services.diagnosing.sweeps import MOST_TRIALS, Told, diagnose_with_trials, of_sweep
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings
from tests.helpers import local_runs
from tests.helpers.local_ports import FakePorts
from tests.helpers.local_sweeps import end, project_at, submit, sweep_job, trials

RAISES = """
import sys
x = int(sys.argv[1])
if x < 3:
    raise ValueError(f"no such x")
{}["lr"]
"""


@pytest.fixture
def backend(places: Places) -> Iterator[LocalBackend]:
    """A backend from whose runs no process may be left."""
    yield LocalBackend(places, FakePorts(cores=2, home=places.home))
    local_runs.assert_nothing_left(places.runs)


@pytest.fixture
def plugins(places: Places) -> PluginHost:
    """The bundled plugins."""
    host = PluginHost(places, Settings(places.settings))
    host.discover()
    return host


async def _ended(backend: LocalBackend, folder: Path, text: str) -> tuple[RunSnapshot, list[RunSnapshot]]:
    """Return a sweep over 1, 2 and 3 whose trials run a script, and its trials."""
    project = project_at(folder / "project")
    (project / "src" / "try.py").write_text(text, "utf-8")
    run = await end(backend, await submit(backend, project, sweep_job()))
    return run, await trials(backend, run.handle)


def _said(told: Told) -> dict[str, str]:
    return dict(diagnosis_lines(told.known, told.run))


async def test_a_sweep_is_told_by_its_first_trial_that_failed(
    backend: LocalBackend, plugins: PluginHost, tmp_path: Path
) -> None:
    run, own = await _ended(backend, tmp_path, RAISES)
    told = await diagnose_with_trials(plugins, run, own)
    said = _said(told)
    assert told.run.run == f"{run.run}_0"
    assert said["Cause"] == f"Trial 0 ({run.run}_0, and 1 more alike): The program raised ValueError: no such x."
    assert said["Line"] == "ValueError: no such x"
    assert said["In"].startswith(f"{run.run}_0/user_logs/std_log_process_0.txt:")
    assert said["Code"].startswith("try.py:5")
    assert said["Missing"] == f"Failed otherwise: {run.run}_2; rankzero runs diagnose {run.run}_2 says why."
    own_page = of_sweep(told)
    assert own_page.cause is not None
    assert (own_page.cause.cause, own_page.cause.rank, own_page.place) == (said["Cause"], None, None)


async def test_a_sweep_without_trials_is_told_by_itself(
    backend: LocalBackend, plugins: PluginHost, tmp_path: Path
) -> None:
    run, own = await _ended(backend, tmp_path, RAISES)
    assert (await diagnose_with_trials(plugins, run, [])).run == run
    whole = replace(run, status=RunStatus.COMPLETED)
    told = await diagnose_with_trials(plugins, whole, own)
    assert (told.run, told.known.verdict) == (whole, Verdict.NOTHING)


async def test_only_some_of_many_trials_are_looked_at(
    backend: LocalBackend, plugins: PluginHost, tmp_path: Path
) -> None:
    run, own = await _ended(backend, tmp_path, RAISES)
    told = await diagnose_with_trials(plugins, run, own[:1] * (MOST_TRIALS + 3))
    assert f"and {MOST_TRIALS - 1} more alike" in _said(told)["Cause"]
    assert told.known.missing == (
        f"Of the trials that failed the first {MOST_TRIALS} were looked at, 3 more were not.",
    )


async def test_trials_that_ran_out_of_time_are_told_with_the_limit_of_the_sweeps_file(
    backend: LocalBackend, plugins: PluginHost, tmp_path: Path
) -> None:
    job = replace(sweep_job("silent", values=(1, 2)), timeout=2)
    project = project_at(tmp_path / "project")
    (project / "src" / "try.py").write_text("import threading\nthreading.Event().wait()\n", "utf-8")
    run = await end(backend, await submit(backend, project, job))
    assert (run.status, run.exit_code) == (RunStatus.FAILED, 1)
    limit = "limits.trial_timeout"
    said = f"All 2 trials were ended by {limit} (2 s) before they logged score: give {limit} more seconds."
    assert run.reason == said
    told = await diagnose_with_trials(plugins, run, await trials(backend, run.handle))
    lines = list(diagnosis_lines(told.known, told.run))
    named = f"Trial 0 ({run.run}_0, and 1 more alike)"
    assert [text.partition(":")[0] for title, text in lines if title == "Symptom"] == [named]
    advice = [text for title, text in lines if title == "Try"]
    assert advice[0].startswith("Raise limits.trial_timeout")
    assert "limits.timeout" not in " ".join(advice)
    assert told.known.symptoms[0].fix is not None
    assert told.known.symptoms[0].fix.set == {limit: 4}
