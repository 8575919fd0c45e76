"""What plugins say is collected and merged; a mistake in a wizard or a script is a message."""

from collections.abc import Iterator

import pytest

from desktop_app.api import Host, Job, ScriptSource, UserError
from desktop_app.places import Places
from desktop_app.services.plugins import PluginHost, PluginInfo, PluginState
from tests.helpers.plugin_folders import write_plugin
from tests.helpers.plugin_hosts import MakeHost, plugin_hosts


@pytest.fixture
def host(places: Places) -> Iterator[MakeHost]:
    with plugin_hosts(places) as make:
        yield make


def info_of(host: PluginHost, plugin_id: str) -> PluginInfo:
    return next(each for each in host.plugins if each.id == plugin_id)


LAUNCH = """
from desktop_app.api import ProcessSpec, UserError, hookimpl


@hookimpl
def launch_plan(job, host):
    if "{id}" not in job.command:
        return None
    if "absurd" in job.command:
        raise UserError("That is absurd.")
    return [ProcessSpec(0, 0, 0, ("true",))]
"""


def test_the_first_plugin_that_knows_a_job_plans_it(places: Places, host: MakeHost) -> None:
    for each in ("alpha", "beta"):
        write_plugin(places.plugins, each, LAUNCH)
    write_plugin(places.plugins, "aaa", LAUNCH.replace("return None", "return []").replace('"{id}" not', "job.command"))
    made, here = host(), Host(("sh", "-c"))
    for command, wanted in (("beta", "beta"), ("beta alpha", "alpha")):
        plan = made.launch_plan(Job(command), here)
        assert plan is not None
        assert plan[0] == wanted
        assert plan[1][0].argv == ("true",)
    assert made.launch_plan(Job("ls"), here) is None
    with pytest.raises(UserError, match="absurd"):
        made.launch_plan(Job("beta absurd"), here)
    assert info_of(made, "beta").state is PluginState.OK


WIZARD = """
from desktop_app.api import Job, JobWizard, UserError, hookimpl


def steps(answers, context):
    return {"garbage": 3, "raise": 1 / 0}[answers["do"]] if answers["do"] != "user" else refuse()


def refuse():
    raise UserError("Not so.")


@hookimpl
def job_wizards():
    return [JobWizard("w", "A wizard", "Makes jobs.", steps, lambda answers, context: Job("x") if answers else 3)]
"""


def test_a_wizards_mistake_is_a_message(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "alpha", WIZARD)
    ((info, wizard),) = host().wizards()
    context = None
    assert info.id == "alpha"
    assert wizard.build({"a": 1}, context) == Job("x")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="the result is int, not a Job"):
        wizard.build({}, context)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="“A wizard” of the plugin Alpha failed: ZeroDivisionError") as caught:
        wizard.steps({"do": "raise"}, context)  # type: ignore[arg-type]
    assert "Traceback" in caught.value.details
    with pytest.raises(UserError, match=r"^Not so\.$"):
        wizard.steps({"do": "user"}, context)  # type: ignore[arg-type]


CHECKS = """
from desktop_app.api import Diagnostic, Severity, hookimpl


@hookimpl
def check_job(job):
    return [Diagnostic(Severity.WARNING, "{id}", job.command)]


@hookimpl
def check_environment(environment, job):
    return [Diagnostic(Severity.ERROR, "{id}", str(environment))]
"""


def test_findings_of_all_plugins_are_collected(places: Places, host: MakeHost) -> None:
    for each in ("beta", "alpha"):
        write_plugin(places.plugins, each, CHECKS)
    made = host()
    assert [(each.code, each.message) for each in made.check_job(Job("ls"))] == [("alpha", "ls"), ("beta", "ls")]
    assert made.check_environment(Job("ls")) == ()
    assert [each.message for each in made.check_environment(Job("ls", environment="e"))] == ["e", "e"]


SCAN = """
from desktop_app.api import Diagnostic, ScriptArgument, ScriptScan, Severity, hookimpl


@hookimpl
def scan_script(source):
    if "{id}" not in source.text:
        return None
    late = Diagnostic(Severity.INFO, "{id}", "late", line=9)
    return ScriptScan(("os", "{id}"), (ScriptArgument("--lr", "lr", help="{id}"),), ("{id}",), (late,))
"""


def test_scans_are_merged_and_each_fact_is_there_once(places: Places, host: MakeHost) -> None:
    for each in ("beta", "alpha"):
        write_plugin(places.plugins, each, SCAN)
    made = host()
    scan = made.scan_script(ScriptSource("train.py", "import alpha, beta\n"))
    assert scan.imports == ("os", "alpha", "beta")
    assert [each.help for each in scan.arguments] == ["alpha"]
    assert scan.frameworks == ("alpha", "beta")
    assert [each.code for each in scan.findings] == ["alpha", "beta"]


def test_a_script_that_no_plugin_knows_is_read_for_its_imports(host: MakeHost) -> None:
    text = (
        "import os.path, json\nfrom a.b import c\nfrom . import d\ntry:\n    import e\nexcept ImportError:\n    '\\d'"
    )
    assert host().scan_script(ScriptSource("x.py", text)).imports == ("os", "json", "a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (\n", "train.py, line 1: '(' was never closed."),
        ("def f():\nreturn", "train.py, line 2"),
        ("x = '\0'", "train.py"),
        ("(" * 100_000, "train.py"),
        ("-" * 100_000 + "1", "train.py"),
    ],
    ids=["open", "indent", "null", "parentheses", "deep"],
)
def test_a_script_that_does_not_parse_is_said_with_its_line(host: MakeHost, text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        host().scan_script(ScriptSource("train.py", text))
    assert caught.value.message.startswith(message)
