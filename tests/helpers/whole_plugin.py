"""A plugin that has everything a plugin can have, and a look at all that a program offers; for tests."""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
from pathlib import Path

import psutil

from desktop_app.api import Distribution, FailureReport, Host, Job, ScriptSource, UserError
from desktop_app.places import Places
from desktop_app.presenters.wizard import WizardCard
from desktop_app.presenters.wizard_choice import grouped
from desktop_app.services.plugins.plugin_settings import settings_of
from desktop_app.services.workbench import Workbench

ID = "whole"
TOML = """
[plugin]
id = "whole"
name = "The whole"
version = "1.0"
api = "1"
summary = "It has everything."

[contributes]
wizards = ["go-on"]
environments = ["whole-env"]
exporters = ["whole-onnx"]
launches = ["whole"]
settings = ["limit"]
checks = ["whole-check"]

[[toolchains]]
name = "whole-tools"
title = "Whole tools"
requires = ["tiny==1.0"]
imports = ["tiny"]
size_mb = 1
"""
HOOKS = """
from pathlib import Path

from desktop_app.api import *

from . import helper


@hookimpl
def settings_form():
    return FormSpec((Field("limit", "Time limit", FieldKind.INTEGER, 60),))


@hookimpl
def environment_presets(settings):
    return [EnvironmentPreset("whole-env", "Whole environment", "azureml:whole@latest", as_of="2026-11")]


@hookimpl
def job_wizards(settings):
    return [JobWizard("go-on", "Go on as a whole", "Goes on from a job.", steps, build, job_action="Make it whole…")]


def steps(answers, context):
    job = Field("job", "Job", FieldKind.FILE, patterns=("*.yml",))
    limit = Field("limit", "Time limit", FieldKind.INTEGER, default=context.settings["limit"])
    return (WizardStep("job", "Job", FormSpec((job, limit))),)


def build(answers, context):
    return Job("python train.py", environment="azureml:whole@latest", timeout=60 * context.settings["limit"])


@hookimpl
def launch_plan(job, host):
    if job.distribution is None or job.distribution.type != "whole":
        return None
    return [ProcessSpec(0, 0, 0, (*host.shell, job.command), role=helper.ROLE)]


@hookimpl
def rank_table(job, first, count):
    if job.distribution is None or job.distribution.type != "whole":
        return None
    return RankTable(job.topology, (RankRow(0, 0, 0, "whole 0"),), "A whole one.")


@hookimpl
def scan_script(source):
    return ScriptScan(frameworks=("whole",), findings=(Diagnostic(Severity.INFO, "whole-scan", "Seen.", line=1),))


@hookimpl
def check_job(job, settings):
    return [Diagnostic(Severity.WARNING, "whole-check", f"The limit is {settings['limit']} min.", "command")]


@hookimpl
def check_environment(environment):
    return [Diagnostic(Severity.INFO, "whole-environment", "Look at it.", "environment")]


@hookimpl
def explain_failure(report):
    return [Explanation("whole-cause", "It was whole.", ("Try again.",))]


@hookimpl
def onnx_exporters():
    tasks = Path(__file__).with_name("worker_tasks.py")
    return [OnnxExporter("whole-onnx", "Whole ONNX", "whole-tools", ("python",), lambda model: FormSpec(), tasks)]
"""
GERMAN = {"The whole": "Das Ganze", "The limit is {} min.": "Die Grenze ist {} min.", "Whole tools": "Ganze Werkzeuge"}
JOB_FILE = """$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
code: .
command: python train.py
environment: azureml:some@latest
distribution:
  type: whole
"""


def write_whole(parent: Path) -> Path:
    """Make the plugin's folder below `parent` and return it."""
    folder = parent / ID
    (folder / "translations").mkdir(parents=True)
    for name, text in {
        "plugin.toml": TOML, "hooks.py": HOOKS, "helper.py": 'ROLE = "worker"\n', "worker_tasks.py": "",
        "translations/de.json": json.dumps(GERMAN),
    }.items():  # fmt: skip
        (folder / name).write_text(text, "utf-8")
    return folder


def write_project(folder: Path) -> Path:
    """Make a project whose job that plugin would launch, and return the job's file."""
    folder.mkdir()
    (folder / "train.py").write_text("print('training')\n", "utf-8")
    (folder / "job.yml").write_text(JOB_FILE, "utf-8")
    return folder / "job.yml"


def offered(bench: Workbench, job_file: Path) -> dict[str, object]:
    """Return all that the program offers because of its plugins, by what it is."""
    host, job = bench.plugins, Job("whole", environment="azureml:e@latest", distribution=Distribution("whole", 1))
    context = bench.jobs.wizard_context(job_file.parent, {"script": "train.py"})
    wizards = host.wizards()
    return {
        "plugins": host.plugins,
        "wizards": [(info.id, each.name, each.title, each.job_action) for info, each in wizards],
        "cards": grouped([_card(info.id, info.name, each.name, each.title) for info, each in wizards]),
        "pages": [each.steps({}, context) for info, each in wizards if info.id == ID],
        "presets": host.environment_presets(),
        "presets for wizards": context.presets,
        "scan": host.scan_script(ScriptSource("train.py", "print(1)\n")),
        "scan for wizards": context.scan,
        "checks": host.check_job(job),
        "environment checks": host.check_environment(job),
        "plan": host.launch_plan(job, Host(("sh", "-c"))),
        "ranks": bench.jobs.rank_table(job),
        "causes": host.explain_failure(FailureReport(job, {0: 1}, 0, {0: "fell"})),
        "exporters": [(info.id, each.id, each.title) for info, each in host.onnx_exporters()],
        "toolchains": host.toolchain_specs(),
        "file": [(each.code, each.message) for each in bench.jobs.check_paths([job_file])[0].diagnostics],
        "settings": _settings(bench),
        "says": [each.message for each in host.check_job(job)],
    }


def left(places: Places) -> dict[str, object]:
    """Return what a program holds: modules of plugins, threads, children, and files of its home."""
    children = psutil.Process().children(recursive=True)
    return {
        "modules": sorted(each for each in sys.modules if ID in each.split(".")[-1] and "plugins" in each),
        "path": [*sys.path],
        "threads": sorted(each.name for each in threading.enumerate()),
        "children": sorted(each.pid for each in children),
        "files": sorted(str(each) for each in places.home.rglob("*")),
    }


def _card(plugin: str, plugin_name: str, name: str, title: str) -> WizardCard:
    return WizardCard(f"{plugin}/{name}", title, "", "", plugin_name)


def _settings(bench: Workbench) -> object:
    try:
        form = bench.plugins.settings_form(ID)
    except UserError as error:
        return str(error)
    return dataclasses.asdict(settings_of(form, bench.settings, ID))
