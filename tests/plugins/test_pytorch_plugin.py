"""The PyTorch plugin as the program sees it: found, loaded and called like any other plugin."""

from __future__ import annotations

import ast
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.api import ScriptSource, Value
from desktop_app.api.testing import assert_plugin_sound, drive, fake_context, fake_host, load_plugin
from desktop_app.places import Places, shipped
from desktop_app.services.plugins import PluginHost, PluginState
from desktop_app.services.settings import Settings
from desktop_app.services.wizards import Wizards
from tests.helpers.pytorch_jobs import HOST, pytorch_job

FOLDER = shipped("plugins") / "pytorch"
SAMPLE = shipped("resources") / "samples" / "digits"
PLUGIN = "rankzero-pytorch"


@pytest.fixture
def host(places: Places) -> PluginHost:
    made = PluginHost(places, Settings(places.settings))
    made.discover()
    return made


def test_its_manifest_says_what_it_contributes(host: PluginHost) -> None:
    info = next(each for each in host.plugins if each.id == PLUGIN)
    assert info.source == "bundled"
    assert info.contributes["wizards"] == tuple(each.name for plugin, each in host.wizards() if plugin.id == PLUGIN)
    assert {*info.contributes["environments"]} <= {each.name for each in host.environment_presets()}


def test_every_hook_works_through_the_host(host: PluginHost) -> None:
    planned = host.launch_plan(pytorch_job(), HOST)
    assert planned is not None
    assert (planned[0], len(planned[1])) == (PLUGIN, 2)
    assert host.scan_script(ScriptSource("t.py", "import torch")).frameworks == ("pytorch",)
    assert host.check_job(pytorch_job("torchrun t.py", per_node=1)) != ()
    bare: dict[str, Value] = {"image": "ubuntu", "conda_file": {"dependencies": ["numpy"]}}
    assert host.check_environment(replace(pytorch_job(), environment=bare)) != ()
    assert {each.state for each in host.plugins} == {PluginState.OK}


def test_it_is_sound_by_the_test_kit_for_plugin_authors() -> None:
    assert_plugin_sound(FOLDER)


@pytest.mark.parametrize("name", ["ddp", "torchrun"])
def test_a_wizard_is_filled_in_answer_by_answer(name: str) -> None:
    text = (SAMPLE / "src" / "train.py").read_text("utf-8")
    answers: dict[str, Value] = {"script": "src/train.py", "nodes": 2, "processes_per_node": 4, "arg.lr": 0.01}
    with load_plugin(FOLDER) as plugin:
        context = fake_context(SAMPLE, host=fake_host(gpus=4), scan=plugin.scan(text))
        driven = drive(plugin.wizard(name), answers, context)
    assert "--lr ${{inputs.lr}}" in driven.job.command
    assert driven.step("ranks").shows_topology


def test_its_toolchain_is_pinned(host: PluginHost) -> None:
    spec = next(each for each in host.toolchain_specs() if each.name == "pytorch")
    assert (spec.name, spec.plugin, spec.imports) == ("pytorch", PLUGIN, ("torch",))
    assert "torch==2.13.0" in spec.requires
    assert all("==" in each for each in spec.requires)


@pytest.mark.parametrize("wizard", ["ddp", "torchrun"])
def test_answers_become_a_job_file(host: PluginHost, wizard: str) -> None:
    answers: dict[str, Value] = {"script": "src/train.py", "nodes": 2, "processes_per_node": 2, "arg.epochs": 3}
    text = Wizards(host).build(PLUGIN, wizard, answers, SAMPLE)
    assert "--epochs ${{inputs.epochs}}" in text
    assert "instance_count: 2" in text


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_it_imports_the_public_api_and_its_own_files_alone(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            assert (
                name in {"desktop_app.api", "desktop_app.api.kit"} or name.partition(".")[0] in sys.stdlib_module_names
            ), name


def test_the_catalogue_of_sizes_is_dated_and_names_its_sources() -> None:
    data = json.loads((shipped("resources") / "catalogues" / "vm_sizes.json").read_text("utf-8"))
    assert data["as_of"]
    for each in data["items"]:
        assert each["source"]
        assert each["confidence"]
        if each.get("to_train"):
            assert each["gpus"] >= 1
            assert each["status"] in {"current", "retired"}
