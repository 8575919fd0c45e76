"""Whose logs are brought here: the run's that is shown, as long as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from desktop_app.api import JobBackend, OutsideError, RunSnapshot, RunStatus, UserError
from desktop_app.ui.runs import looking
from desktop_app.ui.runs.looking import Looking
from desktop_app.ui.tasks import running


@dataclass
class Cloud:
    """A backend whose logs lie elsewhere."""

    looked: list[str] = field(default_factory=list)
    trouble: UserError | None = None

    async def look(self, handle: str) -> None:
        """Remember it."""
        self.looked.append(handle)
        if self.trouble is not None:
            raise self.trouble


def run(name: str, status: RunStatus = RunStatus.RUNNING) -> RunSnapshot:
    """Return a run."""
    return RunSnapshot(f"azureml://s/g/w/{name}", name, "azureml", status, name, "e", datetime.now(UTC))


async def settled() -> None:
    """Let what was started end."""
    await asyncio.gather(*running(), return_exceptions=True)


def looks(backend: Any, errors: list[UserError], on_whole: Callable[[], object] = lambda: None) -> Looking:
    """Return what looks at a backend's runs."""
    return Looking(lambda _handle: cast("JobBackend", backend), errors.append, on_whole)


async def test_a_live_run_is_looked_at_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud()
    looking_at = looks(cloud, [])
    for _tick in range(5):
        looking_at.at(run("one"))
        await settled()
    assert cloud.looked == ["azureml://s/g/w/one"]
    monkeypatch.setattr(looking, "EVERY", 0.0)
    looking_at._due = 0.0
    looking_at.at(run("one"))
    await settled()
    assert len(cloud.looked) == 2


async def test_another_run_is_looked_at_at_once_and_one_that_is_over_once() -> None:
    cloud = Cloud()
    looking_at = looks(cloud, [])
    for each in (run("one"), run("two"), run("two", RunStatus.COMPLETED), run("two", RunStatus.COMPLETED)):
        looking_at._due = 0.0 if each.is_over else looking_at._due
        looking_at.at(each)
        await settled()
    assert [each.rpartition("/")[2] for each in cloud.looked] == ["one", "two", "two"]


async def test_what_goes_wrong_is_shown() -> None:
    errors: list[UserError] = []
    looks(Cloud(trouble=OutsideError("No network.")), errors).at(run("one"))
    await settled()
    assert [each.message for each in errors] == ["No network."]


async def test_a_backend_whose_logs_are_here_is_left_alone() -> None:
    looks(object(), []).at(run("one"))
    assert not running()


async def test_once_all_of_a_run_that_is_over_is_here_that_is_told() -> None:
    cloud, whole = Cloud(), list[str]()
    looking_at = looks(cloud, [], lambda: whole.append(cloud.looked[-1]))
    looking_at.at(run("one"))
    await settled()
    assert not whole, "what lives tells of itself"
    looking_at.at(run("one", RunStatus.COMPLETED))
    await settled()
    assert whole == ["azureml://s/g/w/one"]
