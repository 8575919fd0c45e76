"""What a word means, the file's outline, and the fixes at a place."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Diagnostic, Fix, Severity
from desktop_app.presenters.completion import suggestions
from desktop_app.presenters.hover import Explanation, explain
from desktop_app.presenters.mending import mended
from desktop_app.presenters.outline import outline
from desktop_app.presenters.quick_fixes import fixes_at
from desktop_app.presenters.text_tree import read_tree

JOB = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: >-
  python t.py --lr ${{inputs.lr}} # no comment
inputs:
  lr: 0.1
environment: azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest
distribution:
  type: pytorch
resources:
  instance_type: Standard_NC6
  shm_sise: 2g
tagz: {team: vision}
"""


def told(word: str, text: str = JOB, path: str = "job.yml") -> Explanation | None:
    """Return what is told of the first place of a word."""
    at = text.index(word)
    return explain(Path(path), text, text[:at].count("\n"), at - text.rfind("\n", 0, at) - 1)


def test_a_key_is_told_by_the_schema() -> None:
    found = told("instance_type")
    assert found is not None
    assert (found.title, found.start, found.end) == ("instance_type", 2, 15)
    assert "text" in found.kind
    assert found.text
    assert found.source.startswith("Command job, resources · azure-ai-ml 1.")


def test_the_words_of_a_tag_are_those_of_all_alternatives() -> None:
    found = told("type: pytorch")
    assert found is not None
    assert "needed" in found.kind
    assert {"pytorch", "mpi"} <= set(found.facts[0].removeprefix("One of: ").split(", "))


@pytest.mark.parametrize(
    ("word", "title", "kind", "fact"),
    [
        ("Standard_NC6", "Standard_NC6", "VM size", "Tesla K80"),
        ("azureml://reg", "acpt-pytorch-2.8-cuda12.6", "curated environment", "CUDA 12.6"),
        ("${{inputs.lr}}", "${{inputs.lr}}", "placeholder", "0.1"),
    ],
)
def test_names_that_age_are_told_with_date_and_source(word: str, title: str, kind: str, fact: str) -> None:
    found = told(word)
    assert found is not None
    assert (found.title, found.kind) == (title, kind)
    assert fact in " ".join(found.facts)
    assert kind == "placeholder" or found.source.startswith("As of 20")


def test_an_image_is_known_with_its_tag() -> None:
    text = "$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json\nname: e\n"
    found = told("mcr", f"{text}image: mcr.microsoft.com/azureml/openmpi5.0-cuda12.5-ubuntu22.04:latest\n")
    assert found is not None
    assert found.kind == "base image"


@pytest.mark.parametrize("word", ["# no comment", "python t.py", "team", "shm_sise"])
def test_of_what_is_not_known_nothing_is_told(word: str) -> None:
    assert told(word) is None


@given(st.integers(0, len(JOB)), st.integers(0, 8), st.integers(0, 20), st.integers(0, 100))
def test_no_text_and_no_place_is_too_odd(start: int, cut: int, line: int, column: int) -> None:
    text = JOB[:start] + JOB[start + cut :]
    explain(None, text, line, column)
    outline(text)


def test_the_outline_holds_keys_and_the_steps_of_a_pipeline() -> None:
    text = "type: pipeline\njobs:\n  train:\n    inputs:\n      lr:\n        type: number\n    tags:\n      a: 1\n"
    rows = [(each.depth, each.title, each.line) for each in outline(text)]
    assert rows == [
        (0, "type", 1), (0, "jobs", 2), (1, "train", 3), (2, "inputs", 4), (3, "lr", 5), (2, "tags", 7),
    ]  # fmt: skip


def test_items_are_called_by_what_names_them() -> None:
    rows = [each.title for each in outline("steps:\n- name: one\n- run: two\n- three\n-\n")]
    assert rows == ["steps", "one", "name", "- run", "run", "three", "-"]


def test_no_nodes_are_left_for_the_collector() -> None:
    """It runs on the window's thread: rings of thousands of nodes would hold it up for longer than a frame."""
    text = JOB + "".join(f"key_{n}: 1\n" for n in range(500))
    gc.disable()
    try:
        outline(text), explain(None, text, 3, 1), suggestions(None, text, 3, 1)
        gc.collect()
        outline(text), explain(None, text, 3, 1), suggestions(None, text, 3, 1)
        assert gc.collect() < 100
    finally:
        gc.enable()


def test_a_tree_reads_what_yaml_reads() -> None:
    text = "a:\n  - b: 1\n    c: [x, 2]\n  - d\ne:\n- 1.5\n- 'q'\nf: |\n  g: 1\n\n  h\ni: true # no\n"
    assert read_tree(text).data == {
        "a": [{"b": 1, "c": ["x", 2]}, "d"], "e": [1.5, "q"], "f": "", "i": True,
    }  # fmt: skip


def problem(code: str, line: int, column: int, fix: Fix | None) -> Diagnostic:
    return Diagnostic(Severity.ERROR, code, "Wrong.", "x", line, column, line, column + 4, fix)


SHM = problem("unknown-key", 11, 3, Fix("Rename to shm_size", {"resources.shm_size": "2g"}, ("resources.shm_sise",)))
TAGS = problem("unknown-key", 12, 1, Fix("Rename to tags", {"tags": {"team": "vision"}}, ("tagz",)))


def test_fixes_of_a_line_and_all_of_a_kind() -> None:
    other = problem("old", 12, 8, Fix("Take it out", {}, ("tagz",)))
    found = fixes_at([SHM, TAGS, other, problem("x", 12, 1, None)], 12, 9)
    assert [each.title for each in found] == [
        "Take it out", "Rename to tags", "Fix all 2 of this kind in this file",
        "Fix all 3 that can be fixed in this file",
    ]  # fmt: skip
    assert found[2].problems == (SHM, TAGS)
    assert fixes_at([SHM], 12) == []


def test_mending_changes_only_what_is_wrong() -> None:
    text, fixes, left = mended(JOB, [SHM, TAGS])
    assert text == JOB.replace("shm_sise", "shm_size").replace("tagz", "tags")
    assert (fixes, left) == (2, [])


def test_what_cannot_be_mended_is_said() -> None:
    broken = "a: [\n"
    text, fixes, left = mended(broken, [TAGS])
    assert (text, fixes) == (broken, 0)
    assert [each for each, _why in left] == [TAGS]
