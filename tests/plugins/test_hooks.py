"""Each hook, called by the real plugin host on the example in the plugin author's guide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.api import (
    Distribution,
    FailureReport,
    Hooks,
    Job,
    ModelFile,
    Resources,
    ScriptSource,
    Severity,
    UserError,
    WizardContext,
)
from desktop_app.api.testing import assert_form_sound, load_plugin
from desktop_app.places import Places
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings
from tests.helpers.pytorch_jobs import HOST
from tests.plugins.test_docs import MANIFEST, section

JOB = Job("python train.py")


@pytest.fixture
def host(request: pytest.FixtureRequest, places: Places, tmp_path: Path) -> Iterator[PluginHost]:
    """A plugin host with the guide's example for the hook that the test is named after."""
    folder = places.plugins / "guide"
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text(MANIFEST, "utf-8")
    name = request.node.originalname.removeprefix("test_")
    example = section(name).partition("```python\n")[2].partition("```")[0]
    (folder / "hooks.py").write_text(example, "utf-8")
    made = PluginHost(places, Settings(places.settings), bundled=tmp_path / "none")
    made.discover()
    yield made
    made.close()


def test_every_hook_has_a_test_named_after_it() -> None:
    for name in vars(Hooks):
        assert name.startswith("_") or f"test_{name}" in globals()


def test_environment_presets(host: PluginHost) -> None:
    assert [each.name for each in host.environment_presets()] == ["jax-cpu", "jax-gpu"]


def test_job_wizards(host: PluginHost, tmp_path: Path) -> None:
    ((info, wizard),) = host.wizards()
    context = WizardContext(tmp_path, HOST)
    assert info.id == "guide"
    assert [each.name for each in wizard.steps({}, context)] == ["script", "ranks"]
    job = wizard.build({"script": "a.py", "nodes": 3}, context)
    assert (job.command, job.topology.nodes) == ("python a.py", 3)


def test_launch_plan(host: PluginHost) -> None:
    job = Job("run", distribution=Distribution("acme", 2), resources=Resources(instance_count=2))
    planned = host.launch_plan(job, HOST)
    assert planned is not None
    plugin, processes = planned
    assert plugin == "guide"
    assert [each.environment["ACME_PROCESS"] for each in processes] == ["0/4", "1/4", "2/4", "3/4"]
    assert host.launch_plan(JOB, HOST) is None


def test_rank_table(host: PluginHost) -> None:
    job = Job("run", distribution=Distribution("acme", 2), resources=Resources(instance_count=2))
    table = host.rank_table(job, None, 1, 2)
    assert table is not None
    assert [(each.rank, each.node, each.local_rank) for each in table.rows] == [(1, 0, 1), (2, 1, 0)]
    assert table.rows[0].environment == {"ACME_PROCESS": "1/4"}
    assert host.rank_table(JOB, None, 0, 9) is None


def test_explain_failure(host: PluginHost) -> None:
    line = "connect to the acme licence server: refused"
    (found,) = host.explain_failure(FailureReport(JOB, {0: 1, 1: 1}, 1, {0: "nothing", 1: f"hello\n{line}\n"}))
    assert (found.code, found.rank, found.line, found.is_echo) == ("acme-no-licence", 1, line, False)
    assert host.explain_failure(FailureReport(JOB, {0: 1}, 0, {0: "another story"})) == ()


def test_scan_script(host: PluginHost) -> None:
    found = host.scan_script(ScriptSource("t.py", "import jax\n\njax.device_put(x)\n")).findings
    assert [(each.code, each.line) for each in found] == [("acme-device-put", 3)]
    with pytest.raises(UserError, match="line 1"):
        host.scan_script(ScriptSource("t.py", "def f(:"))


def test_check_job(host: PluginHost) -> None:
    (found,) = host.check_job(JOB)
    assert (found.code, found.severity) == ("acme-team", Severity.WARNING)
    assert found.fix is not None
    assert host.check_job(Job("python train.py", tags={"team": "vision"})) == ()


def test_check_environment(host: PluginHost) -> None:
    (found,) = host.check_environment(Job("x", environment="azureml:acme-old@latest"))
    assert found.path == "environment"
    assert host.check_environment(Job("x", environment={"image": "ubuntu"})) == ()
    assert host.check_environment(JOB) == ()


def test_onnx_exporters(host: PluginHost, tmp_path: Path) -> None:
    ((info, found),) = host.onnx_exporters()
    assert (info.id, found.id, found.toolchain, found.kinds) == ("guide", "jax", "jax", ("python",))
    assert_form_sound(found.form(ModelFile("python", tmp_path / "model.py")))


def test_settings_form(host: PluginHost, places: Places) -> None:
    with load_plugin(places.plugins / "guide") as plugin:
        assert_form_sound(plugin.call("settings_form"))
        (found,) = plugin.call("check_job", job=JOB, settings={"hours": 2})
    assert found.fix is not None
    assert (found.fix.title, found.fix.set) == ("Set 2 hours", {"limits.timeout": 7200})
