"""The jobs service: files to plans with values of one's own, findings with their places, refusals, wizards."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import pytest

from desktop_app.api import Diagnostic, Severity, SubmissionPlan, UserError
from desktop_app.compose import open_workbench
from desktop_app.documents.checks import FileReport
from desktop_app.places import Places
from desktop_app.services.checking import files_below
from desktop_app.services.jobs import JobError, JobService, describe, merged
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings
from tests.helpers.plugin_folders import write_plugin
from tests.helpers.told_backend import ToldBackend

JOB = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: python train.py --lr ${{inputs.lr}}
code: src
inputs:
  lr: 0.1  # the rate
environment: azureml:my-env@latest
distribution:
  type: pytorch
  process_count_per_instance: 2
"""


@pytest.fixture
def backend() -> ToldBackend:
    return ToldBackend()


@pytest.fixture
def jobs(places: Places, backend: ToldBackend) -> JobService:
    plugins = PluginHost(places, Settings(places.settings))
    plugins.discover()
    return JobService(plugins, {"scripted": backend})


@pytest.fixture
def job_file(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text("import argparse\n\nparser = argparse.ArgumentParser()\n")
    path = tmp_path / "job.yml"
    path.write_text(JOB)
    return path


def errors(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    return [each.code for each in diagnostics if each.severity is Severity.ERROR]


async def test_a_file_becomes_a_plan(jobs: JobService, job_file: Path) -> None:
    plan = await jobs.plan_file(job_file, backend="scripted")
    assert plan.job.topology.world_size == 2
    assert plan.job.inputs["lr"].value == 0.1
    assert errors(plan.diagnostics) == []


async def test_values_of_one_run_leave_the_file_alone(jobs: JobService, job_file: Path) -> None:
    plan = await jobs.plan_file(job_file, {"inputs.lr": 0.5, "display_name": "quick"}, "scripted")
    assert plan.job.inputs["lr"].value == 0.5
    assert plan.job.display_name == "quick"
    assert job_file.read_text() == JOB


async def test_findings_of_the_file_and_of_the_backend_come_together_with_their_lines(
    jobs: JobService, job_file: Path, backend: ToldBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = await jobs.plan_file(job_file, backend="scripted")
    note = Diagnostic(Severity.WARNING, "busy", "The machine is busy.")

    async def planned(*_arguments: object) -> SubmissionPlan:
        return dataclasses.replace(plan, diagnostics=(note, *plan.diagnostics))

    monkeypatch.setattr(backend, "plan", planned)
    job_file.write_text(JOB.replace("code: src", "code: scr"))
    again = await jobs.plan_file(job_file, backend="scripted")
    assert note in again.diagnostics
    (missing,) = [each for each in again.diagnostics if each.path == "code"]
    assert missing.line == 3
    assert missing.severity is Severity.ERROR


async def test_a_plan_with_an_error_is_not_submitted(jobs: JobService, job_file: Path, backend: ToldBackend) -> None:
    job_file.write_text(JOB.replace("inputs.lr", "inputs.rate"))
    plan = await jobs.plan_file(job_file, backend="scripted")
    with pytest.raises(JobError) as caught:
        await jobs.submit(plan)
    assert caught.value.diagnostics
    assert backend.submitted == []


async def test_the_reviewed_plan_is_the_submitted_one(jobs: JobService, job_file: Path, backend: ToldBackend) -> None:
    plan = await jobs.plan_file(job_file, backend="scripted")
    assert await jobs.submit(plan) == "scripted://r-1"
    assert backend.submitted[0] is plan


@pytest.mark.parametrize("text", ["command: [", "- a\n- b\n", "", "name: env\nimage: x\n", "\x00"])
async def test_what_is_no_command_job_is_refused_with_a_reason(jobs: JobService, job_file: Path, text: str) -> None:
    job_file.write_text(text)
    with pytest.raises(UserError):
        await jobs.plan_file(job_file, backend="scripted")


async def test_a_backend_that_does_not_exist_is_named(jobs: JobService, job_file: Path) -> None:
    with pytest.raises(UserError, match="Did you mean “scripted”"):
        await jobs.plan_file(job_file, backend="scriptd")


async def test_a_file_that_does_not_exist_is_named(jobs: JobService, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.yml"):
        await jobs.plan_file(tmp_path / "none.yml", backend="scripted")


def test_folders_are_walked_and_what_is_not_ours_is_passed_by(tmp_path: Path) -> None:
    for name in ("b.yml", "a.YAML", "sub/c.yml", ".git/d.yml", "node_modules/e.yml", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    found = [str(each.relative_to(tmp_path)) for each in files_below([tmp_path])]
    assert found == ["a.YAML", "b.yml", "sub/c.yml"]


def test_a_file_that_can_not_be_read_is_a_finding(jobs: JobService, tmp_path: Path, job_file: Path) -> None:
    (tmp_path / "broken.yml").write_bytes(b"\x00\x01\x02\xff" * 100)
    reports = jobs.check_paths([tmp_path, tmp_path / "gone.yml"])
    assert {report.path.name: bool(errors(tuple(report.diagnostics))) for report in reports if report.path} == {
        "broken.yml": True,
        "job.yml": False,
        "gone.yml": True,
    }


def test_what_is_said_twice_is_kept_once_with_its_line() -> None:
    with_line = Diagnostic(Severity.ERROR, "a", "No.", "code", 3)
    assert merged([with_line], [Diagnostic(Severity.ERROR, "a", "No.", "code")]) == (with_line,)


def test_of_a_whole_nothing_is_said_again_where_a_part_of_it_is_wrong() -> None:
    part = Diagnostic(Severity.ERROR, "a", "Not so.", "space.lr.type", 3)
    whole, other = Diagnostic(Severity.ERROR, "a", "No.", "space"), Diagnostic(Severity.ERROR, "b", "No.", "space")
    assert merged([part], [whole, other]) == (part, other)
    warned = dataclasses.replace(part, severity=Severity.WARNING)
    assert merged([warned], [whole]) == (warned, whole), "a warning keeps nothing from starting: the error must be said"


def test_a_finding_in_one_line() -> None:
    assert describe(Diagnostic(Severity.ERROR, "a", "No.", "code", 3)) == "line 3: No."
    assert describe(Diagnostic(Severity.ERROR, "a", "No.", "code")) == "code: No."
    assert describe(Diagnostic(Severity.ERROR, "a", "No.")) == "No."


def test_a_wizard_makes_a_job_file_that_passes_the_checks(jobs: JobService, job_file: Path) -> None:
    text = jobs.build_wizard("rankzero-pytorch", "ddp", {"script": "src/train.py"}, job_file.parent)
    report = jobs.check_text(job_file, text)
    assert report.kind == "commandJob"
    assert errors(tuple(report.diagnostics)) == []


def test_wizards_and_questions_that_do_not_exist_are_answered_with_the_nearest(
    jobs: JobService, job_file: Path
) -> None:
    with pytest.raises(UserError, match="Did you mean “rankzero-pytorch ddp”"):
        jobs.build_wizard("rankzero-pytorch", "dpp", {}, job_file.parent)
    with pytest.raises(UserError, match="Did you mean “script”"):
        jobs.build_wizard("rankzero-pytorch", "ddp", {"scrpt": "src/train.py"}, job_file.parent)


def test_a_required_answer_is_asked_for(jobs: JobService, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="script"):
        jobs.build_wizard("rankzero-pytorch", "ddp", {}, tmp_path)


def test_the_context_knows_the_script_and_sees_it_change(jobs: JobService, job_file: Path) -> None:
    answers = {"script": "src/train.py"}
    folder = job_file.parent
    first = jobs.wizard_context(folder, answers)
    assert first.scan is not None
    assert first.scan.imports == ("argparse",)
    assert first.vm_sizes
    assert first.presets
    assert first.host.cpu_count >= 1
    assert jobs.wizard_context(folder, answers).scan is first.scan, "an unchanged script is not scanned again"
    (folder / "src" / "train.py").write_text("import torch\n" * 2)
    second = jobs.wizard_context(folder, answers).scan
    assert second is not None
    assert second.imports == ("torch",)


@pytest.mark.parametrize("script", ["gone.py", "", 7, "a\x00b", "src"])
def test_a_script_that_is_none_has_no_scan(jobs: JobService, job_file: Path, script: str | int) -> None:
    assert jobs.wizard_context(job_file.parent, {"script": script}).scan is None


def test_a_script_that_does_not_parse_is_a_finding(jobs: JobService, job_file: Path) -> None:
    (job_file.parent / "src" / "train.py").write_text("def (:\n")
    scan = jobs.wizard_context(job_file.parent, {"script": "src/train.py"}).scan
    assert scan is not None
    assert [each.severity for each in scan.findings] == [Severity.ERROR]


async def test_files_are_read_and_checked_beside_the_loop(
    jobs: JobService, job_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[threading.Thread] = set()
    check = jobs.check_text

    def noted(path: Path | None, text: str) -> FileReport:
        threads.add(threading.current_thread())
        return check(path, text)

    monkeypatch.setattr(jobs, "check_text", noted)
    await jobs.plan_file(job_file, backend="scripted")
    assert threads
    assert threading.current_thread() not in threads


COUNTS = """
from desktop_app.api import Diagnostic, Severity, hookimpl


@hookimpl
def check_job(job):
    with open({log!r}, "a") as file:
        file.write("x")
    return [Diagnostic(Severity.WARNING, "counted", "Counted.")]
"""


async def test_plugins_are_asked_once_for_a_plan(places: Places, job_file: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    write_plugin(places.plugins, "counts", COUNTS.replace("{log!r}", repr(str(log))))
    bench = open_workbench(places.home)
    plan = await bench.jobs.plan_file(job_file)
    assert [each.code for each in plan.diagnostics].count("counted") == 1
    assert log.read_text() == "x"
    bench.plugins.disable("counts")
