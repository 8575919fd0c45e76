"""What `runs show` prints of a run, and `run --detach` of one that it started."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from desktop_app import __main__ as front_door
from desktop_app.api import RankState, RunSnapshot, RunStatus, UserError, Workspace
from desktop_app.cli import lookup, run
from desktop_app.cli import runs as cli_runs
from desktop_app.cli import told as cli_told
from desktop_app.cli.runs import print_run
from desktop_app.core.diagnosis.model import Diagnosis
from tests.helpers.fake_cloud import VISION, FakeCloud
from tests.helpers.snapshots import snapshot

WORKERS = tuple(RankState(rank, rank, 0, RunStatus.RUNNING, role="worker") for rank in range(2))


@pytest.mark.parametrize(
    ("framework", "first"),
    [("tensorflow", "0 (worker 0) on node 0"), ("pytorch", "0 on node 0")],
)
def test_ranks_are_called_what_the_window_calls_them(
    framework: str, first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_run(replace(snapshot("r-1"), framework=framework, ranks=WORKERS), Diagnosis())
    assert f"Rank        {first}: Running" in capsys.readouterr().out.splitlines()


async def test_with_several_workspaces_the_list_says_where_each_run_is(capsys: pytest.CaptureFixture[str]) -> None:
    runs = {each.handle: each for each in (
        replace(snapshot("r-1", backend="azureml"), handle="azureml://s/g/vision/r-1"), snapshot("r-3"),
    )}  # fmt: skip
    workbench: Any = SimpleNamespace(
        monitor=SimpleNamespace(refresh=nothing), store=SimpleNamespace(runs=runs), backends={}, cloud=FakeCloud(),
        toolchains=SimpleNamespace(create=nothing),
    )  # fmt: skip
    await cli_runs._list(workbench, Namespace(json=False))
    assert "azureml  " in capsys.readouterr().out
    other = replace(snapshot("r-2", backend="azureml"), handle="azureml://s/g/speech/r-2")
    runs[other.handle] = other
    await cli_runs._list(workbench, Namespace(json=False))
    told = capsys.readouterr().out
    assert "azureml (vision)" in told
    assert "azureml (speech)" in told
    assert "local  " in told


async def nothing(*_given: object) -> None:
    """Do nothing."""


@pytest.mark.parametrize(("away", "live", "asked"), [(True, True, False), (False, True, True), (True, False, True)])
async def test_who_is_offline_is_not_made_to_wait(away: bool, live: bool, asked: bool) -> None:
    run = snapshot("r-1", RunStatus.RUNNING if live else RunStatus.COMPLETED, backend="azureml")
    store = SimpleNamespace(runs={"x": replace(run, handle=f"azureml://{VISION.key}/r-1")})
    refreshed: list[tuple[str, ...]] = []

    async def refresh(*names: str) -> None:
        refreshed.append(names)

    monitor = SimpleNamespace(refresh=refresh)
    backends = dict.fromkeys(("local", "azureml"))
    cloud = FakeCloud(is_away=away)
    made: list[str] = []

    async def create(name: str, _progress: object) -> None:
        made.append(name)

    workbench: Any = SimpleNamespace(
        monitor=monitor, store=store, backends=backends, cloud=cloud, toolchains=SimpleNamespace(create=create)
    )
    said = await lookup.refresh(workbench)
    assert refreshed == [("local",), ("azureml",)][: 1 + asked]
    assert made == ["azureml"] * (live and asked), "the client is made, with its progress, before it is needed"
    assert ("can't be reached" in said) is not asked
    store.runs["x"] = replace(run, status=RunStatus.UNKNOWN, reason="No network.")
    cloud.is_away = False
    assert await lookup.refresh(workbench) == "No network."
    made.clear()
    store.runs["x"] = replace(run, status=RunStatus.COMPLETED)
    assert (await lookup.find_run(workbench, "r-1")).run == "r-1"
    assert made == ["azureml"]


def test_a_workspace_can_be_named_for_one_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[Any, ...]] = []

    async def planned(*given: Any) -> None:
        asked.append(given)
        raise UserError("Enough.")

    cloud = FakeCloud()
    speech = Workspace("speech", "s-2", "g")
    cloud.known.append(speech)
    workbench = SimpleNamespace(cloud=cloud, jobs=SimpleNamespace(plan_file=planned), toolchains=Untold())
    monkeypatch.setattr(run, "opened", lambda _: workbench)
    for more in ((), ("--backend", "azureml"), ("--workspace", "Speech"), ("--workspace", "s-2/g/speech")):
        assert front_door.main(["run", "job.yml", *more]) == 1
    assert [each[2:] for each in asked] == [
        ("local", ""), ("azureml", "s-1/research/vision"), ("azureml", speech.key), ("azureml", speech.key),
    ]  # fmt: skip
    assert front_door.main(["run", "job.yml", "--workspace", "speach"]) == 1
    assert "Did you mean “speech”?" in capsys.readouterr().err
    assert front_door.main(["run", "job.yml", "--backend", "local", "--workspace", "speech"]) == 2


class Untold:
    """Toolchains of which none is ready."""

    def get(self, _name: str) -> SimpleNamespace:
        """Return one that was not made."""
        return SimpleNamespace(state="absent")


@pytest.mark.parametrize(("status", "code", "said"), [
    (RunStatus.FAILED, 1, "error: r-1 Failed before it started. No such environment."),
    (RunStatus.COMPLETED, 0, "r-1 Completed in –."),
    (RunStatus.RUNNING, 0, "Follow it: rankzero runs logs r-1 --follow"),
])  # fmt: skip
async def test_a_run_that_is_over_when_it_was_submitted_is_not_offered_to_be_followed(
    status: RunStatus, code: int, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unexplained(_plugins: object, _run: RunSnapshot) -> Diagnosis:
        return Diagnosis()

    monkeypatch.setattr(cli_told, "diagnose_run", unexplained)
    workbench: Any = SimpleNamespace(cloud=SimpleNamespace(waiting=list), plugins=None)
    over = replace(snapshot("r-1", status), reason="No such environment." if status is RunStatus.FAILED else "")
    assert await run._detached(workbench, over, as_json=False) == code
    told = capsys.readouterr()
    assert told.out == "r-1\n"
    assert said in told.err
    assert ("Follow it" in told.err) is (not over.is_over)
