"""What is hard on the backend, with its real gateway and the emulator: doubts, many runs, odd names, other secrets."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop_app.api import RunSnapshot, RunStatus
from desktop_app.backends.azureml.client import routes
from desktop_app.backends.azureml.runs.records import Records
from tests.helpers.azure_backends import quiet
from tests.helpers.emulated_backends import CloudDesk, cloud_desk
from tests.helpers.emulated_jobs import LOG_METRIC, PLAIN
from tests.helpers.emulators import Emulator, Sdk, running_emulator
from tests.helpers.waiting import wait_until_async

MANY = 1000
SOME = 200


@pytest.fixture
async def desk(
    emulator: Emulator, azureml_python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[CloudDesk]:
    """A backend that is led to the emulator."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    async with cloud_desk(tmp_path, emulator, azureml_python) as made:
        yield made
    emulator.control("faults/clear", {})
    emulator.control("clock", {"skew": 0})
    emulator.control("jobs/repeats", {"refused": False})


def known(desk: CloudDesk, names: list[str]) -> list[str]:
    """Let runs be known here, as if they had been sent from here; return their handles."""
    handles = [routes.handle_of(desk.workspace, each) for each in names]
    Records(desk.folder / "home" / "cloud").write(
        RunSnapshot(handle, name, "azureml", RunStatus.NOT_STARTED, name, "e", datetime.now(UTC))
        for name, handle in zip(names, handles, strict=True)
    )
    return handles


@pytest.mark.parametrize("kind", ["cut", "lost-answer", "error"])
@pytest.mark.parametrize("refused", [True, False])
async def test_an_answer_that_is_lost_makes_no_second_job(
    desk: CloudDesk, emulator: Emulator, refused: bool, kind: str
) -> None:
    """The service has the job, its answer does not come, and the client sends it again by itself."""
    emulator.control("jobs/repeats", {"refused": refused})
    emulator.control("faults", {"kind": kind, "method": "PUT", "path": "/jobs/", "count": 1})
    handle = await desk.submit(2)
    run = await desk.until(handle, lambda run: run.is_over)
    assert run.status is RunStatus.COMPLETED
    assert desk.cloud.waiting() == []


async def test_a_thousand_runs_are_asked_for_in_few_requests(desk: CloudDesk, emulator: Emulator) -> None:
    emulator.control("jobs/pretend", {"count": MANY, "live": MANY, "seconds": 3600, "prefix": "many"})
    handles = known(desk, [f"many-{number:05d}" for number in range(MANY)])
    await desk.backend.snapshots(handles[:1])  # signs in, and finds where the workspace answers
    await desk.backend.asking.links.of(desk.workspace)  # which is asked once for all
    before = len(emulator.log())
    found = await desk.backend.snapshots(handles)
    assert Counter(each.status for each in found.values()) == {RunStatus.RUNNING: MANY}
    assert len([each for each in emulator.log()[before:] if "/workspaces/" in each["path"]]) <= 10


async def test_with_faults_all_the_time_no_run_is_lost_and_every_end_is_right(
    desk: CloudDesk, emulator: Emulator
) -> None:
    emulator.control("jobs/pretend", {"count": SOME, "live": SOME // 2, "seconds": 4, "prefix": "some"})
    handles = known(desk, [f"some-{number:05d}" for number in range(SOME)])
    for kind in ("throttle", "error", "reset"):
        emulator.control("faults", {"kind": kind, "probability": 0.2, "plane": "api", "seconds": 1})

    async def is_over() -> bool:
        found = await desk.backend.snapshots(handles)
        assert RunStatus.FAILED not in {each.status for each in found.values() if int(each.run[-5:]) >= SOME // 2}
        return all(each.is_over for each in found.values())

    await wait_until_async(is_over, 120)
    found = await desk.backend.snapshots(handles)
    ends = Counter(each.status.value for each in found.values())
    assert ends == {"Completed": SOME // 2 + SOME // 4, "Failed": SOME // 8, "Canceled": SOME // 8}
    assert all(each.reason for each in found.values() if each.status is RunStatus.FAILED)


async def test_nodes_that_are_taken_back_are_no_end(desk: CloudDesk, emulator: Emulator) -> None:
    handle = await desk.submit(20)
    await desk.until(handle, lambda run: run.status is RunStatus.RUNNING)
    emulator.control("jobs/preempt", {"job": handle.rpartition("/")[2]})
    run = await desk.until(handle, lambda run: run.is_over)
    assert run.status is RunStatus.COMPLETED


async def test_a_cancel_that_gets_stuck_is_shown_as_that(desk: CloudDesk, emulator: Emulator) -> None:
    handle = await desk.submit(400)
    await desk.until(handle, lambda run: run.status is RunStatus.RUNNING)
    emulator.control("jobs/stick", {"job": handle.rpartition("/")[2], "stuck": True})
    await desk.backend.cancel(handle)
    await desk.until(handle, lambda run: run.status is RunStatus.CANCEL_REQUESTED)
    emulator.control("jobs/stick", {"job": handle.rpartition("/")[2], "stuck": False})
    assert (await desk.until(handle, lambda run: run.is_over)).status is RunStatus.CANCELED


async def test_names_that_lead_out_stay_where_they_are(desk: CloudDesk, emulator: Emulator, tmp_path: Path) -> None:
    handle = await desk.submit(1)
    await desk.until(handle, lambda run: run.is_over)
    bad = ["outputs/../../../x", "outputs/con.txt", "outputs/a\\..\\b"]
    for each in bad:
        emulator.control("jobs/artifact", {"job": handle.rpartition("/")[2], "path": each, "text": "out"})
    found = await desk.cloud.fetch(handle, ["outputs"], tmp_path / "a" / "b" / "got", quiet)
    assert sorted(each.name for each in found) == [f"model_{rank}.bin" for rank in range(4)]
    assert all((tmp_path / "a" / "b" / "got") in each.parents for each in found)
    assert not (tmp_path / "a" / "x").exists()


async def test_an_upload_that_is_cut_off_waits_and_is_done_later(desk: CloudDesk, emulator: Emulator) -> None:
    (desk.folder / "src" / "big.bin").write_bytes(random.Random(7).randbytes(3_000_000))
    emulator.control("faults", {"kind": "cut-upload", "path": "blob", "bytes": 1_800_000})
    handle = await desk.submit(1)
    (waiting,) = desk.cloud.waiting()
    assert waiting.reason
    emulator.control("faults/clear", {})
    await desk.cloud.send(handle, quiet)
    run = await desk.until(handle, lambda run: run.is_over)
    assert run.status is RunStatus.COMPLETED


@pytest.mark.parametrize("skew", [-3600, 3600])
async def test_a_clock_that_is_an_hour_off_stops_nothing(
    desk: CloudDesk, emulator: Emulator, tmp_path: Path, skew: int
) -> None:
    emulator.control("clock", {"skew": skew})
    handle = await desk.submit(2)
    await desk.backend.log_files(handle)
    run = await desk.until(handle, lambda run: run.is_over)
    assert run.status is RunStatus.COMPLETED
    assert all(each.ended and each.ended >= each.started for each in run.phases)
    assert len(await desk.cloud.fetch(handle, ["outputs"], tmp_path / "got", quiet)) == 4


@pytest.mark.parametrize("secrets", ["key", "none"])
async def test_what_was_made_is_fetched_with_other_secrets(
    secrets: str, azureml_python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_emulator(tmp_path / "emulator", "--secrets", secrets) as emulator:
        for name, value in emulator.environment.items():
            monkeypatch.setenv(name, value)
        async with cloud_desk(tmp_path / "desk", emulator, azureml_python) as made:
            handle = await made.submit(2)
            await made.backend.log_files(handle)
            run = await made.until(handle, lambda run: run.is_over)
            assert run.status is RunStatus.COMPLETED
            found = await made.cloud.fetch(handle, [], tmp_path / "got", quiet)
            assert "model_3.bin" in [each.name for each in found]
            assert "part_0.txt" in [each.name for each in found]


async def test_trials_of_a_real_sweep_become_runs(desk: CloudDesk, sdk: Sdk, tmp_path: Path) -> None:
    (tmp_path / "trial").mkdir()
    (tmp_path / "trial" / "train.py").write_text(f"{LOG_METRIC}\nimport sys\nlog('accuracy', float(sys.argv[1]))\n")
    sdk(
        """
        from azure.ai.ml import command
        from azure.ai.ml.sweep import *
        line = "python train.py ${{inputs.rate}}"
        trial = command(command=line, code=folder, environment=environment, inputs={"rate": 0.0})
        rates = trial(rate=Choice([0.1, 0.2]))
        job = rates.sweep(sampling_algorithm="grid", primary_metric="accuracy", goal="maximize")
        job.set_limits(max_total_trials=2, max_concurrent_trials=2, timeout=600)
        job.name = "watched-sweep"
        result = ml.jobs.create_or_update(job).status
        """,
        folder=str(tmp_path / "trial"),
        environment=PLAIN,
    )
    (handle,) = known(desk, ["watched-sweep"])

    async def are_over() -> bool:
        handles = await desk.backend.discover()
        found = await desk.backend.snapshots(handles)
        return len(found) == 3 and all(each.is_over for each in found.values())

    await wait_until_async(are_over, 120)
    found = await desk.backend.snapshots(await desk.backend.discover())
    assert {each.status for each in found.values()} == {RunStatus.COMPLETED}
    assert [each.tags.get("parent") for each in found.values() if each.handle != handle] == ["watched-sweep"] * 2
