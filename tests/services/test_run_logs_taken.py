"""Logs from elsewhere are taken in as a run to look at, whole or not at all."""

from __future__ import annotations

import gzip
import json
import os
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from desktop_app.api import RunStatus, UserError
from desktop_app.compose import open_workbench
from desktop_app.services.diagnosing import sources, unpacking
from desktop_app.services.diagnosing.gathering import gathered
from desktop_app.services.diagnosing.sources import MemoryBytes
from desktop_app.services.logs.sources import FIRST_LAUNCHER, logs_of
from desktop_app.services.run_logs_taken import open_paths, take_logs
from desktop_app.services.run_staging import Taking


def folder_of(tmp_path: Path, **logs: str) -> Path:
    folder = tmp_path / "from the cluster"
    for name, text in logs.items():
        path = folder / name.replace("__", "/").replace("_log", ".log")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


async def test_ranks_and_others_have_their_logs_and_the_run_is_only_looked_at(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, rank0_log="zero\n", rank1_log="one\n", slurm_log="srun: error\n")
    opened = take_logs([folder], tmp_path / "home" / "runs")
    workbench = open_workbench(tmp_path / "home")
    await workbench.monitor.refresh("local")
    run = workbench.store.runs[opened.handle]
    assert (run.status, run.display_name, run.is_over) == (RunStatus.FAILED, "from the cluster", True)
    assert opened.origin.startswith("logs in from the cluster, ")
    found = {each.number: Path(run.folder, each.path).read_text() for each in logs_of(run)}
    assert found == {0: "zero\n", 1: "one\n", FIRST_LAUNCHER: "srun: error\n"}
    assert [each.name for each in logs_of(run)][-1] == "slurm"
    with pytest.raises(UserError, match="nothing of it runs here"):
        await workbench.backend_of(run.handle).cancel(run.handle)
    await workbench.backend_of(run.handle).remove(run.handle)
    assert sorted(each.name for each in folder.iterdir()) == ["rank0.log", "rank1.log", "slurm.log"]
    assert (folder / "rank0.log").read_text() == "zero\n", "what was taken in stays where it was"
    workbench.plugins.close()
    await workbench.cloud.close()


def test_two_logs_of_one_rank_become_one_and_neither_is_written_to(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, attempt_0__3__stdout_log="out", attempt_0__3__stderr_log="err\n")
    run = take_logs([folder], tmp_path / "runs")
    assert sorted((run.folder / "user_logs").iterdir())[0].name == "std_log_process_3.txt"
    text = (run.folder / "user_logs" / "std_log_process_3.txt").read_text()
    assert sorted(text.splitlines()) == ["err", "out"]
    assert (folder / "attempt_0" / "3" / "stdout.log").read_text() == "out"


def test_packed_logs_are_unpacked_and_names_stay_apart(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, a__run_log="a", b__run_log="b")
    (folder / "c.log.gz").write_bytes(gzip.compress(b"packed\n"))
    run = take_logs([folder], tmp_path / "runs")
    texts = sorted(each.read_text() for each in (run.folder / "user_logs").iterdir())
    assert texts == ["a", "b", "packed\n"]


def test_where_there_is_no_log_it_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "zero.log").touch()
    with pytest.raises(UserError, match="There is no log in empty") as raised:
        take_logs([folder], tmp_path / "runs")
    assert raised.value.hint == "zero.log is empty."
    with pytest.raises(UserError, match="gone is not there"):
        take_logs([tmp_path / "gone"], tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_name_that_leads_outside_stays_inside(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, **{"..hidden.log": "x"})
    run = take_logs([folder / "..hidden.log"], tmp_path / "runs")
    (log,) = (run.folder / "user_logs").iterdir()
    assert log.read_text() == "x"
    assert os.path.commonpath([log, run.folder]) == str(run.folder)


@pytest.mark.parametrize(
    "names",
    [
        ("train-2.log", "train.log", "train.out"),
        ("attempt_0/std_log_process_3.txt", "attempt_1/std_log_process_3.txt", "std-log-process-3.out"),
        ("Run.log", "run.out", "RUN.err", "run-2.log"),
    ],
)
def test_names_that_meet_overwrite_neither_each_other_nor_the_originals(tmp_path: Path, names: tuple[str, ...]) -> None:
    folder = tmp_path / "logs"
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name}\n")
    run = take_logs([folder], tmp_path / "runs")
    assert {name: (folder / name).read_text() for name in names} == {name: f"{name}\n" for name in names}
    texts = "".join(each.read_text() for each in (run.folder / "user_logs").iterdir()).split()
    assert sorted(texts) == sorted(names)


def test_what_is_written_to_an_original_later_is_not_in_the_run(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, rank0_log="the first run\n")
    run = take_logs([folder], tmp_path / "runs")
    (folder / "rank0.log").write_text("the second run\n")
    assert (run.folder / "user_logs" / "std_log_process_0.txt").read_text() == "the first run\n"


def test_a_link_that_leads_out_and_a_pipe_are_left_alone_and_said(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, rank0_log="zero\n")
    (tmp_path / "private.txt").write_text("secret\n")
    (folder / "rank1.log").symlink_to(tmp_path / "private.txt")
    (folder / "rank2.log").symlink_to(folder / "rank0.log")
    os.mkfifo(folder / "rank3.log")
    found = gathered([folder])
    assert [each.rank for each in found.logs] == [0], "what a second name leads to is there once"
    assert sorted(found.missing) == [
        "rank1.log is a link that leads out of from the cluster; it was not followed.",
        "rank3.log can't be read: it is a pipe or a device, no file.",
    ]
    assert gathered([folder / "rank1.log"]).logs, "a link that is named itself is meant"


def test_a_folder_whose_name_is_no_text_is_taken_in(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/job\xff"))
    folder.mkdir()
    (folder / "rank0.log").write_text("zero\n")
    run = take_logs([folder], tmp_path / "runs")
    assert json.loads((run.folder / "run.json").read_bytes())["display_name"] == "job?"


def test_packed_logs_are_read_from_their_ends_within_a_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "_SMALL", 1000)
    monkeypatch.setattr(unpacking, "KEPT", 3000)
    monkeypatch.setattr(unpacking, "ALL_KEPT", 5000)
    long = b"".join(b"line %05d\n" % number for number in range(1000))
    (tmp_path / "rank0.log.gz").write_bytes(gzip.compress(long))
    found = gathered([tmp_path / "rank0.log.gz"])
    (log,) = (each.log for each in found.logs)
    assert log.read(0, log.size()).endswith(b"line 00999\n")
    assert sources.newlines_before(log, log.size()) == 1000
    assert "only the last 0 MB were read" in found.missing[0]
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        for rank in range(3):
            archive.writestr(f"rank{rank}.log", long)
    found = gathered([tmp_path / "logs.zip"])
    assert len(found.logs) == 2
    assert found.missing[-1].endswith(
        "logs.zip not all was looked at: the logs before took the 5,000 bytes that are kept at once."
    )
    monkeypatch.setattr(unpacking, "MOST_UNPACKED", 2000)
    assert "it unpacks to more than 2,000 bytes." in " ".join(gathered([tmp_path / "rank0.log.gz"]).missing)


def test_once_the_budget_is_used_of_each_log_is_said_what_is_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "_SMALL", 100)
    monkeypatch.setattr(unpacking, "MOST_UNPACKED", 2000)
    for rank in range(4):
        (tmp_path / f"rank{rank}.log.gz").write_bytes(gzip.compress(b"line\n" * 300))
    found = gathered([tmp_path / f"rank{rank}.log.gz" for rank in range(4)])
    assert [each.rank for each in found.logs] == [0]
    said = [each.removeprefix(f"{tmp_path}/") for each in found.missing]
    why = "what came before took the 2,000 bytes that are unpacked at once."
    assert said == [
        "rank1.log.gz was not looked at: it and what came before unpack to more than 2,000 bytes.",
        f"rank2.log.gz was not looked at: {why}", f"rank3.log.gz was not looked at: {why}",
    ]  # fmt: skip


@pytest.mark.parametrize("packed", ["logs.zip", "logs.tar"])
def test_of_an_archive_is_said_once_that_the_rest_was_not_looked_at(
    packed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "_SMALL", 100)
    monkeypatch.setattr(unpacking, "MOST_UNPACKED", 2000)
    for rank in range(5):
        (tmp_path / f"rank{rank}.log").write_bytes(b"line\n" * 300)
    names = [f"rank{rank}.log" for rank in range(5)]
    if packed.endswith("zip"):
        with zipfile.ZipFile(tmp_path / packed, "w") as archive:
            for name in names:
                archive.write(tmp_path / name, name)
    else:
        with tarfile.open(tmp_path / packed, "w") as tar:
            for name in names:
                tar.add(tmp_path / name, name)
    found = gathered([tmp_path / packed])
    assert [each.rank for each in found.logs] == [0]
    assert [each.removeprefix(f"{tmp_path}/") for each in found.missing] == [
        f"{packed}/rank1.log was not looked at: it and what came before unpack to more than 2,000 bytes.",
        f"Of {tmp_path}/{packed} not all was looked at: what came before took the 2,000 bytes that are unpacked at"
        " once.",
    ]


def test_how_far_it_is_is_told_and_who_gives_up_finds_nothing(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, rank0_log="zero\n" * 100, rank1_log="one\n")
    told: list[tuple[str, float | None]] = []
    take_logs([folder], tmp_path / "runs", Taking(lambda said, part: told.append((said, part))))
    assert told[0] == ("Looking for logs in from the cluster", None)
    assert told[-1] == ("Taking the logs in: 504 B of 504 B", 1.0)
    taking = Taking(lambda said, part: taking.stop() if part else None)
    with pytest.raises(UserError, match="Opening was given up"):
        take_logs([folder], tmp_path / "others", taking)
    assert list((tmp_path / "others").iterdir()) == []


def test_while_logs_are_looked_for_it_can_be_given_up_as_well(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, rank0_log="zero\n")
    taking = Taking()
    taking.stop()
    with pytest.raises(UserError, match="given up"):
        take_logs([folder], tmp_path / "runs", taking)
    assert not (tmp_path / "runs").exists()


def test_a_zip_of_logs_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    ends = unpacking.Unpacking._ends

    def counted(of: unpacking.Unpacking, file: IO[bytes], name: str) -> Iterator[MemoryBytes]:
        read.append(name)
        return ends(of, file, name)

    monkeypatch.setattr(unpacking.Unpacking, "_ends", counted)
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.writestr("rank0.log", "zero\n")
    run = open_paths([tmp_path / "logs.zip"], tmp_path / "runs")
    assert read == [f"{tmp_path / 'logs.zip'}/rank0.log"]
    assert (run.folder / "user_logs" / "std_log_process_0.txt").read_text() == "zero\n"


def test_letters_of_two_bytes_and_zeros_of_a_crash_are_taken_in_as_text(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, rank0_log="x")
    (folder / "rank0.log").write_bytes("Größe 3 ist zu klein\n".encode("utf-16-le") + b"\0" * 9_000)
    (folder / "rank1.log").write_bytes("Größe 3\n".encode("utf-16"))
    run = take_logs([folder], tmp_path / "runs")
    logs = run.folder / "user_logs"
    assert (logs / "std_log_process_0.txt").read_bytes().decode() == "Größe 3 ist zu klein\n"
    assert (logs / "std_log_process_1.txt").read_bytes().decode() == "Größe 3\n"
