"""Settings of the bundled plugins: new jobs begin as the person wants, which is said; PyTorch has a first wizard."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from desktop_app.api import Cluster, Field, JobWizard, Value, WizardContext
from desktop_app.api.testing import LoadedPlugin, assert_form_sound, drive, fake_context, load_plugin
from desktop_app.places import shipped

OWN: dict[str, Value] = {"job_timeout": 90, "job_compute": "azureml:gpu-cluster", "job_tags": {"team": "vision"}}
PLUGINS = ("pytorch", "tensorflow", "horovod", "ray")
OF_PYTORCH = ("ddp", "torchrun", "deepspeed")
WIZARDS = {
    "pytorch": OF_PYTORCH, "tensorflow": ("tensorflow", "tensorflow-ps"),
    "horovod": ("horovod-pytorch", "horovod-tensorflow", "mpi"), "ray": ("ray",),
}  # fmt: skip
EVERY = [(plugin, wizard) for plugin, wizards in WIZARDS.items() for wizard in wizards]


@pytest.fixture(scope="module")
def plugins() -> Iterator[dict[str, LoadedPlugin]]:
    with ExitStack() as stack:
        yield {each: stack.enter_context(load_plugin(shipped("plugins") / each)) for each in PLUGINS}


@pytest.fixture
def pytorch(plugins: dict[str, LoadedPlugin]) -> LoadedPlugin:
    return plugins["pytorch"]


def asked(wizard: JobWizard, context: WizardContext) -> dict[str, Field]:
    return {field.name: field for step in wizard.steps({}, context) for field in step.form.fields}


@pytest.mark.parametrize("name", PLUGINS)
def test_the_form_is_sound_and_what_the_manifest_promises(plugins: dict[str, LoadedPlugin], name: str) -> None:
    form = plugins[name].call("settings_form")
    assert_form_sound(form)
    assert tuple(each.name for each in form.fields) == plugins[name].imported.manifest.contributes["settings"]
    assert [each.name for each in plugins[name].wizards()] == [*WIZARDS[name]], "no wizard is left out below"


@pytest.mark.parametrize(("plugin", "name"), EVERY)
def test_new_jobs_begin_as_the_person_wants(
    plugins: dict[str, LoadedPlugin], plugin: str, name: str, tmp_path: Path
) -> None:
    wizard, context = plugins[plugin].wizard(name), fake_context(tmp_path, settings=OWN)
    fields = asked(wizard, context)
    for each, wanted in (("timeout", 90), ("compute", "gpu-cluster"), ("tags", {"team": "vision"})):
        assert fields[each].default == wanted
        assert fields[each].help.startswith("Your own default")
    job = drive(wizard, {"script": "train.py"}, context, complete=False).job
    assert (job.timeout, job.compute, job.tags) == (90 * 60, "azureml:gpu-cluster", {"team": "vision"})
    answers: dict[str, Value] = {"script": "train.py", "timeout": 0, "compute": "", "tags": {}, "vm_size": "X"}
    job = drive(wizard, answers, context, complete=False).job
    assert (job.timeout, job.compute, job.tags) == (None, None, {}), "an answer goes before the person's own default"


@pytest.mark.parametrize(("plugin", "name"), EVERY)
def test_without_a_choice_the_defaults_are_the_programs(
    plugins: dict[str, LoadedPlugin], plugin: str, name: str, tmp_path: Path
) -> None:
    for context in (fake_context(tmp_path), fake_context(tmp_path, settings={"job_timeout": "long"})):
        fields = asked(plugins[plugin].wizard(name), context)
        assert (fields["timeout"].default, fields["compute"].default, fields["tags"].default) == (1440, None, None)
        assert not any("Your own" in each.help for each in fields.values())


@pytest.mark.parametrize("first", OF_PYTORCH)
def test_the_favourite_comes_first_and_the_others_follow_in_their_order(pytorch: LoadedPlugin, first: str) -> None:
    names = [each.name for each in pytorch.call("job_wizards", settings={"first": first})]
    assert names == [first, *(each for each in OF_PYTORCH if each != first)]


def test_the_cluster_of_the_persons_choice_is_known(pytorch: LoadedPlugin, tmp_path: Path) -> None:
    context = fake_context(tmp_path, settings=OWN)
    context = dataclasses.replace(context, clusters=(Cluster("gpu-cluster", "Standard_X", 2),))
    assert [each.value for each in asked(pytorch.wizard("ddp"), context)["compute"].choices] == ["gpu-cluster"]
    notes = [each.message for step in pytorch.wizard("ddp").steps({"nodes": 3}, context) for each in step.notes]
    assert any("gpu-cluster" in each for each in notes)
