"""Which kind of file a text is: by its schema, by its keys, and when it can't be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import Value
from desktop_app.documents.kinds import KINDS, kind_of, may_be_known
from desktop_app.documents.shapes import kinds, shape_of
from desktop_app.documents.yaml_text import parse

BASE = "$schema: https://azuremlschemas.azureedge.net/latest/"


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ("commandJob", "commandJob"), ("sweepJob", "sweepJob"), ("pipelineJob", "pipelineJob"), ("data", "data"),
        ("environment", "environment"), ("model", "model"), ("amlCompute", "compute"), ("asset", "data"),
        ("commandComponent", "component"), ("pipelineComponent", "component"), ("autoMLJob", "autoMLJob"),
        ("managedOnlineEndpoint", "managedOnlineEndpoint"), ("computeInstance", "computeInstance"),
    ],
)  # fmt: skip
def test_the_schema_decides_also_in_a_text_that_is_broken(schema: str, kind: str) -> None:
    text = f"{BASE}{schema}.schema.json\n"
    assert kind_of(None, parse(text).data, text) == kind
    broken = f"{text}a: [\n"
    assert kind_of(None, None, broken) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("command: python x.py\ncode: .\n", "commandJob"),
        ("command: python x.py\nenvironment: azureml:e@latest\ncompute: azureml:c\n", "commandJob"),
        ("type: command\ncommand: x\n", "commandJob"),
        ("comand: x\ncode: .\nenvironment: e\ncompute: c\n", "commandJob"),
        ("command: x\n", "unknown"),
        ("type: command\nname: c\nversion: 1\ncommand: x\n", "component"),
        ("type: sweep\ntrial: {command: x}\n", "sweepJob"),
        ("type: pipeline\njobs: {}\n", "pipelineJob"),
        ("name: e\nchannels: [conda-forge]\ndependencies: [python=3.11]\n", "conda"),
        ("image: x\nconda_file: conda.yml\n", "environment"),
        ("name: c\ntype: amlcompute\nsize: x\n", "compute"),
        ("on: push\njobs: {}\n", "unknown"),
        ("services: {web: {image: x, command: y}}\nversion: '3'\n", "unknown"),
        ("apiVersion: v1\nkind: Pod\nspec: {}\n", "unknown"),
        ("- a\n", "unknown"),
        ("", "unknown"),
        ("$schema: http://json-schema.org/draft-07/schema#\ncommand: x\ncode: .\n", "unknown"),
        ("$schema: 3\ncommand: x\ncode: .\n", "commandJob"),
    ],
)
def test_without_a_schema_the_keys_decide(text: str, kind: str) -> None:
    assert kind_of(Path("x.yml"), parse(text).data, text) == kind


def test_the_beginnings_of_lines_must_do_for_a_text_that_was_not_parsed() -> None:
    text = "command: python x.py\ncode: src\ninputs:\n  a: [\n"
    assert kind_of(None, None, text) == "commandJob"
    assert kind_of(Path("conda.yml"), None, "dependencies:\n  - python\n") == "conda"


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ("http://azureml/sdk-2-0/SparkComponent.json", "component"),
        ("http://azureml/sdk-2-0/Schedule.json", "schedule"),
        ("http://azureml/sdk-2-0/AutoMLComponent.json", "autoMLComponent"),
        ("https://azuremlschemas.azureedge.net/latest/asset.prompt.schema.json", "prompt"),
        ("https://azuremlschemas.azureedge.net/promptflow/latest/Run.schema.json", "flowRun"),
        ("https://azuremlschemas.azureedge.net/latest/azureBlob.schema.json", "azureBlob"),
        ("https://azuremlschemas.azureedge.net/promptflow/latest/AzureOpenAIConnection.schema.json", "unknown"),
        ("http://azureml/sdk-2-0/DataIndex.json", "unknown"),
        ("https://azuremlschemas.azureedge.net/latest/nothingKnown.schema.json", "unknown"),
        ("https://json.schemastore.org/github-workflow.json", "unknown"),
    ],
)
def test_every_address_of_a_schema_is_read(schema: str, kind: str) -> None:
    text = f"$schema: {schema}\nname: x\n"
    assert kind_of(None, parse(text).data, text) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("name: d\nendpoint_name: e\nmodel: azureml:m:1\ninstance_type: Standard_F4s_v2\n", "managedOnlineDeployment"),
        ("name: d\nendpoint_name: e\nmodel: azureml:m:1\ntype: kubernetes\n", "kubernetesOnlineDeployment"),
        ("name: d\nendpoint_name: e\nmodel: azureml:m:1\nmini_batch_size: 4\n", "batchDeployment"),
        ("name: e\nauth_mode: key\n", "managedOnlineEndpoint"),
        ("name: e\nauth_mode: aad_token\ndefaults: {deployment_name: d}\n", "batchEndpoint"),
        ("name: e\nauth_mode: key\ncompute: azureml:k\n", "kubernetesOnlineEndpoint"),
        ("name: s\ntrigger: {type: cron}\ncreate_job: ./job.yml\n", "schedule"),
        ("name: d\ntype: uri_folder\npath: ./data\n", "data"),
        ("name: d\ntype: mltable\npath: x\nsource: {type: database}\n", "dataImport"),
        ("name: m\ntype: mlflow_model\npath: ./model\n", "model"),
        ("name: w\nstorage_account: x\nkey_vault: y\n", "workspace"),
        ("name: b\ntype: azure_blob\naccount_name: a\ncontainer_name: c\n", "datastore"),
        ("name: g\ntype: git\ntarget: https://x\ncredentials: {type: pat}\n", "workspaceConnection"),
        ("name: r\nreplication_locations: []\n", "registry"),
        ("name: s\nversion: 1\ntype: spark\nentry: {file: x.py}\ncode: .\n", "component"),
        ("jobs: {a: {type: command}}\nexperiment_name: x\n", "pipelineJob"),
        ("inputs: {}\noutputs: {}\nnodes: []\n", "flow"),
    ],
)
def test_every_kind_has_a_shape_of_its_own(text: str, kind: str) -> None:
    assert kind_of(Path("x.yml"), parse(text).data, text) == kind


FOREIGN = {
    "workflow": "name: ci\non: [push]\njobs:\n  test: {runs-on: ubuntu-latest, steps: [{run: make}]}\n",
    "reusable workflow": "name: ci\njobs:\n  test: {uses: ./other.yml}\npermissions: {}\n",
    "action": "name: a\ninputs: {}\noutputs: {}\nruns: {using: composite, steps: []}\n",
    "compose": "name: app\nservices:\n  web: {image: nginx, command: run, environment: {A: b}}\n",
    "pod": "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: []}\n",
    "chart": "apiVersion: v2\nname: x\nversion: 1.0.0\ndependencies: []\ntype: application\n",
    "values": "image: {repository: nginx, tag: x}\nresources: {}\n",
    "kustomization": "resources: [a.yml]\nimages: []\n",
    "mkdocs": "site_name: x\nnav: []\ntheme: material\n",
    "azure pipeline": "trigger: [main]\npool: {vmImage: ubuntu}\njobs: [{job: a}]\n",
    "gitlab": "image: python:3.11\nbuild: {script: [make]}\n",
    "appveyor": "version: 1.0\nimage: Visual Studio 2022\nbuild: off\n",
    "playbook": "- hosts: all\n  tasks: []\n",
    "pre-commit": "repos: []\n",
    "dependabot": "version: 2\nupdates: []\n",
    "openapi": "openapi: 3.0.0\ninfo: {}\npaths: {}\n",
    "cloudformation": "AWSTemplateFormatVersion: x\nResources: {}\n",
    "sky": "name: x\nresources: {accelerators: A100}\nsetup: pip install x\nrun: python x\n",
    "wandb sweep": "program: train.py\nmethod: bayes\nmetric: {name: loss}\nparameters: {}\n",
    "hydra": "model: resnet\ndata: {path: x}\ntrainer: {epochs: 3}\n",
    "mlflow": "python: 3.8.13\nbuild_dependencies: []\ndependencies: [-r requirements.txt]\n",
    "arm": "id: /x\nname: y\ntype: Microsoft.MachineLearningServices/workspaces/codeJobs\nproperties: {}\n",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN.keys())
def test_what_another_program_wrote_is_no_file_of_azure_ml(text: str) -> None:
    assert kind_of(Path("x.yml"), parse(text).data, text) == "unknown"
    assert kind_of(Path("x.yml"), None, text) == "unknown"


def test_some_are_known_by_their_names(tmp_path: Path) -> None:
    config: Value = {"subscription_id": "x", "resource_group": "y", "workspace_name": "z"}
    assert kind_of(tmp_path / "config.json", config, "") == "config"
    assert kind_of(tmp_path / ".azureml" / "config.json", None, "{") == "config"
    assert kind_of(tmp_path / "config.json", {"name": "a program's"}, "") == "unknown"
    assert kind_of(tmp_path / "local.runconfig", {"script": "x.py"}, "") == "runconfig"
    assert kind_of(tmp_path / ".amlignore", None, "*.pt\n") == "amlignore"
    assert kind_of(tmp_path / "MLTable", {"paths": []}, "") == "mltable"
    assert kind_of(tmp_path / "package.json", {"type": "command", "command": "x"}, "") == "unknown"
    assert may_be_known("a.YAML")
    assert not may_be_known("train.py")


def test_every_kind_has_a_title_an_icon_and_its_schema() -> None:
    assert {name for name, each in KINDS.items() if not (each.title and each.icon and each.family)} == set()
    with_schema = {each.schema for each in KINDS.values() if each.schema}
    assert with_schema == set(kinds()), "each schema that ships belongs to a kind"
    assert all(shape_of(name) is not None for name, each in KINDS.items() if each.schema)
