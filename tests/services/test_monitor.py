"""The monitor keeps store and archive up to date through faults, deletions and clocks that jump."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop_app.api import OutsideError, RunSnapshot, RunStatus
from desktop_app.services.archive import RunArchive
from desktop_app.services.monitor import GONE, RunMonitor
from desktop_app.services.run_store import RunStore
from tests.helpers.scripted_backend import ScriptedBackend
from tests.helpers.snapshots import snapshot


@dataclass
class Desk:
    """A monitor with all that it works on."""

    backend: ScriptedBackend
    other: ScriptedBackend
    archive: RunArchive
    store: RunStore
    monitor: RunMonitor

    async def refresh(self, times: int = 1) -> None:
        for _ in range(times):
            await self.monitor.refresh()

    def run(self, name: str, backend: str = "local") -> RunSnapshot:
        found = self.store.get(f"{backend}://{name}")
        assert found is not None
        return found

    async def until(self, status: RunStatus, name: str = "a") -> None:
        """Wait until the run is in this state."""
        reached = asyncio.Event()

        def look(_handles: frozenset[str]) -> None:
            if self.run(name).status is status:
                reached.set()

        disconnect = self.store.changed.connect(look)
        look(frozenset())
        await asyncio.wait_for(reached.wait(), 60)
        disconnect()


def desk(path: Path, *, patience: float = 30.0) -> Desk:
    backend, other = ScriptedBackend(), ScriptedBackend("cloud")
    archive, store = RunArchive(path), RunStore()
    return Desk(
        backend,
        other,
        archive,
        store,
        RunMonitor({"local": backend, "cloud": other}, archive, store, patience=patience),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "archive.sqlite3"


@pytest.fixture
def at(path: Path) -> Iterator[Desk]:
    made = desk(path)
    yield made
    made.archive.close()


@asynccontextmanager
async def watching(at: Desk) -> AsyncIterator[None]:
    task = asyncio.create_task(at.monitor.watch(interval=0.001))
    yield
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_runs_are_found_stored_and_archived(at: Desk) -> None:
    at.backend.put(snapshot("a"), snapshot("b", RunStatus.COMPLETED))
    at.other.put(snapshot("c", backend="cloud"))
    await at.refresh()
    assert set(at.store.runs) == {"local://a", "local://b", "cloud://c"}
    assert len(at.archive.all()) == 3


async def test_a_run_that_is_over_is_not_asked_for_again(at: Desk) -> None:
    at.backend.put(snapshot("a"), snapshot("b", RunStatus.COMPLETED))
    await at.refresh(2)
    assert at.backend.asked == [["local://a", "local://b"], ["local://a"]]


async def test_a_change_is_archived_at_once(at: Desk) -> None:
    at.backend.put(snapshot("a"))
    await at.refresh()
    at.backend.put(snapshot("a", RunStatus.FAILED, reason="rank 1 fell"))
    await at.refresh()
    assert at.archive.all() == [at.run("a")]
    assert at.run("a").reason == "rank 1 fell"


async def test_runs_come_back_after_a_restart(at: Desk, path: Path) -> None:
    at.backend.put(snapshot("a"), snapshot("b", RunStatus.COMPLETED))
    await at.refresh()
    again = desk(path)
    again.backend.put(snapshot("a", RunStatus.COMPLETED), snapshot("b", RunStatus.COMPLETED))
    await again.refresh()
    assert again.run("a").status is RunStatus.COMPLETED
    assert again.backend.asked == [["local://a"]]
    again.archive.close()


async def test_of_thousands_of_runs_the_newest_come_first_and_none_holds_up_the_others(at: Desk) -> None:
    at.archive.record(*(snapshot(f"{each:04}", RunStatus.COMPLETED, minute=each) for each in range(1500)))
    told: list[list[str]] = []
    at.store.changed.connect(lambda handles: told.append(sorted(handles, reverse=True)))
    await at.refresh()
    assert [each for some in told for each in some][:1500] == [f"local://{each:04}" for each in range(1499, -1, -1)]
    assert max(map(len, told)) <= 1000
    assert len(told[0]) == 200, "they are there before the archive was read to its end"


async def test_a_run_removed_while_thousands_are_taken_in_does_not_come_back(at: Desk) -> None:
    runs = [snapshot(f"{each:04}", minute=each) for each in range(1000)]
    at.backend.put(*runs)
    await at.refresh()
    at.backend.put(*(snapshot(f"{each:04}", RunStatus.COMPLETED, minute=each) for each in range(1000)))

    def remove(_handles: frozenset[str]) -> None:
        disconnect()
        for each in ("local://0500", "local://0999"):
            at.backend.runs.pop(each)
            at.store.remove(each)

    disconnect = at.store.changed.connect(remove)
    await at.refresh()
    assert len(at.store.runs) == 998
    await at.refresh()
    assert {each.status for each in at.store.runs.values()} == {RunStatus.COMPLETED}


async def test_a_fault_makes_live_runs_unknown_with_reason_and_time(at: Desk) -> None:
    at.backend.put(snapshot("a"), snapshot("b", RunStatus.COMPLETED))
    await at.refresh()
    at.backend.error = OutsideError("The network is down.")
    await at.refresh()
    assert at.run("a").status is RunStatus.UNKNOWN
    assert "The network is down." in at.run("a").reason
    assert f"{datetime.now().astimezone():%Y-%m-%d} " in at.run("a").reason
    assert at.run("b").status is RunStatus.COMPLETED
    assert at.monitor.faults["local"].reason == "The network is down."


async def test_a_bug_of_a_backend_is_a_fault_with_a_traceback(at: Desk) -> None:
    at.backend.put(snapshot("a"))
    await at.refresh()
    at.backend.error = KeyError("x")
    await at.refresh()
    assert "The local backend can't be asked: KeyError" in at.run("a").reason
    assert "Traceback" in at.monitor.faults["local"].details


async def test_who_listens_hears_of_a_fault_once_and_of_its_end(at: Desk) -> None:
    heard: list[tuple[str, list[str]]] = []
    at.monitor.faulted.connect(lambda name: heard.append((name, [each.reason for each in at.monitor.faults.values()])))
    await at.refresh()
    for error in (OutsideError("No network."), OutsideError("No network."), OutsideError("Not logged in."), None):
        at.backend.error = error
        await at.refresh()
    assert heard == [("local", ["No network."]), ("local", ["Not logged in."]), ("local", [])]


async def test_one_backends_fault_does_not_touch_the_other(at: Desk) -> None:
    at.backend.put(snapshot("a"))
    at.other.put(snapshot("c", backend="cloud"))
    at.other.error = OutsideError("no")
    await at.refresh()
    assert at.run("a").status is RunStatus.RUNNING
    at.other.error = None
    await at.refresh()
    assert at.run("c", "cloud").status is RunStatus.RUNNING
    assert not at.monitor.faults


async def test_a_run_comes_back_from_unknown_and_loses_its_reason(at: Desk) -> None:
    at.backend.put(snapshot("a"))
    await at.refresh()
    at.backend.error = OutsideError("no")
    await at.refresh(2)
    at.backend.error = None
    await at.refresh()
    assert at.run("a") == snapshot("a")


async def test_a_lasting_fault_is_told_once(at: Desk) -> None:
    at.backend.put(snapshot("a"))
    await at.refresh()
    at.backend.error = OutsideError("no")
    heard: list[frozenset[str]] = []
    at.store.changed.connect(heard.append)
    await at.refresh(5)
    assert len(heard) == 1


async def test_a_live_run_whose_files_vanish_is_unknown(at: Desk) -> None:
    at.backend.put(snapshot("a"))
    await at.refresh()
    at.backend.runs.clear()
    await at.refresh()
    assert at.run("a").status is RunStatus.RUNNING  # once may be bad luck
    await at.refresh(3)
    assert at.run("a").status is RunStatus.UNKNOWN
    assert GONE in at.run("a").reason


async def test_a_run_that_was_over_keeps_its_state_when_its_files_vanish(at: Desk, path: Path) -> None:
    at.backend.put(snapshot("a", RunStatus.FAILED, reason="rank 1 fell."))
    await at.refresh()
    at.backend.runs.clear()
    await at.refresh(3)
    assert at.run("a").status is RunStatus.FAILED
    assert at.run("a").reason == f"rank 1 fell. {GONE}"
    again = desk(path)
    await again.refresh()
    assert again.run("a").reason == f"rank 1 fell. {GONE}"
    again.archive.close()


async def test_files_that_come_back_are_noticed(at: Desk) -> None:
    at.backend.put(snapshot("a"))
    await at.refresh()
    kept, at.backend.runs = at.backend.runs, {}
    await at.refresh(2)
    at.backend.runs = kept
    await at.refresh()
    assert at.run("a") == snapshot("a")


async def test_a_run_that_another_process_removed_leaves_the_store(at: Desk, path: Path) -> None:
    at.backend.put(snapshot("a"), snapshot("b"))
    await at.refresh()
    at.backend.runs.pop("local://a")
    elsewhere = RunArchive(path)
    elsewhere.remove("local://a")
    elsewhere.close()
    await at.refresh(2)
    assert set(at.store.runs) == {"local://b"}
    assert [each.run for each in at.archive.all()] == ["b"]


async def test_a_run_removed_while_it_is_asked_for_does_not_come_back(at: Desk) -> None:
    at.backend.put(snapshot("a"))
    await at.refresh()
    gone = snapshot("a", RunStatus.COMPLETED)

    class Removing(ScriptedBackend):
        async def snapshots(self, handles: object) -> dict[str, RunSnapshot]:
            at.store.remove("local://a")
            at.archive.remove("local://a")
            return {"local://a": gone}

    at.backend.snapshots = Removing().snapshots  # type: ignore[method-assign]
    await at.refresh()
    assert not at.store.runs
    assert not at.archive.all()


async def test_a_backend_that_hangs_is_a_fault_and_holds_up_nobody(path: Path) -> None:
    at = desk(path, patience=0.05)
    at.backend.put(snapshot("a"))
    await at.refresh()
    at.backend.hangs = True
    at.other.put(snapshot("c", backend="cloud"))
    await at.refresh()
    assert "gave no answer for 0.05 seconds" in at.run("a").reason
    assert at.run("c", "cloud").status is RunStatus.RUNNING
    at.archive.close()


async def test_watching_follows_a_run_to_its_end(at: Desk) -> None:
    at.backend.put(snapshot("a", RunStatus.QUEUED))
    await at.refresh()
    async with watching(at):
        at.backend.put(snapshot("a", RunStatus.RUNNING))
        await at.until(RunStatus.RUNNING)
        at.backend.put(snapshot("a", RunStatus.COMPLETED))
        await at.until(RunStatus.COMPLETED)


async def test_watching_asks_a_faulty_backend_less_and_less(at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    enough = asyncio.Event()
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) > 8:
            enough.set()
        await real(0)

    at.backend.error = OutsideError("no")
    monkeypatch.setattr(asyncio, "sleep", sleep)
    task = asyncio.create_task(at.monitor._keep_asking(at.monitor._watched["local"], 0.25))
    await enough.wait()
    task.cancel()
    assert waits[:8] == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_a_clock_that_jumps_disturbs_nothing(path: Path) -> None:
    times = iter([datetime(2036, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC), datetime(1969, 1, 1, tzinfo=UTC)])
    backend, archive, store = ScriptedBackend(), RunArchive(path), RunStore()
    monitor = RunMonitor({"local": backend}, archive, store, now=lambda: next(times))
    backend.put(snapshot("a"), snapshot("b", minute=-10_000_000))
    for _ in range(3):
        await monitor.refresh()
    backend.error = OutsideError("no")
    await monitor.refresh()
    found = store.get("local://a")
    assert found is not None
    assert "1969-01-01" in found.reason
    archive.close()


async def test_an_archive_that_can_not_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    at = desk(tmp_path / "file" / "archive.sqlite3")
    at.backend.put(snapshot("a"))
    await at.refresh()
    at.backend.put(snapshot("a", RunStatus.COMPLETED))
    await at.refresh()
    assert at.run("a").status is RunStatus.COMPLETED
    assert at.archive.notices


async def test_two_hundred_runs_are_refreshed_in_a_blink(at: Desk) -> None:
    at.backend.put(*(snapshot(f"r{n}", minute=n) for n in range(200)))
    await at.refresh()
    start = time.process_time()
    await at.refresh()
    assert time.process_time() - start < 0.1
    heard: list[frozenset[str]] = []
    at.store.changed.connect(heard.append)
    await at.refresh()
    assert heard == []


async def test_a_live_run_is_not_archived_at_every_news(at: Desk) -> None:
    at.backend.put(snapshot("a"))
    await at.refresh()
    for number in range(3):
        at.backend.put(snapshot("a", reason=f"news {number}"))
        await at.refresh()
    (archived,) = at.archive.all()
    assert archived.reason == ""
    assert at.run("a").reason == "news 2"
    assert archived.created + timedelta(0) == at.run("a").created
