"""Jobs that wait: kept whole, sent once, reviewed, withdrawn."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from desktop_app.api import JobSource, OutsideError, RunStatus, UserError, Value, Workspace
from desktop_app.backends.azureml.client.wire import CloudFault, FaultKind
from desktop_app.backends.azureml.jobs import sending
from desktop_app.backends.azureml.jobs.outbox import Outbox
from desktop_app.worker.supervisor import holding
from tests.helpers.azure_backends import Desk, desk, quiet
from tests.helpers.cloud_jobs import JOB
from tests.helpers.told_wire import WORKSPACE, fault, not_found
from tests.helpers.waiting import wait_until_async


def waiting_runs(made: Desk) -> list[str]:
    """Return the runs in the outbox."""
    return [each.run for each in made.backend.outbox.waiting()]


def due_at_once(made: Desk) -> None:
    """Let whatever waits be due."""
    for each in made.backend.outbox.entries():
        path = made.backend.outbox.folder_of(each.run) / "state.json"
        state = json.loads(path.read_text())
        path.write_text(json.dumps({**state, "next_try": None}))


async def test_a_job_is_sent_as_it_was_kept_and_leaves_the_outbox(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        handle = await made.submit()
        run = handle.rpartition("/")[2]
        assert made.jobs.names == [run]
        (_function, arguments) = made.jobs.wire.called[0]
        assert arguments["file"] == str(made.home / "outbox" / run / "job.yml")
        assert waiting_runs(made) == []
        kept = made.home / "cloud" / run
        assert (kept / "code" / "train.py").read_text() == "print('hello')\n"
        assert f"name: {run}" in (kept / "job.yml").read_text()
        assert list(await made.backend.discover()) == [handle]


async def test_a_job_goes_to_the_workspace_that_is_named_for_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        other = made.backend.workspaces.add(Workspace("speech", "s-2", "g"))
        plan = await made.plan()
        named = await made.backend.plan(plan.job, JobSource(None, made.project, JOB, other.key))
        assert dict(named.facts)["Workspace"] == "speech (g)"
        handle = await made.backend.submit(named, quiet)
        assert handle.startswith("azureml://s-2/g/speech/")
        assert made.backend.workspaces.current() != other
        with pytest.raises(UserError, match="No workspace “s-3/g/x” was added here"):
            await made.backend.plan(plan.job, JobSource(None, made.project, JOB, "s-3/g/x"))


async def test_offline_it_waits_with_its_files_as_they_were_and_is_sent_once_later(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        made.jobs.wire.down = fault("offline")
        said: list[str] = []
        handle = await made.backend.submit(await made.plan(), lambda message, _part: said.append(message))
        assert any("waits in the outbox" in each for each in said)
        (waiting,) = made.backend.outbox.waiting()
        assert (waiting.handle, waiting.files, waiting.tries) == (handle, 1, 1)
        assert waiting.reason == "The cloud says offline."
        assert waiting.next_try is not None
        run = (await made.backend.snapshots([handle]))[handle]
        assert run.status is RunStatus.NOT_STARTED
        assert run.reason == "It waits in the outbox to be sent. The cloud says offline."
        (made.project / "src" / "train.py").write_text("something else\n")
        made.jobs.wire.down = None
        assert await made.backend.sender.send_now(handle, quiet) == handle
        assert made.jobs.names == [waiting.run]
        assert (made.home / "cloud" / waiting.run / "code" / "train.py").read_text() == "print('hello')\n"
        assert (await made.look(handle)).status is RunStatus.PREPARING


async def test_after_a_doubt_the_service_is_asked_first(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:

        def lost_on_the_way(arguments: Mapping[str, Value]) -> Value:
            made.jobs._submit(arguments)
            raise fault("timeout")

        made.jobs.wire.functions["submit_job"] = lost_on_the_way
        handle = await made.submit()
        assert len(made.jobs.names) == 1
        assert len(waiting_runs(made)) == 1
        made.jobs.wire.functions["submit_job"] = made.jobs._submit
        await made.backend.sender.send_now(handle, quiet)
        assert len(made.jobs.names) == 1
        assert len(made.jobs.wire.urls(f"/jobs/{made.jobs.names[0]}")) == 1
        assert waiting_runs(made) == []


@pytest.mark.parametrize("kind", ["conflict", "bad-request"])
async def test_an_answer_that_it_is_there_already_is_as_good_as_sent(kind: FaultKind, tmp_path: Path) -> None:
    async with desk(tmp_path) as made:

        def taken(arguments: Mapping[str, Value]) -> Value:
            made.jobs._submit(arguments)
            raise fault(kind)

        made.jobs.wire.functions["submit_job"] = taken
        handle = await made.submit()
        assert list(await made.backend.discover()) == [handle]
        assert waiting_runs(made) == []


@pytest.mark.parametrize("kind", ["bad-request", "forbidden", "not-found", "conflict"])
async def test_a_refusal_is_said_and_nothing_of_it_stays(kind: FaultKind, tmp_path: Path) -> None:
    async with desk(tmp_path) as made:

        def refuse(_arguments: Mapping[str, Value]) -> Value:
            raise fault(kind)

        made.jobs.wire.functions["submit_job"] = refuse
        with pytest.raises(CloudFault, match=kind):
            await made.submit()
        assert waiting_runs(made) == []
        assert list(await made.backend.discover()) == []
        assert [each for each in (made.home / "outbox").iterdir() if not each.name.startswith(".")] == []


async def test_taking_a_job_back_says_what_it_is_at(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        made.jobs.wire.down = fault("offline")
        handle = await made.submit()
        made.jobs.wire.down = None
        made.backend.withdraw(handle)
        said: list[str] = []
        await made.backend.sender.send_now(handle, lambda message, _part: said.append(message))
        run = handle.rpartition("/")[2]
        assert said == [f"Asking whether {run} arrived before", f"Removing {run} with its 1 file"]


async def test_a_compute_that_is_refused_comes_with_the_next_step(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:

        def refuse(_arguments: Mapping[str, Value]) -> Value:
            raise CloudFault("Compute target x is not in a usable state.", kind="bad-request")

        made.jobs.wire.functions["submit_job"] = refuse
        with pytest.raises(CloudFault, match="`rankzero compute list` shows what there is and how it is"):
            await made.submit()


async def test_what_is_refused_later_stays_to_be_looked_at_and_is_not_tried_again_by_itself(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        made.jobs.wire.down = fault("offline")
        handle = await made.submit()
        made.jobs.wire.down = None

        def refuse(_arguments: Mapping[str, Value]) -> Value:
            raise fault("forbidden", 403)

        made.jobs.wire.functions["submit_job"] = refuse
        due_at_once(made)
        await made.backend.sender._send_due()
        assert len(made.jobs.wire.called) == 2
        (entry,) = made.backend.outbox.entries()
        assert entry.is_refused
        await made.backend.sender._send_due()
        assert len(made.jobs.wire.called) == 2
        assert "refused" in (await made.backend.snapshots([handle]))[handle].reason
        made.jobs.wire.functions["submit_job"] = made.jobs._submit
        await made.backend.sender.send_now(handle, quiet)
        assert waiting_runs(made) == []


async def test_the_service_that_answers_again_wakes_the_outbox(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        made.backend.sender._after = 0.0
        first = await made.submit()
        made.jobs.wire.down = fault("offline")
        second = await made.submit(JOB.replace("Digits", "Second"))
        path = made.home / "outbox" / second.rpartition("/")[2] / "state.json"
        later = datetime.now(UTC) + timedelta(seconds=2.9)  # it was tried 2.1 seconds ago and is due in 2.9
        path.write_text(json.dumps({**json.loads(path.read_text()), "next_try": later.isoformat()}))
        made.jobs.wire.down = None

        async def is_sent() -> bool:
            await made.backend.discover()
            await made.look(first)
            return second.rpartition("/")[2] in made.jobs.names

        began = datetime.now(UTC)
        await wait_until_async(is_sent)
        assert datetime.now(UTC) - began < timedelta(seconds=2.5)


async def test_a_verb_that_only_lists_sends_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        made.jobs.wire.down = fault("offline")
        handle = await made.submit()
        made.jobs.wire.down = None
        due_at_once(made)
        await made.backend.discover()
        await made.backend.snapshots([handle])
        assert made.backend.sender._task is None


async def test_waiting_grows_longer_and_goes_by_the_service(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        made.jobs.wire.down = fault("throttled", 429, retry_after=120.0)
        handle = await made.submit()
        entry = made.backend.outbox.find(handle)
        assert entry is not None
        assert entry.next_try is not None
        assert entry.next_try - datetime.now(UTC) > timedelta(seconds=110)


async def test_withdrawn_before_it_was_sent_it_is_a_canceled_run(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        plan = await made.plan()
        texts = {"job.yml": "command: a\n"}
        entry = made.backend.outbox.put(plan, texts, made.backend.workspaces.all()[0], quiet)
        made.backend.withdraw(entry.handle)
        assert waiting_runs(made) == []
        run = (await made.backend.snapshots([entry.handle]))[entry.handle]
        assert (run.status, run.reason) == (RunStatus.CANCELED, "It was withdrawn before it was sent.")
        await made.backend.remove(entry.handle)
        assert list(await made.backend.discover()) == []
        assert made.jobs.wire.asked == []


@pytest.mark.parametrize("arrived", [True, False])
async def test_withdrawn_in_doubt_it_is_cancelled_if_it_had_arrived(arrived: bool, tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        made.jobs.wire.down = fault("timeout")
        handle = await made.submit()
        run = handle.rpartition("/")[2]
        await made.backend.cancel(handle)
        assert "withdrawn" in (await made.backend.snapshots([handle]))[handle].reason
        if arrived:
            made.jobs.states[run] = "Running"
        made.jobs.wire.down = None
        await made.backend.sender._send_due()
        assert waiting_runs(made) == []
        assert made.jobs.names == []
        assert made.jobs.states.get(run) == ("CancelRequested" if arrived else None)
        found = (await made.look(handle)).status
        assert found is (RunStatus.CANCEL_REQUESTED if arrived else RunStatus.CANCELED)


async def test_who_stops_waiting_takes_the_job_back(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        begun = asyncio.Event()

        async def never(arguments: Mapping[str, Value]) -> Value:
            made.jobs._submit(arguments)
            begun.set()
            await asyncio.Event().wait()
            return None

        made.jobs.wire.functions["submit_job"] = never
        task = asyncio.create_task(made.submit())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        (entry,) = made.backend.outbox.entries()
        assert entry.is_withdrawn
        await made.backend.sender._send_due()
        assert made.jobs.states[entry.run] == "CancelRequested"
        assert waiting_runs(made) == []


@pytest.mark.parametrize("late", [False, True], ids=["in the middle", "when all is kept"])
async def test_who_stops_while_the_files_are_kept_has_nothing_kept(late: bool, tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        plan, is_kept, put = await made.plan(), threading.Event(), made.backend.outbox.put

        def slowly(*given: Any) -> Any:
            kept = put(*given) if late else None
            begun.set()
            assert is_kept.wait(30)
            return kept or put(*given)

        begun, made.backend.outbox.put = threading.Event(), slowly  # type: ignore[method-assign,assignment]
        task = asyncio.create_task(made.backend.submit(plan, quiet))
        assert await asyncio.to_thread(begun.wait, 30)
        task.cancel()
        await asyncio.sleep(0)
        is_kept.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert waiting_runs(made) == []
        await made.backend.sender._send_due()
        assert made.jobs.names == []


async def test_killed_while_it_is_withdrawn_it_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class KilledError(BaseException):
        pass

    def kill(*_: object) -> None:
        raise KilledError

    async with desk(tmp_path) as made:
        entry = made.backend.outbox.put(
            await made.plan(), {"job.yml": "command: a\n"}, made.backend.workspaces.all()[0], quiet
        )
        with monkeypatch.context() as killed:
            killed.setattr(Outbox, "drop", kill)
            with pytest.raises(KilledError):
                made.backend.withdraw(entry.handle)
        path = made.backend.outbox.folder_of(entry.run) / "state.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "created": "2026-01-01T00:00:00Z"}))
        await made.backend.sender._send_due()
        assert (made.jobs.names, waiting_runs(made)) == ([], [])
        assert (await made.backend.snapshots([entry.handle]))[entry.handle].status is RunStatus.CANCELED


async def test_one_that_another_program_sends_is_left_alone(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        made.jobs.wire.down = fault("offline")
        handle = await made.submit()
        made.jobs.wire.down = None
        with holding.held(made.home / "outbox" / handle.rpartition("/")[2]) as mine:
            assert mine
            with pytest.raises(OutsideError, match="another program"):
                await made.backend.sender.send_now(handle, quiet)
            with pytest.raises(UserError, match="at this moment"):
                made.backend.withdraw(handle)
        assert made.jobs.names == []


async def test_a_full_disk_is_said_before_anything_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path) as made:
        plan = await made.plan()
        monkeypatch.setattr("desktop_app.backends.azureml.jobs.outbox._RESERVE", 1 << 62)
        with pytest.raises(OutsideError, match="Free some space"):
            await made.backend.submit(plan, quiet)
        assert made.jobs.wire.asked == []
        assert list((made.home / "outbox").iterdir()) == []


async def test_a_file_that_went_away_since_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        plan = await made.plan()
        (made.project / "src" / "train.py").unlink()
        with pytest.raises(UserError, match="Plan the job again"):
            await made.backend.submit(plan, quiet)
        assert waiting_runs(made) == []


async def test_a_plan_goes_to_the_workspace_that_it_was_made_for(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        plan = await made.plan()
        made.backend.workspaces.add(Workspace("other", "s", "g"))
        made.backend.workspaces.use("other")
        assert "/research/vision/" in await made.backend.submit(plan, quiet)


async def test_a_plan_is_submitted_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        plan = await made.plan()
        await made.backend.submit(plan, quiet)
        with pytest.raises(UserError, match="submitted already"):
            await made.backend.submit(plan, quiet)
        assert len(made.jobs.names) == 1


def test_damaged_and_half_written_ones_are_passed_over(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox", tmp_path / "cloud")
    for name, text in (("a", "{"), ("b", "[]"), ("c", '{"run": "c"}'), (".d.1", "{}")):
        (tmp_path / "outbox" / name).mkdir(parents=True)
        (tmp_path / "outbox" / name / "state.json").write_text(text)
    assert outbox.entries() == []
    assert outbox.read("none") is None


async def test_a_job_that_nobody_waits_for_can_be_neither_sent_nor_withdrawn(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        handle = await made.submit()
        with pytest.raises(UserError, match="does not wait"):
            await made.backend.sender.send_now(handle, quiet)
        with pytest.raises(UserError, match="does not wait"):
            made.backend.withdraw(handle)
        made.jobs.wire.on("GET", "/jobs/", not_found())


async def test_what_the_service_has_lies_here_no_more_but_the_code_does(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        texts = dict.fromkeys(("job.yml", "code/a.py", "data/in/a.csv", "build/Dockerfile"), "x\n")
        entry = made.backend.outbox.put(await made.plan(), texts, WORKSPACE, quiet)
        folder = made.backend.outbox.folder_of(entry.run)
        modes = {
            each.stat().st_mode & 0o777 for each in folder.rglob("*") if each.is_file() and "code" not in each.parts
        }
        assert modes == {0o600} or sys.platform == "win32"
        with made.backend.outbox.held(entry.run) as held:
            assert held is not None
            sent = made.backend.outbox.settle(held)
        assert (sent / "code" / "a.py").read_text() == "x\n"
        assert not (sent / "data").exists()
        assert not (sent / "build").exists()


async def test_a_draft_that_another_program_has_just_begun_is_left_to_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        young, old = (made.home / "outbox" / name for name in (".young.1", ".old.1"))
        for each in (young, old):
            each.mkdir(parents=True)
        os.utime(old, (1, 1))
        made.backend.outbox.collect()
        assert (young.exists(), old.exists()) == (True, False)


async def test_a_run_of_the_same_name_in_another_workspace_does_not_wait(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        entry = made.backend.outbox.put(await made.plan(), {"job.yml": "command: a\n"}, WORKSPACE, quiet)
        assert made.backend.outbox.find(entry.handle) == entry
        assert made.backend.outbox.find(entry.handle.replace("/vision/", "/other/")) is None


async def test_what_was_refused_may_be_withdrawn_for_good(tmp_path: Path) -> None:
    """The service took a look and said no: nobody has to be asked whether it has the job."""
    async with desk(tmp_path) as made:
        made.jobs.wire.down = fault("offline")
        handle = await made.submit()
        made.jobs.wire.down = None
        made.jobs.wire.on("GET", "/jobs/", not_found())

        def refuse(_arguments: Mapping[str, Value]) -> Value:
            raise fault("forbidden", 403)

        made.jobs.wire.functions["submit_job"] = refuse
        with pytest.raises(CloudFault):
            await made.backend.sender.send_now(handle, quiet)
        entry = made.backend.outbox.find(handle)
        assert entry is not None
        assert (entry.is_refused, entry.is_asked) == (True, False)


async def test_an_answer_wakes_nothing_that_was_tried_a_moment_ago(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        made.jobs.wire.down = fault("offline")
        handle = await made.submit()
        entry = made.backend.outbox.find(handle)
        assert entry is not None
        sender, woken = made.backend.sender, {entry.workspace.key}
        now = datetime.now(UTC)
        gap = timedelta(seconds=sending._gap(entry.tries))
        assert not sender._is_due(replace(entry, next_try=now + gap), woken)
        assert sender._is_due(replace(entry, next_try=now + gap - timedelta(seconds=3)), woken)
        assert not sender._is_due(replace(entry, next_try=now + gap - timedelta(seconds=3)), set())


async def test_a_run_that_goes_on_is_kept_and_one_that_is_gone_can_be_forgotten(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        handle = await made.submit()
        (run,) = made.jobs.states
        made.jobs.states[run] = "Running"
        assert (await made.look(handle)).status is RunStatus.RUNNING
        with pytest.raises(UserError, match="is not over"):
            await made.backend.remove(handle)
        del made.jobs.states[run]
        assert (await made.look(handle)).status is RunStatus.UNKNOWN
        await made.backend.remove(handle)
        assert list(await made.backend.discover()) == []
