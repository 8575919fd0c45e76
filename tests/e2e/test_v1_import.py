"""`new job` with SDK v1 code: what could not be read is said on standard error, and why nothing could be made."""

from __future__ import annotations

import json

from tests.helpers.program import Program, Said

WORDS = ("new", "job", "--plugin", "rankzero-sdk-v1", "--wizard", "v1", "--answers", "answers.json")
CODE = """\
how = PyTorchConfiguration(process_count={count}, node_count=2)
src = ScriptRunConfig(".", {script}="train.py", compute_target="gpus", distributed_job_config=how)
"""


def made(program: Program, count: str = "4", script: str = "script", *more: str) -> Said:
    """Return what the verb said of code with this count and this word for the script."""
    folder = program.cwd
    (folder / "train.py").write_text("import torch\n", "utf-8")
    (folder / "go.py").write_text(CODE.format(count=count, script=script), "utf-8")
    (folder / "answers.json").write_text(json.dumps({"v1_file": "go.py"}), "utf-8")
    return program(*WORDS, "--output", "job.yml", *more)


def test_counts_that_are_guessed_or_rounded_are_warned_of(program: Program) -> None:
    said = made(program, "3")
    assert said.code == 0
    assert said.err == "warning: 3 processes can't be shared out evenly over 2 nodes: 2 on each makes 4.\n"
    (program.cwd / "job.yml").unlink()
    found = made(program, "len(gpus)", "script", "--json").json["warnings"]
    assert found[0].startswith("process_count is len in the code, which only running it would tell")
    assert found[1].endswith("the number of processes is a guess: 1 on each of 2 nodes.")


def test_sound_code_is_imported_without_a_word(program: Program) -> None:
    assert made(program).err == ""


def test_why_no_script_was_found_stands_before_the_error(program: Program) -> None:
    said = made(program, script="scripts")
    warned, error = said.err.splitlines()
    assert said.code == 1
    assert warned == "warning: go.py, line 2: ScriptRunConfig has no scripts: did you mean script?"
    assert error == "error: “script” (entry_script) needs an answer."
    assert not (program.cwd / "job.yml").exists()
