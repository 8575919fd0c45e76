"""Forms designed by hand: every value of a file has one place, in the words and the order of the design."""

from __future__ import annotations

import pytest

from desktop_app.api import Topology, Value
from desktop_app.documents.kinds import KINDS
from desktop_app.documents.shapes import Shape, shape_of
from desktop_app.documents.yaml_text import parse
from desktop_app.places import shipped
from desktop_app.presenters.form.build import form_for, title_of
from desktop_app.presenters.form.changes import apply
from desktop_app.presenters.form.design import Design
from desktop_app.presenters.form.designed import knows, paths_of
from desktop_app.presenters.form.designs import DESIGNS
from desktop_app.presenters.form.findings import count_inside
from desktop_app.presenters.form.model import (
    Cell,
    ComputeFact,
    CondaFact,
    Control,
    EnvironmentFact,
    FormFacts,
    FormModel,
    ImageFact,
    Row,
    VmFact,
)
from desktop_app.presenters.form.paths import starts_with

FACTS = FormFacts(
    (VmFact("Standard_NC24s_v3", "4 × NVIDIA V100"),),
    (EnvironmentFact("azureml://registries/azureml/environments/acpt/labels/latest", "ACPT", "Python 3.10"),),
    (ComputeFact("gpu-cluster", "Standard_NC24s_v3 · 0 to 4 nodes"),),
    upload="train.py and 2 more files, 14 kB, will be uploaded.",
)
JOB = """$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
code: src
command: python train.py
inputs:
  epochs: 3   # few
  data:
    type: uri_folder
    path: azureml:mnist:1
    odd: 1
environment: azureml:acpt@latest
compute: azureml:gpu-cluster
distribution:
  type: PyTorch
  process_count_per_instance: 4
resources:
  instance_count: 2
  instance_type: Standard_NC24s_v3
services:
  ssh: {type: ssh}
proces: 4
"""
SWEEP = """type: sweep
trial:
  command: python train.py
search_space:
  lr:
    type: loguniform
    min_value: -6
    max_value: -1
  size:
    type: choice
    values: [16, 32]
sampling_algorithm:
  type: random
objective:
  goal: maximize
"""
CONDA = """channels: [conda-forge]
dependencies:
  - python=3.10   # old
  - pip:
      - torch==2.8.0
"""


def schema_of(kind: str) -> Shape | None:
    return shape_of(KINDS[kind].schema)


def form(text: str, kind: str = "commandJob") -> FormModel:
    return form_for(kind, schema_of(kind), parse(text).data, (), FACTS)


def row(model: FormModel, key: str) -> Row:
    found = model.row(key)
    assert found is not None, key
    return found


def cell(model: FormModel, path: str, *, name: bool = False) -> Cell:
    found = model.cell(path, name=name)
    assert found is not None, path
    return found


def titles(model: FormModel) -> list[str]:
    return [each.title for section in model.sections for each in section.rows if each.title and each.title != "odd"]


def test_a_command_job_reads_as_a_person_would_tell_it() -> None:
    model = form(JOB)
    assert model.title == "Command job"
    assert titles(model)[:9] == [
        "Command", "Code", "Distribution", "Environment", "Compute", "Node size", "Inputs", "Outputs", "Variables",
    ]  # fmt: skip
    line = row(model, "distribution.type")
    assert [each.path for each in line.cells] == [
        "distribution.type", "resources.instance_count", "distribution.process_count_per_instance",
    ]  # fmt: skip
    assert line.topology == Topology(2, 4)
    assert line.notes == ("8 ranks in all; SDK v1 called this process_count = 8.",)


def test_facts_stand_below_their_lines() -> None:
    model = form(JOB)
    assert row(model, "code").notes == (FACTS.upload,)
    assert row(model, "environment").notes == ("Python 3.10",)
    assert row(model, "compute").notes == ("Standard_NC24s_v3 · 0 to 4 nodes",)
    assert row(model, "resources.instance_type").notes == ("4 × NVIDIA V100",)
    assert [each.title for each in cell(model, "environment").choices] == ["ACPT"]


@pytest.mark.parametrize(
    ("kind", "text", "path"),
    [
        ("commandJob", "command: ls", "environment"),
        ("commandJob", "command: ls\nenvironment: {image: x}", "environment"),
        ("sweepJob", "trial: {command: ls}", "trial.environment"),
        ("managedOnlineDeployment", "name: blue", "environment"),
        ("component", "command: ls\nenvironment: azureml:e:1", "environment"),
        ("pipelineJob", "jobs: {a: {command: ls, environment: 'azureml:e:1'}}", "jobs.a.environment"),
    ],
)
def test_every_environment_can_be_chosen(kind: str, text: str, path: str) -> None:
    model = form(text, kind)
    (opener,) = [each for found in model.rows() for each in found.openers]
    assert (opener.role, opener.target) == ("environment", path)
    assert row(model, path).openers == (opener,)


def test_a_conda_file_shows_its_packages_and_opens() -> None:
    fact = CondaFact("conda_file", "/home/ada/digits/conda.yml", ("python=3.10",), tuple("abc" * 20))
    known = FormFacts(conda_files=(fact,))
    found = row(form_for("environment", schema_of("environment"), {"conda_file": "c.yml"}, (), known), "conda_file")
    assert found.notes[0] == "Packages: python=3.10"
    assert found.notes[1].endswith("a and 20 more")
    assert [(each.role, each.title, each.target) for each in found.openers] == [("file", "Open conda.yml", fact.file)]
    empty = FormFacts(conda_files=(CondaFact("conda_file", "c"),))
    found = row(form_for("environment", None, {"conda_file": "c"}, (), empty), "conda_file")
    assert found.notes == ("No packages are in it.",)


def test_images_are_offered_and_told_about() -> None:
    name = "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:latest"
    known = FormFacts(images=(ImageFact(name, "current · Ubuntu 24.04"),))
    for given in (name, name.removesuffix(":latest")):
        found = row(form_for("environment", schema_of("environment"), {"image": given}, (), known), "image")
        assert found.notes == ("current · Ubuntu 24.04",)
        assert [(each.value, each.title) for each in found.cells[0].choices] == [(name, "openmpi5.0-ubuntu24.04")]


def test_inputs_are_a_table_with_what_each_one_needs() -> None:
    model = form(JOB)
    assert [(each.control, each.text) for each in row(model, "inputs.epochs").cells] == [
        (Control.NAME, "epochs"), (Control.LINE, "3"),
    ]  # fmt: skip
    assert [each.path for each in row(model, "inputs.data").cells[1:]] == [
        "inputs.data.type", "inputs.data.path", "inputs.data.mode",
    ]  # fmt: skip
    assert row(model, "inputs.data.odd").is_unknown
    adder = row(model, "inputs+").adder
    assert adder is not None
    assert apply("inputs:\n  a: 1\n", [adder.change("b", adder.ways[1])]).startswith("inputs:\n  a: 1\n  b:\n")


def test_a_word_is_known_in_any_spelling_and_keeps_the_files_own() -> None:
    kind = cell(form(JOB), "distribution.type")
    assert kind.control is Control.CHOICE
    assert "PyTorch" in [each.value for each in kind.choices]
    assert kind.empties == "distribution"
    assert cell(form(JOB.replace("PyTorch", "pie")), "distribution.type").control is Control.SUGGEST


def test_the_distribution_asks_for_its_own_counts() -> None:
    tensorflow = form(JOB.replace("PyTorch", "tensorflow").replace("process_count_per_instance: 4", "worker_count: 2"))
    assert [each.path for each in row(tensorflow, "distribution.type").cells] == [
        "distribution.type", "resources.instance_count", "distribution.worker_count",
        "distribution.parameter_server_count",
    ]  # fmt: skip


def test_what_no_line_shows_is_shown_all_the_same() -> None:
    model = form(JOB)
    assert row(model, "services").is_group
    other = next(each for each in model.sections if each.title == "Other keys")
    assert [each.key for each in other.rows] == ["proces"]
    assert other.rows[0].is_unknown


def test_a_parameter_shows_what_its_distribution_has() -> None:
    model = form(SWEEP, "sweepJob")
    assert [each.path for each in row(model, "search_space.lr").cells[1:]] == [
        "search_space.lr.type", "search_space.lr.min_value", "search_space.lr.max_value",
    ]  # fmt: skip
    assert cell(model, "search_space.size.values").text == "16, 32"
    assert [each.path for each in row(model, "sampling_algorithm.type").cells][:2] == [
        "sampling_algorithm.type", "sampling_algorithm.rule",
    ]  # fmt: skip
    assert cell(model, "trial.command").control is Control.COMMAND


def test_a_spread_says_what_it_draws() -> None:
    model = form(SWEEP, "sweepJob")
    assert row(model, "search_space.size").notes == ("2 values, each as often.",)
    said = "0.002479 to 0.3679, as often below 0.0302 as above. The file holds the exponents: exp(-6) to exp(-1)."
    assert row(model, "search_space.lr").notes == (said,)
    tens = form(SWEEP.replace("  type: random", "  type: random\n  logbase: 10"), "sweepJob")
    assert row(tens, "search_space.lr").notes == ()
    assert row(tens, "search_space.size").notes


def test_the_search_comes_first_and_a_policy_shows_its_own_settings() -> None:
    assert [each.title for each in form(SWEEP, "sweepJob").sections][:2] == ["Search", "Trial"]
    bandit = form(f"{SWEEP}early_termination:\n  type: bandit\n  slack_amount: 0.2\n", "sweepJob")
    paths = [each.path for each in row(bandit, "early_termination.type").cells]
    assert paths == ["early_termination.type", "early_termination.slack_amount"]
    looks = [each.path for each in row(bandit, "early_termination.evaluation_interval").cells]
    assert looks == ["early_termination.evaluation_interval", "early_termination.delay_evaluation"]
    truncation = form(f"{SWEEP}early_termination:\n  type: truncation_selection\n", "sweepJob")
    paths = [each.path for each in row(truncation, "early_termination.type").cells]
    assert paths == ["early_termination.type", "early_termination.truncation_percentage"]


def test_packages_of_conda_and_pip_are_two_lists() -> None:
    model = form(CONDA, "conda")
    assert cell(model, "dependencies[0]").text == "python=3.10"
    assert cell(model, "dependencies[1].pip[0]").text == "torch==2.8.0"
    adder = row(model, "dependencies[pip].pip+").adder
    assert adder is not None
    assert parse(apply(CONDA, [adder.change("")])).data["dependencies"][1] == {"pip": ["torch==2.8.0", ""]}  # type: ignore[index,call-overload]


def test_the_first_package_of_pip_begins_its_list() -> None:
    model = form("dependencies:\n  - python\n", "conda")
    (adder,) = [each.adder for each in model.rows() if each.adder and each.title == "From pip"]
    assert adder is not None
    text = apply("dependencies:\n  - python\n", [adder.change("")])
    assert parse(text).data == {"dependencies": ["python", {"pip": [""]}]}


def test_a_line_that_holds_a_mapping_folds_out() -> None:
    model = form("command: x\nenvironment:\n  image: y\n")
    assert row(model, "environment").is_group
    assert cell(model, "environment.image").text == "y"


@pytest.mark.parametrize(
    "text", ["", "command: 5\n", "distribution: 3\n", "inputs: [1]\n", "resources: x\nlimits: []\n", "[1, 2]\n", "x\n",
             "inputs:\n", "distribution:\n  type: 3\n", "environment: [a]\n", "trial: 3\n", "dependencies:\n- pip: 3\n"]
)  # fmt: skip
@pytest.mark.parametrize("kind", DESIGNS)
def test_odd_data_still_makes_a_form_that_hides_nothing(kind: str, text: str) -> None:
    data = parse(text).data
    model = form_for(kind, schema_of(kind), data, (), FACTS)
    shown = {each.path for each in model.rows()} | {each.path for row in model.rows() for each in row.cells}
    for path in leaves(data):
        assert path in shown, path
    keys = [each.key for each in model.rows()]
    assert len(keys) == len(set(keys))


def leaves(data: Value, path: str = "") -> list[str]:
    if isinstance(data, dict) and data:
        return [each for key, value in data.items() for each in leaves(value, f"{path}.{key}" if path else key)]
    if isinstance(data, list) and data:
        return [each for index, value in enumerate(data) for each in leaves(value, f"{path}[{index}]")]
    return [path] if path and path not in ("$schema", "type") else []


def test_every_value_of_every_example_has_its_one_place() -> None:
    examples = ((JOB, "commandJob"), (SWEEP, "sweepJob"), (CONDA, "conda"))
    sample = (shipped("resources") / "samples" / "digits" / "job.yml").read_text()
    for text, kind in (*examples, (sample, "commandJob")):
        cells = [each.path for row in form(text, kind).rows() for each in row.cells if each.control is not Control.NAME]
        assert len(cells) == len(set(cells))
        for path in leaves(parse(text).data):
            assert any(starts_with(path, each) for each in cells), path


def test_kinds_have_names_that_people_read() -> None:
    assert title_of("pipelineJob") == "Pipeline job"
    assert title_of("unknown") == "YAML"


def test_a_closed_group_says_that_something_is_wrong_inside() -> None:
    from desktop_app.api import Diagnostic, Severity

    found = (
        Diagnostic(Severity.ERROR, "x", "bad", "services.ssh.type"),
        Diagnostic(Severity.INFO, "x", "b", "services"),
    )
    model = form_for("commandJob", shape_of("commandJob"), parse(JOB).data, found)
    assert count_inside(row(model, "services")) == "1 error"
    assert [each.message for each in row(model, "services").findings] == ["b"]


@pytest.mark.parametrize(
    "design", {id(each): each for each in DESIGNS.values()}.values(), ids=lambda each: each.parts[0].title
)
def test_a_design_names_what_a_schema_of_its_kinds_knows(design: Design) -> None:
    shapes = [schema_of(kind) for kind, each in DESIGNS.items() if each is design]
    paths = {each.partition("[")[0] for each in paths_of(design)} - {"conda_file.name", "prefix"}
    if all(shapes):
        unknown = {each for each in paths if not any(knows(shape, each) for shape in shapes if shape)}
        assert unknown <= {"conda_file.channels", "conda_file.dependencies"}


def test_what_a_kind_has_not_is_not_offered_but_shown_where_it_is() -> None:
    assert "compute" not in [each.key for each in form("name: x\n", "managedOnlineEndpoint").rows()]
    assert "compute" in [each.key for each in form("name: x\n", "kubernetesOnlineEndpoint").rows()]
    assert cell(form("compute: x\n", "managedOnlineEndpoint"), "compute").text == "x"
