"""Which kind of file a text is: by its schema, by its keys, and when it can't be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.documents.kinds import kind_of
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
