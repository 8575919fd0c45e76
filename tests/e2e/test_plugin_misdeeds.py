"""Verbs over plugins that misbehave in every way: each is a line in the list, and the answer is the verb's own."""

from __future__ import annotations

from desktop_app.places import Places
from tests.helpers.plugin_folders import preset_hooks, write_plugin
from tests.helpers.program import Program

DEEDS = {
    "raises": ("1 / 0", "Its import failed: ZeroDivisionError: division by zero"),
    "leaves": ("import sys; sys.exit(3)", "Its import failed: SystemExit: 3"),
    "exits": ("import os; os._exit(4)", "Its import ended its process (exit code 4)."),
    "dies": ("import os; os.kill(os.getpid(), 11)", "Its import ended its process (signal 11, SIGSEGV)."),
    "borrows": ("import psutil", "Its import failed: ModuleNotFoundError: No module named 'psutil'"),
    "prints": ("print('PRINTED'); import os; os.system('echo FROM A CHILD')", ""),
    "forks": ("import os; os.fork(); os.fork()", ""),
    "threads": ("import threading, time; threading.Thread(target=time.sleep, args=(1000,)).start()", ""),
    "patches": ("import builtins, sys; builtins.open = builtins.print = None; sys.argv = None", ""),
    "asks": ("assert input.__name__ and not __import__('sys').stdin.read()", ""),
}


def test_every_misdeed_is_a_line_in_the_list(program: Program, no_orphans: Places) -> None:
    for name, (deed, _) in DEEDS.items():
        write_plugin(no_orphans.plugins, name, preset_hooks(before=deed))
    said = program("plugins", "list", "--json")
    assert said.code == 0
    states = {each["name"]: each.get("reason") or "" for each in _plugins(said.json) if each["name"] in DEEDS}
    assert states == {name: reason for name, (_, reason) in DEEDS.items()}
    assert "PRINTED" in said.err
    assert "FROM A CHILD" in said.err


def _plugins(document: object) -> list[dict[str, str]]:
    found = document["plugins"] if isinstance(document, dict) else document
    assert isinstance(found, list)
    return found
