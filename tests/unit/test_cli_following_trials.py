"""What `run` says of the trials of a sweep in the cloud."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from desktop_app.api import RankState, RunSnapshot, RunStatus, SweepState, Trial
from desktop_app.cli.following_trials import TrialTeller
from tests.helpers.told_backend import ToldBackend

BEGAN = datetime(2026, 11, 21, 12, tzinfo=UTC)
SWEEP = RunSnapshot(
    "azureml://s/g/w/tuned", "tuned", "azureml", RunStatus.RUNNING, "Tuned", "e", BEGAN, sweep=SweepState("accuracy")
)


def trial(number: int, status: RunStatus, value: float | None = None, early: bool = False) -> RunSnapshot:
    """Return a trial."""
    name, over = f"tuned_{number}", status in (RunStatus.COMPLETED, RunStatus.CANCELED)
    return RunSnapshot(
        f"azureml://s/g/w/{name}", name, "azureml", status, name, "e", BEGAN,
        started=None if status is RunStatus.QUEUED else BEGAN, ended=BEGAN + timedelta(seconds=90) if over else None,
        metrics={} if value is None else {"accuracy": (value, 3)},
        trial=Trial("tuned", number, {"lr": 0.125, "layers": 3}, stopped_early=early),
    )  # fmt: skip


class Trials(ToldBackend):
    """A backend of these runs."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: dict[str, RunSnapshot] = {}
        self.asked: list[list[str]] = []

    def have(self, *runs: RunSnapshot) -> None:
        """Know the runs as they are now."""
        self.runs.update({each.handle: each for each in runs})

    async def discover(self) -> Sequence[str]:
        """Return their handles."""
        return [SWEEP.handle, "azureml://s/g/w/other_1", *self.runs]

    async def snapshots(self, handles: Iterable[str]) -> Mapping[str, RunSnapshot]:
        """Return those that are asked for."""
        self.asked.append(list(handles))
        return {each: self.runs[each] for each in self.asked[-1] if each in self.runs}


async def test_trials_are_told_as_they_start_and_end() -> None:
    backend, said, times = Trials(), list[str](), [0.0]
    teller = TrialTeller(backend, said.append, lambda: times[0])
    backend.have(trial(0, RunStatus.RUNNING), trial(1, RunStatus.QUEUED))
    await teller.look(SWEEP)
    assert said == ["Trial 0 starts: lr=0.125, layers=3 (tuned_0)"]
    backend.have(trial(0, RunStatus.COMPLETED, 0.75), trial(1, RunStatus.CANCELED, early=True))
    await teller.look(SWEEP)
    assert len(said) == 1  # too soon to look again
    times[0] = 2.0
    await teller.look(SWEEP)
    assert said[1:] == [
        "Trial 0 Completed in 01:30: accuracy 0.75",
        "Trial 1 starts: lr=0.125, layers=3 (tuned_1)",
    ]
    times[0] = 20.0
    await teller.look(SWEEP)
    assert said[3:] == ["Trial 1 Canceled (ended early) in 01:30"]
    assert backend.asked[-1] == ["azureml://s/g/w/tuned_1"]


async def test_what_is_not_known_at_the_end_keeps_nobody_waiting() -> None:
    backend, said = Trials(), list[str]()
    backend.have(trial(0, RunStatus.COMPLETED))
    await TrialTeller(backend, said.append, lambda: 0.0).look(dataclasses.replace(SWEEP, status=RunStatus.COMPLETED))
    assert said[-1] == "Trial 0 Completed in 01:30"


async def test_a_sweep_that_runs_here_tells_its_trials_in_its_controllers_log() -> None:
    backend, said = Trials(), list[str]()
    backend.have(trial(0, RunStatus.RUNNING))
    local = dataclasses.replace(SWEEP, ranks=(RankState(0, 0, 0, RunStatus.RUNNING, role="controller"),))
    await TrialTeller(backend, said.append).look(local)
    await TrialTeller(backend, said.append).look(dataclasses.replace(SWEEP, sweep=None))
    assert (said, backend.asked) == ([], [])
