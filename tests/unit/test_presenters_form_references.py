"""What names an input or output follows it to its new name, and nothing else does."""

from __future__ import annotations

import pytest

from desktop_app.presenters.form.changes import apply, followers, rename

JOB = """command: >-
  python train.py --lr ${{inputs.lr}}
  --lr-step ${{inputs.lr-step}} ${{ inputs.lr }} ${{outputs.lr}}
inputs:
  lr: 0.1  # tuned
  lr-step: 1
environment_variables:
  LR: ${{inputs.lr}}
args: ["${{inputs.lr}}", inputs.lr]
"""
PIPELINE = """inputs: {lr: 0.1}
jobs:
  one:
    command: python one.py ${{inputs.lr}}
    inputs: {lr: "${{parent.inputs.lr}}"}
    outputs: {model: {}}
  two:
    command: python two.py ${{inputs.model}}
    inputs: {model: "${{parent.jobs.one.outputs.model}}"}
"""


def test_all_that_name_an_input_follow_it() -> None:
    change = rename("inputs.lr", "rate")
    after = apply(JOB, [change])
    expected = JOB.replace("inputs.lr}}", "inputs.rate}}").replace("inputs.lr }}", "inputs.rate }}")
    assert after == expected.replace("  lr: 0.1", "  rate: 0.1")
    assert followers(JOB, after, change) == 4


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("inputs.lr", [("{lr: 0.1}", "{new: 0.1}"), ("parent.inputs.lr", "parent.inputs.new")]),
        ("jobs.one.inputs.lr", [("{lr: \"", "{new: \""), ("one.py ${{inputs.lr}}", "one.py ${{inputs.new}}")]),
        ("jobs.one.outputs.model", [("outputs: {model:", "outputs: {new:"), ("one.outputs.model", "one.outputs.new")]),
    ],
)  # fmt: skip
def test_in_a_pipeline_each_name_is_its_own(path: str, changes: list[tuple[str, str]]) -> None:
    expected = PIPELINE
    for old, new in changes:
        expected = expected.replace(old, new)
    assert apply(PIPELINE, [rename(path, "new")]) == expected


def test_other_keys_have_no_followers() -> None:
    text = "tags: {lr: a}\ncommand: echo ${{inputs.lr}}\n"
    assert apply(text, [rename("tags.lr", "rate")]) == text.replace("{lr", "{rate")
