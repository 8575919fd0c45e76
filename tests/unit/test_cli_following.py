"""Following a run: phases once, every line of every log, faults survived, Ctrl+C cancels and goes on following."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.api import OutsideError, Phase, PhaseName, RankState, RunSnapshot, RunStatus
from desktop_app.cli import following
from desktop_app.cli.following import Follower, Interrupts
from tests.helpers.snapshots import NOW, snapshot
from tests.helpers.told_backend import ToldBackend

PREPARING = replace(snapshot("r-1", RunStatus.PREPARING), phases=(Phase(PhaseName.PREPARING, NOW),))
RUNNING = replace(
    snapshot("r-1"), phases=(Phase(PhaseName.PREPARING, NOW, NOW), Phase(PhaseName.RUNNING, NOW)),
    ranks=tuple(RankState(rank, rank, 0, RunStatus.RUNNING, log=f"log{rank}") for rank in (0, 1)),
)  # fmt: skip
OVER = replace(RUNNING, status=RunStatus.COMPLETED, ended=NOW)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often."""
    monkeypatch.setattr(following, "INTERVAL", 0.001)


async def follow(backend: ToldBackend, rank: int | None = None) -> tuple[RunSnapshot, list[str]]:
    """Return the last snapshot and the lines."""
    lines: list[str] = []
    follower = Follower(backend, "scripted://r-1", lines.append, rank)
    return await follower.follow(Interrupts(asyncio.get_running_loop())), lines


def logs(folder: Path) -> dict[str, Path]:
    """Write a log for each of two ranks."""
    (folder / "0").write_bytes(b"a\nb\n")
    (folder / "1").write_bytes(b"c\nno end")
    return {"log0": folder / "0", "log1": folder / "1"}


async def test_phases_are_said_once_and_all_lines_come(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    backend = ToldBackend([PREPARING, PREPARING, RUNNING, RUNNING, OVER], logs(tmp_path))
    last, lines = await follow(backend)
    assert last == OVER
    assert sorted(lines) == ["[0] a", "[0] b", "[1] c", "[1] no end"]
    assert capsys.readouterr().err == "Preparing\nRunning\n"


async def test_one_rank_alone_has_no_prefix(tmp_path: Path) -> None:
    _last, lines = await follow(ToldBackend([OVER], logs(tmp_path)), rank=1)
    assert lines == ["c", "no end"]


async def test_a_run_that_is_over_before_it_is_seen_still_shows_its_logs(tmp_path: Path) -> None:
    _last, lines = await follow(ToldBackend([OVER], logs(tmp_path)))
    assert len(lines) == 4


async def test_a_fault_is_said_once_and_survived(capsys: pytest.CaptureFixture[str]) -> None:
    fault = OutsideError("The disk does not answer.")
    last, _lines = await follow(ToldBackend([fault, fault, OVER]))
    assert last == OVER
    assert capsys.readouterr().err.count("The disk does not answer.") == 1


async def test_unknown_is_not_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    odd = replace(RUNNING, status=RunStatus.UNKNOWN, reason="The supervisor does not answer.")
    last, _lines = await follow(ToldBackend([RUNNING, odd, odd, OVER]))
    assert last == OVER
    assert capsys.readouterr().err.count("Unknown: The supervisor does not answer.") == 1


async def test_that_a_run_is_seen_again_is_said_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    odd = replace(RUNNING, status=RunStatus.UNKNOWN, reason="No network.")
    await follow(ToldBackend([RUNNING, odd, odd, RUNNING, RUNNING, odd, RUNNING, OVER]))
    said = [each for each in capsys.readouterr().err.splitlines() if each not in ("Preparing", "Running")]
    assert said == ["Unknown: No network.", "The run is seen again: Running."] * 2


async def test_a_run_that_stays_out_of_sight_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "PATIENCE", 0.02)
    with pytest.raises(OutsideError, match="can't be found any more"):
        await follow(ToldBackend([RUNNING, None]))


async def test_ctrl_c_cancels_once_and_the_end_is_still_shown(tmp_path: Path) -> None:
    backend = ToldBackend([RUNNING], logs(tmp_path))
    lines: list[str] = []
    interrupts = Interrupts(asyncio.get_running_loop())
    before = signal.getsignal(signal.SIGINT)
    with interrupts.caught():
        task = asyncio.ensure_future(Follower(backend, "scripted://r-1", lines.append).follow(interrupts))
        signal.raise_signal(signal.SIGINT)
        await backend.cancel_asked.wait()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler, "a second Ctrl+C ends the program"
        backend.looks.append(replace(OVER, status=RunStatus.CANCELED))
        last = await task
    assert last.status is RunStatus.CANCELED
    assert backend.canceled == ["scripted://r-1"]
    assert len(lines) == 4
    assert signal.getsignal(signal.SIGINT) is before


async def test_the_lines_of_a_launcher_are_marked_with_its_name(tmp_path: Path) -> None:
    files = {**logs(tmp_path), "user_logs/mpirun.txt": tmp_path / "mpirun"}
    files["user_logs/mpirun.txt"].write_text("no slots\n")
    run = replace(OVER, launcher_logs=("user_logs/mpirun.txt",))
    _last, lines = await follow(ToldBackend([run], files))
    assert "[mpirun] no slots" in lines
    assert len(lines) == 5
    alone = replace(run, ranks=run.ranks[:1])
    _last, lines = await follow(ToldBackend([alone], files))
    assert lines == ["[0] a", "[0] b", "[mpirun] no slots"], "one rank and its launcher are two logs"
    _last, lines = await follow(ToldBackend([run], files), rank=0)
    assert lines == ["a", "b"]
