"""The background check of a project, with real child processes: what it finds, follows and never does."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from desktop_app.documents import checks
from desktop_app.documents.checks import FileReport
from desktop_app.places import find_places
from desktop_app.services import checking
from desktop_app.services.folder_check.check import CheckState, FolderCheck
from desktop_app.services.folder_check.look import ProjectLook
from desktop_app.services.folder_check.wire import report_in, report_out
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings
from tests.helpers.plugin_folders import write_plugin

JOB = "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\n"
GOOD = f"{JOB}command: python train.py\ncode: src\nenvironment: azureml:e:1\ncompute: azureml:gpu\n"
BAD = f"{JOB}comand: python train.py\n"


class Told:
    """What the check said, by file."""

    def __init__(self) -> None:
        self.reports: dict[str, FileReport] = {}
        self.checked: list[str] = []
        self.looked: list[str] = []
        self.gone: list[str] = []
        self.state = CheckState()

    def take_reports(self, reports: tuple[FileReport, ...], looked: frozenset[Path]) -> None:
        for each in reports:
            assert each.path is not None
            self.reports[each.path.name] = each
            self.checked.append(each.path.name)
        self.looked += [each.name for each in looked]

    def take_gone(self, paths: tuple[Path, ...]) -> None:
        self.gone += [each.name for each in paths]

    def take_state(self, state: CheckState) -> None:
        self.state = state

    def codes(self, name: str) -> set[str]:
        found = self.reports.get(name)
        return {each.code for each in found.diagnostics} if found else set()


async def until(holds: Callable[[], object], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.02)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "train.py").write_text("print(1)\n")
    (folder / "job.yml").write_text(GOOD)
    (folder / "bad.yml").write_text(BAD)
    (folder / "compose.yml").write_text("services: {a: {image: b}}\n\tbroken: [\n")
    (folder / "template.yml").write_text("name: {{ NAME }}\n")
    return folder


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def check(project: Path, told: Told, tmp_path: Path) -> AsyncIterator[FolderCheck]:
    made = FolderCheck(project, told, home=tmp_path / "home")
    await made.start()
    await until(lambda: told.state.is_done)
    yield made
    await made.close()
    assert not [each for each in psutil.Process().children() if "folder_check" in " ".join(each.cmdline())]


async def test_a_folder_is_checked_and_each_kind_is_told(check: FolderCheck, told: Told) -> None:
    assert told.reports["job.yml"].kind == "commandJob"
    assert not told.codes("job.yml")
    assert "unknown-key" in told.codes("bad.yml")
    assert not told.codes("compose.yml"), "another program's file is none of ours to check"
    assert not told.codes("template.yml")
    assert told.state == CheckState(4, 0, True)


async def test_only_what_changed_is_checked_again(check: FolderCheck, told: Told, project: Path) -> None:
    told.checked.clear()
    (project / "bad.yml").write_text(GOOD)
    check.look_again()
    await until(lambda: not told.codes("bad.yml"))
    (project / "new.yml").write_text(BAD)
    (project / "job.yml").unlink()
    check.look_again()
    await until(lambda: told.codes("new.yml") and told.gone)
    assert told.gone == ["job.yml"]
    assert set(told.checked) == {"bad.yml", "new.yml"}


async def test_a_change_is_found_without_a_word_from_the_window(check: FolderCheck, told: Told, project: Path) -> None:
    (project / "bad.yml").write_text(GOOD)
    await until(lambda: not told.codes("bad.yml"))


async def test_a_job_whose_code_folder_goes_and_comes_back(check: FolderCheck, told: Told, project: Path) -> None:
    (project / "src").rename(project / "elsewhere")
    check.look_again()
    await until(lambda: "missing-code" in told.codes("job.yml"))
    (project / "elsewhere").rename(project / "src")
    check.look_again()
    await until(lambda: not told.codes("job.yml"))
    (project / "src" / "train.py").rename(project / "src" / "other.py")
    check.look_again()
    await until(lambda: "script-missing" in told.codes("job.yml"))


async def test_a_text_in_an_editor_counts_as_it_stands_there(check: FolderCheck, told: Told, project: Path) -> None:
    check.set_text(project / "bad.yml", GOOD)
    await until(lambda: not told.codes("bad.yml"))
    check.set_text(project / "bad.yml", None)
    await until(lambda: told.codes("bad.yml"))


async def test_what_followed_a_look_at_the_disk_is_told_apart(check: FolderCheck, told: Told, project: Path) -> None:
    assert "bad.yml" in told.looked, "at first everything does"
    told.looked.clear()
    check.set_text(project / "bad.yml", GOOD)
    await until(lambda: not told.codes("bad.yml"))
    assert told.looked == []
    (project / "bad.yml").write_text(GOOD + "# theirs\n")
    check.look_again()
    await until(lambda: told.looked == ["bad.yml"])


async def test_names_declared_beside_a_file_are_followed(check: FolderCheck, told: Told, project: Path) -> None:
    (project / "compute.yml").write_text("name: gpus\ntype: amlcompute\nsize: Standard_NC24s_v3\n")
    check.look_again()
    await until(lambda: "unknown-compute" in told.codes("job.yml"))
    (project / "compute.yml").unlink()
    check.look_again()
    await until(lambda: not told.codes("job.yml"))


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and rights of POSIX")
async def test_odd_files_are_said_or_passed_by(told: Told, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    (folder / "job.yml").mkdir(parents=True)
    (folder / "job.yml" / "inner.yml").write_text(BAD)
    os.mkfifo(folder / "pipe.yml")
    (folder / "loop").symlink_to(folder)
    (folder / "dangling.yml").symlink_to(folder / "nowhere.yml")
    (folder / "latin.yml").write_bytes(JOB.encode() + b"display_name: caf\xe9\n")
    (folder / "nul.yml").write_bytes(JOB.encode() + b"\0")
    (folder / "deep.yml").write_text(f"{JOB}a: {'[' * 10_000}{']' * 10_000}\n")
    (folder / "bomb.yml").write_text(_bomb())
    with (folder / "huge.yml").open("wb") as file:
        file.truncate(100_000_000)
    check = FolderCheck(folder, told, home=tmp_path / "home")
    await check.start()
    await until(lambda: told.state.is_done)
    await check.close()
    assert told.codes("huge.yml") == {"too-large"}
    assert told.codes("latin.yml") == told.codes("nul.yml") == {"unreadable"}
    assert "yaml-too-deep" in told.codes("deep.yml")
    assert told.codes("bomb.yml")
    assert told.codes("inner.yml")
    assert told.checked.count("inner.yml") == 1


def _bomb() -> str:
    rows = [JOB, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    return "\n".join(rows) + "\n"


async def test_a_large_project_is_shared_and_each_file_checked_once(told: Told, tmp_path: Path) -> None:
    folder = tmp_path / "large"
    for part in range(10):
        (folder / f"part{part}").mkdir(parents=True)
        for number in range(60):
            (folder / f"part{part}" / f"{part}-{number}.yml").write_text(BAD)
    check = FolderCheck(folder, told, home=tmp_path / "home")
    await check.start()
    await until(lambda: len(told.reports) == 600 and told.state.is_done)
    assert len(check.pids) == 2
    (folder / "part3" / "3-1.yml").unlink()
    check.look_again()
    await until(lambda: told.gone)
    await check.close()
    assert told.gone == ["3-1.yml"]
    assert len(told.checked) - len(set(told.checked)) <= 2, "those that were under way when the second began"


async def test_a_check_is_closed_while_it_starts(told: Told, project: Path, tmp_path: Path) -> None:
    check = FolderCheck(project, told, home=tmp_path / "home")
    starting = asyncio.create_task(check.start())
    await asyncio.sleep(0)
    await check.close()
    await starting
    assert not check.pids


async def test_a_check_that_dies_is_said(check: FolderCheck, told: Told) -> None:
    psutil.Process(check.pids[0]).kill()
    await until(lambda: told.state.trouble)
    assert "ended" in told.state.trouble


@pytest.mark.parametrize(
    "said", ["print('no JSON')", "print('{\"reports\": [[1]], \"left\": 0}')", "print('x' * (1 << 25))"],
    ids=["no JSON", "another form", "a line without an end"],
)  # fmt: skip
async def test_a_check_that_says_what_nobody_understands_has_ended(
    said: str, told: Told, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = asyncio.create_subprocess_exec

    async def other(*_command: str, **options: Any) -> asyncio.subprocess.Process:
        return await start(sys.executable, "-c", f"{said}; input()", **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", other)
    check = FolderCheck(project, told, home=tmp_path / "home")
    await check.start()
    await until(lambda: told.state.trouble)
    await until(lambda: not check.pids)
    assert (told.state.is_done, "could not be taken in" in told.state.trouble) == (True, True)
    await check.close()


FAULTY = """
import sys
from desktop_app.documents import checks
from desktop_app.services import checking
from desktop_app.services.folder_check import look, worker

def broken(path, text, *given):
    if path.name == "bad.yml":
        raise KeyError("a rule")
    return checks.check_text(path, text, *given)

checking.check_text = broken
if sys.argv[1:] == ["look"]:
    def no_look(self):
        raise KeyError("a look")
    look.ProjectLook.look = no_look
worker.main()
"""


@pytest.mark.parametrize("where", ["rule", "look"])
async def test_a_fault_of_the_check_itself_is_said(
    where: str, told: Told, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = asyncio.create_subprocess_exec

    async def other(*_command: str, **options: Any) -> asyncio.subprocess.Process:
        return await start(sys.executable, "-c", FAULTY, where, **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", other)
    check = FolderCheck(project, told, home=tmp_path / "home")
    await check.start()
    await until(lambda: told.state.is_done)
    if where == "rule":
        assert told.codes("bad.yml") == {"internal"}
        assert "fault of Rank Zero (KeyError" in told.reports["bad.yml"].diagnostics[0].message
        assert "job.yml" in told.reports
        assert not told.codes("job.yml")
    else:
        assert told.state.trouble == "The check of the folder ended by a fault of Rank Zero (KeyError: 'a look')."
    await check.close()


def test_validate_goes_on_after_a_file_on_which_a_rule_fails(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path, text: str, *given: Any) -> FileReport:
        if path.name == "bad.yml":
            raise KeyError("a rule")
        return checks.check_text(path, text, *given)

    monkeypatch.setattr(checking, "check_text", broken)
    places = find_places(str(tmp_path / "home"))
    made = checking.FileChecks(PluginHost(places, Settings(places.settings)))
    found = {each.path.name: each for each in made.check_paths([project]) if each.path}
    assert [each.code for each in found["bad.yml"].diagnostics] == ["internal"]
    assert found["job.yml"].kind == "commandJob"


PARENT = """
import asyncio, sys
from pathlib import Path
from desktop_app.services.folder_check.check import FolderCheck

class Told:
    def take_reports(self, reports, looked): pass
    def take_gone(self, paths): pass
    def take_state(self, state):
        if state.is_done:
            print(*check.pids, flush=True)

async def main():
    global check
    check = FolderCheck(Path(sys.argv[1]), Told(), home=Path(sys.argv[2]))
    await check.start()
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
def test_no_child_outlives_a_window_that_is_killed(project: Path, tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, project, tmp_path / "home"], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent.stdout:
        pid = int(parent.stdout.readline())
        child = psutil.Process(pid)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        child.wait(timeout=30)


def test_a_report_goes_over_the_wire_and_back(project: Path) -> None:
    from desktop_app.documents.checks import check_text

    report = check_text(project / "bad.yml", BAD + "distribution: {type: horovod}\n", lambda _job: ())
    assert any(each.fix for each in report.diagnostics)
    assert report_in(report_out(report)) == report


def test_a_file_written_in_place_is_seen_by_its_time(project: Path) -> None:
    look = ProjectLook(project)
    assert {each.name for each in look.look().to_check} == {"bad.yml", "compose.yml", "job.yml", "template.yml"}
    assert look.look().to_check == ()
    os.utime(project / "job.yml", ns=(1, 1))
    assert [each.name for each in look.look().to_check] == ["job.yml"]


async def test_a_text_that_somebody_waits_for_is_checked_apart(project: Path, tmp_path: Path) -> None:
    check = FolderCheck(project, Told(), home=tmp_path / "home")
    assert await check.ask(project / "job.yml", BAD) is None
    await check.start()
    try:
        report = await check.ask(project / "job.yml", BAD)
        assert report is not None
        assert "unknown-key" in {each.code for each in report.diagnostics}
        waiting = asyncio.create_task(check.ask(project / "job.yml", GOOD * 2000))
        await asyncio.sleep(0)
        os.kill(check.pids[0], signal.SIGKILL)
        assert await waiting is None
        await until(lambda: not [each for each in asyncio.all_tasks() if each.get_name().startswith("check ")])
    finally:
        await check.close()


async def test_other_plugins_and_other_settings_find_other_things(
    check: FolderCheck, told: Told, tmp_path: Path
) -> None:
    places = find_places(tmp_path / "home")
    settings = Settings(places.settings)
    write_plugin(places.plugins, "acme", LIMIT)
    check.check_anew()
    await until(lambda: "limit-60" in told.codes("job.yml"))
    settings.set("plugins.settings.acme", {"limit": 5})
    check.check_anew()
    await until(lambda: "limit-5" in told.codes("job.yml"))
    settings.set("plugins.disabled", ["acme"])
    check.check_anew()
    await until(lambda: not any(each.startswith("limit") for each in told.codes("job.yml")))
    assert "unknown-key" in told.codes("bad.yml"), "what no plugin finds is found as before"


LIMIT = """
from desktop_app.api import Diagnostic, Field, FieldKind, FormSpec, Severity, hookimpl


@hookimpl
def settings_form():
    return FormSpec((Field("limit", "Limit", FieldKind.INTEGER, 60),))


@hookimpl
def check_job(job, settings):
    return [Diagnostic(Severity.INFO, f"limit-{settings['limit']}", "Look.")]
"""
