"""Writing YAML: what is written reads as the same, in 1.2 and by the rules of 1.1 too."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Value
from desktop_app.documents.yaml_text import parse
from desktop_app.documents.yaml_writer import scalar, write_yaml
from tests.helpers.jobs import NAMES, VALUES


@given(st.dictionaries(NAMES.filter(lambda name: name != "<<"), VALUES, max_size=4))
def test_what_is_written_reads_as_the_same(data: dict[str, Value]) -> None:
    parsed = parse(write_yaml(data))
    assert (repr(parsed.data), parsed.problems) == (repr(data), ())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("train.py", "train.py"),
        ("azureml:gpu-cluster", "azureml:gpu-cluster"),
        ("Größe 3", "Größe 3"),
        ("a: b", "'a: b'"),
        ("a #b", "'a #b'"),
        ("ends:", "'ends:'"),
        ("- a", "'- a'"),
        ("-x", "-x"),
        ("", "''"),
        (" x", "' x'"),
        ("yes", "'yes'"),
        ("Off", "'Off'"),
        ("null", "'null'"),
        ("1.5", "'1.5'"),
        ("1_000", "'1_000'"),
        ("012", "'012'"),
        ("1:30", "'1:30'"),
        ("2026-11-21", "'2026-11-21'"),
        ("it's: so", '"it\'s: so"'),
        ('say "it\'s": so', "'say \"it''s\": so'"),
        ("tab\there", '"tab\\there"'),
        ("bell\x07", '"bell\\x07"'),
        ("line\u2028end", '"line\\u2028end"'),
        ("*x", "'*x'"),
        ("{a}", "'{a}'"),
        ("${{inputs.x}}", "${{inputs.x}}"),
        (True, "true"),
        (None, "null"),
        (3, "3"),
        (1e-05, "1.0e-05"),
        (1e22, "1.0e+22"),
        (float("inf"), ".inf"),
        (float("nan"), ".nan"),
        ([], "[]"),
        ({}, "{}"),
    ],
)
def test_scalars_are_plain_where_they_can_be(value: Value, text: str) -> None:
    assert scalar(value) == text


def test_lists_and_mappings_are_blocks() -> None:
    data: Value = {"a": [1, {"b": 2, "c": [3]}, [4, 5], []], "d": {"e": {}}}
    assert isinstance(data, dict)
    assert write_yaml(data) == """\
a:
  - 1
  - b: 2
    c:
      - 3
  -
    - 4
    - 5
  - []
d:
  e: {}
"""  # fmt: skip


def test_a_long_line_is_folded_before_its_options() -> None:
    command = "python train.py " + " ".join(f"--option-{n} value{n}" for n in range(8)) + " -x $LOCAL_RANK"
    lines = write_yaml({"command": command}).splitlines()
    assert lines[:3] == ["command: >-", "  python train.py", "  --option-0 value0"]
    assert parse("\n".join(lines)).data == {"command": command}


def test_long_text_without_options_is_wrapped_between_words() -> None:
    text = " ".join(["word"] * 60)
    assert max(map(len, write_yaml({"description": text}).splitlines())) <= 102
