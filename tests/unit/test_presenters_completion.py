"""Suggestions at the cursor: what may stand there by the schema, by what is known, and by what lies around."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.presenters.completion import Suggestions, narrowed, suggestions

JOB = "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\n"
PIPELINE = """\
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
inputs:
  raw:
    type: uri_folder
outputs:
  model:
    type: mlflow_model
jobs:
  prepare:
    type: command
    outputs:
      clean:
        type: uri_folder
  train:
    type: command
"""


def found(text: str, path: Path | None = None) -> Suggestions | None:
    """Return what is suggested at the bar in a text."""
    at = text.index("¦")
    before = text[:at]
    return suggestions(path, before + text[at + 1 :], before.count("\n"), len(before) - before.rfind("\n") - 1)


def inserts(text: str, path: Path | None = None) -> list[str]:
    """Return what would be written, of what fits the word at the bar in a text."""
    made = found(text, path)
    return [each.insert for each in narrowed(made.items, made.word)] if made else []


def texts(text: str, path: Path | None = None) -> list[str]:
    """Return what is shown, of what fits the word at the bar in a text."""
    made = found(text, path)
    return [each.text for each in narrowed(made.items, made.word)] if made else []


def test_keys_are_those_not_there_yet_and_needed_ones_come_first() -> None:
    keys = texts(f"{JOB}code: src\n¦")
    assert set(keys[:2]) == {"command", "environment"}
    assert "distribution" in keys
    assert not {"code", "$schema"} & set(keys)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (f"{JOB}comp¦", "compute: "),
        (f"{JOB}comp¦ute: x", "compute"),
        (f"{JOB}distribution:\n  type: pytorch\n  p¦", "process_count_per_instance: "),
        (f"{JOB}distribution:\n  ty¦\nresources:\n  instance_count: 2\n", "type: "),
        (f"{JOB}tag¦", "tags:\n  "),
        (f"{JOB}resources:\n  loc¦", "locations:\n    - "),
        (f"{JOB}distribution: {{type: pytorch, pro¦}}", "process_count_per_instance: "),
        (f"{JOB}distribution: {{\n  type: pytorch,\n  pro¦\n}}", "process_count_per_instance: "),
        (f"{JOB}inputs:\n  data:\n    ty¦", "type: "),
        (f"{JOB}distribution:\n  type: ¦", "pytorch"),
        (f"{JOB}inputs:\n  data:\n    type: uri_fo¦", "uri_folder"),
        (f"{JOB}inputs:\n  data:\n    mode: ro¦", "ro_mount"),
        (f"{JOB}resources:\n  instance_type: ads_a100_v4¦", "Standard_NC24ads_A100_v4"),
        (f"{JOB}compute: ser¦", "serverless"),
        ("channels:\n  - conda-f¦\ndependencies: []\n", "conda-forge"),
        ("channels:\n  ¦\ndependencies: []\n", "- conda-forge"),
        ("dependencies:\n- pip\n- pi¦\nname: x\nchannels: []\n", "pip"),
    ],
)
def test_the_first_word_is_the_one_meant(text: str, first: str) -> None:
    assert inserts(text)[0] == first


def test_a_list_begins_where_the_file_puts_its_dashes() -> None:
    assert inserts("dependencies:\n- pip\nname: x\nchan¦") == ["channels:\n- "]


@pytest.mark.parametrize(
    "text",
    [
        f"{JOB}# comp¦",
        f"{JOB}compute: a # b¦",
        f"{JOB}command: |\n  co¦\n",
        f"{JOB}description: some wo¦",
        "a: ¦\n",
    ],
)
def test_nothing_is_said_where_nothing_is_known(text: str) -> None:
    assert found(text) is None


@pytest.mark.parametrize(
    ("distribution", "first"),
    [
        ("", "acpt-pytorch-2.8-cuda12.6"),
        ("pytorch", "acpt-pytorch-2.8-cuda12.6"),
        ("tensorflow", "tensorflow-2.16-cuda12"),
    ],
)
def test_a_job_is_offered_environments_to_train_in_first_and_those_to_answer_with_last(
    distribution: str, first: str
) -> None:
    made = found(f"{JOB}distribution: {{type: {distribution}}}\nenvironment: ¦")
    assert made is not None
    shown = [each for each in made.items if each.kind == "environment"]
    assert shown[0].text == first
    words = ["inference" in each.detail for each in shown]
    assert words == sorted(words)
    assert any(words)


def test_a_deployment_is_offered_environments_to_answer_with_first() -> None:
    schema = JOB.replace("commandJob", "managedOnlineDeployment")
    made = found(f"{schema}endpoint_name: mine\nenvironment: ¦")
    assert made is not None
    assert next(each for each in made.items if each.kind == "environment").detail.startswith("inference")


def test_an_environment_is_found_by_a_piece_of_its_name_and_those_that_are_gone_come_last() -> None:
    made = found(f"{JOB}environment: pytorch¦")
    assert made is not None
    shown = narrowed(made.items, made.word)
    first = next(each for each in shown if each.text.startswith("acpt-pytorch"))
    assert first.insert == f"azureml://registries/azureml/environments/{first.text}/labels/latest"
    assert first.kind == "environment"
    kinds = [each.kind for each in made.items]
    assert kinds.index("gone") > len([each for each in kinds if each == "environment"]) - 1


@pytest.mark.parametrize("start", ["$", "${", "${{", "${{in", "${{ inputs.l"])
def test_placeholders_are_the_inputs_and_outputs_that_are_declared(start: str) -> None:
    text = f"{JOB}inputs:\n  lr: 0.1\noutputs:\n  model:\n    type: uri_folder\ncommand: >-\n  python t.py {start}¦ --b"
    made = found(text)
    assert made is not None
    assert made.word == start
    assert [each.insert for each in made.items] == ["${{inputs.lr}}", "${{outputs.model}}"]


def test_a_placeholder_takes_the_place_of_one_that_is_there() -> None:
    made = found(f"{JOB}inputs:\n  lr: 0.1\ncommand: t.py --lr ${{{{in¦}}}} --b")
    assert made is not None
    assert (made.start, made.end) == (19, 26)


def test_a_sweep_offers_its_search_space_in_the_command_of_its_trial() -> None:
    text = "type: sweep\nsearch_space:\n  lr:\n    type: choice\ntrial:\n  command: python t.py --lr ${{¦\n"
    assert inserts(text) == ["${{search_space.lr}}"]


def test_a_step_is_bound_to_the_pipeline_and_to_other_steps() -> None:
    made = inserts(f"{PIPELINE}    inputs:\n      data: ${{{{¦")
    assert made == ["${{parent.inputs.raw}}", "${{parent.jobs.prepare.outputs.clean}}"]
    assert inserts(f"{PIPELINE}    outputs:\n      best: ${{{{¦") == ["${{parent.outputs.model}}"]


def test_names_that_files_nearby_declare_are_offered(tmp_path: Path) -> None:
    (tmp_path / "cluster.yml").write_text("type: amlcompute\nname: gpus\nsize: Standard_NC6s_v3\n")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "env.yml").write_text("name: mine\nversion: 3\nimage: x\n")
    path = tmp_path / "job.yml"
    assert inserts(f"{JOB}compute: gp¦", path) == ["azureml:gpus"]
    assert inserts(f"{JOB}environment: azureml:mi¦", path)[0] == "azureml:mine:3"


def test_files_and_folders_are_offered_relative_to_the_file_and_scripts_to_the_code(tmp_path: Path) -> None:
    (tmp_path / "src" / "data").mkdir(parents=True)
    (tmp_path / "src" / "train.py").touch()
    (tmp_path / "conda.yml").touch()
    path = tmp_path / "job.yml"
    assert inserts(f"{JOB}code: ¦", path) == ["./src"]
    assert "./conda.yml" in inserts(f"{JOB}inputs:\n  d:\n    path: ./c¦", path)
    assert inserts(f"{JOB}code: src\ncommand: python ¦", path) == ["data/", "train.py"]
    assert inserts(f"{JOB}code: src\ncommand: python tr¦ --lr 1", path) == ["train.py"]


@pytest.mark.parametrize("cut", range(0, len(PIPELINE), 7))
def test_any_beginning_of_a_file_is_fine(cut: int) -> None:
    found(f"{PIPELINE[:cut]}¦{PIPELINE[cut + 3 :]}")
