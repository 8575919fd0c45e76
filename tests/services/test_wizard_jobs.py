"""What a wizard that goes on from a job file may know: the job, its script, what it logged, and its comments after."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from desktop_app.api import RunSnapshot
from desktop_app.places import Places
from desktop_app.services.jobs import JobService
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings
from desktop_app.services.wizard_jobs import JobLooks, logged_by
from tests.helpers.snapshots import snapshot

JOB = "# ours\ncommand: python train.py --lr 0.1  # by hand\ncode: src\nenvironment: azureml:acme@latest\n"
SCRIPT = """\
import argparse, mlflow
p = argparse.ArgumentParser()
p.add_argument("--lr", type=float)
mlflow.log_metric("auc", 1)
"""


@pytest.fixture(name="folder")
def made_folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "job.yml").write_text(JOB, encoding="utf-8")
    return tmp_path


def logged(name: str, source: Path, minute: int, *metrics: str) -> RunSnapshot:
    run = snapshot(name, minute=minute)
    return dataclasses.replace(run, source=str(source), metrics=dict.fromkeys(metrics, (1.0, 1)))


def service(places: Places, runs: dict[str, RunSnapshot]) -> JobService:
    host = PluginHost(places, Settings(places.settings))
    host.discover()
    return JobService(host, {}, metrics=logged_by(runs))


def test_a_job_file_is_looked_at_once_until_it_changes(folder: Path) -> None:
    looks = JobLooks()
    look = looks.look(folder, "job.yml")
    assert look.job is not None
    assert (look.script, look.text) == ("src/train.py", JOB)
    assert looks.look(folder, " job.yml ") is look
    (folder / "job.yml").write_text(JOB.replace("train.py", "other.py"), encoding="utf-8")
    os.utime(folder / "job.yml", ns=(1, 1))
    assert looks.look(folder, "job.yml").script == "src/other.py"


@pytest.mark.parametrize("name", ["", None, 3, "gone.yml", "src", "bad\0name", "text.yml"])
def test_what_is_no_job_file_has_nothing_to_know(folder: Path, name: object) -> None:
    (folder / "text.yml").write_text("just: text\n", encoding="utf-8")
    assert JobLooks().look(folder, name).job is None


def test_a_job_whose_code_is_elsewhere_has_no_script_here(folder: Path) -> None:
    (folder / "job.yml").write_text(JOB.replace("src", "https://example.com/code"), encoding="utf-8")
    look = JobLooks().look(folder, "job.yml")
    assert look.job is not None
    assert look.script == ""


def test_metrics_of_earlier_runs_come_before_those_of_the_script(places: Places, folder: Path) -> None:
    runs = [
        logged("old", folder / "job.yml", 1, "loss", "accuracy"),
        logged("new", folder / "job.yml", 2, "accuracy", "f1"),
        logged("other", folder / "other.yml", 3, "elsewhere"), logged("none", folder / "job.yml", 4),
    ]  # fmt: skip
    known = service(places, {each.handle: each for each in runs}).wizard_context(folder, {"job": "job.yml"})
    assert known.metrics == ("accuracy", "f1", "loss", "auc")
    assert known.job is not None
    assert known.scan is not None
    assert [each.flag for each in known.scan.arguments] == ["--lr"]


def test_without_a_job_nothing_is_known_of_one(places: Places, folder: Path) -> None:
    known = service(places, {}).wizard_context(folder, {"script": "src/train.py"})
    assert (known.job, known.job_text, known.metrics) == (None, "", ())
    assert known.scan is not None


def test_the_file_that_is_made_has_the_jobs_comments(places: Places, folder: Path) -> None:
    text = service(places, {}).build_wizard("rankzero-sweeps", "tune", {"job": "job.yml"}, folder)
    assert "  # ours\n  command: python train.py --lr ${{search_space.lr}}  # by hand\n" in text
    assert "primary_metric: auc" in text
