"""A plugin with a process of its own whose wizard does what a file beside the project says; for tests of the window."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from desktop_app.services.plugins.processes.crew import Crew
from tests.helpers.plugin_folders import write_plugin

KEY = "slow/slow"
HOOKS = """
import time
from pathlib import Path
from types import FrameType

from desktop_app.api import *


@hookimpl
def job_wizards():
    return [JobWizard("slow", "A slow job", "It takes its time.", steps, build, job_action="Make it slow…")]


def steps(answers, context):
    told(context, "steps", answers)
    nodes, script = answers.get("nodes", 1), Field("script", "Script", FieldKind.TEXT, required=True)
    letters = range(len(str(answers.get("script", ""))))
    more = tuple(WizardStep(f"more-{at}", f"More {at}", FormSpec()) for at in letters)
    notes = [Diagnostic(Severity.INFO, "seen", f"Seen: {answers.get('script', 'nothing')}.", "script")]
    if str(answers.get("script", "")).endswith("!"):
        notes.append(Diagnostic(Severity.ERROR, "shout", "Don't shout.", "script"))
    fields = (script, Field("nodes", "Nodes", FieldKind.INTEGER, default=1))
    ranks = WizardStep("ranks", "Ranks", FormSpec(), shows_topology=True)
    review = WizardStep("review", "Review", FormSpec())
    return (WizardStep("job", "Job", FormSpec(fields), tuple(notes)), ranks, *more, review)


def build(answers, context):
    told(context, "build", answers)
    nodes = answers.get("nodes", 1)
    return Job(
        f"python {answers.get('script', '')}".strip(), environment="azureml:e@latest",
        distribution=Distribution("slow", 1), resources=Resources(instance_count=nodes),
    )


def told(context, what, answers):
    with Path(__file__).with_name("calls.txt").open("a") as file:
        file.write(f"{what} {answers.get('script', '')}\\n")
    mode = Path(__file__).with_name("mode.txt").read_text()
    if mode == "slow":
        time.sleep(0.3)
    if mode == f"{what} hangs":
        time.sleep(60)
    if mode == f"{what} raises":
        raise ValueError("no luck")


@hookimpl
def environment_presets():
    return [EnvironmentPreset("slow-env", "Slow environment", "azureml:slow@latest", as_of="2026-11")]


@hookimpl
def rank_table(job, first, count):
    if job.distribution is None or job.distribution.type != "slow":
        return None
    nodes = job.resources.instance_count
    ranks = range(nodes)[first : first + count]
    rows = [RankRow(at, at, 0, str(at), environment={"MASTER_ADDR": "one"}) for at in ranks]
    return RankTable(Topology(nodes, 1), tuple(rows), "A slow one.")


@hookimpl
def scan_script(source):
    return ScriptScan(frameworks=("slow",))


@hookimpl
def check_job(job):
    return [Diagnostic(Severity.INFO, "slow-check", "It is slow.", "command")]


@hookimpl
def launch_plan(job, host):
    if job.distribution is None or job.distribution.type != "slow":
        return None
    return [ProcessSpec(0, 0, 0, (*host.shell, job.command))]


@hookimpl
def onnx_exporters():
    tasks = Path(__file__).with_name("worker_tasks.py")
    form = FormSpec((Field("times", "Times", FieldKind.INTEGER, default=1),))
    return [OnnxExporter("slow-onnx", "Slow ONNX", "slow-tools", ("python",), lambda model: form, tasks)]
"""
TOML = """
[plugin]
id = "{id}"
name = "{name}"
version = "1.0"
api = "{api}"
summary = "Made for a test."

[contributes]
wizards = ["slow"]
environments = ["slow-env"]
exporters = ["slow-onnx"]
launches = ["slow"]
checks = ["slow-check"]
"""


class SlowPlugin:
    """Its folder, and what it is to do."""

    def __init__(self, parent: Path) -> None:
        self.folder = write_plugin(parent, "slow", HOOKS, toml=TOML)
        (self.folder / "worker_tasks.py").write_text("", "utf-8")
        self.do("at once")

    def do(self, mode: str) -> None:
        """From now on: `at once`, `slow`, `steps hangs`, `build hangs`, `steps raises`."""
        (self.folder / "mode.txt").write_text(mode, "utf-8")

    @property
    def calls(self) -> list[str]:
        """What its wizard was asked, and about which script."""
        path = self.folder / "calls.txt"
        return path.read_text("utf-8").splitlines() if path.exists() else []


def watch_calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets the name of each call to a plugin's process that is made on the window's thread."""
    here, found = threading.get_ident(), list[str]()

    def watch(name: str) -> None:
        original = getattr(Crew, name)

        def watched(self: Crew, members: Any, *rest: Any, **named: Any) -> Any:
            wanted = members if name == "_called" else list(members)
            if threading.get_ident() == here and wanted:
                found.append(f"{name} {rest[:1]} from {_callers()}")
            return original(self, wanted, *rest, **named)

        monkeypatch.setattr(Crew, name, watched)

    for each in ("ask", "load", "_called"):
        watch(each)
    return found


def _callers() -> list[str]:
    names = list[str]()
    frame: FrameType | None = sys._getframe(2)
    while frame and len(names) < 12:
        names.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}")
        frame = frame.f_back
    return names
