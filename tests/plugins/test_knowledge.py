"""Every bundled file of knowledge: its form, and each signature's own log diagnosed to just that signature."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.__main__ import main as rankzero
from desktop_app.api.kit.knowledge_files import read_knowledge
from desktop_app.api.testing import PluginContract, knowledge, knowledge_problems
from desktop_app.services.diagnosing.knowledge_faults import knowledge_faults
from tests.helpers.check_knowledge import main

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
FILES = sorted(PLUGINS.glob("*/knowledge/*.toml"))
THAT_KNOW = {"failures", "horovod", "pytorch", "ray", "tensorflow"}


def test_the_plugins_that_know_of_failures_have_files() -> None:
    assert {path.parts[-3] for path in FILES} == THAT_KNOW


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_each_signature_is_found_in_its_own_log_and_no_expression_hangs(path: Path) -> None:
    assert knowledge_faults(path) == ()
    assert all(read_knowledge(path).versions.values()), "the file's version is a date"


@pytest.mark.parametrize("plugin", sorted(THAT_KNOW))
def test_no_plugin_uses_a_code_twice(plugin: str) -> None:
    files = (PLUGINS / plugin / "knowledge").glob("*.toml")
    codes = [each.code for path in files for each in read_knowledge(path).signatures]
    assert codes
    assert sorted(codes) == sorted(set(codes))


def test_no_rerun_asks_pytorch_for_what_makes_it_crash() -> None:
    """With DETAIL, torch 2.13 crashes where DistributedDataParallel runs on CPUs: that run would tell nothing."""
    reruns = [each.rerun for path in FILES for each in read_knowledge(path).signatures]
    asked = [each["TORCH_DISTRIBUTED_DEBUG"] for each in reruns if "TORCH_DISTRIBUTED_DEBUG" in each]
    assert {*asked} == {"INFO"}


GOOD = """format = 1

[[signature]]
code = "disk-full"
category = "storage-full"
kind = "cause"
lines = ['disk is full']
explanation = "The disk is full."
log = '''
epoch 3
the disk is full now
'''
shown = "the disk is full now"
"""
LATER = GOOD.replace("format = 1", "").replace('"disk-full"', '"disk-later"')
WRONG = {
    "format = 1\n[[signature]]\n": "disk.toml: ?: “code” is missing.",
    "format = 1\n": "disk.toml: it holds no signature: one begins with [[signature]]",
    "format = \n": "disk.toml can't be read: Invalid value (at line 1, column 10)",
    GOOD.replace("format = 1", "format = 2"): "disk.toml: `format = 1` is missing at the top.",
    GOOD.replace("kind = ", "kin = "): "disk.toml:4: disk-full: “kind” is missing.",
    GOOD.replace("'disk is full'", "'disk is (full'"): (
        "disk.toml:4: disk-full: lines: this is no regular expression: disk is (full: "
        "missing ), unterminated subpattern at position 8"
    ),
    GOOD.replace("'disk is full'", "'disk.*.* full'"): (
        "disk.toml:4: disk-full: lines: two parts without end side by side may take for ever: disk.*.*"
    ),
    GOOD.replace("'disk is full'", "'disk is empty'"): (
        "disk.toml:4: disk-full: log: it is not found in its own log; found: nothing"
    ),
    GOOD.replace('shown = "the disk', 'shown = "a disk'): (
        "disk.toml:4: disk-full: shown: its log has no such line: a disk is full now"
    ),
    GOOD.replace('"The disk is full."', '"{what} is full."'): (
        "disk.toml:4: disk-full: explanation: no expression has a group named “what”"
    ),
    GOOD + LATER: (
        "disk.toml:17: disk-later: log: it is not found in its own log; found: disk-full (the disk is full now)"
    ),
    GOOD + "rank = 3\n": "disk.toml:4: disk-full: rank: the rank it blames is None, not 3",
}


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_said_with_file_line_signature_and_key(text: str, tmp_path: Path) -> None:
    path = tmp_path / "disk.toml"
    path.write_text(text, "utf-8")
    assert knowledge_problems(path) == (WRONG[text],)


@pytest.mark.parametrize(
    ("lines", "text", "said"),
    [
        ("epoch (?P<what>\\d)", "A tensor{what}.", "“A tensor3”: A tensor3."),
        ("(?P<what>epoch )", "It is {what}, too.", "“It is epoch , ”: It is epoch , too."),
        ("epoch(?P<what> )", "A  tensor{what}", ""),  # is so in the text itself, as “- pip:.” may be
        ("epoch (?P<what>\\d)", "A tensor ({what}).", ""),
    ],
)
def test_a_sentence_that_reads_ill_when_it_is_filled_is_wrong(lines: str, text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "disk.toml"
    written = GOOD.replace("'disk is full'", f"'{lines}'").replace("The disk is full.", text)
    path.write_text(written.replace('"the disk is full now"', '"epoch 3"'), "utf-8")
    assert knowledge_problems(path) == ((f"disk.toml:4: disk-full: this does not read well at {said}",) if said else ())


def test_a_sentence_is_wrong_where_one_of_the_expressions_lacks_its_group(tmp_path: Path) -> None:
    path = tmp_path / "disk.toml"
    both = GOOD.replace("'disk is full'", "'(?P<what>disk) is full', 'no space'")
    path.write_text(both.replace("The disk is full.", "{what} is full."), "utf-8")
    (said,) = knowledge_problems(path)
    assert said == "disk.toml:4: disk-full: this does not read well at “ ”:  is full."


def test_a_code_that_two_files_of_a_plugin_use_and_a_folder_without_files_are_wrong(tmp_path: Path) -> None:
    assert "there is no file of knowledge" in knowledge_problems(tmp_path)[0]
    (tmp_path / "knowledge").mkdir()
    for name in ("a.toml", "b.toml"):
        (tmp_path / "knowledge" / name).write_text(GOOD, "utf-8")
    assert knowledge_problems(tmp_path) == ("b.toml:4: disk-full: code: “a.toml” has a signature of that code already",)


def test_a_projects_folder_has_its_knowledge_in_that_of_its_package(tmp_path: Path) -> None:
    folder = tmp_path / "acme" / "rankzero_acme" / "knowledge"
    folder.mkdir(parents=True)
    (folder / "disk.toml").write_text(GOOD.replace('"the disk is full now"', '"the disk is empty"'), "utf-8")
    (said,) = knowledge_problems(tmp_path / "acme")
    assert said.startswith("disk.toml:4: disk-full: ")


def test_an_expression_that_takes_too_long_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "disk.toml"
    path.write_text(GOOD, "utf-8")
    monkeypatch.setattr(knowledge, "MOST_SECONDS", 0.0)
    assert knowledge_problems(path) == (
        "disk.toml:4: disk-full: lines: this expression takes longer than 0 s for one line: disk is full",
    )


def test_a_symptom_whose_log_holds_a_cause_is_a_fault_where_the_program_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "symptom.toml"
    symptom = GOOD.replace('kind = "cause"', 'kind = "symptom"')
    path.write_text(symptom, "utf-8")
    assert knowledge_faults(path) == ()
    raised = 'Traceback (most recent call last):\n  File "t.py", line 1, in <module>\nKeyError: 3\n'
    path.write_text(symptom.replace("epoch 3", raised), "utf-8")
    assert knowledge_problems(path) == ()
    (said,) = knowledge_faults(path)
    assert "disk-full: kind: it is a symptom, but its log is diagnosed to uncaught-exception" in said


def test_the_verb_and_the_helper_print_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, wrong = tmp_path / "good.toml", tmp_path / "wrong.toml"
    good.write_text(GOOD, "utf-8")
    wrong.write_text(GOOD.replace("'disk is full'", "'disk is empty'"), "utf-8")
    home = ["--home", str(tmp_path / "home")]
    assert (main([str(good)]), rankzero([*home, "plugins", "check", str(good)])) == (0, 0)
    assert "1 signatures, 0 faults" in capsys.readouterr().out
    assert (main([str(wrong)]), rankzero([*home, "plugins", "check", str(good), str(wrong)])) == (1, 1)
    assert capsys.readouterr().out.count("wrong.toml:4: disk-full: log: it is not found in its own log") == 2
    assert rankzero([*home, "plugins", "check", str(wrong), "--json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem["path"] == str(wrong)


def test_the_contract_of_plugins_holds_their_knowledge_to_it(tmp_path: Path) -> None:
    (tmp_path / "plugin.toml").write_text('[plugin]\nid = "acme"\nname = "Acme"\nversion = "1"\napi = "1"\n', "utf-8")

    (tmp_path / "hooks.py").write_text("", "utf-8")

    class OfAcme(PluginContract):
        folder = tmp_path

    contract = OfAcme()
    contract.test_its_knowledge_of_failures_holds()
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge" / "disk.toml").write_text(GOOD.replace("is full now", "is empty"), "utf-8")
    with pytest.raises(AssertionError, match="disk-full"):
        contract.test_its_knowledge_of_failures_holds()
