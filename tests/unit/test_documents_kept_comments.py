"""Comments of a job file in the sweep that is made of it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Job, Sweep
from desktop_app.documents.job_document import read_job, write_job
from desktop_app.documents.kept_comments import keep_comments
from desktop_app.documents.yaml_text import parse

JOB = """\
# yaml-language-server: $schema=https://example.com/commandJob.schema.json
# the digits, as the team trains them
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
# python as it is, no torchrun
command: python train.py --lr 0.1  # lr found by hand
code: src # uploaded
environment: azureml:acme@latest
limits:
  timeout: 60  # a minute
resources:
  # two nodes are enough

  instance_count: 2
tags: # for the studio
  team: vision
# ask Ana before changing this
"""


def as_sweep(text: str) -> Job:
    job = read_job(text).job
    assert job is not None
    return replace(job, timeout=60, sweep=Sweep({"lr": {"type": "choice", "values": [1, 2]}}, "accuracy", timeout=90))


def test_comments_stand_where_their_keys_went() -> None:
    made = write_job(as_sweep(JOB), JOB)
    lines = made.split("\n")
    assert lines[0] == "# the digits, as the team trains them"
    assert "yaml-language-server" not in made
    at = lines.index("  # python as it is, no torchrun")
    assert lines[at + 1] == "  command: python train.py --lr 0.1  # lr found by hand"
    assert "  code: src  # uploaded" in lines
    assert lines[lines.index("    # two nodes are enough") + 1] == "    instance_count: 2"
    assert "tags:  # for the studio" in lines
    assert "  timeout: 90" in lines, "the sweep's limit is another one"
    assert "  trial_timeout: 60  # a minute" in lines
    assert made.endswith("# ask Ana before changing this\n")
    assert parse(made).data == parse(write_job(as_sweep(JOB))).data


def test_without_comments_nothing_changes() -> None:
    assert keep_comments("a: 1\n", "a: '#'\n") == "a: 1\n"
    assert keep_comments("a: 1\n", "") == "a: 1\n"
    assert keep_comments("a: 1\n", "# only words\n") == "a: 1\n"
    assert keep_comments("a: 1\n", "a: [1\n# broken") == "a: 1\n"


def test_a_comment_does_not_break_a_folded_text() -> None:
    text = "a: >-\n  one\n  two\nb: 1\n"
    assert parse(keep_comments(text, "a: one two # words\nb: 1 # more\n")).data == parse(text).data


@given(
    st.lists(st.sampled_from(["# a", "x: 1", "y:", "  z: 2 # b", "  # c", "w: '#d' # e", "", "v: [1] # f"]), max_size=9)
)
def test_what_the_file_says_never_changes(parts: list[str]) -> None:
    new = "x: 2\ny:\n  z: 3\nw: text\nv:\n  - 1\n"
    assert parse(keep_comments(new, "\n".join(parts))).data == parse(new).data
