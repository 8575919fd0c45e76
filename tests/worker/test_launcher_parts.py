"""The parts that follow launchers, without a launcher: order of ends, words of refusals, silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.worker.supervisor.failure import refusal
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
