"""The parts that follow launchers, without a launcher: order of ends, words of refusals, silence."""

from __future__ import annotations

import itertools
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.worker import rank_starter
from desktop_app.worker.supervisor.failure import refusal, why_given_up
from desktop_app.worker.supervisor.launchers import SORTING, Launchers
from desktop_app.worker.supervisor.ranks import Rank, make_rank
from desktop_app.worker.supervisor.silence import PATIENCE, Silence, connected

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue
   0: 0100007F:9CEB 00000000:0000 0A 00000000:00000000
   1: 0100007F:D431 0100007F:9CEB 01 00000000:00000000
   2: 0100007F:D433 0100007F:0050 06 00000000:00000000
"""
SPEC = {"argv": ["mpirun"], "log": "user_logs/mpirun.txt", "environment": {}}


def ranks_in(folder: Path, count: int) -> list[Rank]:
    """Return launched ranks that have not started."""
    specs = [{"rank": each, "log": f"user_logs/{each}.txt", "launched": True} for each in range(count)]
    return [make_rank(each, {}, folder) for each in specs]


def tell(folder: Path, rank: int, event: str, **facts: Any) -> None:
    """Write as a starter does."""
    (folder / "launch").mkdir(exist_ok=True)
    (folder / "launch" / f"{rank}.{event}").write_text(json.dumps(facts))


def heard(launchers: Launchers, now: float, *, patient: bool = True) -> list[tuple[int, str]]:
    """Return rank and event of all news."""
    return [(each.rank.number, each.event) for each in launchers.news(now, patient=patient)]


def test_ends_come_in_the_order_of_their_moments_and_starts_before_them(tmp_path: Path) -> None:
    launchers = Launchers([SPEC], ranks_in(tmp_path, 3), tmp_path)
    tell(tmp_path, 0, "ended", exit_code=1, at=5.0)
    tell(tmp_path, 1, "ended", exit_code=1, at=3.0)
    tell(tmp_path, 0, "started", pid=7)
    tell(tmp_path, 2, "asked", at=1.0)
    assert heard(launchers, 0.0, patient=False) == [(0, "started"), (1, "ended"), (0, "ended"), (2, "asked")]
    assert heard(launchers, 0.0, patient=False) == [], "each is told once"


def test_a_failure_is_held_back_until_others_could_tell_of_theirs(tmp_path: Path) -> None:
    launchers = Launchers([SPEC], ranks_in(tmp_path, 2), tmp_path)
    tell(tmp_path, 0, "started", pid=7)
    tell(tmp_path, 0, "ended", exit_code=1, at=2.0)
    assert heard(launchers, 10.0) == [(0, "started")]
    tell(tmp_path, 1, "ended", exit_code=-9, at=2.1)
    assert heard(launchers, 10.0 + SORTING / 2) == []
    assert heard(launchers, 10.0 + SORTING) == [(1, "ended"), (0, "ended")], "who was killed fell by nobody's fall"


def test_a_good_end_is_told_at_once(tmp_path: Path) -> None:
    launchers = Launchers([SPEC], ranks_in(tmp_path, 1), tmp_path)
    tell(tmp_path, 0, "ended", exit_code=0, at=2.0)
    assert heard(launchers, 0.0) == [(0, "ended")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ("ssh: no\n" + "-" * 74 + "\nIt was\n refused:\n\n  why\n" + "-" * 74 + "\nlater\n", "It was refused."),
        ("mpirun: Error: unknown option\nType 'mpirun --help'.\n", "mpirun: Error: unknown option."),
        ("one\ntwo\n\n", "two."),
        ("-" * 74 + "\n", ""),
    ],
)
def test_the_words_of_a_refusal(tmp_path: Path, text: str, said: str) -> None:
    log = tmp_path / "mpirun.txt"
    log.write_text(text)
    assert refusal(log) == said
    assert not refusal(tmp_path / "none.txt")


LOST = """Killed
{rule}
ORTE has lost communication with a remote daemon.

  HNP daemon   : [[31912,0],0] on node vm

the daemon itself. We cannot recover from this failure.
{rule}
"""
PEER = """{rule}
An MPI communication peer process has unexpectedly disconnected.  This
usually indicates a failure in the peer process.

  Local host: vm
{rule}
"""
NOISE = """[vm:07386] ORTE_ERROR_LOG: Data unpack would read past end of buffer
{rule}
WARNING: There was an error initializing an OpenFabrics device.

  Local host: vm
{rule}
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        (PEER, ""),
        (NOISE, ""),
        (LOST, "ORTE has lost communication with a remote daemon."),
        (NOISE + PEER + LOST, "ORTE has lost communication with a remote daemon."),
    ],
    ids=["nothing", "a rank is missed", "noise", "lost", "lost among others"],
)
def test_an_early_rank_is_to_blame_unless_the_launcher_has_reasons_of_its_own(
    tmp_path: Path, text: str, said: str
) -> None:
    log = tmp_path / "user_logs" / "mpirun.txt"
    log.parent.mkdir()
    log.write_text(text.format(rule="-" * 74))
    assert why_given_up(log) == said
    ranks = ranks_in(tmp_path, 2)
    ranks[1].exit_code = 0
    blamed, reason = Launchers([SPEC], ranks, tmp_path).why_given_up()
    assert blamed is (None if said else ranks[1])
    assert said in reason
    assert ("Rank 1 ended without MPI_Finalize" in reason) == (not said)


def test_all_starters_are_told_by_one_file_that_no_rank_is_left(tmp_path: Path) -> None:
    ranks = ranks_in(tmp_path, 2)
    launchers = Launchers([SPEC], ranks, tmp_path)
    over = tmp_path / "launch" / "over"
    over.parent.mkdir()
    for each in ranks:
        launchers.tell_over()
        assert not over.exists()
        each.exit_code = 0
    launchers.tell_over()
    assert over.exists()


def test_a_starter_that_waits_for_an_hour_looks_seldom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, looks = [0.0], itertools.count()

    def sleep(seconds: float) -> None:
        now[0] += seconds
        if now[0] > 3600:
            (tmp_path / "over").touch()

    monkeypatch.setattr(f"{rank_starter.__name__}.time.monotonic", lambda: now[0])
    monkeypatch.setattr(f"{rank_starter.__name__}.time.sleep", sleep)
    monkeypatch.setattr(rank_starter, "CONNECTIONS", tmp_path)
    monkeypatch.setattr(rank_starter, "_is_known", lambda *_: bool(next(looks) < 0))
    rank_starter._wait_for_others(tmp_path, {4711})
    assert next(looks) < 3600 / rank_starter.SELDOM + 20
    assert now[0] < 3602, "and is gone soon after the last rank"


def test_a_signals_handler_does_not_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = tmp_path / "0.asked"
    note.with_name("0.asked.tmp").mkdir()
    monkeypatch.setattr(f"{rank_starter.__name__}.time.sleep", lambda _: pytest.fail("it waits"))
    before = {each: signal.getsignal(getattr(signal, each)) for each in rank_starter.DEAF_TO}
    try:
        rank_starter._close_ears(note)
        os.kill(os.getpid(), signal.SIGCONT)
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
    assert not note.exists()


@given(st.binary(max_size=200))
def test_any_log_has_words_of_one_line(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    log = tmp_path_factory.mktemp("log") / "mpirun.txt"
    log.write_bytes(data)
    assert "\n" not in refusal(log)


def test_who_is_silent_while_others_are_in_mpi(tmp_path: Path) -> None:
    table = tmp_path / "tcp"
    table.write_text(TABLE)
    assert connected(table) == {0x9CEB}
    first, second = ranks_in(tmp_path, 2)
    silence = Silence(table)
    for each, port in ((first, 0x9CEB), (second, 4711)):
        each.pid = 1
        silence.started(each, {"ports": [port]})
    assert silence.culprit((first, second), 0.0) is None
    second.exit_code = 0
    silence.ended(second, {"exit_code": 0, "in_touch": False})
    assert silence.culprit((first, second), 1.0) is None, "others may be in MPI for a moment"
    assert silence.culprit((first, second), 1.0 + PATIENCE) is second


@pytest.mark.parametrize("facts", [{"exit_code": 0, "in_touch": True}, {"exit_code": 1, "in_touch": False}, {}])
def test_nobody_is_taken_for_silent_who_is_not(tmp_path: Path, facts: dict[str, Any]) -> None:
    table = tmp_path / "tcp"
    table.write_text(TABLE)
    first, second = ranks_in(tmp_path, 2)
    silence = Silence(table)
    first.pid = 1
    silence.started(first, {"ports": [0x9CEB]})
    silence.ended(second, facts)
    assert [silence.culprit((first, second), float(each)) for each in range(10)] == [None] * 10


def test_nothing_is_known_where_the_system_keeps_no_table(tmp_path: Path) -> None:
    assert connected(tmp_path / "none") == set()
