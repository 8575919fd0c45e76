"""Logs from anywhere: what is found below a folder, whose it is, and what no log may be too odd for."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import random
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop_app.cli.explained import diagnosis_lines
from desktop_app.core.diagnosis.model import Diagnosis, Part, Place, Verdict
from desktop_app.places import Places
from desktop_app.services.diagnosing import excerpts, placing
from desktop_app.services.diagnosing.choosing import MOST
from desktop_app.services.diagnosing.excerpts import TAIL, begun_further_back, tail
from desktop_app.services.diagnosing.foreign import diagnosed
from desktop_app.services.diagnosing.gathering import ranks_of
from desktop_app.services.diagnosing.sources import FileBytes
from desktop_app.services.plugins import PluginHost
from tests.helpers.plugin_folders import write_plugin
from tests.helpers.plugin_hosts import plugin_hosts

RAISED = """Traceback (most recent call last):
  File "train.py", line 81, in <module>
    step()
ValueError: bad sample 17
"""
LINE = "ValueError: bad sample 17"
ECHO = "Connection closed by peer [10.0.0.4]:29500\n"
KNOWS = """
from desktop_app.api import hookimpl
from desktop_app.api.kit import Knowledge, Signature, explain_by
from desktop_app.api.kit.knowledge import Kind

KNOWN = Knowledge((
    Signature("peer-gone", "network", Kind.ECHO, ("closed by peer",), "Another process was gone."),
    Signature("timed-out", "timeout-symptom-only", Kind.SYMPTOM, ("Watchdog",), "It waited.",
              rerun={"NCCL_DEBUG": "INFO"}),
    Signature("hostile", "nan", Kind.CAUSE, (r"quiet (x+x+)+y",), "Hostile."),
))


@hookimpl
def explain_failure(report):
    return explain_by(KNOWN, report)
"""


@pytest.fixture
def host(places: Places) -> Iterator[PluginHost]:
    write_plugin(places.plugins, "knows", KNOWS)
    with plugin_hosts(places) as make:
        yield make()


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


def steps(count: int) -> str:
    return "".join(f"step {each} loss 0.{each:06d}\n" for each in range(count))


def cause_of(known: Diagnosis) -> tuple[str, int | None, str, int]:
    """The line, the rank, the file and the number of the line in it."""
    assert known.cause is not None
    assert known.place is not None
    return known.cause.line, known.rank, known.place.file, known.place.line


def test_the_rank_that_fell_is_named_with_line_and_place(host: PluginHost, logs: Path) -> None:
    (logs / "std_log_process_0.txt").write_text(steps(3) + ECHO)
    (logs / "std_log_process_1.txt").write_text(steps(3) + RAISED)
    known = diagnosed(host, [logs])
    assert cause_of(known) == (LINE, 1, "std_log_process_1.txt", 7)
    (echo,) = known.echoes
    place = known.place_of(echo)
    assert place is not None
    assert (echo.rank, place.file, place.line) == (0, "std_log_process_0.txt", 4)
    assert [(each.rank, each.part) for each in known.falls] == [(1, Part.CAUSE), (0, Part.ECHO)]


def test_files_are_named_as_the_person_named_them(host: PluginHost, logs: Path) -> None:
    log = logs / "some text of mine"
    log.write_text(RAISED)
    assert cause_of(diagnosed(host, [log])) == (LINE, None, str(log), 4)
    other = logs / "rank1.log"
    other.write_text(steps(2))
    assert cause_of(diagnosed(host, [log, other]))[2] == str(log)


def test_symptoms_alone_say_what_to_run_next(host: PluginHost, logs: Path) -> None:
    for rank in range(2):
        (logs / f"rank{rank}.log").write_text(steps(3) + "Watchdog caught a time-out\n")
    known = diagnosed(host, [logs])
    assert (known.verdict, known.cause) == (Verdict.SYMPTOMS_ONLY, None)
    assert [each.title for each in known.steps] == ["Run again with NCCL_DEBUG=INFO"]


def test_empty_logs_and_a_missing_rank_are_said(host: PluginHost, logs: Path) -> None:
    (logs / "rank0.log").write_text("")
    known = diagnosed(host, [logs])
    assert (known.verdict, known.is_read) == (Verdict.NOTHING, False)
    assert known.missing == ("rank0.log is empty.",)
    (logs / "rank0.log").write_text(RAISED)
    (logs / "rank1.log").write_text(ECHO)
    (logs / "rank3.log").write_text(ECHO)
    known = diagnosed(host, [logs])
    assert known.missing == ("There is no log of rank 2.",)
    assert cause_of(known)[:2] == (LINE, 0)


def test_a_folder_without_any_log_holds_nothing(host: PluginHost, logs: Path) -> None:
    (logs / "train.py").write_text("raise ValueError('bad')\n")
    known = diagnosed(host, [logs])
    assert known == Diagnosis(missing=("By their names logs holds no logs: one file of other kinds.",))
    (logs / "train.py").unlink()
    assert diagnosed(host, [logs]).missing == ("logs is empty.",)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1"])
def test_other_encodings_are_read(host: PluginHost, logs: Path, encoding: str) -> None:
    text = (steps(4000) + RAISED.replace("bad sample", "schlechte Größe")).encode(encoding)
    (logs / "rank0.log").write_bytes(b"\xfe\xff" + text if encoding == "utf-16-be" else text)
    assert cause_of(diagnosed(host, [logs])) == ("ValueError: schlechte Größe 17", 0, "rank0.log", 4004)


def test_colours_and_progress_bars_are_passed_over(host: PluginHost, logs: Path) -> None:
    bar = "\r".join(f" {each}%|{'#' * (each // 2)}" for each in range(100))
    raised = "".join(f"\x1b[31m{line}\x1b[0m\r\n" for line in RAISED.splitlines())
    (logs / "rank0.log").write_bytes((bar * 200 + "\n" + raised).encode())
    assert cause_of(diagnosed(host, [logs])) == (LINE, 0, "rank0.log", 5)


def test_lines_of_ten_megabytes_are_passed_over(host: PluginHost, logs: Path) -> None:
    (logs / "rank0.log").write_text(steps(10) + RAISED + "x" * 10_000_000 + "\n")
    assert cause_of(diagnosed(host, [logs])) == (LINE, 0, "rank0.log", 14)
    (logs / "rank0.log").write_text("x" * 10_000_000)
    assert diagnosed(host, [logs]).verdict is Verdict.NOTHING


def test_a_log_that_ends_in_the_middle_of_the_traceback_is_still_told(host: PluginHost, logs: Path) -> None:
    (logs / "rank0.log").write_text(steps(3) + RAISED[: RAISED.index("ValueError")])
    known = diagnosed(host, [logs])
    assert (known.verdict, known.cause) == (Verdict.SYMPTOMS_ONLY, None)
    assert known.missing == ("The log of rank 0 ends in the middle of a traceback: get the rest of it.",)


def test_a_tail_that_begins_amid_a_traceback_and_what_stands_further_back(host: PluginHost, logs: Path) -> None:
    after = "frame of native code without a word\n" * (3 * TAIL // 30)
    for size in (0, 20_000):
        (logs / "rank1.log").write_text(steps(size) + RAISED + after)
        (logs / "rank0.log").write_text(steps(size) + ECHO)
        assert cause_of(diagnosed(host, [logs])) == (LINE, 1, "rank1.log", size + 4)


@pytest.mark.parametrize("raised", ["rank0.err", "rank0.out"])
def test_further_back_each_file_of_a_process_counts(host: PluginHost, logs: Path, raised: str) -> None:
    after = "frame of native code without a word\n" * (3 * TAIL // 30)
    for name in ("rank0.err", "rank0.out"):
        begin = RAISED if name == raised else "Error: saving was tried again\n"
        (logs / name).write_text(steps(20_000) + begin + after)
    assert cause_of(diagnosed(host, [logs])) == (LINE, 0, raised, 20_004)


def test_no_more_is_looked_through_than_there_is_time_for(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = {}
    for rank in range(4):
        (logs / f"{rank}").write_text(steps(50_000) + RAISED + steps(9_000))
        ends[rank] = tail(FileBytes(f"{rank}", logs / f"{rank}"))
    assert set(begun_further_back(ends)) == {0, 1, 2, 3}
    monkeypatch.setattr(excerpts, "FURTHEST", 3 * excerpts.BACK // 2)
    assert set(begun_further_back(ends)) == {0, 1}


def test_interleaved_writers_are_told_apart(host: PluginHost, logs: Path) -> None:
    lines = [f"[rank2]: {line}" for line in RAISED.splitlines()]
    mixed = "\n".join(each for line in lines for each in (line, "[rank0]: step 3 loss 0.1"))
    (logs / "all.log").write_text(f"{mixed}\n[rank0]: {ECHO}")
    known = diagnosed(host, [logs])
    assert cause_of(known) == (f"[rank2]: {LINE}", 2, "all.log", 7)


def test_clocks_that_disagree_by_hours_change_nothing(host: PluginHost, logs: Path) -> None:
    for rank, hour in ((0, 10), (1, 3)):
        text = "".join(f"2026-11-22 {hour:02d}:00:{each:02d} step {each}\n" for each in range(50))
        (logs / f"rank{rank}.log").write_text(text + (RAISED if rank else ECHO))
    assert cause_of(diagnosed(host, [logs]))[:2] == (LINE, 1)


def test_bytes_that_are_no_text_are_said_and_skipped(host: PluginHost, logs: Path) -> None:
    (logs / "model.log").write_bytes(bytes(range(256)) * 40)
    (logs / "rank0.log").write_bytes(b"\x00\x00" + RAISED.encode() + b"\x00\n")
    known = diagnosed(host, [logs])
    assert known.missing == ("model.log is no text; it was not looked at.",)
    assert cause_of(known)[0] == LINE


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_can_t_be_read_is_said(host: PluginHost, logs: Path) -> None:
    (logs / "rank0.log").write_text(RAISED)
    (logs / "rank0.log").chmod(0)
    assert "rank0.log can't be read" in diagnosed(host, [logs]).missing[0]


def test_what_vanishes_or_leads_nowhere_is_said(host: PluginHost, logs: Path) -> None:
    (logs / "rank0.log").symlink_to(logs / "gone")
    (logs / "damaged.gz").write_bytes(b"no gzip")
    (logs / "rank1.log.zst").write_bytes(b"\x28\xb5\x2f\xfd and more")
    assert diagnosed(host, [logs]).missing == (
        f"rank0.log is a link to {logs / 'gone'}, which is not there.",
        "damaged.gz can't be read: it is damaged: it does not begin as a .gz file does.",
        "rank1.log.zst can't be read: it is packed with zstd; unpack it first (zstd -d rank1.log.zst).",
    )


def test_zeros_that_a_crash_leaves_are_passed_over(host: PluginHost, logs: Path) -> None:
    log = logs / "rank0.log"
    log.write_text(steps(3) + RAISED)
    os.truncate(log, 3_000_000_000)  # a hole: what was allotted and never written
    assert cause_of(diagnosed(host, [logs])) == (LINE, 0, "rank0.log", 7)
    for text in (RAISED + "\0" * 200_000, "\0" * 200_000 + RAISED, steps(3) + "\0" * 6_000 + RAISED + "\0"):
        log.write_text(text)
        assert cause_of(diagnosed(host, [logs])) == (LINE, 0, "rank0.log", text.count("\n"))
    log.write_bytes(RAISED.encode("utf-16-le") + b"\0" * 9_000)
    assert cause_of(diagnosed(host, [logs])) == (LINE, 0, "rank0.log", 4)
    log.write_bytes(b"\0" * 9_000)
    assert diagnosed(host, [logs]).missing == ("rank0.log is empty: it holds nothing but zeros.",)


def test_wide_letters_are_known_without_a_mark_and_small_numbers_are_none(host: PluginHost, logs: Path) -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        (logs / "rank0.log").write_bytes(f"Шаг 1, потери 0.25\n{RAISED}".encode(encoding))
        assert cause_of(diagnosed(host, [logs])) == (LINE, 0, "rank0.log", 5)
    (logs / "rank0.log").write_bytes(b"".join(number.to_bytes(2, "little") for number in range(1, 250)) * 40)
    assert diagnosed(host, [logs]).missing == ("rank0.log is no text; it was not looked at.",)


PACKED = [("rank0.log.bz2", bz2.compress), ("rank0.log.xz", lzma.compress), ("rank0.log", gzip.compress)]


@pytest.mark.parametrize(("name", "pack"), PACKED)
def test_what_is_packed_is_known_by_its_beginning(
    host: PluginHost, logs: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    (logs / name).write_bytes(pack((steps(9) + RAISED).encode()))
    assert cause_of(diagnosed(host, [logs])) == (LINE, 0, name, 13)


def test_far_back_in_a_huge_log_the_byte_is_said_and_nothing_is_counted(
    host: PluginHost, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "COUNTED", 3 * TAIL)
    for size, is_counted in ((2_000, True), (40_000, False)):
        text = steps(size) + RAISED
        (logs / "rank0.log").write_text(text)
        place = diagnosed(host, [logs]).place
        assert place is not None
        assert place == Place("rank0.log", text.count("\n") if is_counted else 0, text.index(LINE))
    line = f"rank0.log, from byte {text.index(LINE):,} on"
    assert ("In", line) in diagnosis_lines(diagnosed(host, [logs]))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_the_byte_that_is_said_begins_the_line(host: PluginHost, logs: Path, encoding: str) -> None:
    data = (steps(9_000) + RAISED).encode(encoding)
    (logs / "rank0.log").write_bytes(data)
    place = diagnosed(host, [logs]).place
    assert place is not None
    assert data[place.offset :].decode(encoding).rstrip() == LINE


def test_of_what_was_cut_off_the_beginning_is_read(host: PluginHost, logs: Path) -> None:
    noise = random.Random(8).randbytes(400_000).hex()
    (logs / "rank0.log.gz").write_bytes(gzip.compress(f"{RAISED}{noise}\n".encode())[:200_000])
    known = diagnosed(host, [logs])
    assert cause_of(known) == (LINE, 0, "rank0.log.gz", 4)
    assert known.missing == ("rank0.log.gz is damaged or cut off; what stands before that was read.",)


def test_a_tar_is_read_and_a_folder_may_have_any_name(host: PluginHost, logs: Path) -> None:
    (logs / "code").mkdir()
    (logs / "code" / "rank1.log").write_text(RAISED)
    assert cause_of(diagnosed(host, [logs])) == (LINE, 1, "code/rank1.log", 4)
    with tarfile.open(logs / "logs.tgz", "w:gz") as archive:
        archive.add(logs / "code", "job/clock")
    (logs / "code" / "rank1.log").unlink()
    assert cause_of(diagnosed(host, [logs])) == (LINE, 1, "logs.tgz/job/clock/rank1.log", 4)
    (logs / "run.json").write_text("{}")
    (logs / "logs.tgz").unlink()
    (logs / "code" / "rank1.log").write_text(RAISED)
    assert diagnosed(host, [logs]).cause is None, "beside a run's state it is the code"


def test_names_that_would_break_a_line_are_shown_as_one(host: PluginHost, logs: Path) -> None:
    (logs / "rank0\n\u202egol.log").write_text("")
    assert diagnosed(host, [logs]).missing == ("rank0··gol.log is empty.",)


def test_of_very_many_ranks_the_odd_one_is_found(host: PluginHost, logs: Path) -> None:
    for rank in range(10_000):
        (logs / f"rank{rank}.log").write_text(RAISED if rank == 7013 else f"step {rank}\n{ECHO}")
    known = diagnosed(host, [logs])
    assert cause_of(known) == (LINE, 7013, "rank7013.log", 4)
    assert len(known.echoes) == MOST - 1
    assert known.missing == ("Of 10,000 logs 64 were read closely: of those that end alike a few.",)


def test_a_hostile_expression_of_another_s_plugin_holds_up_no_one_for_ever(host: PluginHost, logs: Path) -> None:
    (logs / "rank0.log").write_text("quiet " + "x" * 40 + "\n" + RAISED)
    known = diagnosed(host, [logs])
    assert cause_of(known)[:2] == (LINE, 0)
    assert host.plugins[0].reason


def test_packed_logs_are_read(host: PluginHost, logs: Path) -> None:
    (logs / "rank0.log.gz").write_bytes(gzip.compress((steps(9) + RAISED).encode()))
    assert cause_of(diagnosed(host, [logs])) == (LINE, 0, "rank0.log.gz", 13)
    with zipfile.ZipFile(logs / "bundle.zip", "w") as archive:
        archive.writestr("user_logs/std_log_process_3.txt", RAISED)
        archive.writestr("code/train.py", "raise ValueError")
    (logs / "rank0.log.gz").unlink()
    assert cause_of(diagnosed(host, [logs])) == (LINE, 3, "bundle.zip/user_logs/std_log_process_3.txt", 4)


def test_output_and_errors_of_one_process_are_one_log(host: PluginHost, logs: Path) -> None:
    for rank in range(2):
        folder = logs / "job_1" / "attempt_0" / str(rank)
        folder.mkdir(parents=True)
        (folder / "stdout.log").write_text(steps(3))
        (folder / "stderr.log").write_text(RAISED if rank else ECHO)
    known = diagnosed(host, [logs])
    assert cause_of(known) == (LINE, 1, "job_1/attempt_0/1/stderr.log", 4)


def test_json_lines_are_read_as_what_they_say(host: PluginHost, logs: Path) -> None:
    lines = [{"time": "2026-11-22T10:00:00Z", "message": each} for each in RAISED.splitlines()]
    (logs / "rank0.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert cause_of(diagnosed(host, [logs])) == (LINE, 0, "rank0.jsonl", 4)


def test_a_line_that_is_json_nested_too_deep_is_text(host: PluginHost, logs: Path) -> None:
    deep = '{"a":' * 1_500 + "1" + "}" * 1_500
    (logs / "rank0.log").write_text(f"{RAISED}{deep}")
    assert cause_of(diagnosed(host, [logs])) == (LINE, 0, "rank0.log", 4)


NAMES = [
    (["user_logs/std_log_process_00.txt", "user_logs/std_log_process_12.txt"], [0, 12]),
    (["azureml-logs/70_driver_log_0.txt", "azureml-logs/70_driver_log_3.txt"], [0, 3]),
    (["azureml-logs/70_driver_log.txt", "user_logs/std_log.txt"], [None, 0]),
    (["rank0.log", "logs/rank_1.txt", "out/rank-02"], [0, 1, 2]),
    (["1/rank.0/stdout", "1/rank.1/stderr"], [0, 1]),
    (["run_x/attempt_0/0/stderr.log", "run_x/attempt_0/3/stdout.log"], [0, 3]),
    (["run_x/attempt_0/0/stderr.log", "run_x/attempt_1/0/stderr.log"], [None, 0]),
    (["logs/worker-0/stdout", "logs/worker-1/stdout"], [0, 1]),
    (["job-master-0.log", "job-worker-0.log", "job-worker-1.log"], [0, 1, 2]),
    (["slurm-77.out", "slurm-78.out"], [None, None]),
    (["train_0.log", "train_1.log", "train_2.log", "launcher.log"], [0, 1, 2, None]),
    (["log.1", "log.2"], [1, 2]),
    (["train.log"], [None]),
    (["mpirun.txt", "epoch_3.txt"], [None, None]),
    (["preprocess_2024.log", "proc-123456.log", "crank3.log"], [None, None, None]),
]


@pytest.mark.parametrize(("names", "ranks"), NAMES)
def test_whose_a_log_is_is_told_by_its_name(names: list[str], ranks: list[int | None]) -> None:
    assert ranks_of(names) == ranks
