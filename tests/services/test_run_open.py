"""A colleague's bundle is opened like a run of one's own; a hostile or broken one leaves nothing behind."""

from __future__ import annotations

import json
import os
import stat
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from desktop_app.api import (
    DrillKind,
    DrillOrder,
    MetricPoint,
    OutsideError,
    RunSnapshot,
    RunStatus,
    UserError,
)
from desktop_app.compose import open_workbench
from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.core.redact import COVER
from desktop_app.services import bundle_zip
from desktop_app.services.diagnosing.runs import diagnose_run
from desktop_app.services.files import locked
from desktop_app.services.logs.merge import MergedLog
from desktop_app.services.logs.sources import log_sources
from desktop_app.services.run_bundle import Choices, bundle_run
from desktop_app.services.run_copies import plan_of, submitted_text
from desktop_app.services.run_open import is_bundle, open_bundle
from desktop_app.services.run_staging import Taking
from desktop_app.services.workbench import Workbench
from tests.helpers.run_folders import FolderOfRun, fail, make_run, train

NAME = "r-20261121-7f3k"


@pytest.fixture
def made(tmp_path: Path) -> FolderOfRun:
    """A failed run of four ranks in the home of whoever sends it."""
    made = make_run(tmp_path / "sender" / "runs", NAME, RunStatus.COMPLETED, nodes=2)
    train(made, 40)
    return fail(made, 3)


@pytest.fixture
def bundle(made: FolderOfRun, tmp_path: Path) -> Path:
    """Its bundle."""
    bundle_run(made.snapshot, tmp_path / "b.zip")
    return tmp_path / "b.zip"


async def seen(home: Path) -> tuple[Workbench, RunSnapshot]:
    """Return the run as a program over `home` shows it."""
    workbench = open_workbench(home)
    await workbench.monitor.refresh("local")
    return workbench, workbench.store.runs[f"local://{NAME}"]


def changed(bundle: Path, changes: Mapping[str, bytes | None] | None = None, name: str = "other.zip") -> Path:
    """Return a copy of a bundle in which files are others, more, or gone (None)."""
    target, changes = bundle.with_name(name), dict(changes or {})
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            if each not in changes:
                new.writestr(each, old.read(each))
        for added, data in changes.items():
            if data is not None:
                new.writestr(added, data)
    return target


def with_state(bundle: Path, **values: Any) -> Path:
    """Return a copy of a bundle whose state has other values."""
    with zipfile.ZipFile(bundle) as archive:
        state = json.loads(archive.read("run.json"))
    return changed(bundle, {"run.json": json.dumps(state | values).encode()})


def refusal(bundle: Path, runs: Path) -> str:
    """Return what is said of a bundle that is not opened, and see that nothing of it is left."""
    before = {each: each.stat().st_mtime_ns for each in runs.rglob("*")} if runs.exists() else {}
    with pytest.raises(UserError) as raised:
        open_bundle(bundle, runs)
    assert ({each: each.stat().st_mtime_ns for each in runs.rglob("*")} if runs.exists() else {}) == before
    assert "\n" not in raised.value.message
    return raised.value.message


async def test_it_is_a_run_like_ones_own(made: FolderOfRun, bundle: Path, tmp_path: Path) -> None:
    opened = open_bundle(bundle, tmp_path / "home" / "runs")
    workbench, run = await seen(tmp_path / "home")
    assert (run.status, run.is_over, run.first_failure) == (RunStatus.FAILED, True, made.snapshot.first_failure)
    assert run.from_bundle == opened.origin
    assert opened.origin.endswith(" UTC")
    assert run.folder == str(tmp_path / "home" / "runs" / NAME)
    backend = workbench.backend_of(run.handle)
    assert len(await backend.metrics(run.handle)) == 40 * 6
    assert len(await backend.resources(run.handle)) == 60 * 4
    theirs, ours = (
        [(each.rank, each.text, round(each.time, 3)) for each in MergedLog(list(log_sources(side))).lines()]
        for side in (made.snapshot, run)
    )
    assert ours == theirs
    assert len(ours) > 20
    assert (
        await diagnose_run(workbench.plugins, run)
        == await diagnose_run(workbench.plugins, made.snapshot)
        != Diagnosis()
    )
    assert submitted_text(run) == (made.path / "job.yml").read_text()
    await workbench.cloud.close()


@pytest.mark.parametrize("name", ["console", "a", "r.1", "com10", "x-"])
def test_names_that_only_look_odd_are_taken(name: str, bundle: Path, tmp_path: Path) -> None:
    assert open_bundle(with_state(bundle, run=name), tmp_path / "runs").folder.name == name


async def test_nothing_can_be_done_to_it_but_removing_it(bundle: Path, tmp_path: Path) -> None:
    open_bundle(bundle, tmp_path / "home" / "runs")
    workbench, run = await seen(tmp_path / "home")
    backend = workbench.backend_of(run.handle)
    with pytest.raises(UserError, match="is from elsewhere"):
        await backend.cancel(run.handle)
    with pytest.raises(UserError, match="is over"):
        await backend.drill(run.handle, DrillOrder(DrillKind.KILL, rank=0))  # type: ignore[attr-defined]
    await backend.remove(run.handle)
    assert not list((tmp_path / "home" / "runs").iterdir())
    await workbench.cloud.close()


async def test_of_a_run_that_went_on_nothing_goes_on(tmp_path: Path) -> None:
    made = make_run(tmp_path / "sender" / "runs", NAME, RunStatus.RUNNING)
    bundle_run(made.snapshot, tmp_path / "b.zip")
    open_bundle(tmp_path / "b.zip", tmp_path / "home" / "runs")
    before = (tmp_path / "home" / "runs" / NAME / "run.json").read_bytes()
    workbench, run = await seen(tmp_path / "home")
    assert (run.status, run.is_over) == (RunStatus.UNKNOWN, True)
    assert run.reason.startswith("It was Running when the bundle was made")
    assert {each.status for each in run.ranks} == {RunStatus.UNKNOWN}
    assert all(each.ended is not None for each in run.phases)
    assert (tmp_path / "home" / "runs" / NAME / "run.json").read_bytes() == before, "nobody closes it"
    await workbench.backend_of(run.handle).remove(run.handle)
    await workbench.cloud.close()


async def test_clocks_fit_logs_whose_secrets_are_covered(tmp_path: Path) -> None:
    made = make_run(tmp_path / "sender" / "runs", NAME, RunStatus.COMPLETED, processes=1)
    for number in range(50):
        secret = f"password=hunter{number:0{1 + number % 7}}x " if number % 3 else ""
        made.append(0, f"{secret}line {number}\n".encode(), 1000.0 + number)
    bundle_run(made.snapshot, tmp_path / "b.zip")
    open_bundle(tmp_path / "b.zip", tmp_path / "home" / "runs")
    workbench, run = await seen(tmp_path / "home")
    lines = list(MergedLog(list(log_sources(run))).lines())
    assert [each.time for each in lines] == [1000.0 + number for number in range(50)]
    assert {each.text.partition("line")[0] for each in lines} == {"", f"password={COVER} "}
    await workbench.cloud.close()


async def test_clocks_fit_logs_whose_midst_was_left_out(tmp_path: Path) -> None:
    made = make_run(tmp_path / "sender" / "runs", NAME, RunStatus.COMPLETED, processes=1)
    for number in range(1000):
        made.append(0, f"line {number}\n".encode(), 1000.0 + number)
    bundle_run(made.snapshot, tmp_path / "b.zip", Choices(limit=2000))
    open_bundle(tmp_path / "b.zip", tmp_path / "home" / "runs")
    workbench, run = await seen(tmp_path / "home")
    lines = [each for each in MergedLog(list(log_sources(run))).lines() if each.text.startswith("line")]
    assert len(lines) > 100
    assert all(each.time == 1000.0 + int(each.text.split()[1]) for each in lines)
    await workbench.cloud.close()


async def test_what_event_files_held_goes_along(made: FolderOfRun, tmp_path: Path) -> None:
    points = [MetricPoint("acc", each / 10, each, 1000.0 + each) for each in range(5)]
    bundle_run(made.snapshot, tmp_path / "b.zip", Choices(points=points, diagnosis=Diagnosis(only_echo=True)))
    opened = open_bundle(tmp_path / "b.zip", tmp_path / "home" / "runs")
    workbench, run = await seen(tmp_path / "home")
    assert list(await workbench.backend_of(run.handle).metrics(run.handle)) == points
    assert json.loads((opened.folder / "diagnosis.json").read_bytes())["only_echo"] is True
    await workbench.cloud.close()


def test_it_is_for_its_owner_alone_and_of_its_own_place(bundle: Path, tmp_path: Path) -> None:
    opened = open_bundle(changed(bundle, {"code/train.py": b"pass\n"}), tmp_path / "runs")
    if os.name == "posix":
        modes = {stat.S_IMODE(each.stat().st_mode) & 0o077 for each in (opened.folder, *opened.folder.rglob("*"))}
        assert modes == {0}
    run = json.loads((opened.folder / "run.json").read_bytes())
    assert not {"supervisor", "guardian", "mark", "host"} & run.keys()
    (file,) = plan_of(replace(_snapshot(), folder=str(opened.folder)))["files"]
    assert Path(file["source"]) == opened.folder / "code" / "train.py"


def _snapshot() -> RunSnapshot:
    return RunSnapshot(f"local://{NAME}", NAME, "local", RunStatus.FAILED, NAME, "", datetime.now(UTC))


def test_one_that_is_here_already(bundle: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    open_bundle(bundle, runs)
    assert refusal(bundle, runs) == f"b.zip can't be opened: a run {NAME} is here already."


def _linked(bundle: Path) -> Path:
    target = bundle.with_name("linked.zip")
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(target, "w") as new:
        for each in old.namelist():
            new.writestr(each, old.read(each))
        entry = zipfile.ZipInfo("user_logs/passwd.txt")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        new.writestr(entry, "/etc/passwd")
    return target


def _cut(bundle: Path) -> Path:
    target = bundle.with_name("cut.zip")
    target.write_bytes(bundle.read_bytes()[:-300])
    return target


def _bitten(bundle: Path) -> Path:
    """Damage what a log holds, and leave the list of files whole."""
    target, data = bundle.with_name("bitten.zip"), bytearray(bundle.read_bytes())
    with zipfile.ZipFile(bundle) as archive:
        entry = archive.getinfo("user_logs/std_log_process_3.txt")
    start = entry.header_offset + 30 + len(entry.filename)
    for place in range(start + 20, start + 60):
        data[place] ^= 0x5A
    target.write_bytes(data)
    return target


def _bomb(bundle: Path) -> Path:
    return changed(bundle, {"user_logs/std_log_process_0.txt": bytes(1 << 20)})


def _twice(bundle: Path) -> Path:
    return changed(bundle, {"user_logs/Std_log_process_1.TXT": b"", "user_logs/std_log_process_1.txt": b"x"})


def _text(bundle: Path) -> Path:
    bundle.with_name("text.zip").write_text("PK no zip")
    return bundle.with_name("text.zip")


def _paper(**values: Any) -> Callable[[Path], Path]:
    said = {"format": 1, "program": "Rank Zero 9", "host": "h", "bundled": "2026-11-22T10:00:00+00:00", **values}
    return lambda bundle: changed(bundle, {"bundle.json": json.dumps(said).encode()})


def _rank(**values: Any) -> Callable[[Path], Path]:
    rank = {"rank": 0, "local_rank": 0, "node": 0, "status": "Failed", **values}
    return lambda bundle: with_state(bundle, ranks=[rank], first_failure=None)


HOSTILE: Mapping[str, tuple[Callable[[Path], Path], str]] = {
    "leads up": (lambda b: changed(b, {"user_logs/../../../x.txt": b""}), "would lie outside the run's folder"),
    "is absolute": (lambda b: changed(b, {"/tmp/x.txt": b""}), "would lie outside the run's folder"),
    "is of Windows": (lambda b: changed(b, {"user_logs\\..\\x.txt": b""}), "would lie outside the run's folder"),
    "has a drive": (lambda b: changed(b, {"c:/x.txt": b""}), "would lie outside the run's folder"),
    "has a bell": (lambda b: changed(b, {"user_logs/\x07.txt": b""}), "is no name of a file"),
    "has a long name": (lambda b: changed(b, {f"user_logs/{'x' * 300}.txt": b""}), "is no name of a file"),
    "has links": (_linked, "“user_logs/passwd.txt” is a link, not a file"),
    "has twins": (_twice, "is in it twice"),
    "a file as folder": (lambda b: changed(b, {"user_logs": b""}), "is a file as well"),
    "cut": (_cut, "its end was cut off on the way"),
    "bitten": (_bitten, "user_logs/std_log_process_3.txt in it is damaged, or was cut off on the way"),
    "text": (_text, "it is no zip file"),
    "no bundle": (lambda b: changed(b, {"bundle.json": None}), "it holds no bundle.json, so it is no bundle"),
    "no state": (lambda b: changed(b, {"run.json": None}), "it holds no run.json"),
    "newer": (_paper(format=2), "it was written by a newer program (Rank Zero 9)"),
    "odd paper": (_paper(format="1"), "its bundle.json can't be understood"),
    "odd time": (_paper(bundled="0001-01-01T00:00:00+14:00"), "its bundle.json can't be understood"),
    "no object": (lambda b: changed(b, {"run.json": b"[]"}), "its run.json can't be understood"),
    "deep": (lambda b: changed(b, {"run.json": b"[" * 200_000}), "its run.json can't be understood"),
    "name leads up": (lambda b: with_state(b, run="../x"), "“run” in its run.json"),
    "name is hidden": (lambda b: with_state(b, run=".x"), "“run” in its run.json"),
    "name ends a line": (lambda b: with_state(b, run=f"{NAME}\n"), "“run” in its run.json"),
    "name is a device": (lambda b: with_state(b, run="Con"), "“run” in its run.json"),
    "name is a device with a suffix": (lambda b: with_state(b, run="nul.x"), "“run” in its run.json"),
    "name ends in a dot": (lambda b: with_state(b, run="x."), "“run” in its run.json"),
    "text is half a character": (lambda b: with_state(b, display_name="\ud800"), "“display_name” in its run.json"),
    "text is a number": (lambda b: with_state(b, display_name=7), "“display_name” in its run.json"),
    "status is none": (lambda b: with_state(b, status="Fine"), "its run.json can't be understood"),
    "time of nowhere": (lambda b: with_state(b, created="2026-11-22T10:00:00"), "“created” in its run.json"),
    "time of long ago": (lambda b: with_state(b, ended="0001-01-01T00:00:00Z"), "“ended” in its run.json"),
    "metric is a text": (lambda b: with_state(b, metrics={"loss": ["x", 1]}), "its run.json can't be understood"),
    "metric is a list": (lambda b: with_state(b, metrics={"loss": [[], 1]}), "“metrics.loss[0]” in its run.json"),
    "a rank too many": (_rank(rank=10**9), "“ranks” in its run.json"),
    "a rank below": (_rank(rank=-1), "“ranks” in its run.json"),
    "a rank that is a text": (_rank(rank="0"), "“ranks[0].rank” in its run.json"),
    "too many nodes": (lambda b: with_state(b, nodes=10**6), "“ranks” in its run.json"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_bundle_is_refused_in_a_sentence(case: str, bundle: Path, tmp_path: Path) -> None:
    make, why = HOSTILE[case]
    (tmp_path / "runs").mkdir()
    assert why in refusal(make(bundle), tmp_path / "runs")


def test_a_bomb(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = _bomb(bundle)
    open_bundle(bomb, tmp_path / "others")  # a megabyte of one letter is a log like any
    monkeypatch.setattr(bundle_zip, "HARMLESS", 1 << 19)
    monkeypatch.setattr(bundle_zip, "DENSEST", 20)
    assert "would become 1.1 MB, which no honest bundle does" in refusal(bomb, tmp_path / "runs")
    monkeypatch.setattr(bundle_zip, "MOST_FILES", 5)
    assert "files, which no run has" in refusal(bundle, tmp_path / "runs")


@pytest.mark.parametrize("name", ["run.json", "plan.json", "job.yml", "diagnosis.json", "packages.json", "bundle.json"])
def test_a_paper_without_end(name: str, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(bundle) as archive:
        longest = max(each.file_size for each in archive.infolist())
    monkeypatch.setattr(bundle_zip, "MOST_OF_A_PAPER", longest)
    endless = changed(bundle, {name: b" " * (longest + 1)})
    assert f"{name} in it is " in refusal(endless, tmp_path / "runs")
    open_bundle(changed(bundle, {"doctor.txt": b" " * (longest + 1)}), tmp_path / "runs")


def test_more_than_is_free(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 10})())
    with pytest.raises(OutsideError, match="10 B are free"):
        open_bundle(bundle, tmp_path / "runs")
    assert not list((tmp_path / "runs").iterdir())


def test_a_disk_that_takes_nothing(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(OutsideError, match=r"b.zip can't be opened"):
        open_bundle(bundle, tmp_path / "runs")


def test_what_is_not_there(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.zip", tmp_path / "runs") == f"{tmp_path / 'no.zip'} is not there."
    assert refusal(tmp_path, tmp_path / "runs") == f"{tmp_path} is no file."
    assert not is_bundle(tmp_path)


def test_what_others_added_is_passed_by(bundle: Path, tmp_path: Path) -> None:
    extra = {"__MACOSX/x": b"", "launch/0.json": b"{}", "requests/cancel": b"", ".lock": b"", "clock/x/y": b""}
    opened = open_bundle(changed(bundle, extra), tmp_path / "runs")
    assert not {"__MACOSX", "launch", "requests", ".lock"} & {each.name for each in opened.folder.iterdir()}
    assert is_bundle(bundle)


def test_paths_in_its_state_lead_nowhere_else(bundle: Path, tmp_path: Path) -> None:
    rank = {"rank": 0, "local_rank": 0, "node": 0, "status": "Failed", "log": "/etc/passwd", "pid": 1}
    state = {"ranks": [rank], "first_failure": None, "launcher_logs": ["../../../x.txt"], "folder": "/etc",
             "outputs": "/etc", "source": "/etc/passwd", "handle": "azureml://x", "backend": "azureml"}  # fmt: skip
    opened = open_bundle(with_state(bundle, **state), tmp_path / "runs")
    kept = json.loads((opened.folder / "run.json").read_bytes())
    assert [each["log"] for each in kept["ranks"]] == ["user_logs/std_log_process_0.txt"]
    assert (kept["launcher_logs"], kept["source"], kept["backend"]) == ([], "", "local")
    assert (kept["folder"], kept["outputs"]) == (str(opened.folder), str(opened.folder / "code" / "outputs"))


@pytest.mark.parametrize("plan", [b"[]", b"{}", b"{", b'{"shared": ["x"], "processes": 7}'])
def test_a_plan_that_is_none_is_not_kept(plan: bytes, bundle: Path, tmp_path: Path) -> None:
    opened = open_bundle(changed(bundle, {"plan.json": plan}), tmp_path / "runs")
    assert not (opened.folder / "plan.json").exists()


def test_a_plan_names_no_file_outside(made: FolderOfRun, bundle: Path, tmp_path: Path) -> None:
    plan = json.loads((made.path / "plan.json").read_bytes())
    plan["files"] = [
        {"source": "/etc/passwd", "target": each, "size": 1}
        for each in ("../../x", "/etc/passwd", "c:\\x", "a//b", "src/train.py")
    ]
    opened = open_bundle(changed(bundle, {"plan.json": json.dumps(plan).encode()}), tmp_path / "runs")
    kept = json.loads((opened.folder / "plan.json").read_bytes())
    assert [each["source"] for each in kept["files"]] == [str(opened.folder / "code" / "src" / "train.py")]


def test_lines_of_it_that_are_odd_are_passed_by(bundle: Path, tmp_path: Path) -> None:
    """Curves are drawn of what these files hold, whoever wrote them."""
    odd = b'{"rank":0,"time":1,"cpu":1,"memory":1,"gpu":"x"}\n{"rank":0,"time":NaN,"cpu":1,"memory":1}\n'
    fine = b'{"rank":0,"time":1,"cpu":1,"memory":1,"gpu":7}\n'
    metrics = b'{"name":"a","value":1,"step":1,"time":Infinity}\n{"name":"a","value":1,"step":1,"time":1}\n'
    given = {"resources.jsonl": odd + fine, "metrics.jsonl": metrics, "clock/0.bin": struct.pack("<dQ", 1.0, 1 << 60)}
    open_bundle(changed(bundle, given), tmp_path / "home" / "runs")
    workbench = open_workbench(tmp_path / "home")

    async def read() -> tuple[int, int]:
        backend = workbench.backends["local"]
        return len(await backend.resources(f"local://{NAME}")), len(await backend.metrics(f"local://{NAME}"))

    import asyncio

    assert asyncio.run(read()) == (1, 1)


def test_what_a_killed_program_left_is_deleted_later(bundle: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    killed, busy, before, young = (runs / f".r-{number}-x.opening" for number in range(4))
    for each in (killed, busy, before, young):
        each.mkdir(parents=True)
    past = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    for each in (busy, before):
        os.utime(each, (past, past))
    Path(f"{killed}.lock").touch()
    with locked(Path(f"{busy}.lock")):
        open_bundle(bundle, runs)
    assert {each.name for each in runs.iterdir()} == {busy.name, f"{busy.name}.lock", young.name, NAME}


def test_how_far_it_is_is_told_and_who_gives_up_finds_nothing(bundle: Path, tmp_path: Path) -> None:
    told: list[tuple[str, float | None]] = []
    taking = Taking(lambda said, part: told.append((said, part)))
    open_bundle(bundle, tmp_path / "one", taking)
    assert told[0] == ("Reading b.zip", None)
    assert told[-1][0].startswith("Unpacking b.zip: ")
    assert told[-1][1] == 1.0
    parts = [part for _, part in told if part is not None]
    assert parts == sorted(parts)
    taking = Taking(lambda said, part: taking.stop() if part else None)
    with pytest.raises(UserError, match="Opening was given up"):
        open_bundle(bundle, tmp_path / "two", taking)
    assert list((tmp_path / "two").iterdir()) == []


def test_no_secret_of_variables_arguments_and_logs_is_in_it(tmp_path: Path) -> None:
    made = make_run(tmp_path / "sender" / "runs", NAME, RunStatus.COMPLETED)
    plan = json.loads((made.path / "plan.json").read_bytes())
    secrets = {"WANDB_API_KEY": "c0ffee0123456789wandb", "HF_TOKEN": "hf_abcdefghijklmnopqrstuvwx"}
    plan["processes"][0]["environment"] |= secrets
    plan["processes"][1]["argv"] = ["python", "train.py", "--api-key", "s3cr3tvalue", "--password=pa55word1"]
    signed = "https://store.blob.core.windows.net/c/f?sv=2022&sig=AbC%2Fd3fgh%3D"
    plan["job"]["command"] = f"python train.py --data '{signed}'"
    (made.path / "plan.json").write_text(json.dumps(plan))
    for rank, text in enumerate(("c0ffee0123456789wandb", f"download {signed} password: pa55word1")):
        made.append(rank, f"using {text}\n".encode(), 1.0)
    snapshot = replace(made.snapshot, reason=f"Failed with {secrets['HF_TOKEN']}.", tags={"api_key": "t4gs3cret99"})
    made.write_state(snapshot)
    points = [MetricPoint("loss c0ffee0123456789wandb", 1.0, 1, 1.0)]
    found = bundle_run(snapshot, tmp_path / "b.zip", Choices(points=points, diagnosis=Diagnosis()))
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        everything = "\n".join(archive.read(each).decode("utf-8", "replace") for each in archive.namelist())
    for secret in (*secrets.values(), "s3cr3tvalue", "pa55word1", "AbC%2Fd3fgh", "t4gs3cret99"):
        assert secret not in everything, secret
    assert sum(found.covered.values()) >= 8
    open_bundle(tmp_path / "b.zip", tmp_path / "home" / "runs")
    kept = json.loads((tmp_path / "home" / "runs" / NAME / "run.json").read_bytes())
    assert kept["tags"] == {"api_key": COVER}
