"""Exports that go wrong in every way: one message with the way out, the old file as it was, and nothing left behind."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest

from desktop_app.api import OutsideError, UserError, Value
from desktop_app.core.exports.report import Verdict
from desktop_app.places import Places
from desktop_app.services.exports.isolation import limits
from desktop_app.services.workbench import Workbench
from tests.helpers import model_files
from tests.helpers.faulty_exports import export, faulty_home, faulty_workbench, left_in, model_file
from tests.helpers.made_toolchains import toolchain_or_skip
from tests.helpers.program import Program
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and rights")


@pytest.fixture(scope="module")
def onnx() -> Path:
    return toolchain_or_skip("onnx")


@pytest.fixture
async def workbench(no_orphans: Places, onnx: Path) -> AsyncIterator[Workbench]:
    made = faulty_workbench(no_orphans, onnx)
    yield made
    await made.exports.close()
    made.plugins.close()
    assert not list(no_orphans.workers.glob("*"))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """An empty folder with the model's code and an old file where the new one would go."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "old.onnx").write_bytes(b"old")
    return folder


SAID = {
    "raise": "the layers don't fit",
    "say": "Did you mean Network?",
    "exit": "its code ended the program with sys.exit(3)",
    "exit-hard": "ended with code 0",
    "kill": "SIGKILL, perhaps by the system for want of memory",
    "crash": "SIGABRT",
    "ask": "asked for input",
    "deep": "recursion",
    "delete": "No such file",
}


async def test_what_goes_wrong_while_loading_is_one_message(workbench: Workbench, work: Path) -> None:
    for fault, words in SAID.items():
        if fault == "delete":
            continue  # it is noticed when the cases are written
        with pytest.raises(UserError) as failed:
            await export(workbench, work, target=work / "old.onnx", overwrite=True, prepare=fault)
        assert words in str(failed.value), fault
        assert "\n" not in failed.value.message, fault
    assert (work / "old.onnx").read_bytes() == b"old"
    assert workbench.exports.reports() == []
    assert (await export(workbench, work)).verdict is Verdict.PASS  # the next one isn't touched by it


async def test_what_goes_wrong_on_a_route_is_its_reason(workbench: Workbench, work: Path) -> None:
    for fault in ("raise", "exit", "kill", "delete"):
        report = await export(workbench, work, target=work / "old.onnx", overwrite=True, route=fault)
        assert (report.verdict, report.output) == (Verdict.FAIL, ""), fault
        assert SAID[fault] in report.reason, fault
    assert (work / "old.onnx").read_bytes() == b"old"
    assert left_in(work) == ["m.py", "old.onnx"]


@pytest.mark.parametrize("fault", ["print", "move", "thread"])
async def test_what_a_model_may_do_changes_nothing(workbench: Workbench, work: Path, fault: str) -> None:
    report = await export(workbench, work, prepare=fault)
    assert (report.verdict, left_in(work)) == (Verdict.PASS, ["m.onnx", "m.py", "old.onnx"])
    assert (await export(workbench, work, overwrite=True)).verdict is Verdict.PASS


async def test_a_model_that_never_ends_is_stopped_by_the_clock_or_by_the_person(
    workbench: Workbench, work: Path
) -> None:
    with pytest.raises(UserError, match="longer than 1 second") as late:
        await export(workbench, work, prepare="loop", timeout=1)
    assert "timeout" in late.value.hint
    mark = work / "mark"
    going = asyncio.create_task(export(workbench, work, prepare="loop", mark=str(mark)))
    await asyncio.to_thread(wait_until, mark.exists)
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going
    mark.unlink()
    assert left_in(work) == ["m.py", "old.onnx"]
    assert workbench.exports.reports() == []
    assert not list(workbench.places.exports.glob("e-*"))


async def test_a_model_that_takes_all_memory_is_stopped_before_the_machine_is(
    workbench: Workbench, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "available", lambda: 1 << 30)
    monkeypatch.setattr(limits, "spare", lambda: (1 << 30) - (300 << 20))
    with pytest.raises(UserError, match="of memory that were free"):
        await export(workbench, work, prepare="memory")


async def test_a_child_that_a_model_leaves_ends_with_the_worker(workbench: Workbench, work: Path) -> None:
    report = await export(workbench, work, prepare="fork", mark=str(work / "mark"))
    assert report.verdict is Verdict.PASS
    child = psutil.Process(int((work / "mark").read_text()))
    await workbench.exports.close()
    await asyncio.to_thread(wait_until, lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


async def test_two_exports_to_one_target_don_t_mix(workbench: Workbench, work: Path) -> None:
    ends = await asyncio.gather(*(export(workbench, work) for _ in range(2)), return_exceptions=True)
    refused = [each for each in ends if isinstance(each, UserError)]
    assert len(refused) == 1
    assert "m.onnx" in refused[0].message
    assert left_in(work) == ["m.onnx", "m.py", "old.onnx"]
    assert len(workbench.exports.reports()) == 1


async def test_targets_that_can_t_be_written(workbench: Workbench, work: Path) -> None:
    targets = {"old.onnx": "is there already", ".": "is a folder", "gone/m.onnx": "isn't there"}
    for target, words in targets.items():
        with pytest.raises(UserError, match=words) as refused:
            await export(workbench, work, target=work / target, prepare="kill")  # said before anything is started
        assert refused.value.hint


async def test_a_target_s_folder_that_vanishes(workbench: Workbench, work: Path) -> None:
    (work / "goes").mkdir()
    with pytest.raises(UserError, match=r"goes isn't there"):
        await _with_folder_that_vanishes(workbench, work)
    assert workbench.exports.reports() == []


async def _with_folder_that_vanishes(workbench: Workbench, work: Path) -> None:
    place = workbench.exports._finish

    def vanish(*arguments: object) -> object:
        (work / "goes").rmdir()
        return place(*arguments)  # type: ignore[arg-type]

    workbench.exports._finish = vanish  # type: ignore[method-assign,assignment]
    try:
        await export(workbench, work, target=work / "goes" / "m.onnx")
    finally:
        del workbench.exports._finish


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    mounted = subprocess.run(mount, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small disk can't be mounted: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


async def test_a_target_s_disk_that_fills_leaves_the_old_file(
    workbench: Workbench, work: Path, small_disk: Path
) -> None:
    (small_disk / "m.onnx").write_bytes(b"old")
    with pytest.raises(OutsideError, match="No space left"):
        await export(workbench, work, target=small_disk / "m.onnx", overwrite=True, pad=6 << 20)
    assert left_in(small_disk) == ["m.onnx"]
    assert (small_disk / "m.onnx").read_bytes() == b"old"
    assert workbench.exports.reports() == []


async def test_a_disk_that_fills_while_it_works_is_the_outside_world_s_fault(
    workbench: Workbench, work: Path, small_disk: Path
) -> None:
    workbench.places.exports.symlink_to(small_disk)
    for stage in ("prepare", "route"):
        options: dict[str, Value] = {stage: "fill"}
        with pytest.raises(OutsideError, match="disk is full"):
            await export(workbench, work, target=None, overwrite=False, **options)
    assert left_in(small_disk) == []


@pytest.fixture
def faulty(program: Program, no_orphans: Places, onnx: Path, work: Path) -> Program:
    faulty_home(no_orphans, onnx)
    model_file(work)
    return Program(program.home, work, program.environment, program.started)


def test_codes_and_words_of_the_verb(faulty: Program, work: Path, tmp_path: Path) -> None:
    right = faulty("export", "m.py:build", "--plugin", "faulty", "--output", "m.onnx", "--json")
    assert (right.code, right.json["verdict"]) == (0, "pass"), right.err
    wrong = faulty("export", "m.py:build", "--plugin", "faulty", "--output", "n.onnx", "--set", "route=raise", "--json")
    assert (wrong.code, wrong.json["verdict"], wrong.json["output"]) == (1, "fail", None), wrong.err
    evil = {"w": model_files.tensor(0, 2), "x": model_files.call("os.system", model_files.text("touch ran"))}
    model_files.torch_zip(work / "evil.pt", model_files.mapping(evil))
    other = faulty("export", "evil.pt", "--plugin", "tensorflow", "--output", "n.onnx", "--json")
    assert (other.code, "tensorflow" in other.json["error"]["message"]) == (1, True), other.err
    assert left_in(work) == ["evil.pt", "m.onnx", "m.py", "old.onnx"]
    listed = faulty("export", "--list", "--json").json
    assert "faulty" in [each["exporter"] for each in listed["exporters"]]
    assert sorted(each["verdict"] for each in listed["exports"]) == ["fail", "pass"]
    assert faulty("export").code == 2


def test_ctrl_c_and_kill_leave_nothing_after_the_next_start(faulty: Program, no_orphans: Places, work: Path) -> None:
    verb = ("export", "m.py:build", "--plugin", "faulty", "--output", "old.onnx", "--overwrite")
    mark = work / "mark"
    for number, code, stage in ((signal.SIGINT, 130, "prepare"), (signal.SIGKILL, -9, "route")):
        process = faulty.start(*verb, "--set", f"{stage}=loop", "--set", f"mark={mark}")
        wait_until(mark.exists)
        mark.unlink()
        worker = next(each for each in psutil.Process(process.pid).children(recursive=True) if each.cpu_times().user)
        process.send_signal(number)
        process.communicate(timeout=60)
        assert process.returncode == code
        psutil.wait_procs([worker], timeout=60)
        assert not worker.is_running()
        assert (work / "old.onnx").read_bytes() == b"old"
    done = faulty(*verb, "--json")
    assert done.code == 0, done.err
    assert left_in(work) == ["m.py", "old.onnx"]
    assert [each.name for each in no_orphans.exports.glob("e-*")] == [done.json["id"]]
    assert not list(no_orphans.workers.iterdir())
