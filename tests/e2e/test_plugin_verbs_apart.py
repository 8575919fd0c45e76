"""Each plugin lives apart: with its own libraries, and broken in any way it says why and disturbs nobody."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.fork_server import WarmVerbs
from tests.helpers.plugin_folders import write_plugin
from tests.helpers.plugin_says import changes, listed, says, told
from tests.helpers.plugin_wheels import write_plugin_wheel
from tests.helpers.program import Program
from tests.helpers.wheels import write_wheel

AT_IMPORT = {
    "raises": "raise RuntimeError('alas')",
    "exits": "raise SystemExit(4)",
    "dies": "import os; os._exit(5)",
    "crashes": "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    "sleeps": "import time; time.sleep(1000)",
    "no-python": "def def",
    "no-such-module": "import a_module_that_nobody_has",
}
IN_ITS_HOOK = {
    "hook-raises": "raise RuntimeError('woe')",
    "hook-exits": "raise SystemExit(0)",
    "hook-dies": "import os; os._exit(0)",
    "hook-sleeps": "import time; time.sleep(1000)",
    "hook-garbage": "return 7",
}
HARMLESS = {
    "prints": "import sys\nprint('{' * 5000)\nprint('noise', file=sys.stderr)\nimport os; os.write(1, b'raw')",
    "forks": "import os, time\nif os.fork() == 0:\n    time.sleep(1000)",
    "starts-threads": "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()",
    "starts-processes": "import subprocess\nsubprocess.Popen(['sleep', '1000'], start_new_session=True)",
    "changes-place": "import os, sys\nos.chdir('/')\nos.environ.clear()\nsys.path.clear()",
    "closes": "import os\nos.close(0); os.close(1)",
}
PATCHES = """
import builtins, json, os
import desktop_app.api as api
builtins.open = builtins.sorted = json.dumps = json.loads = os.replace = api.Job = api.UserError = None
"""
"""It hurts itself, and may fail: but nobody else."""


@pytest.fixture
def program(program: Program, warm: WarmVerbs | None) -> Program:
    return replace(program, warm=warm)


def write(program: Program, plugin_id: str, before: str = "", body: str = "", job: str = "job") -> None:
    """Make a plugin in the person's folder that is broken so."""
    hooks = says('"there"', before).replace("check_job(job):", f"check_job({job}):\n    {body}")
    write_plugin(program.home / "plugins", plugin_id, hooks)


def test_two_plugins_with_two_versions_of_one_library_are_at_work_at_once(program: Program, tmp_path: Path) -> None:
    house = tmp_path / "house"
    for name, version in (("one", "1.0"), ("two", "2.0")):
        write_wheel(house, "colib", version)
        hooks = says('"on colib " + colib.VERSION', "import colib")
        write_plugin_wheel(house, name, "1.0", hooks, requires=[f"colib=={version}"])
    done = program("plugins", "install", "rankzero-one", "rankzero-two", "--wheelhouse", "house", "--yes", "--json")
    assert changes(done) == [("install", "one", None, "1.0"), ("install", "two", None, "1.0")]
    assert done.err.count("A plugin is code that runs as you") == 1, "what is asked for both is asked once"
    assert "brings    colib==1.0" in done.err
    assert told(program) == {"one": "one is on colib 1.0", "two": "two is on colib 2.0"}
    shown = program("plugins", "show", "two", "--json").json["plugin"]
    assert (shown["requires"], shown["hooks"]) == (["colib==2.0"], ["check_job"])
    assert shown["from"] == {"kind": "wheel", "where": str(house)}
    missing = program("plugins", "install", "rankzero-three", "--wheelhouse", "house", "--yes")
    assert (missing.code, missing.out) == (1, "")
    assert "rankzero-three" in missing.err


def test_what_is_broken_at_import_is_said_and_hurts_nobody(program: Program) -> None:
    write(program, "good")
    for name, before in (AT_IMPORT | HARMLESS).items():
        write(program, name, before)
    write(program, "patches", PATCHES)
    plugins = listed(program("plugins", "list", "--json"))
    assert {name for name, each in plugins.items() if each["status"] == "failed"} - {"patches"} == set(AT_IMPORT)
    for name in AT_IMPORT:
        assert plugins[name]["reason"]
        assert "\n" not in plugins[name]["reason"]
    assert "alas" in plugins["raises"]["reason"]
    assert "a_module_that_nobody_has" in plugins["no-such-module"]["reason"]
    assert plugins["rankzero-pytorch"]["status"] == "ok"
    shutil.rmtree(program.home / "plugins" / "sleeps")  # ten seconds are enough
    assert {"good", "prints", "forks", "starts-threads", "starts-processes"} <= set(told(program))
    safe = listed(program("--safe-mode", "plugins", "list", "--json"))
    assert {each["status"] for each in safe.values() if each["source"] == "bundled"} == {"ok"}
    assert {each["status"] for each in safe.values() if each["source"] != "bundled"} == {"disabled"}


def test_what_is_broken_in_a_hook_is_cut_off_and_the_others_answer(program: Program) -> None:
    write(program, "good")
    for name, body in IN_ITS_HOOK.items():
        write(program, name, "", body)
    write(program, "hook-signature", job="a, b")
    assert set(told(program)) == {"good"}
    checks = {each["name"]: each for each in program("doctor", "--json").json["checks"]}
    assert checks["Plugin good"]["status"] == "ok"


def test_three_failing_starts_switch_a_plugin_off_and_enabling_tries_again(program: Program, tmp_path: Path) -> None:
    write(program, "good")
    write(program, "bad", "raise RuntimeError('alas')")
    for _ in range(3):
        assert set(told(program)) == {"good"}
    plugin = listed(program("plugins", "list", "--json"))["bad"]
    assert (plugin["status"], plugin["enabled"]) == ("disabled", False)
    assert "three" in plugin["reason"]
    said = program("doctor")
    (line,) = [each for each in said.out.splitlines() if each.startswith("Plugin bad")]
    assert "`rankzero plugins enable bad`" in line
    assert json.loads((program.home / "settings.json").read_text())["plugins.disabled"] == ["bad"]
    hooks = program.home / "plugins" / "bad" / "hooks.py"
    hooks.write_text(hooks.read_text().replace("raise RuntimeError('alas')", ""))
    assert program("plugins", "enable", "bad").code == 0
    assert set(told(program)) == {"good", "bad"}
