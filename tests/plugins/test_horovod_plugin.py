"""The plugin for Horovod and MPI as the program sees it: manifest, wizards, checks, and what Azure ML's SDK takes."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.api import Diagnostic, Job, ScriptSource, Severity, Value
from desktop_app.api.testing import assert_plugin_sound, drive, fake_context, fake_host, load_plugin
from desktop_app.core.commands import scripts_in
from desktop_app.places import Places, shipped
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings
from plugins.horovod import checks, wizard
from tests.helpers.mpi_jobs import HOST, mpi_job, wizard_context

FOLDER = shipped("plugins") / "horovod"
SAMPLE = shipped("resources") / "samples" / "digits"
PLUGIN = "rankzero-horovod"
VERDICTS = Path(__file__).parents[1] / "helpers" / "azureml_verdicts.py"
SAMPLES = ("horovod-pytorch", "horovod-tensorflow", "mpi")
OF_TORCH = "import horovod.torch as hvd\nhvd.init()\n"
OF_KERAS = "import horovod.tensorflow.keras as hvd\nhvd.init()\n"


@pytest.fixture
def host(places: Places) -> PluginHost:
    made = PluginHost(places, Settings(places.settings))
    made.discover()
    return made


def steps(name: str, folder: Path, text: str, **answers: Value) -> dict[str, dict[str, Diagnostic]]:
    """Return what each page of a wizard says, by code."""
    made = next(each for each in wizard.wizards() if each.name == name)
    pages = made.steps({"script": "src/train.py"} | answers, wizard_context(folder, text))
    return {page.name: {each.code: each for each in page.notes} for page in pages}


def job_of(name: str, folder: Path, text: str = "", **answers: Value) -> Job:
    made = next(each for each in wizard.wizards() if each.name == name)
    return made.build({"script": "src/train.py"} | answers, wizard_context(folder, text))


def checked(job: Job) -> dict[str, Diagnostic]:
    return {each.code: each for each in checks.check(job)}


def test_it_is_sound_and_says_what_it_contributes(host: PluginHost) -> None:
    assert_plugin_sound(FOLDER)
    info = next(each for each in host.plugins if each.id == PLUGIN)
    assert info.contributes["wizards"] == tuple(each.name for of, each in host.wizards() if of.id == PLUGIN)
    specs = [each for each in host.toolchain_specs() if each.plugin == PLUGIN]
    assert [each.name for each in specs] == ["horovod-pytorch", "horovod-tensorflow", "mpi"]
    assert all("==" in each for spec in specs for each in spec.requires)


def test_every_hook_works_through_the_host(host: PluginHost) -> None:
    planned = host.launch_plan(mpi_job(), HOST)
    assert planned is not None
    assert (planned[0], len(planned[1])) == (PLUGIN, 3)
    table = host.rank_table(mpi_job(), None, 0, 5)
    assert table is not None
    assert len(table.rows) == 2
    assert "horovod" in host.scan_script(ScriptSource("t.py", OF_TORCH)).frameworks
    assert host.check_job(mpi_job(nodes=101)) != ()


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_it_imports_the_public_api_and_its_own_files_alone(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            public = name in {"desktop_app.api", "desktop_app.api.kit"}
            assert public or name.partition(".")[0] in sys.stdlib_module_names, name


@pytest.mark.parametrize("name", SAMPLES)
def test_a_newcomer_makes_the_samples_job(name: str) -> None:
    script = f"src/train_{name.replace('-', '_')}.py"
    with load_plugin(FOLDER) as plugin:
        context = fake_context(SAMPLE, host=fake_host(), scan=plugin.scan((SAMPLE / script).read_text("utf-8")))
        driven = drive(plugin.wizard(name), {"script": script, "nodes": 2, "processes_per_node": 4}, context)
        notes = [note for step in plugin.wizard(name).steps({"script": script}, context) for note in step.notes]
    job = driven.job
    assert job.distribution is not None
    assert (job.distribution.type, job.topology.world_size) == ("mpi", 8)
    assert driven.step("ranks").shows_topology
    assert scripts_in(job.command) == (Path(script).name,)
    assert {each.severity for each in notes} <= {Severity.INFO}


def test_where_the_environment_of_each_way_comes_from(tmp_path: Path) -> None:
    assert job_of("horovod-tensorflow", tmp_path).environment == (
        "azureml://registries/azureml/environments/tensorflow-2.16-cuda12/labels/latest"
    )
    with_sample = drive_environment("horovod-pytorch")
    assert with_sample == {"build": {"path": "environment/horovod-pytorch"}}
    of_mpi = drive_environment("mpi")
    assert isinstance(of_mpi, dict)
    assert of_mpi["conda_file"] == "environment/mpi.yml"


def drive_environment(name: str) -> object:
    made = next(each for each in wizard.wizards() if each.name == name)
    return made.build({"script": "src/train.py"}, fake_context(SAMPLE, host=fake_host())).environment


def test_it_is_said_how_horovod_gets_into_an_environment(tmp_path: Path) -> None:
    bare = steps("horovod-pytorch", tmp_path, OF_TORCH)["environment"]["no-horovod-inside"]
    assert "Dockerfile" in bare.message
    curated = steps("horovod-pytorch", tmp_path, OF_TORCH, environment="acpt-pytorch-2.8-cuda12.6")["environment"]
    assert "not known to hold Horovod" in curated["no-horovod-inside"].message
    assert "dockerfile-missing" in steps("horovod-pytorch", tmp_path, OF_TORCH, build_folder="env")["environment"]
    (tmp_path / "environment" / "mine").mkdir(parents=True)
    (tmp_path / "environment" / "mine" / "Dockerfile").write_text("RUN pip install horovod\n")
    assert steps("horovod-pytorch", tmp_path, OF_TORCH)["environment"] == {}
    assert job_of("horovod-pytorch", tmp_path).environment == {"build": {"path": "environment/mine"}}
    assert "no-mpi4py-inside" in steps("mpi", tmp_path, "from mpi4py import MPI")["environment"]


def test_the_other_horovod_is_sent_to_its_own_wizard(tmp_path: Path) -> None:
    said = steps("horovod-pytorch", tmp_path, OF_KERAS)["script"]["other-horovod"]
    assert said.message.endswith("go on in the wizard Horovod with TensorFlow.")
    assert "other-horovod" in steps("horovod-tensorflow", tmp_path, OF_TORCH)["script"]
    assert "other-horovod" not in steps("horovod-pytorch", tmp_path, OF_TORCH)["script"]


def test_v1_words_set_the_counts(tmp_path: Path) -> None:
    words = "MpiConfiguration(process_count_per_node=4, node_count=3)"
    job = job_of("horovod-pytorch", tmp_path, v1_words=words)
    assert (job.topology.nodes, job.topology.processes_per_node) == (3, 4)


def test_a_program_of_ones_own_needs_no_script(tmp_path: Path) -> None:
    made = next(each for each in wizard.wizards() if each.name == "mpi")
    answers: dict[str, Value] = {"program": "./solver --steps 100"}
    context = replace(wizard_context(tmp_path), scan=None)
    assert made.build(answers, context).command == "./solver --steps 100"
    said = [note for page in made.steps(answers, context) for note in page.notes]
    assert not [each for each in said if each.severity is Severity.ERROR]
    assert [each.code for page in made.steps({}, context) for each in page.notes if each.severity is Severity.ERROR]


def test_a_script_with_mpi4py_is_started_so_that_an_exception_ends_all(tmp_path: Path) -> None:
    assert job_of("mpi", tmp_path, "from mpi4py import MPI").command.startswith("python -m mpi4py train.py")
    assert job_of("mpi", tmp_path, "import numpy").command.startswith("python train.py")


def test_more_nodes_than_azure_ml_runs_by_mpi(tmp_path: Path) -> None:
    assert "at most 100 nodes" in checked(mpi_job(nodes=101))["mpi-nodes"].message
    assert checked(mpi_job(nodes=100)) == {}
    assert "mpi-nodes" in steps("mpi", tmp_path, "", nodes=101)["ranks"]
    assert "too-many-ranks" in checked(mpi_job(nodes=99, per_node=64))


def test_variables_of_mpirun_and_of_horovod() -> None:
    job = mpi_job(
        environment_variables={"OMPI_COMM_WORLD_RANK": "0", "HOROVOD_TIMELIN": "/t", "HOROVOD_CYCLE_TIME": "1"}
    )
    found = checked(job)
    assert {*found} == {"rank-variable-fixed", "horovod-variable"}
    assert "HOROVOD_TIMELINE is meant" in found["horovod-variable"].message
    fix = found["rank-variable-fixed"].fix
    assert fix is not None
    assert fix.unset == ("environment_variables.OMPI_COMM_WORLD_RANK",)
    assert checked(replace(job, distribution=None)) == {}


@pytest.mark.parametrize(
    "name", ["OMPI_MCA_app_api_key", "OMPI_MCA_TOKEN", "OMPI_MCA_my_password", "OMPI_MCA_a_secret"]
)
def test_a_secret_that_everybody_could_read_is_said(name: str) -> None:
    """mpirun writes OMPI_MCA_… into the command line of its helpers."""
    job = replace(mpi_job(), environment_variables={name: "x"})
    (found,) = checks.check(job)
    assert (found.code, found.path) == ("secret-in-command-line", f"environment_variables.{name}")
    assert name in found.message
    for harmless in ("OMPI_MCA_btl", "OMPI_MCA_orte_tmpdir_base", name.removeprefix("OMPI_MCA_")):
        assert not [*checks.check(replace(job, environment_variables={harmless: "x"}))]


def test_plain_mpi4py_is_told_of_its_own_starter() -> None:
    bare: dict[str, Value] = {"image": "i", "conda_file": {"dependencies": [{"pip": ["mpi4py"]}]}}
    (found,) = checks.check_environment(bare, mpi_job("python train.py --lr 1"))
    assert found.fix is not None
    assert found.fix.set == {"command": "python -m mpi4py train.py --lr 1"}
    assert [*checks.check_environment(bare, mpi_job("python -m mpi4py train.py"))] == []
    assert [*checks.check_environment("azureml:x@latest", mpi_job())] == []


def test_the_sdk_takes_the_samples(azureml_python: Path) -> None:
    cases = [(str(SAMPLE / f"{name}.yml"), "commandJob") for name in SAMPLES]
    done = subprocess.run(
        [azureml_python, VERDICTS], input=json.dumps(cases), capture_output=True, text=True, timeout=240, check=True
    )
    assert json.loads(done.stdout) == ["", "", ""]
