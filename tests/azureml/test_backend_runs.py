"""Jobs through the backend, its real gateway and the emulator: sent, watched, read, fetched, with what goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from desktop_app.api import ComputeSpec, PhaseName, RunStatus, UserError
from tests.helpers.azure_backends import quiet
from tests.helpers.emulated_backends import CloudDesk, cloud_desk, until
from tests.helpers.emulated_jobs import LOG_METRIC
from tests.helpers.emulators import Emulator, running_emulator

LOGS = [f"user_logs/std_log_process_{rank}.txt" for rank in range(4)]


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
        yield made
    emulator.control("faults/clear", {})
    emulator.control("network", {"away": False})
    emulator.control("links", {"lifetime": None})


def lines(desk: CloudDesk, handle: str, rank: int) -> list[str]:
    """Return what a rank's log says here."""
    path = desk.folder / "home" / "cloud" / handle.rpartition("/")[2] / LOGS[rank]
    return path.read_text().splitlines() if path.exists() else []


def whole(rank: int, steps: int) -> list[str]:
    """Return what a rank's log says at the end."""
    return [f"rank {rank} step {step}" for step in range(steps)]


async def test_four_ranks_are_sent_watched_and_fetched(desk: CloudDesk, tmp_path: Path) -> None:
    handle = await desk.submit()
    assert len(desk.puts()) == 1
    await desk.backend.log_files(handle)
    run = await desk.until(handle, lambda run: run.is_over)
    assert (run.status, run.reason) == (RunStatus.COMPLETED, "")
    assert [(each.rank, each.node, each.log) for each in run.ranks] == [
        (rank, rank // 2, log) for rank, log in enumerate(LOGS)
    ]
    assert [lines(desk, handle, rank) for rank in range(4)] == [whole(rank, 5) for rank in range(4)]
    assert PhaseName.RUNNING in [each.name for each in run.phases]
    assert all(each.ended for each in run.phases)
    listed = {each.path: each.size for each in await desk.cloud.artifacts(handle)}
    assert listed["outputs/model_3.bin"] == 102_400
    assert listed["named_outputs/made/part_2.txt"] == 6
    found = await desk.cloud.fetch(handle, [], tmp_path / "got", quiet)
    assert sorted(each.relative_to(tmp_path / "got").as_posix() for each in found) == sorted(listed)
    assert (tmp_path / "got/outputs/model_1.bin").read_bytes() == bytes(range(256)) * 400
    assert (tmp_path / "got/named_outputs/made/part_0.txt").read_text() == "rank 0"


async def test_a_network_that_goes_away_in_the_middle_loses_nothing(desk: CloudDesk, emulator: Emulator) -> None:
    handle = await desk.submit(60)
    await desk.backend.log_files(handle)
    await until(lambda: len(lines(desk, handle, 0)) > 3)
    emulator.control("network", {"away": True})
    run = await desk.until(handle, lambda run: run.status is RunStatus.UNKNOWN)
    assert "Last seen" in run.reason
    emulator.control("network", {"away": False})
    run = await desk.until(handle, lambda run: run.is_over)
    assert run.status is RunStatus.COMPLETED
    assert [lines(desk, handle, rank) for rank in range(4)] == [whole(rank, 60) for rank in range(4)]


async def test_offline_it_waits_and_is_sent_once(desk: CloudDesk, emulator: Emulator) -> None:
    before = len(desk.puts())
    emulator.control("network", {"away": True})
    handle = await desk.submit()
    (waiting,) = desk.cloud.waiting()
    assert waiting.handle == handle
    assert (await desk.look(handle)).status is RunStatus.NOT_STARTED
    (desk.folder / "src" / "train.py").write_text("raise SystemExit('another text')")
    emulator.control("network", {"away": False})
    run = await desk.until(handle, lambda run: run.is_over)
    assert run.status is RunStatus.COMPLETED
    assert len(desk.puts()) == before + 1
    assert desk.cloud.waiting() == []


async def test_links_that_expire_in_the_middle_are_renewed(desk: CloudDesk, emulator: Emulator) -> None:
    handle = await desk.submit(40)
    await desk.backend.log_files(handle)
    await until(lambda: len(lines(desk, handle, 0)) > 3)
    for _time in range(2):
        emulator.control("links", {"expire": True})
        seen = len(lines(desk, handle, 0))
        await until(lambda: len(lines(desk, handle, 0)) > seen)  # noqa: B023 - awaited before it changes
    run = await desk.until(handle, lambda run: run.is_over)
    assert run.status is RunStatus.COMPLETED
    assert [lines(desk, handle, rank) for rank in range(4)] == [whole(rank, 40) for rank in range(4)]


async def test_a_run_is_cancelled(desk: CloudDesk) -> None:
    handle = await desk.submit(2000)
    await desk.until(handle, lambda run: run.status is RunStatus.RUNNING)
    await desk.backend.cancel(handle)
    run = await desk.until(handle, lambda run: run.is_over)
    assert run.status is RunStatus.CANCELED
    with pytest.raises(UserError, match="is over"):
        await desk.backend.cancel(handle)


async def test_a_rank_that_fails_fails_the_run_with_the_services_words(desk: CloudDesk) -> None:
    handle = await desk.submit(3, "fail")
    await desk.backend.log_files(handle)
    run = await desk.until(handle, lambda run: run.is_over)
    assert run.status is RunStatus.FAILED
    assert run.reason
    assert lines(desk, handle, 1)[-1] == "a bad end"


async def test_a_compute_that_is_not_there_is_said_and_nothing_waits(desk: CloudDesk) -> None:
    await desk.cloud.delete_compute(desk.workspace, "gpu-cluster", quiet)
    with pytest.raises(UserError, match="gpu-cluster"):
        await desk.submit()
    assert desk.cloud.waiting() == []


async def test_with_faults_all_the_time_the_end_is_right(desk: CloudDesk, emulator: Emulator) -> None:
    for kind in ("throttle", "reset", "error"):
        emulator.control("faults", {"kind": kind, "probability": 0.1, "plane": "api", "seconds": 1})
    emulator.control("faults", {"kind": "cut", "probability": 0.1, "plane": "blob"})
    handle = await desk.submit(30)
    run = await desk.until(handle, lambda run: run.is_over)
    assert run.status is RunStatus.COMPLETED
    emulator.control("faults/clear", {})
    files = await desk.backend.log_files(handle)
    assert [each.read_text().splitlines() for each in files.values()] == [whole(rank, 30) for rank in range(4)]


async def test_metrics_that_a_script_logs_are_there(desk: CloudDesk) -> None:
    spec = ComputeSpec("gpu-cluster", "Standard_NC6s_v3")
    if "gpu-cluster" not in [each.name for each in await desk.cloud.computes(desk.workspace)]:
        await desk.cloud.create_compute(desk.workspace, spec, quiet)
    text = f"{LOG_METRIC}\nfor step in range(3):\n    log('loss', 1.0 / (step + 1), step)\n"
    (desk.folder / "src" / "train.py").write_text(text)
    handle = await desk.submit(1)
    run = await desk.until(handle, lambda run: run.is_over)
    assert run.status is RunStatus.COMPLETED
    found = await desk.backend.metrics(handle)
    assert {(each.name, each.step, each.value) for each in found} == {
        ("loss", step, 1.0 / (step + 1)) for step in range(3)
    }  # of four ranks
    assert (await desk.look(handle)).metrics["loss"][1] == 2
