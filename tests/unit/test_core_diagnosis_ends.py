"""Ends of processes: which codes and signals tell of what a process did itself, and which others bring about."""

from __future__ import annotations

import dataclasses
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Explanation, FirstFailure, RankState, RunSnapshot, RunStatus
from desktop_app.api.kit.log_lines import LogLines, lines_of
from desktop_app.core.diagnosis.ends import (
    OWN_DEATHS,
    came_first,
    codes_in,
    death_name,
    died_of,
    is_wrapper,
    lost_by,
    tells_of_end,
    tells_own_death,
)
from desktop_app.core.diagnosis.exceptions import GENERAL, WEAK
from desktop_app.core.diagnosis.silent import KILLED, of_the_end
from tests.helpers.snapshots import NOW, snapshot

SIGNALS = st.integers(1, 64)
POSIX = st.integers(-64, 255)
ANY_CODE = st.integers(-(1 << 31), (1 << 32) - 1)
WINDOWS = {
    0xC0000005: "an access violation (0xC0000005)",
    0xC000001D: "an illegal instruction (0xC000001D)",
    0xC0000094: "an integer division by zero (0xC0000094)",
    0xC00000FD: "a stack overflow (0xC00000FD)",
}
BROUGHT_ON_WINDOWS = (0xC000013A, 0xC0000142, 0x40010004, 0xC0000409)
"""Ctrl+C, a process that could not start as the session ended, one that a debugger ended, and abort()."""


def signed(status: int) -> int:
    return status - (1 << 32) if status >= 1 << 31 else status


# Codes


@given(SIGNALS)
def test_a_signal_is_the_same_told_by_the_system_and_by_a_shell(number: int) -> None:
    assert died_of(-number) == died_of(128 + number) == (number if number in OWN_DEATHS else 0)


@given(st.integers(0, 128))
def test_an_exit_code_that_a_program_gives_itself_is_no_death(code: int) -> None:
    assert died_of(code) == 0
    assert death_name(code) == ""


@given(ANY_CODE)
def test_every_death_has_a_name_and_nothing_else_has(code: int) -> None:
    assert bool(death_name(code)) == bool(died_of(code))
    assert died_of(code) in {0, *OWN_DEATHS}


@pytest.mark.parametrize("status", WINDOWS)
def test_what_windows_ends_a_process_with_is_a_death_told_as_either_number(status: int) -> None:
    assert died_of(status) == died_of(signed(status)) != 0
    assert death_name(status) == death_name(signed(status)) == WINDOWS[status]


@pytest.mark.parametrize("status", BROUGHT_ON_WINDOWS)
def test_what_others_bring_about_on_windows_is_no_death_of_its_own(status: int) -> None:
    assert died_of(status) == died_of(signed(status)) == 0


@pytest.mark.parametrize(("number", "name"), OWN_DEATHS.items())
def test_numbers_of_signals_are_those_of_this_system(number: int, name: str) -> None:
    if hasattr(signal, name):
        assert signal.Signals[name] == number


@pytest.mark.parametrize("number", [1, 2, 3, 6, 10, 12, 13, 14, 15])
def test_signals_that_a_peers_end_or_a_person_brings_are_no_death_of_its_own(number: int) -> None:
    assert died_of(-number) == 0
    assert not tells_own_death(f"rank 1 exited on signal {number}")


@given(ANY_CODE.filter(bool))
def test_a_rank_that_died_is_named_with_the_name_of_its_death(code: int) -> None:
    run = dataclasses.replace(snapshot("r-1", RunStatus.FAILED), first_failure=FirstFailure(1, NOW, code))
    (found,) = of_the_end(run, (), {})
    assert (found.code == KILLED) == bool(died_of(code))
    assert found.rank == 1
    if died_of(code):
        assert f"was killed by {death_name(code)}: " in found.cause


# Lines


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("  exitcode  : 1 (pid: 690)", [1]),
        ("  exitcode  : -9 (pid: 690)  (SIGKILL)", [-9]),
        ("failed (exitcode: -11) local_rank: 2 (pid: 77)", [-11]),
        ("  Exit code:    137", [137]),
        ("node2: task 3: Exited with exit code 4", [4]),
        ("process exited on signal 11 (Segmentation fault).", [-11]),
        ("subprocess exited with code 3221225477", []),
        ("ends with exit status 3221225477", [3221225477]),
        ("exit code = 1, then signal: 15", [1, -15]),
        ("step 4: loss 0.1", []),
    ],
)
def test_codes_are_read_from_what_launchers_write(line: str, codes: list[int]) -> None:
    assert list(codes_in(line)) == codes


@given(POSIX, st.sampled_from(["exitcode  : {} (pid: 7)", "Exit code:    {}", "exit status {}", "(exitcode: {})"]))
def test_the_code_of_a_line_tells_the_same_as_the_code(code: int, form: str) -> None:
    line = form.format(code)
    assert list(codes_in(line)) == [code]
    assert tells_of_end(line)
    assert tells_own_death(line) == bool(died_of(code))


@given(st.sampled_from(sorted(OWN_DEATHS.values())), st.booleans())
def test_the_name_of_a_death_tells_it_however_it_is_written(name: str, is_small: bool) -> None:
    line = f"rank 3 was killed by {name}"
    assert tells_own_death(line.lower() if is_small else line)


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=80))
def test_no_line_is_too_odd_to_be_asked(line: str) -> None:
    assert tells_of_end(line) in (True, False)
    if tells_own_death(line):
        assert tells_of_end(line)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("torch.distributed.elastic.multiprocessing.errors.ChildFailedError: ", True),
        ("torch.multiprocessing.spawn.ProcessExitedException", True),
        ("ValueError: 3", False),
        ("ChildFailedError: train.py", False),
        ("", False),
    ],
)
def test_only_bare_words_of_launchers_are_wrappers(text: str, expected: bool) -> None:
    assert is_wrapper(text) is expected


# Whose end came first


GONE = "RuntimeError: Connection closed by peer"


def report(line: str, about: int | None = 1, rank: int | None = 9, category: str = "user-exception") -> Explanation:
    """Return what a launcher, whose log is that of rank 9, says of a rank."""
    return Explanation("ended", "It ended.", (), rank, line, category=category, about=about, position=0, certainty=WEAK)


def lost(rank: int, about: int | None = None) -> Explanation:
    return Explanation("gone", "Gone.", (), rank, GONE, is_echo=True, about=about, position=1, certainty=GENERAL)


def failed_run(role: str = "worker") -> RunSnapshot:
    ranks = tuple(RankState(rank, rank, 0, status=RunStatus.FAILED, exit_code=1, role=role) for rank in range(3))
    return dataclasses.replace(
        snapshot("r-1", RunStatus.FAILED), ranks=ranks, first_failure=FirstFailure(0, NOW, 1, "")
    )


NO_LOGS: dict[int | None, LogLines] = {}


@given(st.integers(2, 255))
def test_an_end_that_no_peer_brings_counts_though_others_lost_somebody(code: int) -> None:
    told = report(f"exit code {code}")
    counts = came_first(told, [told, lost(0)], NO_LOGS)
    assert counts == (code not in (6, 15, 134, 143))
    assert came_first(told, [told, lost(0)], NO_LOGS, failed_run()) == (code not in (15, 143))


@given(st.sampled_from([1, 6, 134]))
def test_of_a_run_whose_log_holds_all_that_a_rank_wrote_an_exit_without_a_word_counts(code: int) -> None:
    told = report(f"exit code {code}")
    assert came_first(told, [told, lost(0)], NO_LOGS, failed_run())
    assert not came_first(told, [told, lost(0)], NO_LOGS), "logs from elsewhere may lack what the rank said"


@given(POSIX)
def test_the_end_of_one_that_lost_somebody_itself_counts_only_where_it_died(code: int) -> None:
    told = report(f"exit code {code}")
    assert came_first(told, [told, lost(1)], NO_LOGS, failed_run()) == bool(died_of(code))


@given(POSIX)
def test_where_nobody_is_named_only_a_death_counts(code: int) -> None:
    told = report(f"exit code {code}", about=None, rank=None)
    assert came_first(told, [told, lost(0)], NO_LOGS) == bool(died_of(code))


@given(POSIX)
def test_where_others_wait_only_a_death_counts(code: int) -> None:
    told, waits = report(f"exit code {code}"), dataclasses.replace(lost(0), is_echo=False, is_symptom=True)
    assert came_first(told, [told, waits], NO_LOGS, failed_run()) == bool(died_of(code))


def test_one_that_was_told_to_stop_before_any_other_was_in_trouble_came_first() -> None:
    told = dataclasses.replace(report("got signal: 15", category="stopped"), rank=1)
    early = lines_of("2026-11-22 10:00:00,000 got signal: 15\nmore")
    late = lines_of(f"2026-11-22 10:00:05,000 step 3\n2026-11-22 10:00:07,000 {GONE}")
    assert came_first(told, [told, lost(0)], {1: early, 0: late})
    assert not came_first(told, [told, lost(0)], {1: lines_of(early.text.replace("10:00:00", "10:00:09")), 0: late})
    assert not came_first(told, [told, lost(0)], {1: early, 0: lines_of(f"step 3\n{GONE}")}), "no clock tells"


def test_below_a_launcher_the_writers_of_lines_are_those_that_lost_somebody() -> None:
    log = lines_of(f"step 1\n[rank2]: {GONE}\n{GONE}")
    assert lost_by([lost(0)], {0: log}) == {2}
    assert lost_by([dataclasses.replace(lost(0), position=2)], {0: log}) is None, "nobody knows whose line it is"
    launchers = dataclasses.replace(lost(0), position=2, line="mpirun noticed that a process was lost")
    assert lost_by([lost(0), launchers], {0: log}) == {2}
    assert lost_by([], {}) == set()


def test_a_report_without_a_code_counts_only_where_the_log_holds_all_that_the_rank_wrote() -> None:
    told = report("the process is gone")
    assert came_first(told, [told, lost(0)], NO_LOGS, failed_run())
    assert not came_first(told, [told, lost(0)], NO_LOGS)
