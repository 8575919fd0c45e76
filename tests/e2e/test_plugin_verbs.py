"""The verbs of plugins, as a person runs them: installing with a plan and a question, looking, switching, removing."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.fork_server import WarmVerbs
from tests.helpers.plugin_folders import preset_hooks, write_plugin
from tests.helpers.plugin_wheels import write_plugin_wheel
from tests.helpers.program import Program, Said
from tests.helpers.terminals import answering


@pytest.fixture
def program(program: Program, warm: WarmVerbs | None) -> Program:
    return replace(program, warm=warm)


def listed(said: Said) -> dict[str, dict[str, Any]]:
    """Return the plugins of a document by name."""
    return {each["name"]: each for each in said.json["plugins"]}


def test_a_plugin_is_shown_with_everything_that_is_known_of_it(program: Program) -> None:
    shown = program("plugins", "show", "rankzero-pytorch", "--json").json["plugin"]
    assert (shown["name"], shown["status"], shown["source"]) == ("rankzero-pytorch", "ok", "bundled")
    assert "ddp" in shown["contributes"]["wizards"]
    assert shown["contributes"]["launches"] == ["pytorch"], "more than what the list has"
    assert "pytorch" in shown["toolchains"]
    assert (shown["from"]["kind"], shown["changes"], shown["changed"]) == ("bundled", [], [])
    lines = program("plugins", "show", "rankzero-pytorch").out.splitlines()
    assert lines[0] == "Plugin        PyTorch (rankzero-pytorch)"
    assert any(each.startswith("Wizards       ddp, ") for each in lines)
    assert "Source        Rank Zero itself" in lines
    said = program("plugins", "show", "rankzero-pytroch")
    hint = "Did you mean “rankzero-pytorch”?"
    assert (said.code, said.err) == (1, f"error: There is no plugin “rankzero-pytroch”. {hint}\n")


def test_a_plugin_that_fails_is_shown_with_its_traceback_and_does_not_become_well_by_enabling(program: Program) -> None:
    write_plugin(program.home / "plugins", "broken", preset_hooks(before="raise RuntimeError('alas')"))
    shown = program("plugins", "show", "broken", "--json").json["plugin"]
    assert shown["status"] == "failed"
    assert "alas" in shown["reason"]
    assert "Traceback" in shown["details"]
    assert "Details" in program("plugins", "show", "broken").out
    said = program("plugins", "enable", "broken")
    assert said.code == 1
    assert "broken is failed: " in said.err
    assert "alas" in said.err
    assert program("plugins", "disable", "broken").code == 0
    assert "State         disabled" in program("plugins", "show", "broken").out


def test_a_wheel_is_installed_after_a_yes_and_removed(program: Program, tmp_path: Path) -> None:
    wheel = write_plugin_wheel(tmp_path, "acme")
    refused = program("plugins", "install", wheel, "--json")
    assert refused.code == 1
    assert refused.json["error"]["hint"] == "Give --yes to agree to what stands above."
    (item,) = refused.json["error"]["ask"]["plan"]["items"]
    assert (item["name"], item["before"], item["after"]) == ("acme", None, "1.0")
    assert item["offer"]["source"] == {"kind": "wheel", "where": str(wheel)}
    assert f"Install Acme (acme): 1.0\n  from      the file {wheel}\n" in refused.err
    assert "acme" not in listed(program("plugins", "list", "--json")), "nothing was done"
    done = program("plugins", "install", wheel.name, "--yes", "--json")
    assert done.code == 0, done.err
    assert [(each["act"], each["name"], each["after"]) for each in done.json["changes"]] == [("install", "acme", "1.0")]
    assert listed(done)["acme"]["status"] == "ok"
    shown = program("plugins", "show", "rankzero-acme", "--json").json["plugin"]
    assert (shown["name"], shown["from"]["kind"], shown["hooks"]) == ("acme", "wheel", ["environment_presets"])
    assert shown["size"] > 0
    removed = program("plugins", "remove", "acme")
    assert (removed.code, removed.out) == (0, "")
    assert removed.err.endswith("Removed Acme (acme): 1.0.\n")
    back = program("plugins", "undo")
    assert back.err.splitlines()[-2:] == ["Taken back: Removed Acme (acme): 1.0.", "acme is at 1.0 now: ok."]
    acts = [each["act"] for each in program("plugins", "history", "--json").json["changes"]]
    assert acts == ["undo", "remove", "install"]
    lines = program("plugins", "history").out.splitlines()
    assert lines[0].split() == ["NO", "WHEN", "DID", "PLUGIN", "VERSION", "SOURCE"]
    assert len(lines) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals")
@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (b"y\n", 0, "Installed Acme (acme): 1.0."),
        (b"\n", 1, "Nothing was done."),
        (b"\x04", 1, "Nothing was done."),
        (b"\x03", 130, "Interrupted: the plugins are as they were."),
    ],
    ids=["yes", "enter", "ctrl-d", "ctrl-c"],
)
def test_a_terminal_is_asked(answer: bytes, code: int, said: str, program: Program, tmp_path: Path) -> None:
    wheel = write_plugin_wheel(tmp_path, "acme")
    ended, shown = answering(program, "plugins", "install", wheel, answer=answer)
    assert ended == code, shown
    assert "Go ahead? [y/N]" in shown
    assert said in shown
    assert ("acme" in listed(program("plugins", "list", "--json"))) == (code == 0)


def test_a_new_plugin_lies_where_it_is_said_and_can_be_installed(program: Program, tmp_path: Path) -> None:
    made = program("plugins", "new", "acme-jobs")
    assert (made.code, made.out) == (0, f"{tmp_path / 'acme-jobs'}\n")
    assert made.err.startswith("`rankzero plugins install ./acme-jobs` installs it")
    assert (tmp_path / "acme-jobs" / "pyproject.toml").is_file()
    again = program("plugins", "new", "acme-jobs")
    assert (again.code, len(again.err.splitlines())) == (1, 1)
    other = program("plugins", "new", "acme-jobs", "--output", "other", "--json")
    assert json.loads(other.out) == {"name": "acme-jobs", "folder": str(tmp_path / "other" / "acme-jobs")}


def test_verbs_that_are_used_wrongly(program: Program) -> None:
    assert program("plugins").code == 2
    assert program("plugins", "install").code == 2
    assert program("plugins", "pin", "rankzero-pytorch").code == 1, "it ships with the program"
    assert program("plugins", "remove", "nothing").code == 1
    assert program("plugins", "install", "./nothing.whl", "--yes").code == 1


SETTINGS = """
from desktop_app.api import Field, FieldKind, FormSpec, hookimpl


@hookimpl
def settings_form():
    return FormSpec((Field("hours", "Hours at most", FieldKind.INTEGER, default=8),))
"""


def test_settings_of_a_plugin_are_shown_and_set(program: Program) -> None:
    write_plugin(program.home / "plugins", "acme", SETTINGS)
    assert program("plugins", "set", "acme").out.splitlines()[1].split() == ["hours", "8", "Hours", "at", "most"]
    (field,) = program("plugins", "set", "acme", "hours=4", "--json").json["settings"]
    assert (field["key"], field["value"], field["default"], field["chosen"]) == ("hours", 4, 8, True)
    assert "Settings      hours = 4" in program("plugins", "show", "acme").out
    said = program("plugins", "set", "acme", "hors=4")
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert program("plugins", "set", "acme", "hours=many").code == 1
    assert "acme2" not in program("plugins", "set", "acme", "hours=").out
    assert program("plugins", "set", "rankzero-sweeps").err == "rankzero-sweeps has no settings.\n"


def test_a_list_of_blocked_plugins_is_used_from_a_file(program: Program, tmp_path: Path) -> None:
    assert program("plugins", "block-list").err.startswith("Nothing is blocked, as of ")
    items = [{"name": "rankzero-acme", "versions": "<2", "reason": "It sends files away."}]
    (tmp_path / "list.json").write_text(json.dumps({"as_of": "2099-01-01", "source": "us", "items": items}))
    used = program("plugins", "block-list", "list.json", "--json")
    assert used.err == "This list is used from now on: of 2099-01-01, with 1 blocked.\n"
    assert used.json["blocked"][0]["name"] == "rankzero-acme"
    assert program("plugins", "block-list").out.splitlines()[1].split()[:2] == ["rankzero-acme", "<2"]
    (tmp_path / "list.json").write_text("{}")
    said = program("plugins", "block-list", "list.json")
    assert (said.code, said.err.count("\n")) == (1, 1)


HEAVY = {"PySide6", "qasync", "unearth", "httpx", "azure", "torch", "tensorflow", "onnx"}
LOOK = """
import sys
from desktop_app.__main__ import main
code = main(["--home", sys.argv[1], "plugins", *sys.argv[2:]])
print(*sorted({each.partition(".")[0] for each in sys.modules}), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("words", [("history",), ("install", "./acme", "--yes")])
def test_verbs_import_nothing_that_is_heavy(words: tuple[str, ...], program: Program, tmp_path: Path) -> None:
    write_plugin(tmp_path, "acme")
    command = [sys.executable, "-c", LOOK, str(program.home), *words]
    done = subprocess.run(
        command, cwd=tmp_path, env=program.variables(), capture_output=True, text=True, check=True, timeout=240
    )
    assert not HEAVY & {*done.stderr.splitlines()[-1].split()}
