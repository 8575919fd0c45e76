"""The two wizards: questions that follow the answers, notes that say why, and the job that comes out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.api import (
    Answers,
    Cluster,
    Diagnostic,
    Field,
    FieldKind,
    Job,
    JobInput,
    JobWizard,
    Severity,
    Value,
    WizardContext,
    WizardStep,
)
from desktop_app.api.testing import assert_form_sound
from plugins.pytorch.launchers import find_launcher
from plugins.pytorch.wizard import wizards
from tests.helpers.pytorch_jobs import HOST, wizard_context

DDP, TORCHRUN = wizards()
BOTH = pytest.mark.parametrize("wizard", [DDP, TORCHRUN], ids=["ddp", "torchrun"])
SCRIPT = """
import argparse, os
import torch
import torch.distributed as dist
p = argparse.ArgumentParser()
p.add_argument("--lr", type=float, default=0.1, help="learning rate")
p.add_argument("--epochs", type=int, default=5)
p.add_argument("--optimizer", choices=["adam", "sgd"], default="adam")
p.add_argument("--amp", action="store_true")
p.add_argument("--no-shuffle", dest="shuffle", action="store_false")
p.add_argument("--layers", type=int, nargs="+", default=[64, 32])
p.add_argument("--name", default="run")
p.add_argument("--data-dir")
dist.init_process_group()
dist.destroy_process_group()
"""
REQUIRED = 'import torch, argparse\np = argparse.ArgumentParser()\np.add_argument("--model", required=True)\n'
NEEDS_DATA = 'import torch, argparse\np = argparse.ArgumentParser()\np.add_argument("--data-path", required=True)\n'
ANSWERS: dict[str, Value] = {"script": "src/train.py"}


def steps(wizard: JobWizard, answers: Answers, context: WizardContext) -> dict[str, WizardStep]:
    return {each.name: each for each in wizard.steps(answers, context)}


def field(step: WizardStep, name: str) -> Field:
    return next(each for each in step.form.fields if each.name == name)


def notes(step: WizardStep) -> dict[str, Diagnostic]:
    return {each.code: each for each in step.notes}


def errors(found: Mapping[str, WizardStep]) -> list[str]:
    return [note.code for step in found.values() for note in step.notes if note.severity is Severity.ERROR]


def built(context: WizardContext, answers: Answers = ANSWERS, wizard: JobWizard = DDP, **more: Value) -> Job:
    return wizard.build({**answers, **more}, context)


@BOTH
def test_pages_are_always_the_same(wizard: JobWizard, tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    names = ["script", "ranks", "environment", "data", "review"]
    for answers in ({}, ANSWERS, {**ANSWERS, "environment": "own", "nodes": 2}):
        assert [each.name for each in wizard.steps(answers, context)] == names
    assert [each.shows_topology for each in wizard.steps({}, context)] == [False, True, False, False, False]


@BOTH
def test_defaults_make_a_job_without_complaint(wizard: JobWizard, tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    assert errors(steps(wizard, ANSWERS, context)) == []
    job = built(context, wizard=wizard)
    assert job.code == "src"
    assert job.timeout == 24 * 60 * 60
    assert job.distribution is not None
    assert isinstance(job.environment, str)


@BOTH
def test_a_job_is_there_before_anything_is_answered(wizard: JobWizard, tmp_path: Path) -> None:
    context = replace(wizard_context(tmp_path), scan=None, presets=(), vm_sizes=())
    assert wizard.build({}, context).command
    assert errors(steps(wizard, {}, context)) == ["script-missing"]


@BOTH
@pytest.mark.parametrize(
    "garbage",
    [
        {"script": 7, "nodes": "many", "processes_per_node": None, "tags": "x", "timeout": "soon", "arg.lr": []},
        {"script": "../../etc/passwd", "nodes": -1, "processes_per_node": 0, "environment": 3, "data_path": 4},
        {"script": "", "code": "\\\\x\\y", "vm_size": "nope", "tags": {"a": None}, "arg.layers": "a'b"},
    ],
)
def test_garbage_never_raises(wizard: JobWizard, garbage: dict[str, Value], tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    assert errors(steps(wizard, garbage, context))
    wizard.build(garbage, context)


@BOTH
def test_titles_can_begin_a_sentence_about_a_field(wizard: JobWizard, tmp_path: Path) -> None:
    """“TITLE takes one of: …” is what a person reads who answered something else."""
    found = steps(wizard, ANSWERS, wizard_context(tmp_path, SCRIPT))
    titles = [each.title.split()[-1] for step in found.values() for each in step.form.fields]
    assert not {"is", "are"} & set(titles)


def test_arguments_become_fields(tmp_path: Path) -> None:
    page = steps(DDP, ANSWERS, wizard_context(tmp_path, SCRIPT))["script"]
    kinds = {each.name: (each.kind, each.default) for each in page.form.fields}
    assert kinds["arg.lr"] == (FieldKind.NUMBER, 0.1)
    assert kinds["arg.epochs"] == (FieldKind.INTEGER, 5)
    assert kinds["arg.optimizer"] == (FieldKind.CHOICE, "adam")
    assert kinds["arg.amp"] == (FieldKind.BOOLEAN, False)
    assert kinds["arg.layers"] == (FieldKind.TEXT, "64 32")
    assert field(page, "arg.lr").help == "learning rate"
    assert [each.value for each in field(page, "arg.optimizer").choices] == ["adam", "sgd"]


COMMANDS: list[tuple[dict[str, Value], str, dict[str, Value]]] = [
    ({}, "python train.py", {}),
    (
        {"arg.lr": 0.1, "arg.epochs": 5, "arg.amp": False, "arg.shuffle": True, "arg.layers": "64 32"},
        "python train.py",
        {},
    ),
    ({"arg.lr": 0.5}, "python train.py --lr ${{inputs.lr}}", {"lr": 0.5}),
    (
        {"arg.epochs": 9, "arg.lr": 1},
        "python train.py --lr ${{inputs.lr}} --epochs ${{inputs.epochs}}",
        {"lr": 1, "epochs": 9},
    ),
    ({"arg.amp": True}, "python train.py --amp", {}),
    ({"arg.shuffle": False}, "python train.py --no-shuffle", {}),
    ({"arg.layers": "8 8"}, "python train.py --layers ${{inputs.layers}}", {"layers": "8 8"}),
    ({"arg.name": "a b"}, "python train.py --name '${{inputs.name}}'", {"name": "a b"}),
    ({"arg.name": "it's"}, "python train.py --name 'it'\"'\"'s'", {}),
    ({"arg.name": "-x"}, "python train.py --name=${{inputs.name}}", {"name": "-x"}),
    ({"arg.name": ""}, "python train.py", {}),
]


@pytest.mark.parametrize(("answers", "command", "inputs"), COMMANDS)
def test_only_what_differs_goes_into_the_command(
    answers: dict[str, Value], command: str, inputs: dict[str, Value], tmp_path: Path
) -> None:
    job = built(wizard_context(tmp_path, SCRIPT), {**ANSWERS, **answers})
    assert job.command == command
    assert {name: each.value for name, each in job.inputs.items()} == inputs


CHOICES = """
import torch, argparse
p = argparse.ArgumentParser()
p.add_argument("--depth", type=int, choices=[18, 50], default=18)
p.add_argument("--odd", choices=["a", "b"], default="c")
p.add_argument("--steps", type=int, nargs="+", choices=[1, 2], default=[1, 2])
"""


def test_choices_of_numbers_and_odd_defaults(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, CHOICES)
    page = steps(DDP, ANSWERS, context)["script"]
    assert_form_sound(page.form)
    assert [field(page, f"arg.{name}").default for name in ("depth", "odd", "steps")] == ["18", None, "1 2"]
    assert built(context, {**ANSWERS, "arg.depth": "18"}).command == "python train.py"
    job = built(context, {**ANSWERS, "arg.depth": "50"})
    assert (job.command, job.inputs["depth"].value) == ("python train.py --depth ${{inputs.depth}}", 50)


@BOTH
@pytest.mark.parametrize(
    "answers", [{}, ANSWERS, {**ANSWERS, "environment": "own", "data_path": "x", "data_argument": "--lr"}]
)
def test_forms_are_sound(wizard: JobWizard, answers: dict[str, Value], tmp_path: Path) -> None:
    for step in wizard.steps(answers, wizard_context(tmp_path, SCRIPT)):
        assert_form_sound(step.form)


def test_required_arguments_keep_the_page_until_answered(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, REQUIRED)
    assert notes(steps(DDP, ANSWERS, context)["script"])["required"].path == "arg.model"
    answers = {**ANSWERS, "arg.model": "resnet18"}
    assert errors(steps(DDP, answers, context)) == []
    assert built(context, answers).command == "python train.py --model ${{inputs.model}}"


def test_positionals_come_first_and_have_no_flag(tmp_path: Path) -> None:
    script = SCRIPT + 'p.add_argument("folder")\n'
    job = built(wizard_context(tmp_path, script), {**ANSWERS, "arg.lr": 1, "arg.folder": "x"})
    assert job.command == "python train.py ${{inputs.folder}} --lr ${{inputs.lr}}"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("arg.lr", "fast", "wrong-type"),
        ("arg.epochs", True, "wrong-type"),
        ("arg.epochs", 1.5, "wrong-type"),
        ("arg.optimizer", "lion", "not-a-choice"),
        ("arg.amp", "yes", "wrong-type"),
    ],
)
def test_wrong_answers_are_said_at_their_field(name: str, value: Value, code: str, tmp_path: Path) -> None:
    page = steps(DDP, {**ANSWERS, name: value}, wizard_context(tmp_path, SCRIPT))["script"]
    assert notes(page)[code].path == name


@pytest.mark.parametrize(
    ("answers", "code", "path"),
    [
        ({"script": "src/nope.py"}, "script-missing", "script"),
        ({"script": "src/train.py", "code": "nowhere"}, "code-missing", "code"),
        ({"script": "src/train.py", "code": "other"}, "script-outside", "code"),
    ],
)
def test_missing_files(answers: dict[str, Value], code: str, path: str, tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    (tmp_path / "other").mkdir()
    assert notes(steps(DDP, answers, context)["script"])[code].path == path


def test_the_code_folder_may_lie_above_the_script(tmp_path: Path) -> None:
    job = built(wizard_context(tmp_path, SCRIPT), code=".")
    assert (job.code, job.command) == (".", "python src/train.py")


def test_odd_script_names_are_quoted(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    assert built(context, {"script": "src/my träin's.py"}).command == "python 'my träin'\"'\"'s.py'"


def test_counts_follow_the_gpus_of_the_vm_size_and_say_why(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    answers = {**ANSWERS, "vm_size": "standard_nc64as_t4_v3", "nodes": 2}
    asked = field(steps(DDP, answers, context)["ranks"], "processes_per_node")
    assert (asked.default, asked.help) == (4, "4 per node: Standard_NC64as_T4_v3 has 4 GPUs")
    job = built(context, answers)
    assert (job.topology.nodes, job.topology.processes_per_node) == (2, 4)
    assert job.resources.instance_type == "standard_nc64as_t4_v3"


def test_a_count_that_was_chosen_stays(tmp_path: Path) -> None:
    job = built(wizard_context(tmp_path, SCRIPT), processes_per_node=3, vm_size="Standard_ND96asr_v4")
    assert job.topology.processes_per_node == 3


@pytest.mark.parametrize(
    ("gpus", "cores", "expected"), [((), 8, 2), ((), 1, 1), (("T4",), 8, 1), (("A100", "A100"), 8, 2)]
)
def test_counts_without_a_vm_size_follow_this_machine(
    gpus: tuple[str, ...], cores: int, expected: int, tmp_path: Path
) -> None:
    host = replace(HOST, gpus=gpus, cpu_count=cores)
    assert built(wizard_context(tmp_path, SCRIPT, host=host)).topology.processes_per_node == expected


def test_v1s_total_is_said(tmp_path: Path) -> None:
    page = steps(DDP, {**ANSWERS, "nodes": 2, "processes_per_node": 4}, wizard_context(tmp_path, SCRIPT))["ranks"]
    assert (
        notes(page)["v1-process-count"].message
        == "SDK v1 called this process_count = 8 (the total). Azure ML v2 counts per node: 4."
    )


@pytest.mark.parametrize(
    ("answers", "code", "severity"),
    [
        ({"vm_size": "Standard_NC64as_T4_v3", "processes_per_node": 8}, "more-processes-than-gpus", Severity.WARNING),
        ({"vm_size": "Standard_NC64as_T4_v3", "processes_per_node": 2}, "idle-gpus", Severity.WARNING),
        ({"vm_size": "Standard_NC64as_T4_v3", "nodes": 2}, "no-infiniband", Severity.INFO),
        ({"vm_size": "Standard_NC6"}, "retired-vm-size", Severity.WARNING),
        ({"vm_size": "Standard_Mystery"}, "unknown-vm-size", Severity.INFO),
        ({"nodes": 4}, "more-ranks-than-cores", Severity.INFO),
        ({"nodes": 900}, "far-more-ranks-than-cores", Severity.WARNING),
        ({"nodes": 0}, "out-of-range", Severity.ERROR),
        ({"processes_per_node": 1000}, "out-of-range", Severity.ERROR),
    ],
)
def test_counts_that_do_not_fit(answers: dict[str, Value], code: str, severity: Severity, tmp_path: Path) -> None:
    page = steps(DDP, {**ANSWERS, **answers}, wizard_context(tmp_path, SCRIPT))["ranks"]
    assert notes(page)[code].severity is severity


def test_one_gpu_is_not_called_gpus(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    size = replace(context.vm_sizes[0], gpus=1)
    answers: dict[str, Value] = {**ANSWERS, "vm_size": size.name, "processes_per_node": 2}
    page = steps(DDP, answers, replace(context, vm_sizes=(size,)))["ranks"]
    assert "has 1 GPU for 2 processes" in notes(page)["more-processes-than-gpus"].message


def test_nccl_on_a_machine_without_gpus_is_explained(tmp_path: Path) -> None:
    script = 'import torch\ntorch.distributed.init_process_group("nccl")'
    without = notes(steps(DDP, ANSWERS, wizard_context(tmp_path, script))["ranks"])
    assert "has none" in without["backend-nccl-here"].message
    host = replace(HOST, gpus=("T4", "T4"))
    assert "backend-nccl-here" not in notes(steps(DDP, ANSWERS, wizard_context(tmp_path, script, host=host))["ranks"])


def test_torchrun_starts_the_ranks_of_each_node(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    one = built(context, wizard=TORCHRUN, processes_per_node=4)
    assert one.command == "torchrun --standalone --nproc-per-node=4 train.py"
    two = built(context, wizard=TORCHRUN, nodes=2, processes_per_node=4)
    assert two.command.startswith("torchrun --nnodes=2 --nproc-per-node=4 --node-rank=$NODE_RANK ")
    launcher = find_launcher(two.command)
    assert launcher is not None
    assert launcher.script == "train.py"
    for job in (one, two):
        assert job.distribution is not None
        assert job.distribution.process_count_per_instance == 1


LOCAL_RANK = (
    'import torch, argparse\np = argparse.ArgumentParser()\np.add_argument("--local_rank", type=int)\n'
    "print(p.parse_args().local_rank)\n"
)


def test_a_local_rank_argument_is_passed_and_never_asked(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, LOCAL_RANK)
    page = steps(DDP, ANSWERS, context)["script"]
    assert [each.name for each in page.form.fields] == ["script", "code"]
    assert notes(page)["local-rank-argument"].severity is Severity.INFO
    assert built(context).command == "python train.py --local_rank=$LOCAL_RANK"


def test_torchrun_can_not_pass_a_local_rank_and_warns(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, LOCAL_RANK)
    assert notes(steps(TORCHRUN, ANSWERS, context)["script"])["local-rank-argument"].severity is Severity.WARNING
    assert "local_rank" not in built(context, wizard=TORCHRUN).command


def test_a_variable_of_torchrun_is_a_note_of_the_other_wizard_alone(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, 'import os, torch\nn = os.environ["LOCAL_WORLD_SIZE"]')
    assert "launcher-variable" in notes(steps(DDP, ANSWERS, context)["script"])
    assert "launcher-variable" not in notes(steps(TORCHRUN, ANSWERS, context)["script"])


def test_curated_environments_come_first(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    asked = field(steps(DDP, ANSWERS, context)["environment"], "environment")
    assert asked.default == context.presets[0].name
    assert [each.value for each in asked.choices][-1] == "own"
    assert built(context).environment == context.presets[0].reference


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            "acpt-pytorch-2.8-cuda12.6",
            "azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest",
        ),
        ("azureml:mine@latest", "azureml:mine@latest"),
        ("other", "azureml://registries/azureml/environments/other/labels/latest"),
    ],
)
def test_environments_by_name_or_reference(answer: str, expected: str, tmp_path: Path) -> None:
    assert built(wizard_context(tmp_path, SCRIPT), environment=answer).environment == expected


def test_a_retired_environment_is_said(tmp_path: Path) -> None:
    answers = {**ANSWERS, "environment": "azureml:AzureML-PyTorch-1.6-GPU@latest"}
    assert "retired-environment" in notes(steps(DDP, answers, wizard_context(tmp_path, SCRIPT))["environment"])


def test_an_image_of_ones_own(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    answers = {**ANSWERS, "environment": "own", "conda_file": "conda.yml"}
    page = steps(DDP, answers, context)["environment"]
    assert [each.name for each in page.form.fields] == ["environment", "image", "conda_file"]
    assert notes(page)["conda-file-missing"].path == "conda_file"
    (tmp_path / "conda.yml").write_text("name: x", "utf-8")
    assert errors(steps(DDP, answers, context)) == []
    environment = built(context, answers).environment
    assert isinstance(environment, Mapping)
    assert "cuda" in str(environment["image"])
    assert environment["conda_file"] == "conda.yml"


def test_an_image_for_nodes_without_gpus_has_no_cuda(tmp_path: Path) -> None:
    environment = built(wizard_context(tmp_path, SCRIPT), environment="own", vm_size="Standard_D4ds_v5").environment
    assert isinstance(environment, Mapping)
    assert "cuda" not in str(environment["image"])


def test_data_goes_to_the_argument_that_looks_like_it(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    job = built(context, data_path="azureml:digits@latest")
    assert job.command == "python train.py --data-dir ${{inputs.data}}"
    assert job.inputs == {"data": JobInput(path="azureml:digits@latest", type="uri_folder", mode="ro_mount")}


def test_data_may_have_another_name_and_taker(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    job = built(context, data_path="https://x/y.csv", data_name="my data", data_argument="--name")
    assert job.command == "python train.py --name ${{inputs.my_data}}"
    assert job.inputs["my_data"].type == "uri_file"


def test_data_that_nobody_takes_is_warned_of(tmp_path: Path) -> None:
    answers = {**ANSWERS, "data_path": "azureml:d@latest", "data_argument": ""}
    page = steps(DDP, answers, wizard_context(tmp_path, SCRIPT))["data"]
    assert notes(page)["data-not-passed"].severity is Severity.WARNING


@pytest.mark.parametrize(
    ("script", "said"), [(SCRIPT, "pick one."), ("import torch\n", "give it one, such as --data.")]
)
def test_data_that_nobody_takes_is_warned_of_by_what_there_is_to_pick(script: str, said: str, tmp_path: Path) -> None:
    answers = {**ANSWERS, "data_path": "azureml:d@latest", "data_argument": ""}
    page = steps(DDP, answers, wizard_context(tmp_path, script))["data"]
    assert notes(page)["data-not-passed"].message.endswith(said)
    none = next(each for each in page.form.fields if each.name == "data_argument").choices[0]
    assert "finds the data" not in none.note
    page = steps(DDP, ANSWERS, wizard_context(tmp_path, script))["data"]
    assert "finds the data" in next(each for each in page.form.fields if each.name == "data_argument").choices[0].note


def test_data_that_the_script_requires_is_asked_for_on_the_datas_page(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, NEEDS_DATA)
    found = steps(DDP, ANSWERS, context)
    assert notes(found["data"])["data-missing"].path == "data_path"
    assert "required" not in notes(found["script"])
    (tmp_path / "digits").mkdir()
    answers = {**ANSWERS, "data_path": "digits"}
    assert errors(steps(DDP, answers, context)) == []
    assert built(context, answers).command == "python train.py --data-path ${{inputs.data}}"


def test_a_local_path_that_is_not_there(tmp_path: Path) -> None:
    page = steps(DDP, {**ANSWERS, "data_path": "nope"}, wizard_context(tmp_path, SCRIPT))["data"]
    assert notes(page)["data-missing"].severity is Severity.ERROR


@pytest.mark.parametrize("compute", ["gpu-cluster", "azureml:gpu-cluster"])
def test_compute(compute: str, tmp_path: Path) -> None:
    job = built(wizard_context(tmp_path, SCRIPT), compute=compute, vm_size="Standard_NC64as_T4_v3")
    assert job.compute == "azureml:gpu-cluster"
    assert job.resources.instance_type is None, "a cluster has its size already"


def test_a_cluster_that_is_known_brings_its_size(tmp_path: Path) -> None:
    clusters = (Cluster("gpu-cluster", "Standard_NC64as_T4_v3", 4), Cluster("slow", "Standard_D2_v2", 1))
    context = replace(wizard_context(tmp_path, SCRIPT), clusters=clusters)
    answers = {**ANSWERS, "compute": "azureml:gpu-cluster"}
    offered = [each.note for each in field(steps(DDP, answers, context)["ranks"], "compute").choices]
    assert offered == ["Standard_NC64as_T4_v3, 4 nodes at most", "Standard_D2_v2, 1 node at most"]
    assert built(context, answers).topology.processes_per_node == 4, "one for each of its GPUs"
    notes_of = notes(steps(DDP, {**answers, "nodes": 8, "vm_size": "Standard_D2_v2"}, context)["ranks"])
    assert notes_of["more-nodes-than-cluster"].path == "nodes"
    assert notes_of["size-of-the-cluster"].path == "vm_size"


def test_review(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    job = built(context, display_name="d", experiment="e", timeout=5, tags={"a": "b"})
    assert (job.display_name, job.experiment_name, job.timeout, job.tags) == ("d", "e", 300, {"a": "b"})
    assert built(context, timeout=0).timeout is None
    page = steps(DDP, {**ANSWERS, "experiment": "x" * 300}, context)["review"]
    assert "experiment-too-long" in notes(page)


def test_a_script_that_does_not_parse_keeps_the_page(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    assert context.scan is not None
    broken = Diagnostic(Severity.ERROR, "script-syntax", "Line 3: invalid syntax.", "script")
    context = replace(context, scan=replace(context.scan, findings=(broken,), frameworks=()))
    found = notes(steps(DDP, ANSWERS, context)["script"])
    assert found["script-syntax"].severity is Severity.ERROR
    assert "no-pytorch" not in found


def test_steps_are_quick_enough_for_each_keystroke(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    started = time.process_time()
    for _ in range(20):
        DDP.steps(ANSWERS, context)
        DDP.build(ANSWERS, context)
    assert (time.process_time() - started) / 20 < 0.016
