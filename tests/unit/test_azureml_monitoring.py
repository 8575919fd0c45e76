"""How runs are watched: in few requests, at a pace that fits, and never failed by a fault of the network."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop_app.api import RunStatus
from desktop_app.backends.azureml.client.wire import Ask, CloudFault, FaultKind, Reply
from desktop_app.backends.azureml.runs.monitoring import GRACE, QUICKEST, SLOWEST, WATCHED
from desktop_app.backends.azureml.runs.polling import BATCH
from tests.helpers.azure_backends import desk
from tests.helpers.cloud_jobs import CloudJobs
from tests.helpers.cloud_watch import Watch
from tests.helpers.told_wire import fault, told

TRANSIENT: list[FaultKind] = [
    "offline",
    "timeout",
    "throttled",
    "service",
    "clock",
    "gateway",
    "signed-out",
    "forbidden",
]


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """A monitor."""
    return Watch(tmp_path)


async def test_a_thousand_runs_take_at_most_ten_requests(watch: Watch) -> None:
    handles = watch.send(*(f"run-{number:04}" for number in range(1000)), state="Running")
    found = await watch.look(*handles)
    assert {each.status for each in found} == {RunStatus.RUNNING}
    assert 0 < watch.polls() <= 10
    before = watch.polls()
    assert set(await watch.states(*handles)) == {RunStatus.RUNNING}
    assert watch.polls() - before <= 10


async def test_where_the_service_has_no_batches_its_list_is_read(watch: Watch) -> None:
    handles = watch.send(*(f"run-{number}" for number in range(20)))
    pages = [[f"run-{number}" for number in range(start, start + 6)] for start in (0, 6, 12)]

    def page(ask: Ask) -> Reply:
        number = int(ask.url.rpartition("skip=")[2]) if "skip=" in ask.url else 0
        value = [{"name": each, "properties": {"status": "Running"}} for each in pages[number]]
        more = {"nextLink": f"https://management.azure.com/jobs?skip={number + 1}"} if number < 2 else {}
        return told({"value": value, **more})

    watch.jobs.wire.on("POST", "batchrundata", fault("not-found", 404))
    watch.jobs.wire.on("GET", "/jobs?", page)
    found = await watch.look(*handles)
    assert [each.status for each in found].count(RunStatus.RUNNING) == 18
    assert watch.polls() <= 10


async def test_a_workspace_that_is_gone_for_a_while_loses_no_batches(watch: Watch) -> None:
    (handle,) = watch.send("one", state="Running")
    watch.jobs.wire.on("POST", "batchrundata", fault("not-found", 404))
    (found,) = await watch.look(handle)
    assert (found.status, found.reason) == (RunStatus.UNKNOWN, "The cloud says not-found.")
    watch.jobs.wire.rules.pop(0)
    assert await watch.states(handle) == [RunStatus.RUNNING]
    assert len(watch.jobs.wire.urls("batchrundata")) == 2


async def test_the_pace_is_quick_while_something_happens_and_slow_when_nothing_does(watch: Watch) -> None:
    (handle,) = watch.send("one")
    await watch.look(handle)
    for _tenth in range(600):
        watch.clock.time += 0.1
        await watch.look(handle)
    assert 5 <= watch.polls() <= 16  # of 600 looks in a minute
    watch.jobs.states["one"] = "Running"
    watch.clock.time += SLOWEST
    assert (await watch.look(handle))[0].status is RunStatus.RUNNING
    before = watch.polls()
    watch.clock.time += QUICKEST
    await watch.look(handle)
    assert watch.polls() == before + 1


async def test_a_run_that_somebody_looks_at_is_asked_for_often_and_alone(watch: Watch) -> None:
    handles = watch.send(*(f"run-{number:03}" for number in range(300)), state="Running")
    for _minute in range(20):  # until nothing is asked for more often than SLOWEST
        await watch.states(*handles)
    before = watch.polls()
    for _tenth in range(100):
        watch.clock.time += 0.1
        watch.monitoring.attend(handles[7])
        await watch.look(*handles)
    assert watch.polls() - before <= 10 / WATCHED
    bodies: list[Any] = [each.json for each in watch.jobs.wire.asked[-3:]]
    assert [list(each["requests"]) for each in bodies] == [["run-007"]] * 3
    watch.jobs.states["run-007"] = "Failed"
    watch.clock.time += WATCHED
    assert (await watch.look(*handles))[7].status is RunStatus.FAILED


async def test_who_looked_away_and_a_service_in_trouble_cause_no_further_requests(watch: Watch) -> None:
    (handle,) = watch.send("one", state="Running")
    for _minute in range(20):
        await watch.states(handle)
    watch.monitoring.attend(handle)
    watch.clock.time += WATCHED
    watch.jobs.wire.down = fault("throttled", 429, retry_after=15.0)
    await watch.look(handle)
    before = len(watch.jobs.wire.asked)
    watch.jobs.wire.down = None
    for _second in range(14):
        watch.clock.time += 1.0
        watch.monitoring.attend(handle)
        await watch.look(handle)
    assert len(watch.jobs.wire.asked) == before, "the service wished so"
    watch.clock.time += 1.5
    await watch.look(handle)
    assert len(watch.jobs.wire.asked) == before + 1
    for _second in range(13):
        watch.clock.time += 1.0
        await watch.look(handle)
    before = len(watch.jobs.wire.asked)
    watch.clock.time += WATCHED
    await watch.look(handle)
    assert len(watch.jobs.wire.asked) == before, "nobody looks any more"


async def test_a_run_that_is_over_is_not_asked_for_again(watch: Watch) -> None:
    handles = watch.send("done", state="Completed")
    assert await watch.states(*handles) == [RunStatus.COMPLETED]
    before = len(watch.jobs.wire.asked)
    assert await watch.states(*handles) == [RunStatus.COMPLETED]
    again = Watch(watch.folder, watch.jobs)
    assert await again.states(*handles) == [RunStatus.COMPLETED]
    assert len(watch.jobs.wire.asked) == before


@pytest.mark.parametrize("kind", TRANSIENT)
async def test_a_fault_leaves_a_run_unknown_with_reason_and_time(watch: Watch, kind: FaultKind) -> None:
    (handle,) = watch.send("one", state="Running")
    assert (await watch.look(handle))[0].status is RunStatus.RUNNING
    watch.jobs.wire.down = fault(kind)
    watch.clock.time += 60.0
    (found,) = await watch.look(handle)
    assert found.status is RunStatus.UNKNOWN
    assert found.reason.startswith(f"The cloud says {kind}. Last seen 20")
    watch.jobs.wire.down = None
    assert await watch.states(handle) == [RunStatus.RUNNING]


async def test_what_was_over_before_a_fault_stays_as_it_is(watch: Watch) -> None:
    done, live = watch.send("done", state="Failed") + watch.send("live", state="Running")
    await watch.look(done, live)
    watch.jobs.wire.down = fault("offline")
    assert await watch.states(done, live) == [RunStatus.FAILED, RunStatus.UNKNOWN]


async def test_the_service_is_asked_less_often_while_it_fails_and_not_before_it_says(watch: Watch) -> None:
    (handle,) = watch.send("one")
    await watch.look(handle)
    watch.jobs.wire.on("POST", "batchrundata", fault("throttled", 429, retry_after=50.0))
    watch.clock.time += 30.0
    await watch.look(handle)
    before = watch.polls()
    for _second in range(49):
        watch.clock.time += 1.0
        await watch.look(handle)
    assert watch.polls() == before
    watch.clock.time += 2.0
    await watch.look(handle)
    assert watch.polls() == before + 1


async def test_a_run_that_was_deleted_is_said_to_be_gone_and_asked_for_rarely(watch: Watch) -> None:
    (handle,) = watch.send("one", state="Running")
    await watch.look(handle)
    del watch.jobs.states["one"]
    watch.clock.time += 60.0
    (found,) = await watch.look(handle)
    assert found.status is RunStatus.UNKNOWN
    assert found.reason == "vision knows no run one any more: it was deleted there."
    before = watch.polls()
    for _minute in range(4):
        await watch.states(handle)
    assert watch.polls() == before
    watch.jobs.states["one"] = "Completed"
    watch.clock.time += 300.0
    assert await watch.states(handle) == [RunStatus.COMPLETED]


async def test_trials_of_a_sweep_are_runs_of_their_own(watch: Watch) -> None:
    (handle,) = watch.send("sweep", state="Running")
    watch.jobs.more["sweep"] = {"runTypeV2": {"orchestrator": "HyperDrive"}}
    watch.jobs.states.update({"sweep_0": "Running", "sweep_1": "Queued"})
    watch.jobs.children["sweep"] = ["sweep_0", "sweep_1"]
    await watch.look(handle)
    handles = watch.records.handles()
    assert [each.rpartition("/")[2] for each in handles] == ["sweep", "sweep_0", "sweep_1"]
    found = await watch.look(*handles)
    assert [each.tags.get("parent") for each in found] == [None, "sweep", "sweep"]
    assert [each.status for each in found] == [RunStatus.RUNNING, RunStatus.RUNNING, RunStatus.QUEUED]
    watch.jobs.states.update({"sweep": "Completed", "sweep_0": "Completed", "sweep_1": "Failed"})
    await watch.states(*handles)
    assert await watch.states(*handles) == [RunStatus.COMPLETED, RunStatus.COMPLETED, RunStatus.FAILED]
    before = len(watch.jobs.wire.asked)
    await watch.states(*handles)
    assert len(watch.jobs.wire.asked) == before


async def test_a_trial_with_a_name_that_leads_out_gets_no_folder(watch: Watch) -> None:
    (handle,) = watch.send("sweep", state="Running")
    watch.jobs.more["sweep"] = {"runTypeV2": {"orchestrator": "hyperdrive"}}
    watch.jobs.wire.on("GET", "/children", told({"value": [{"runId": "../../x", "status": "Running"}, {"runId": 3}]}))
    assert await watch.look(handle)
    assert not (watch.folder / "x").exists()


async def test_two_who_look_at_once_ask_once(watch: Watch) -> None:
    (handle,) = watch.send("one")
    await asyncio.gather(*(watch.look(handle) for _each in range(5)))
    assert watch.polls() == 1


ODD: Any = st.sampled_from([None, [], {}, {"successfulResults": 3}, {"successfulResults": {"one": 3}}, "text",
                            {"successfulResults": {"one": {"runMetadata": None}}}])  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=ODD)
async def test_an_odd_answer_is_no_crash_and_fails_nothing(tmp_path_factory: pytest.TempPathFactory, body: Any) -> None:
    watch = Watch(tmp_path_factory.mktemp("odd"))
    (handle,) = watch.send("one", state="Running")
    watch.jobs.wire.on("POST", "batchrundata", told(body))
    (found,) = await watch.look(handle)
    assert found.status in (RunStatus.RUNNING, RunStatus.UNKNOWN, RunStatus.NOT_STARTED)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["ok", *TRANSIENT]), min_size=1, max_size=20))
async def test_whatever_fails_in_between_the_end_is_right(
    tmp_path_factory: pytest.TempPathFactory, turns: list[Any]
) -> None:
    watch = Watch(tmp_path_factory.mktemp("faults"))
    handles = watch.send(*(f"run-{number}" for number in range(5)), state="Running")
    for turn in turns:
        watch.jobs.wire.down = None if turn == "ok" else fault(turn)
        assert RunStatus.FAILED not in await watch.states(*handles)
    ends = dict(zip(watch.jobs.states, ["Completed", "Failed", "Canceled", "Completed", "Failed"], strict=True))
    watch.jobs.states.update(ends)
    watch.jobs.wire.down = None
    assert [each.value for each in await watch.states(*handles)] == list(ends.values())


async def test_what_is_known_survives_a_restart(tmp_path: Path) -> None:
    jobs = CloudJobs()
    async with desk(tmp_path, jobs) as made:
        handle = await made.submit()
        jobs.states[handle.rpartition("/")[2]] = "Running"
        assert (await made.look(handle)).status is RunStatus.RUNNING
    jobs.wire.down = fault("offline")
    async with desk(tmp_path, jobs) as made:
        found = (await made.backend.snapshots([handle]))[handle]
        assert found.status is RunStatus.UNKNOWN
        assert (found.nodes, found.display_name, len(found.ranks)) == (2, "Digits DDP", 4)
        assert found.phases


async def test_a_batch_that_fails_keeps_no_other_from_being_asked(watch: Watch) -> None:
    handles = watch.send(*(f"run-{number:04}" for number in range(BATCH + 5)), state="Queued")
    await watch.look(*handles)
    watch.jobs.states.update(dict.fromkeys(watch.jobs.states, "Running"))
    failed: list[int] = []

    def now_and_then(ask: Ask) -> Reply | CloudFault:
        if not failed:
            failed.append(1)
            return fault("service", 500)
        return watch.jobs._batch(ask)

    watch.jobs.wire.on("POST", "batchrundata", now_and_then)
    states = Counter(await watch.states(*handles))
    assert states == {RunStatus.UNKNOWN: BATCH, RunStatus.RUNNING: 5}
    assert set(await watch.states(*handles)) == {RunStatus.RUNNING}


async def test_a_brief_fault_is_not_shown(watch: Watch) -> None:
    (handle,) = watch.send("one", state="Running")
    await watch.look(handle)
    watch.jobs.wire.down = fault("service", 503)
    watch.clock.time += GRACE / 2
    assert [each.status for each in await watch.look(handle)] == [RunStatus.RUNNING]
    watch.clock.time += GRACE
    assert [each.status for each in await watch.look(handle)] == [RunStatus.UNKNOWN]


async def test_what_says_nothing_new_is_the_same_object(watch: Watch) -> None:
    """By which the monitor passes thousands quickly."""
    handles = watch.send("one", "two", state="Running")
    first = await watch.look(*handles)
    watch.clock.time += 60.0
    assert all(new is old for new, old in zip(await watch.look(*handles), first, strict=True))
    watch.jobs.wire.down = fault("offline")
    watch.clock.time += 60.0
    unknown = await watch.look(*handles)
    watch.clock.time += 60.0
    assert all(new is old for new, old in zip(await watch.look(*handles), unknown, strict=True))
