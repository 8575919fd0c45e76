"""Plugins whose checks tell something of themselves, and what they told of a job."""

from __future__ import annotations

from typing import Any

from tests.helpers.program import Program, Said

SAYS = """
from desktop_app.api import Diagnostic, Severity, hookimpl

{more}

@hookimpl
def check_job(job):
    return [Diagnostic(Severity.WARNING, "{id}-says", "{id} is " + {what})]
"""
JOB = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: echo
environment: azureml:any@latest
compute: azureml:cpu
"""


def says(what: str, more: str = "") -> str:
    """Return the hooks of a plugin whose check tells an expression."""
    return SAYS.replace("{what}", what).replace("{more}", more)


def listed(said: Said) -> dict[str, dict[str, Any]]:
    """Return the plugins of a document by name."""
    return {each["name"]: each for each in said.json["plugins"]}


def told(program: Program) -> dict[str, str]:
    """Return what the checks of all plugins say of a job, by plugin."""
    (program.cwd / "job.yml").write_text(JOB)
    (file,) = program("validate", "job.yml", "--json").json["files"]
    found = [(each["code"], each["message"]) for each in file["diagnostics"]]
    return {code.removesuffix("-says"): message for code, message in found if code.endswith("-says")}


def changes(said: Said) -> list[tuple[str, str, str | None, str | None]]:
    """Return what a verb changed: act, plugin, version before and after."""
    assert said.code == 0, said.err
    return [(each["act"], each["name"], each["before"], each["after"]) for each in said.json["changes"]]
