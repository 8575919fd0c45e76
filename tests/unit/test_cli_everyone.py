"""The jobs of a workspace by verbs: listed, whoever sent them, and opened by workspace and name."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from desktop_app import __main__ as front_door
from desktop_app.api import JobPage, Progress, RunSnapshot, RunStatus, UserError, WorkspaceJob
from desktop_app.cli import lookup, runs
from desktop_app.cli.run_everyone import handle_named
from tests.helpers.fake_cloud import VISION, FakeCloud

Verb = Callable[..., tuple[int, str, str]]


def job(number: int) -> WorkspaceJob:
    """Return a job of somebody."""
    name = f"job-{number}"
    created = datetime(2026, 11, 21, 12, number, tzinfo=UTC)
    return WorkspaceJob(
        f"azureml://{VISION.key}/{name}", name, "sweep", RunStatus.RUNNING, f"Job {number}", "digits", created, "Ada"
    )


async def create(_name: str, _progress: Progress) -> None:
    """Make a toolchain."""


@pytest.fixture
def cloud() -> FakeCloud:
    """A workspace with two pages of jobs."""
    pages = {"": JobPage((job(3), job(2)), "next"), "next": JobPage((job(1),))}
    return FakeCloud(found_jobs=pages)


@pytest.fixture
def verb(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verb:
    """Runs a verb over it; returns exit code, output and errors."""
    workbench = SimpleNamespace(cloud=cloud, toolchains=SimpleNamespace(create=create))
    monkeypatch.setattr(runs, "opened", lambda _: workbench)

    def run(*words: str) -> tuple[int, str, str]:
        code = front_door.main(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_everybodys_jobs_are_listed_with_who_sent_them(verb: Verb, cloud: FakeCloud) -> None:
    code, out, err = verb("runs", "list", "--everyone")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["RUN", "job-3", "job-2", "job-1"]
    assert "Ada" in out
    assert "azureml://vision/RUN" in err
    assert "more" not in err
    assert cloud.asked == [("jobs", ("vision", "")), ("jobs", ("vision", "next"))]
    assert cloud.is_closed


def test_so_many_are_asked_for_as_are_wanted(verb: Verb, cloud: FakeCloud) -> None:
    _code, out, _err = verb("runs", "list", "--everyone", "--workspace", "vision", "--limit", "2", "--json")
    found: Any = json.loads(out)
    assert (found["workspace"], found["more"], [each["run"] for each in found["jobs"]]) == (
        "vision",
        True,
        ["job-3", "job-2"],
    )
    assert found["jobs"][0]["created_by"] == "Ada"
    assert len(cloud.asked) == 1


@pytest.mark.parametrize("words", [("--limit", "3"), ("--workspace", "vision"), ("--everyone", "--limit", "0")])
def test_what_makes_no_sense_is_refused(verb: Verb, words: tuple[str, ...]) -> None:
    assert verb("runs", "list", *words)[0] == 2


def test_a_job_is_named_by_its_workspace_or_wholly() -> None:
    whole = f"azureml://{VISION.key}/job-1"
    assert handle_named("azureml://vision/job-1", [VISION]) == whole
    assert handle_named(whole, []) == whole
    for wrong in ("azureml://vision", "azureml://vision/", "azureml://a/b/c"):
        with pytest.raises(UserError, match="names no run"):
            handle_named(wrong, [VISION])
    with pytest.raises(UserError, match="No workspace"):
        handle_named("azureml://other/job-1", [VISION])


async def test_a_job_that_was_not_sent_from_here_is_opened_once() -> None:
    cloud, handle = FakeCloud(), f"azureml://{VISION.key}/job-1"
    run = RunSnapshot(handle, "job-1", "azureml", RunStatus.RUNNING, "Job 1", "e", datetime(2026, 11, 21, tzinfo=UTC))
    cloud.opened = {handle: run}
    store = SimpleNamespace(runs={})

    async def refresh(*_names: str) -> None:
        if cloud.asked:
            store.runs[handle] = run

    workbench: Any = SimpleNamespace(
        cloud=cloud, store=store, backends={}, monitor=SimpleNamespace(refresh=refresh),
        toolchains=SimpleNamespace(create=create),
    )  # fmt: skip
    assert await lookup.find_run(workbench, "azureml://vision/job-1") is run
    assert await lookup.find_run(workbench, handle) is run
    assert cloud.asked == [("open", (handle,))]
