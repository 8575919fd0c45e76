"""The shipped schemas: made again from the SDK, they are the same."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from installer.clone import ROOT
from installer.schemas.nodes import union, with_null
from installer.schemas.pretty import WIDTH, dumps
from installer.schemas.words import OURS, sentence

SHIPPED = ROOT / "resources" / "schemas"
TEXT = {"type": "string"}
FILE = {"type": "string", "pattern": "^file:", "x-file": True}
REFERENCE = {"type": "string", "pattern": "^azureml:", "x-reference": True}
OBJECT = {"$ref": "#/$defs/A"}


def test_the_sdk_makes_the_shipped_schemas_again(azureml_python: Path, tmp_path: Path) -> None:
    """A new SDK shows here: make the files anew with `python -m installer.schemas` and read what has changed."""
    made = subprocess.run(
        [str(azureml_python), "-W", "ignore", "-m", "installer.schemas", "--into", str(tmp_path)],
        cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr[-2000:]
    new = {each.name: each.read_text("utf-8") for each in tmp_path.iterdir()}
    old = {each.name: each.read_text("utf-8") for each in SHIPPED.glob("*.schema.json")}
    assert new.keys() == old.keys()
    assert [name for name in new if new[name] != old[name]] == []


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.schema.json")), ids=lambda each: each.name)
def test_every_reference_leads_somewhere(path: Path) -> None:
    """And every definition is needed."""
    text = path.read_text("utf-8")
    document = json.loads(text)
    for name in document["$defs"]:
        assert f'"#/$defs/{name}"' in text
    for part in text.split('"#/$defs/')[1:]:
        assert part.partition('"')[0] in document["$defs"]


@pytest.mark.parametrize(
    ("nodes", "one"),
    [
        ([TEXT, {"type": "number"}], {"type": ["string", "number"]}),
        ([{"type": "integer", "x-strict": True}, TEXT], {"anyOf": [{"type": "integer", "x-strict": True}, TEXT]}),
        ([FILE, REFERENCE], {"type": "string", "pattern": "^azureml:|^file:", "x-reference": True, "x-file": True}),
        ([REFERENCE, TEXT], {"type": "string", "x-reference": True}),
        ([OBJECT, FILE, OBJECT], {"anyOf": [OBJECT, FILE]}),
        ([{"type": "string", "x-binding": True}, OBJECT], {**OBJECT, "x-binding": True}),
        ([TEXT, {}], {}),
        ([{"anyOf": [OBJECT, FILE]}, REFERENCE], {"anyOf": [OBJECT, union([FILE, REFERENCE])]}),
    ],
)
def test_alternatives_are_joined(nodes: list[dict[str, object]], one: dict[str, object]) -> None:
    """What says the same stands once."""
    assert union(nodes) == one


@pytest.mark.parametrize(
    ("node", "nullable"),
    [
        (TEXT, {"type": ["string", "null"]}),
        ({}, {}),
        (OBJECT, {"anyOf": [OBJECT, {"type": "null"}]}),
        ({"anyOf": [OBJECT, TEXT]}, {"anyOf": [OBJECT, TEXT, {"type": "null"}]}),
    ],
)
def test_null_can_be_taken_in(node: dict[str, object], nullable: dict[str, object]) -> None:
    """Where the SDK takes it."""
    assert with_null(node) == nullable


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("The name of the job", "The name of the job."),
        (" The path.\n  Defaults to None. ", "The path."),
        ("A :class:`~azure.ai.ml.entities.Environment` to use", "A Environment to use."),
        ("x" * 300, ""),
        ("", ""),
    ],
)
def test_a_docstring_becomes_one_sentence(text: str, first: str) -> None:
    """Plain, and short enough to stand beside the pointer."""
    assert sentence(text) == first


def test_json_is_broken_where_it_is_long() -> None:
    """And stays what it was."""
    value = {"a": {"b": ["c" * 20] * 10}, "d": 1}
    text = dumps(value)
    assert json.loads(text) == value
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert '"d": 1' in text.splitlines()[-2]


def test_our_own_descriptions_are_sentences() -> None:
    """They stand beside the pointer."""
    for group in json.loads(OURS.read_text("utf-8")).values():
        for key, text in group.items():
            assert text.endswith("."), key
            assert 10 < len(text) <= 200, key
