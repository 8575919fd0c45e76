"""A job that no enabled plugin launches: the file's check says so, and which plugin to switch on."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.places import Places
from desktop_app.services.checking import FileChecks
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings
from tests.helpers.plugin_folders import TOML, write_plugin

JOB = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: echo hello
environment: azureml:any@latest
distribution: {type: KIND}
"""
KINDS = {
    "pytorch": "rankzero-pytorch",
    "mpi": "rankzero-horovod",
    "tensorflow": "rankzero-tensorflow",
    "ray": "rankzero-ray",
}


@pytest.fixture
def plugins(places: Places) -> PluginHost:
    made = PluginHost(places, Settings(places.settings))
    made.discover()
    return made


def said(plugins: PluginHost, folder: Path, kind: str) -> list[str]:
    path = folder / "job.yml"
    path.write_text(JOB.replace("KIND", kind), "utf-8")
    found = FileChecks(plugins).check_file(path).diagnostics
    return [each.message for each in found if each.code == "no-launcher"]


@pytest.mark.parametrize(("kind", "plugin"), KINDS.items())
def test_the_plugin_to_switch_on_is_named(plugins: PluginHost, tmp_path: Path, kind: str, plugin: str) -> None:
    assert said(plugins, tmp_path, kind) == []
    plugins.disable(plugin)
    plugins.disable("rankzero-sdk-v1")
    (message,) = said(plugins, tmp_path, kind)
    assert message == f"No enabled plugin launches “{kind}”. `rankzero plugins enable {plugin}` switches it on."


def test_a_plugin_that_failed_is_named(places: Places, plugins: PluginHost, tmp_path: Path) -> None:
    plugins.disable("rankzero-horovod")
    toml = TOML.replace("environments", 'launches = ["acme"]\nenvironments')
    write_plugin(places.plugins, "acme", "raise OSError", toml=toml)
    plugins.discover()
    (message,) = said(plugins, tmp_path, "acme")
    assert message.endswith("Acme would; `rankzero plugins list` says why it takes no part.")


def test_where_no_plugin_is_known_that_is_said_too(tmp_path: Path, places: Places) -> None:
    nobody = PluginHost(places, Settings(places.settings), bundled=tmp_path / "none")
    nobody.discover()
    assert said(nobody, tmp_path, "mpi") == ["No enabled plugin launches “mpi”."]
    assert said(nobody, tmp_path, "mpj") == [], "that there is no such type is an error of its own"
