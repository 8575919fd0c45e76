"""Why runs failed: what is read of their folders, and what plugins make of it."""

from __future__ import annotations

import dataclasses
import json
import os
import struct
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from desktop_app.api import Diagnostic, Explanation, FailureReport, FirstFailure, RunSnapshot, RunStatus, Severity
from desktop_app.cli.explained import diagnosis_lines, diagnosis_shape
from desktop_app.core.diagnosis.model import Diagnosis, Place, Stand, Verdict
from desktop_app.places import Places
from desktop_app.presenters.run_failure import failure_of
from desktop_app.services.diagnosing.excerpts import TAIL, Excerpt, tail
from desktop_app.services.diagnosing.runs import (
    ALL_TAILS,
    MOST_RANKS,
    diagnose_run,
    failure_report,
    is_told_of,
    looked_at,
)
from desktop_app.services.diagnosing.sources import FileBytes
from tests.helpers.plugin_folders import write_plugin
from tests.helpers.plugin_hosts import MakeHost, plugin_hosts
from tests.helpers.run_folders import FolderOfRun, fail, make_run

KNOWS = """
from desktop_app.api import Explanation, hookimpl


@hookimpl
def explain_failure(report):
    found = []
    for rank, text in report.tails.items():
        for line in text.splitlines():
            if "closed by peer" in line:
                found.append(Explanation("peer-gone", "Another process was gone.", (), rank, line, True))
            elif "mat1 and mat2" in line:
                found.append(Explanation("shapes", f"Sizes don't fit in {report.job.code}.", ("Look.",), rank, line))
    return found
"""


@pytest.fixture
def make_host(places: Places) -> Iterator[MakeHost]:
    with plugin_hosts(places) as make:
        yield make


def failed(tmp_path: Path, processes: int = 2, rank: int = 1) -> FolderOfRun:
    return fail(make_run(tmp_path / "runs", "r-1", RunStatus.FAILED, processes=processes), rank)


async def test_plugins_say_the_cause_and_the_echoes(tmp_path: Path, places: Places, make_host: MakeHost) -> None:
    write_plugin(places.plugins, "knows", KNOWS)
    known = await diagnose_run(make_host(), failed(tmp_path).snapshot)
    assert [(each.code, each.rank, each.is_echo) for each in known.all] == [
        ("shapes", 1, False),
        ("peer-gone", 0, True),
    ]
    assert known.cause is known.all[0]
    assert known.cause.cause == "Sizes don't fit in src."


async def test_nothing_is_asked_on_the_callers_thread(
    tmp_path: Path, make_host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, threads = make_host(), []

    def asked(report: FailureReport) -> tuple[Explanation, ...]:
        threads.append(threading.current_thread())
        return ()

    monkeypatch.setattr(host, "explain_failure", asked)
    await diagnose_run(host, failed(tmp_path).snapshot)
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()


async def test_without_a_plugin_that_knows_the_exception_itself_is_said(tmp_path: Path, make_host: MakeHost) -> None:
    known = await diagnose_run(make_host(), failed(tmp_path).snapshot)
    assert known.cause is not None
    assert (known.cause.code, known.rank) == ("uncaught-exception", 1)
    assert known.cause.line == "RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x63 and 64x128)"
    assert known.place is not None
    assert known.place.file == "user_logs/std_log_process_1.txt"
    assert failed_line(tmp_path, known.place.line) == known.cause.line


def failed_line(tmp_path: Path, number: int) -> str:
    log = tmp_path / "runs" / "r-1" / "user_logs" / "std_log_process_1.txt"
    return log.read_text("utf-8").splitlines()[number - 1]


async def test_a_rank_that_was_killed_is_the_cause_though_nobody_said_a_word(
    tmp_path: Path, make_host: MakeHost
) -> None:
    made = make_run(tmp_path / "runs", "r-3", RunStatus.FAILED, processes=2)
    made.log(1).write_text("")
    assert made.snapshot.ended is not None
    run = dataclasses.replace(made.snapshot, first_failure=FirstFailure(1, made.snapshot.ended, -9))
    known = await diagnose_run(make_host(), run)
    assert known.cause is not None
    assert (known.cause.code, known.cause.category, known.rank) == ("killed", "oom-host", 1)


async def test_runs_that_did_not_fail_or_whose_folder_is_gone_are_left_alone(
    tmp_path: Path, places: Places, make_host: MakeHost
) -> None:
    write_plugin(places.plugins, "raises", KNOWS.replace("found = []", "raise SystemExit"))
    host = make_host()
    well = make_run(tmp_path / "runs", "r-2", RunStatus.COMPLETED).snapshot
    assert await diagnose_run(host, well) == Diagnosis()
    gone = dataclasses.replace(failed(tmp_path).snapshot, folder=str(tmp_path / "gone"))
    assert await diagnose_run(host, gone) == Diagnosis()
    assert not host.plugins[0].reason


async def test_a_plugin_that_raises_takes_nothing_from_others(
    tmp_path: Path, places: Places, make_host: MakeHost
) -> None:
    write_plugin(places.plugins, "a-raises", KNOWS.replace("found = []", "raise ValueError"))
    write_plugin(places.plugins, "knows", KNOWS)
    known = await diagnose_run(make_host(), failed(tmp_path).snapshot)
    assert known.cause is not None


def test_the_report_holds_codes_ends_of_logs_and_the_launchers(tmp_path: Path) -> None:
    made = failed(tmp_path)
    (made.path / "user_logs" / "mpirun.txt").write_text("mpirun: no\n")
    report = failure_report(dataclasses.replace(made.snapshot, launcher_logs=("user_logs/mpirun.txt",)))
    assert report.job.command == "python train.py --lr ${{inputs.lr}}"
    assert (report.first_rank, report.exit_codes, report.launcher) == (1, {0: -15, 1: 1}, "mpirun: no")
    assert report.tails[1].endswith("(32x63 and 64x128)")


def test_the_report_holds_what_the_plan_had_found(tmp_path: Path) -> None:
    made = failed(tmp_path)
    plan = json.loads((made.path / "plan.json").read_text("utf-8"))
    plan["diagnostics"] = [{"severity": "warning", "code": "shady", "message": "train.py, line 3: Shady."}]
    (made.path / "plan.json").write_text(json.dumps(plan), "utf-8")
    report = failure_report(made.snapshot)
    assert report.findings == (Diagnostic(Severity.WARNING, "shady", "train.py, line 3: Shady."),)


def test_where_the_plan_can_t_be_read_nothing_is_known_of_the_job(tmp_path: Path) -> None:
    made = failed(tmp_path)
    assert not failure_report(made.snapshot).is_foreign
    for text in ("", "[]", "{}", json.dumps({"job": 3})):
        (made.path / "plan.json").write_text(text)
        report = failure_report(made.snapshot)
        assert (report.is_foreign, report.job.command, report.first_rank) == (True, "", 1)


def test_the_logs_of_all_launchers_are_read_whatever_their_names(tmp_path: Path) -> None:
    made = failed(tmp_path)
    for name in ("head", "worker-1"):
        (made.path / "user_logs" / f"{name}.txt").write_text(f"{name}: no\n")
    logs = ("user_logs/head.txt", "user_logs/none.txt", "user_logs/worker-1.txt")
    report = failure_report(dataclasses.replace(made.snapshot, launcher_logs=logs))
    assert report.launcher == "head: no\nworker-1: no"
    assert failure_report(made.snapshot).launcher == ""


def test_the_first_to_fall_gets_the_longest_end_and_the_others_share_what_is_left(tmp_path: Path) -> None:
    made = make_run(tmp_path / "runs", "r-9", RunStatus.FAILED, nodes=16, processes=4)
    for each in made.snapshot.ranks:
        made.log(each.rank).write_bytes(b"a line\n" * 20_000)
    assert made.snapshot.ended is not None
    report = failure_report(dataclasses.replace(made.snapshot, first_failure=FirstFailure(7, made.snapshot.ended, 1)))
    assert len(report.tails[7]) > TAIL - 10
    assert sum(map(len, report.tails.values())) <= ALL_TAILS + TAIL


def test_many_long_logs_share_one_mebibyte_and_the_first_to_fall_keeps_its_own(tmp_path: Path) -> None:
    """Every other hook waits while one plugin explains: what it reads is bounded for all ranks together."""
    made = make_run(tmp_path / "runs", "r-9", RunStatus.FAILED, nodes=16, processes=4)
    for each in made.snapshot.ranks:
        made.log(each.rank).write_bytes(b'  File "/a/b/c.py", line 7, in f\n    raise RuntimeError("x" * 10)\n' * 1500)
    report = failure_report(made.snapshot)
    sizes = {rank: len(text.encode()) for rank, text in report.tails.items()}
    assert len(sizes) == 64
    assert sum(sizes.values()) <= ALL_TAILS + TAIL
    assert max(sizes.values()) <= TAIL


def test_of_a_long_log_whole_lines_of_the_end_are_read(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"".join(b"line %d of many\n" % each for each in range(20_000)) + b"\x1b[31mthe \xff end\x1b[0m\n")
    text = tail(FileBytes("log", log)).text
    assert len(text.encode()) <= TAIL
    assert text.splitlines()[0].startswith("line ")
    assert text.splitlines()[-1] == "the ÿ end"
    log.write_bytes(b"x" * 3 * TAIL)
    assert 0 < len(tail(FileBytes("log", log)).text) <= TAIL
    assert tail(FileBytes("none", tmp_path / "none")) == Excerpt()


@pytest.mark.parametrize(("first", "expected"), [(0, (0, 63)), (150, (119, 182)), (199, (136, 199))])
def test_of_many_ranks_those_around_the_first_to_fall_are_read(
    tmp_path: Path, first: int, expected: tuple[int, int]
) -> None:
    run = many(tmp_path, first)
    ranks = [each.rank for each in looked_at(run)]
    assert len(ranks) == MOST_RANKS
    assert abs(ranks[0] - expected[0]) <= 1
    assert abs(ranks[-1] - expected[1]) <= 1
    assert first in ranks


def test_ranks_that_failed_as_well_are_read_wherever_they_are(tmp_path: Path) -> None:
    run = many(tmp_path, 5)
    far = tuple(dataclasses.replace(each, status=RunStatus.FAILED) if each.rank == 190 else each for each in run.ranks)
    assert 190 in [each.rank for each in looked_at(dataclasses.replace(run, ranks=far))]


def many(tmp_path: Path, first: int) -> RunSnapshot:
    run = make_run(tmp_path / "runs", "r-1", RunStatus.FAILED, nodes=50, processes=4).snapshot
    assert run.ended is not None
    return dataclasses.replace(run, first_failure=FirstFailure(first, run.ended, 1))


LIMIT = "The time limit of 60 s (limits.timeout) was reached."


def out_of_time(tmp_path: Path, logs: tuple[str, str], wrote: tuple[float, float] = (50, 10)) -> RunSnapshot:
    """Make a run whose limit ended it; `wrote` is when its two ranks wrote their logs, in seconds after it began."""
    made = make_run(tmp_path / "runs", "r-5", RunStatus.CANCELED, seconds=70)
    assert made.snapshot.started is not None
    for rank, text in enumerate(logs):
        made.log(rank).write_text(text)
        began, lines = made.snapshot.started.timestamp(), text.splitlines(keepends=True)
        ends = [sum(map(len, lines[: place + 1])) for place in range(len(lines))]
        times = [began + wrote[rank] - len(lines) + 1 + place for place in range(len(lines))]
        marks = b"".join(struct.pack("<dQ", *each) for each in zip(times, ends, strict=True))
        (made.path / "clock" / f"{rank}.bin").write_bytes(marks)
    return dataclasses.replace(made.snapshot, reason=LIMIT, first_failure=None)


async def test_a_run_out_of_time_names_the_rank_that_was_silent_longest(tmp_path: Path, make_host: MakeHost) -> None:
    known = await diagnose_run(make_host(), out_of_time(tmp_path, ("step 1\nstep 2\n", "start\nstep 0\nstep 1\n")))
    assert (known.verdict, known.cause, known.rank) == (Verdict.SYMPTOMS_ONLY, None, None)
    (limit,) = known.symptoms
    assert "Rank 1 wrote nothing for the last 50 s, longer than any other; the last to write was rank 0" in limit.cause
    assert (limit.rank, limit.line) == (1, "step 1")
    assert known.place_of(limit) == Place("user_logs/std_log_process_1.txt", 3, 13)
    advice = " ".join(limit.advice)
    assert "py-spy dump" in advice
    assert "TORCH_DISTRIBUTED_DEBUG" in advice


async def test_a_rank_that_hardly_ever_writes_is_not_blamed_for_its_silence(
    tmp_path: Path, make_host: MakeHost
) -> None:
    known = await diagnose_run(make_host(), out_of_time(tmp_path, ("step 1\nstep 2\nstep 3\n", "rank 1 is here\n")))
    (limit,) = known.symptoms
    assert limit.rank is None
    assert "for the last 10 to 50 s; rank 1, the longest, also writes seldom otherwise." in limit.cause


async def test_ranks_that_fell_silent_together_are_not_told_apart(tmp_path: Path, make_host: MakeHost) -> None:
    known = await diagnose_run(make_host(), out_of_time(tmp_path, ("step 1\n", "step 1\n"), (20, 21)))
    assert known.symptoms[0].rank is None
    assert "All ranks that were left wrote nothing for the last 39 s." in known.symptoms[0].cause


@pytest.mark.parametrize("wrote", [float("nan"), float("inf"), -1e300])
async def test_a_damaged_clock_tells_nothing(wrote: float, tmp_path: Path, make_host: MakeHost) -> None:
    known = await diagnose_run(make_host(), out_of_time(tmp_path, ("step 1\n", "step 1\n"), (wrote, wrote)))
    assert (known.verdict, known.symptoms[0].rank) == (Verdict.SYMPTOMS_ONLY, None)


async def test_a_limit_longer_than_any_time_is_not_counted(tmp_path: Path, make_host: MakeHost) -> None:
    run = out_of_time(tmp_path, ("step 1\n", "start\nstep 0\nstep 1\n"))
    known = await diagnose_run(make_host(), dataclasses.replace(run, reason=LIMIT.replace("60", "9" * 14)))
    assert known.symptoms[0].rank == 1


async def test_a_run_out_of_time_keeps_a_cause_that_its_logs_hold(tmp_path: Path, make_host: MakeHost) -> None:
    raised = 'Traceback (most recent call last):\n  File "train.py", line 8, in <module>\nKeyError: 17\n'
    known = await diagnose_run(make_host(), out_of_time(tmp_path, ("step 1\n", raised)))
    assert known.cause is not None
    assert (known.cause.line, known.rank) == ("KeyError: 17", 1)
    stopped = raised.replace("KeyError: 17", "KeyboardInterrupt")
    known = await diagnose_run(make_host(), out_of_time(tmp_path / "other", ("step 1\n", stopped)))
    assert (known.verdict, known.symptoms[0].code) == (Verdict.SYMPTOMS_ONLY, "time-limit")


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (LIMIT, True),
        ("The job exceeded its timeout.", True),
        ("Canceled as you asked.", False),
        ("", False),
    ],
)
def test_of_canceled_runs_only_those_out_of_time_are_told_of(reason: str, told: bool, tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs", "r-6", RunStatus.CANCELED).snapshot
    assert is_told_of(dataclasses.replace(run, reason=reason)) is told


async def test_the_line_of_the_persons_own_script_is_told_as_the_code_folder_names_it(
    tmp_path: Path, make_host: MakeHost
) -> None:
    made = failed(tmp_path)
    known = await diagnose_run(make_host(), made.snapshot)
    assert known.code == Place("train.py", 41)
    (made.path / "plan.json").unlink()
    known = await diagnose_run(make_host(), made.snapshot)
    assert known.code == Place((made.path / "code" / "train.py").as_posix(), 41), "as the log names it"


WAITED = "RuntimeError: waited in vain"
LOST = "RuntimeError: Connection closed by peer"
KNOWS_WAITING = """
from desktop_app.api import Explanation, hookimpl


@hookimpl
def explain_failure(report):
    found = []
    for rank, text in report.tails.items():
        for line in text.splitlines():
            if "closed by peer" in line:
                found.append(Explanation("peer-gone", "Another process was gone.", (), rank, line, True))
            elif "in vain" in line:
                found.append(Explanation("waited", "It waited in vain.", ("Look.",), rank, line, is_symptom=True))
    return found
"""


def raised_at(made: FolderOfRun, rank: int, line: int, code: str, said: str) -> None:
    """Write a log that ends with an exception raised in a line of the run's script."""
    frame = f'  File "{made.path}/code/train.py", line {line}, in train\n    {code}\n'
    made.log(rank).write_text(f"step 3\nTraceback (most recent call last):\n{frame}{said}\n", "utf-8")


async def test_where_ranks_waited_at_different_lines_each_is_told(
    tmp_path: Path, places: Places, make_host: MakeHost
) -> None:
    write_plugin(places.plugins, "waiting", hooks=KNOWS_WAITING)
    made = fail(make_run(tmp_path / "runs", "r-1", RunStatus.FAILED, processes=3), 1)
    raised_at(made, 0, 46, "loss.backward()", LOST)
    raised_at(made, 1, 124, "dist.barrier()  # all of them", WAITED)
    raised_at(made, 2, 46, "loss.backward()", LOST)
    known = await diagnose_run(make_host(), made.snapshot)
    assert (known.verdict, known.code) == (Verdict.SYMPTOMS_ONLY, Place("train.py", 124))
    assert known.stands == (
        Stand((0, 2), Place("train.py", 46), "loss.backward()"),
        Stand((1,), Place("train.py", 124), "dist.barrier()  # all of them"),
    )  # fmt: skip
    lines = list(diagnosis_lines(known, made.snapshot))
    assert lines[0] == (
        "Cause", "No error says it, but the ranks fell at different lines of code: compare where each of them was.",
    )  # fmt: skip
    assert [text for title, text in lines if title == "Code"] == [
        "train.py:46   loss.backward()   (ranks 0, 2 were here)", "train.py:124   dist.barrier()   (rank 1 was here)",
    ]  # fmt: skip
    assert diagnosis_shape(known)["stands"][1] == {
        "ranks": [1], "file": "train.py", "line": 124, "text": "dist.barrier()",
    }  # fmt: skip
    card = failure_of(made.snapshot, known=known)
    assert card is not None
    assert card.advice[0] == (
        "Compare the lines at which they were: ranks 0, 2 at train.py:46 (loss.backward());"
        " rank 1 at train.py:124 (dist.barrier())."
    )
    for rank in (0, 2):
        raised_at(made, rank, 124, "dist.barrier()  # all of them", LOST)
    known = await diagnose_run(make_host(), made.snapshot)
    assert (known.stands, known.code) == ((), Place("train.py", 124)), "all were at one line"


async def test_of_a_rank_that_was_done_before_the_others_the_last_word_is_told(
    tmp_path: Path, places: Places, make_host: MakeHost
) -> None:
    write_plugin(places.plugins, "waiting", hooks=KNOWS_WAITING)
    made = fail(make_run(tmp_path / "runs", "r-1", RunStatus.FAILED, processes=2), 0)
    made.log(0).write_text(f"step 3\n{LOST}\n", "utf-8")
    made.log(1).write_text("no files for this shard\n", "utf-8")
    fallen, other = made.snapshot.first_failure, made.snapshot.ranks[1]
    assert fallen is not None
    ended = fallen.at - timedelta(seconds=2)
    done = dataclasses.replace(other, status=RunStatus.COMPLETED, exit_code=0, ended=ended)
    run = dataclasses.replace(made.snapshot, ranks=(made.snapshot.ranks[0], done))
    known = await diagnose_run(make_host(), run)
    assert (known.verdict, known.last_line, known.last_rank) == (Verdict.SYMPTOMS_ONLY, "no files for this shard", 1)
    lines = list(diagnosis_lines(known, run))
    assert lines[0] == ("Cause", "No error says it. Most likely it is that a rank was done before the others:")
    assert ("Last", "no files for this shard   (the last that rank 1 wrote)") in lines
    card = failure_of(run, known=known)
    assert card is not None
    assert (card.heading, card.text) == ("Rank 1 was done before the others", "")
    assert (
        "Rank 0 fell first, with exit code 1, as it had lost it. The last that rank 1 wrote: no files for this shard"
        in card.explanation
    )


async def test_the_text_of_that_line_is_the_tracebacks_else_the_runs_copy_of_the_code(
    tmp_path: Path, make_host: MakeHost
) -> None:
    made = failed(tmp_path)
    known = await diagnose_run(make_host(), made.snapshot)
    assert known.code_text == "logits = model(batch)"
    log = made.log(1)
    log.write_text(log.read_text("utf-8").replace("logits = model(batch)", ""), "utf-8")
    copy = made.path / "code" / "train.py"
    copy.parent.mkdir(exist_ok=True)
    copy.write_text("\n" * 40 + "    loss = logits - labels\n", "utf-8")
    known = await diagnose_run(make_host(), made.snapshot)
    assert known.code_text == "loss = logits - labels"
    card = failure_of(made.snapshot, known=known)
    assert card is not None
    assert "train.py:41 reads: loss = logits - labels" in card.spoken
    copy.write_text("only one line\n", "utf-8")
    assert (await diagnose_run(make_host(), made.snapshot)).code_text == ""
    if hasattr(os, "mkfifo"):
        copy.unlink()
        os.mkfifo(copy)
        assert (await diagnose_run(make_host(), made.snapshot)).code_text == "", "a pipe is not waited for"
