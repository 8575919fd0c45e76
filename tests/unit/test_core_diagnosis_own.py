"""What the program reads itself: exceptions nobody knows, signals, time stamps, and who fell when."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from desktop_app.api import Explanation, FirstFailure, RankState, RemedyKind, RunStatus
from desktop_app.api.failures import UNKNOWN_RANKS
from desktop_app.api.kit.log_lines import lines_of
from desktop_app.core.diagnosis.clock import agree, stamp_of, time_at
from desktop_app.core.diagnosis.exceptions import WEAK, meaning
from desktop_app.core.diagnosis.falls import falls_of_logs, falls_of_run
from desktop_app.core.diagnosis.foreign import judged_logs
from desktop_app.core.diagnosis.judging import judged
from desktop_app.core.diagnosis.model import Part, Verdict
from desktop_app.core.diagnosis.own import own_explanations
from desktop_app.core.diagnosis.reported import ERROR_LINE
from desktop_app.core.diagnosis.silent import of_the_end
from tests.helpers.snapshots import NOW, snapshot

RAISED = 'Traceback (most recent call last):\n  File "t.py", line 3, in f\n    g()\n'
KINDS = [
    ("ModuleNotFoundError: No module named 'apex.amp'", "missing-module", False),
    ("ImportError: libcudart.so.11.0: cannot open shared object file", "missing-library", False),
    ("ImportError: cannot import name 'x' from 'y'", "missing-module", False),
    ("FileNotFoundError: [Errno 2] No such file or directory: '/data/a'", "missing-file", False),
    ("PermissionError: [Errno 13] Permission denied: '/mnt/a'", "permission", False),
    ("OSError: [Errno 28] No space left on device", "storage-full", False),
    ("MemoryError", "oom-host", False),
    ("torch.OutOfMemoryError: CUDA out of memory.", "oom-gpu", False),
    ("IndentationError: unexpected indent", "syntax-error", False),
    ("KeyboardInterrupt", "stopped", False),
    ("KeyError: 'timeout'", "user-exception", False),
    ("my.own.CustomError: no such thing", "user-exception", False),
    ("RuntimeError: Connection reset by peer", "network", True),
    ("ConnectionRefusedError: [Errno 111] Connection refused", "network", True),
    ("torch.distributed.DistBackendError: NCCL error", "network", True),
]


@pytest.mark.parametrize(("line", "category", "symptom"), KINDS)
def test_an_exception_nobody_knows_is_named_by_its_type(line: str, category: str, symptom: bool) -> None:
    (found,) = own_explanations((), {3: f"{RAISED}{line}\n"})
    assert (found.category, found.is_symptom, found.line, found.rank) == (category, symptom, line, 3)
    assert found.position == 3
    assert (judged_logs((), {3: f"{RAISED}{line}"}).verdict is Verdict.CAUSE) is not symptom


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("KeyError: 'weight_decay'", "print its keys()"),
        ("ZeroDivisionError: division by zero", "is 0"),
        ("AttributeError: 'NoneType' object has no attribute 'group'", "Something is None there"),
        ("AttributeError: 'list' object has no attribute 'to'", "Print type()"),
        ("ValueError: too many values to unpack (expected 2)", "number of names"),
        ("my.own.CustomError: no such thing", "Print the values"),
    ],
)
def test_what_to_do_about_an_exception_is_said_by_its_type_and_words(line: str, advice: str) -> None:
    (found,) = own_explanations((), {3: f"{RAISED}{line}\n"})
    assert advice in found.advice[0]


def test_a_cause_says_the_message_also_where_it_is_long_or_wrapped() -> None:
    assert (
        meaning("ValueError", f"ValueError: {'far ' * 99}").cause == f"The program raised ValueError: {'far ' * 39}far…"
    )
    wrapped = "StagingError: in user code: IndexError: tuple index out of range"
    assert meaning("StagingError", wrapped).cause == "The program raised IndexError: tuple index out of range."
    assert meaning("AssertionError", "AssertionError").cause == "The program raised AssertionError."


def test_a_missing_module_can_be_added() -> None:
    remedy = meaning("ModuleNotFoundError", "ModuleNotFoundError: No module named 'apex.amp'").remedy
    assert remedy is not None
    assert (remedy.kind, remedy.value) == (RemedyKind.ADD_PACKAGE, "apex")


def test_what_a_plugin_says_of_any_line_of_an_exception_stands_for_it() -> None:
    text = f"{RAISED}RuntimeError: it broke\nbecause of this"
    for position in (0, 3, 4):
        told = Explanation("told", "Told.", (), 0, text.split("\n")[position], position=position)
        assert own_explanations([told], {0: text}) == ()
    elsewhere = Explanation("told", "Told.", (), 1, "RuntimeError: it broke", position=3)
    assert len(own_explanations([elsewhere], {0: text})) == 1


def test_an_echo_right_after_an_exception_of_the_script_does_not_excuse_it() -> None:
    text = f"{RAISED}KeyError: 3\nthe peer is gone"
    echo = Explanation("gone", "Gone.", (), 0, "the peer is gone", is_echo=True, position=4)
    assert [each.line for each in own_explanations([echo], {0: text})] == ["KeyError: 3"]


def test_only_where_nobody_knows_anything_the_first_error_is_guessed() -> None:
    text = "WARNING: error rate is high\nERROR: the thing broke\nERROR: so did another"
    (found,) = own_explanations((), {0: text})
    assert (found.code, found.line, found.position) == (ERROR_LINE, "ERROR: the thing broke", 1)
    assert found.certainty < WEAK
    waits = Explanation("late", "Late.", (), 1, "x", is_symptom=True)
    assert own_explanations([waits], {0: text}) == ()
    assert own_explanations((), {0: "epoch 1\nINFO no error\nepoch 2"}) == ()


@pytest.mark.parametrize(
    ("code", "category"),
    [(-9, "oom-host"), (137, "oom-host"), (-11, "signal"), (139, "signal"), (-24, "stopped"), (-25, "storage-quota")],
)
def test_a_rank_that_was_killed_for_what_it_did_is_named(code: int, category: str) -> None:
    run = dataclasses.replace(snapshot("r-1", RunStatus.FAILED), first_failure=FirstFailure(1, NOW, code))
    (found,) = of_the_end(run, (), {})
    assert (found.category, found.rank, found.certainty) == (category, 1, WEAK)
    assert judged([found], run, {}).cause == found


@pytest.mark.parametrize(
    ("code", "category"),
    [(1, "user-exception"), (3, "user-exception"), (-6, "signal"), (-10, "signal"), (-15, "stopped")],
)
def test_one_that_fell_first_without_a_word_is_named_unless_its_log_tells_more(code: int, category: str) -> None:
    run = dataclasses.replace(snapshot("r-1", RunStatus.FAILED), first_failure=FirstFailure(1, NOW, code))
    (found,) = of_the_end(run, (), {})
    assert (found.code, found.category, found.rank, found.certainty) == ("ended-by-itself", category, 1, WEAK)
    gone = Explanation("gone", "Gone.", (), 1, "x", is_echo=True)
    assert of_the_end(run, [gone], {}) == ()
    others = dataclasses.replace(gone, rank=0)
    known = judged([others, *of_the_end(run, [others], {})], run, {})
    assert (known.cause, known.rank) == (found, 1)
    assert of_the_end(snapshot("r-1", RunStatus.FAILED), (), {}) == ()


def test_what_its_own_log_says_of_an_error_counts_for_more_than_its_exit_code() -> None:
    run = dataclasses.replace(snapshot("r-1", RunStatus.FAILED), first_failure=FirstFailure(1, NOW, 1))
    (found,) = of_the_end(run, (), {1: "epoch 1\nerror: 14 images are damaged"})
    assert (found.code, found.line, found.position) == (ERROR_LINE, "error: 14 images are damaged", 1)


def test_a_program_that_the_script_called_is_its_own_affair_and_that_of_a_launcher_not() -> None:
    line = "subprocess.CalledProcessError: Command '['tar', '-xf', 'a.tar']' returned non-zero exit status 2."
    assert meaning("CalledProcessError", line).cause == "tar, which the script started, failed: exit status 2."
    frames = '  File "/x/torch/distributed/launch.py", line 3, in main'
    assert meaning("CalledProcessError", line, frames).code == "launcher-raised"


STAMPS = [
    ("2026-11-22 10:03:04,567 INFO x", datetime(2026, 11, 22, 10, 3, 4, 567000, UTC)),
    ("[2026-11-22T10:03:04.567891Z] x", datetime(2026, 11, 22, 10, 3, 4, 567891, UTC)),
    ("2026/11/22 10:03:04 x", datetime(2026, 11, 22, 10, 3, 4, tzinfo=UTC)),
    ("2026-11-22T12:03:04+02:00 x", datetime(2026, 11, 22, 10, 3, 4, tzinfo=UTC)),
    ("[rank0]:[E1122 10:03:04.567891000 Process", datetime(2000, 11, 22, 10, 3, 4, 567891, UTC)),
    ("2026-13-45 10:03:04 x", None),
    ("0001-01-01T00:00:00+14:00 x", None),
    ("9999-12-31 23:59:59 x", None),
    ("epoch 1 took 10:03:04", None),
]


@pytest.mark.parametrize(("line", "at"), STAMPS)
def test_time_stamps_are_read(line: str, at: datetime | None) -> None:
    assert stamp_of(line) == at


def test_a_line_without_a_stamp_was_written_at_the_last_one_of_its_writer() -> None:
    log = lines_of("[rank0]: 2026-11-22 10:00:01 a\n[rank1]: 2026-11-22 10:00:05 b\n[rank0]: KeyError: 3")
    at = time_at(log, 2)
    assert at is not None
    assert at.second == 1
    assert not agree([log, lines_of("no stamp")])
    assert not agree([log, lines_of("2026-11-22 14:00:00 x")])
    assert agree([log, lines_of("2026-11-22 10:10:00 x")])


def test_who_fell_when_is_told_by_the_ends_of_processes() -> None:
    run = snapshot("r-1", RunStatus.FAILED)
    ends = (2, 1, None, 3)
    codes = (1, 1, None, 0)
    states = (RunStatus.FAILED, RunStatus.FAILED, RunStatus.CANCELED, RunStatus.COMPLETED)
    ranks = tuple(
        RankState(
            number, number, 0, states[number], exit_code=codes[number],
            ended=NOW + timedelta(seconds=end) if end is not None else None,
        )
        for number, end in enumerate(ends)
    )  # fmt: skip
    run = dataclasses.replace(run, ranks=ranks, first_failure=FirstFailure(1, NOW, 1))
    cause = Explanation("cause", "So.", (), 1, "KeyError: 3", position=0)
    echo = Explanation("gone", "Gone.", (), 0, "closed by peer", is_echo=True)
    falls = falls_of_run(judged([cause, echo], run, {}), run).falls
    assert [(each.rank, each.part, each.order) for each in falls] == [
        (1, Part.CAUSE, 0), (0, Part.ECHO, 1), (3, Part.FINISHED, 2), (2, Part.STOPPED, 3),
    ]  # fmt: skip
    assert (falls[0].text, falls[0].exit_code) == ("KeyError: 3", 1)


def test_who_fell_when_is_told_by_stamps_where_there_is_no_run() -> None:
    tails = {
        0: "2026-11-22 10:00:09 closed by peer",
        1: f"2026-11-22 10:00:04 step 3\n{RAISED}KeyError: 3",
        2: "2026-11-22 10:00:08 fine",
        UNKNOWN_RANKS: "2026-11-22 10:00:08 launcher",
    }
    echo = Explanation("gone", "Gone.", (), 0, tails[0], is_echo=True, position=0)
    falls = falls_of_logs(judged_logs([echo], tails), tails).falls
    assert [(each.rank, each.part) for each in falls] == [(1, Part.CAUSE), (0, Part.ECHO), (2, Part.SILENT)]
    assert falls[0].at == datetime(2026, 11, 22, 10, 0, 4, tzinfo=UTC)


def test_the_rank_that_a_launcher_names_says_it_in_its_own_words() -> None:
    line = "MPI_ABORT was invoked on rank 2"
    report = Explanation("aborted", "Rank 2 ended the job.", (), None, line, about=2, certainty=0.5)
    (found,) = own_explanations([report], {2: "epoch 1\nerror: 14 images are damaged", 1: "error: nobody asked"})
    assert (found.rank, found.line) == (2, "error: 14 images are damaged")
    assert judged([report, found], None, {}, report.line).cause == found
    sure = dataclasses.replace(report, certainty=0.9)
    assert own_explanations([sure], {2: "error: 14 images are damaged"}) == ()


def test_what_a_program_says_as_it_gives_up_is_the_cause_where_a_launcher_only_tells_who() -> None:
    log = "step 1\nerror: 14 images of /data are damaged\nbye\nexitcode : -6 (pid: 9) (SIGABRT)\n"
    report = Explanation("who", "Rank 1 fell.", (), 0, log.splitlines()[3], about=1, position=3, certainty=WEAK)
    (found,) = own_explanations([report], {0: log})
    assert (found.code, found.line, found.about) == (ERROR_LINE, "error: 14 images of /data are damaged", 1)
    assert own_explanations([report], {0: log.replace("error:", "errors so far:")}) == ()


@pytest.mark.parametrize(
    ("log", "advice"),
    [
        ("loading\nFATAL: the licence server is gone\nbye\n", "Read the lines around it."),
        ("FATAL: the licence server is gone\n\n", "Look for what it names. The log holds no other line"),
    ],
)
def test_an_error_that_no_plugin_knows_is_said_so_with_advice_that_its_log_bears(log: str, advice: str) -> None:
    (found,) = own_explanations((), {0: log})
    assert found.cause == "No plugin knows this error; this is the first line that speaks of one."
    assert found.advice[0].startswith(advice)
