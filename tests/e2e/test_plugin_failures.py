"""A plugin that fails while a verb asks it is named: what it did not check must not pass for good."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.fork_server import WarmVerbs
from tests.helpers.plugin_folders import preset_hooks, write_plugin
from tests.helpers.plugin_wheels import write_plugin_wheel
from tests.helpers.program import Program

CHECK = """
from desktop_app.api import hookimpl


@hookimpl
def check_job(job):
    {body}
"""
JOB = """
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
type: command
command: echo a
environment: azureml:some@latest
compute: azureml:cpu
"""
HINT = "`rankzero plugins show acme`"


@pytest.fixture
def program(program: Program, warm: WarmVerbs | None) -> Program:
    return replace(program, warm=warm)


@pytest.fixture
def job(tmp_path: Path) -> Path:
    path = tmp_path / "job.yml"
    path.write_text(JOB)
    return path


@pytest.mark.parametrize(
    ("hooks", "reason"),
    [
        (CHECK.format(body="raise ValueError('alas')"), "Its hook check_job failed: ValueError: alas"),
        (CHECK.format(body="return 42"), "check_job returned something wrong"),
        (CHECK.format(body="import os; os._exit(3)"), "Its hook check_job ended its process"),
        (preset_hooks(before="import psutil"), "Its import failed: ModuleNotFoundError: No module named"),
    ],
)
def test_validate_says_which_plugin_did_not_check(program: Program, job: Path, hooks: str, reason: str) -> None:
    write_plugin(program.home / "plugins", "acme", hooks)
    said = program("validate", job)
    (line,) = [each for each in said.err.splitlines() if "took no part" in each]
    assert line.startswith(f"warning: Acme (acme) took no part: {reason}")
    assert line.endswith(HINT)
    document = program("validate", job, "--json").json
    (failed,) = document["plugins_failed"]
    assert failed["name"] == "acme"
    assert failed["reason"].startswith(reason)


def test_a_plugin_that_does_well_is_not_spoken_of(program: Program, job: Path) -> None:
    write_plugin(program.home / "plugins", "acme", CHECK.format(body="return []"))
    said = program("validate", job, "--json")
    assert said.json["plugins_failed"] == []
    assert "acme" not in said.err
    assert program("--safe-mode", "validate", job).err.splitlines()[-1] == "Safe mode: acme took no part."


def test_the_last_failure_is_kept_until_what_failed_does_well(program: Program, job: Path) -> None:
    secret = "hf_" + "a" * 30
    body = CHECK.format(body=f"raise ValueError('token={secret}')")
    folder = write_plugin(program.home / "plugins", "acme", body)
    program("validate", job)
    assert secret not in (program.home / "plugins" / ".health.json").read_text()
    sentence = "failed at its last start: Its hook check_job failed: ValueError: token="
    assert sentence in program("plugins", "list").out
    assert sentence in program("doctor").out
    shown = program("plugins", "show", "acme")
    assert sentence in shown.out
    details = [each for each in shown.out.splitlines() if "File " in each]
    assert "acme/hooks.py" in details[0], "the program's own lines above the author's are left out"
    plugin = program("plugins", "show", "acme", "--json").json["plugin"]
    assert plugin["status"] == "ok"
    assert plugin["last_failure"]["hook"] == "check_job"
    (folder / "hooks.py").write_text(CHECK.format(body="return []"))
    program("validate", job)
    assert program("plugins", "show", "acme", "--json").json["plugin"]["last_failure"] is None


def test_a_plugin_that_was_switched_off_says_why_and_is_named_in_that_call(program: Program, job: Path) -> None:
    write_plugin(program.home / "plugins", "acme", CHECK.format(body="1 / 0"))
    for _ in range(2):
        program("validate", job)
    assert "It failed in three starts in a row" in program("validate", job).err
    assert "took no part" not in program("validate", job).err, "it is switched off, as the person has been told"
    shown = program("plugins", "show", "acme")
    assert "failed at its last start: Its hook check_job failed: ZeroDivisionError" in shown.out
    assert "Traceback" in shown.out
    assert json.loads((program.home / "plugins" / ".health.json").read_text())["acme"]["failed"] == 3


def test_a_wheelhouse_a_pin_and_several_to_remove(program: Program, tmp_path: Path) -> None:
    house = tmp_path / "house"
    for name in ("acme", "bolt"):
        write_plugin_wheel(house, name)
    program("plugins", "install", "acme", "bolt", "--wheelhouse", house, "--yes")
    program("plugins", "pin", "acme")
    rows = {each.split()[0]: each for each in program("plugins", "list").out.splitlines()}
    assert "1.0, pinned" in rows["acme"]
    assert "wheelhouse" in rows["bolt"]
    assert "pinned" not in rows["bolt"]
    program("plugins", "unpin", "acme")
    assert [each.split()[3] for each in program("plugins", "history").out.splitlines()[1:3]] == ["unpin", "pin"]
    wrong = program("plugins", "remove", "acme", "nosuch")
    assert (wrong.code, "There is no plugin “nosuch”." in wrong.err) == (1, True)
    removed = program("plugins", "remove", "acme", "bolt", "--json")
    assert [each["name"] for each in removed.json["changes"]] == ["acme", "bolt"], "nothing was removed before"


def test_a_name_that_only_differs_by_case_from_a_bundled_one_is_said_at_once(program: Program, tmp_path: Path) -> None:
    said = program("plugins", "new", "Pytorch", "--output", tmp_path)
    assert "“Pytorch” is easily taken for a plugin that ships with the program." in said.err
    assert "would do" not in said.err


def test_what_was_printed_stands_below_its_heading(program: Program, tmp_path: Path) -> None:
    wheel = write_plugin_wheel(tmp_path, "acme", hooks=preset_hooks(before="print('hello'); raise OSError('hello')"))
    lines = program("plugins", "install", wheel, "--yes").err.splitlines()
    assert "hello" in lines[lines.index("  It printed:") + 1]


def test_edits_that_were_accepted_are_said_by_verify_and_by_undo(program: Program, tmp_path: Path, job: Path) -> None:
    program("plugins", "install", write_plugin_wheel(tmp_path, "acme"), "--yes")
    assert "acme is as it was installed." in program("plugins", "verify", "acme").err
    folder = Path(program("plugins", "show", "acme", "--json").json["plugin"]["folder"])
    with (folder / "hooks.py").open("a") as stream:
        stream.write("# mine\n")
    assert "took no part" in program("validate", job).err, "it was changed, and is not run"
    assert program("plugins", "enable", "acme").code == 0
    said = program("plugins", "verify", "acme")
    assert (said.code, "as it was installed." in said.err) == (0, False)
    assert "acme is as its edits were accepted on 20" in said.err
    assert "rankzero_acme/hooks.py" in said.err
    assert program("plugins", "verify", "--json").json["plugins"][0]["accepted"] == ["rankzero_acme/hooks.py"]
    assert "What was edited stays accepted: acme is as" in program("plugins", "undo").err


def test_a_plugin_that_breaks_json_for_itself_is_told_so(program: Program, tmp_path: Path) -> None:
    patches = "import json; json.dumps = None; json.encoder.JSONEncoder.encode = None"
    wheel = write_plugin_wheel(tmp_path, "acme", hooks=preset_hooks(before=patches))
    said = program("plugins", "install", wheel, "--yes")
    assert "json can't be used: did the plugin patch it?" in said.err
    assert said.code == 1
