"""Plugins come from folders, wheels, wheelhouses and an index, live beside each other, and go again."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.fork_server import WarmVerbs
from tests.helpers.plugin_folders import write_plugin
from tests.helpers.plugin_index import PluginIndex, plugin_index
from tests.helpers.plugin_says import changes, listed, says, told
from tests.helpers.plugin_wheels import write_plugin_wheel
from tests.helpers.program import Program
from tests.helpers.rights import obeys_modes
from tests.helpers.waiting import wait_until


@pytest.fixture
def program(program: Program, warm: WarmVerbs | None) -> Program:
    return replace(program, warm=warm)


@pytest.fixture
def index() -> Iterator[PluginIndex]:
    with plugin_index() as made:
        yield made


def asking(program: Program, index: PluginIndex) -> Program:
    """Return the program of somebody whose pip asks this index."""
    return replace(program, environment={**program.environment, **index.environment()})


def test_an_update_from_the_index_is_seen_done_pinned_and_rolled_back(
    program: Program, index: PluginIndex, tmp_path: Path
) -> None:
    online = asking(program, index)
    index.add(write_plugin_wheel(tmp_path, "acme", "1.0", says('"at 1"')))
    assert changes(online("plugins", "install", "rankzero-acme", "--yes", "--json")) == [
        ("install", "acme", None, "1.0")
    ]
    assert "UPDATE" not in online("plugins", "list").out
    index.add(write_plugin_wheel(tmp_path, "acme", "2.0", says('"at 2"')))
    index.add(write_plugin_wheel(tmp_path, "acme", "3.0", says('"at 3"')), said={"requires_python": ">=4"})
    checked = online("plugins", "update", "--check")
    assert checked.out.splitlines()[0] == "Update Acme (acme): 1.0 → 2.0"
    assert any(each.startswith("Note: ") and "3.0" in each for each in checked.out.splitlines()), checked.out
    updates = online("plugins", "list", "--updates", "--json")
    assert listed(updates)["acme"]["update"] == "2.0"
    assert listed(updates)["rankzero-ray"]["update"] is None
    heading, row = online("plugins", "list", "--updates").out.splitlines()[:2]
    assert (heading.split()[4], row.split()[:5]) == ("UPDATE", ["acme", "1.0", "ok", "index", "2.0"])
    (found,) = online("plugins", "search", "acme", "--json").json["found"]
    assert (found["distribution"], found["version"], found["installed"]) == ("rankzero-acme", "2.0", "1.0")
    online("plugins", "pin", "acme")
    pinned = online("plugins", "update", "--yes", "--json").json
    assert pinned["changes"] == []
    assert any("acme" in each for each in pinned["notes"]), pinned["notes"]
    online("plugins", "unpin", "acme")
    assert changes(online("plugins", "update", "--yes", "--json")) == [("update", "acme", "1.0", "2.0")]
    assert told(program) == {"acme": "acme is at 2"}
    back = program("plugins", "undo", "--json")
    assert back.code == 0, back.err
    assert listed(back)["acme"]["version"] == "1.0"
    assert told(program) == {"acme": "acme is at 1"}
    acts = [each["act"] for each in program("plugins", "history", "--json").json["changes"]]
    assert acts == ["undo", "update", "pin", "pin", "install"]


def test_an_index_that_is_away_is_said_and_changes_nothing(program: Program, tmp_path: Path) -> None:
    with plugin_index() as index:
        online = asking(program, index)
        index.add(write_plugin_wheel(tmp_path, "acme", "1.0", says('"at 1"')))
        assert online("plugins", "install", "rankzero-acme", "--yes").code == 0
    for words in (("install", "rankzero-other", "--yes"), ("update", "--yes"), ("search", "acme")):
        said = online("plugins", *words)
        assert said.code == 3, (words, said.err)
        assert said.err.splitlines()[-1].startswith("error: "), words
    with_updates = online("plugins", "list", "--updates")
    assert with_updates.code == 3
    assert "acme" in with_updates.out, "the list is there all the same"
    assert told(program) == {"acme": "acme is at 1"}


def test_a_source_folder_is_used_as_it_is(program: Program, tmp_path: Path) -> None:
    source = tmp_path / "src" / "acme"
    write_plugin(source.parent, "acme", says('"as written"'))
    done = program("plugins", "install", "./src/acme", "--yes", "--json")
    assert changes(done) == [("install", "acme", None, "1.0")]
    assert listed(done)["acme"]["source"] == "folder"
    assert told(program) == {"acme": "acme is as written"}
    (source / "hooks.py").write_text(says('"as edited"').replace("{id}", "acme"))
    assert told(program) == {"acme": "acme is as edited"}
    assert program("plugins", "show", "acme", "--json").json["plugin"]["editable"] is True
    assert program("plugins", "remove", "acme").code == 0
    assert (source / "hooks.py").is_file(), "the folder is the person's own"
    assert told(program) == {}


def test_a_file_that_was_edited_by_hand_is_noticed(program: Program, tmp_path: Path) -> None:
    wheel = write_plugin_wheel(tmp_path, "acme", "1.0", says('"whole"'))
    assert program("plugins", "install", wheel, "--yes").code == 0
    assert program("plugins", "verify", "acme").code == 0
    (hooks,) = (program.home / "plugins" / ".installed").rglob("rankzero_acme/hooks.py")
    hooks.chmod(0o644)
    hooks.write_text(says('"edited"').replace("{id}", "acme"))
    verified = program("plugins", "verify", "--json")
    assert verified.code == 1
    (changed,) = verified.json["plugins"]
    assert [Path(each).name for each in changed["changed"]] == ["hooks.py"]
    plugin = listed(program("plugins", "list", "--json"))["acme"]
    assert plugin["status"] == "failed"
    assert "not as they were installed: rankzero_acme/hooks.py" in plugin["reason"]
    assert told(program) == {}, "it is not run"
    assert "Plugin acme" in program("doctor").out
    assert program("plugins", "install", wheel, "--yes").code == 0, "installing again mends it"
    assert told(program) == {"acme": "acme is whole"}


@pytest.mark.parametrize("name", ["rankzero-pytorch", "rankzero-pytorrch", "Rankzero-PyTorch"])
def test_a_name_that_is_taken_or_easily_confused_is_refused(name: str, program: Program, tmp_path: Path) -> None:
    wheel = write_plugin_wheel(tmp_path, name)
    said = program("plugins", "install", wheel, "--yes")
    assert said.code == 1
    assert said.err.splitlines()[-1].startswith("error: ")
    assert "rankzero-pytorch" in said.err or "small letters" in said.err


def test_a_plugin_that_falls_when_it_is_tried_is_not_installed(program: Program, tmp_path: Path) -> None:
    good = write_plugin_wheel(tmp_path, "acme", "1.0", says('"at 1"'))
    assert program("plugins", "install", good, "--yes").code == 0
    for number, hooks in enumerate(("raise RuntimeError('alas')", "import os; os._exit(3)", "def check_job(:")):
        bad = write_plugin_wheel(tmp_path, "acme", f"2.{number}", hooks)
        said = program("plugins", "install", bad, "--yes")
        assert said.code == 1, hooks
        assert said.err.splitlines()[-1].startswith("error: "), hooks
    (tmp_path / "none.whl").write_bytes(b"PK nothing")
    assert program("plugins", "install", tmp_path / "none.whl", "--yes").code == 1
    assert told(program) == {"acme": "acme is at 1"}
    left = [each.name for each in (program.home / "plugins" / ".installed").iterdir() if "@" in each.name]
    assert len(left) == 1, "what was tried is gone again"


@obeys_modes
def test_a_home_that_can_be_read_only(program: Program, tmp_path: Path) -> None:
    program = replace(program, warm=None)  # only what is started from here goes without root's rights
    wheel = write_plugin_wheel(tmp_path, "acme", "1.0", says('"at 1"'))
    assert program("plugins", "install", wheel, "--yes").code == 0
    folders = [program.home, *(each for each in program.home.rglob("*") if each.is_dir())]
    for each in folders:
        each.chmod(0o500)
    try:
        newer = write_plugin_wheel(tmp_path, "acme", "2.0")
        for words in (("install", newer, "--yes"), ("remove", "acme"), ("disable", "acme"), ("undo",)):
            said = program("plugins", *words)
            assert said.code == 3, (words, said.err)
            assert said.err.splitlines()[-1].startswith("error: "), words
        assert told(program) == {"acme": "acme is at 1"}
    finally:
        for each in folders:
            each.chmod(0o700)


def test_a_hundred_plugins(program: Program) -> None:
    for number in range(100):
        write_plugin(program.home / "plugins", f"p{number}", says(f'"number {number}"') if number < 10 else "")
    plugins = listed(program("plugins", "list", "--json"))
    assert sum(each["status"] == "ok" for name, each in plugins.items() if name.startswith("p")) == 100
    assert told(program) == {f"p{number}": f"p{number} is number {number}" for number in range(10)}


def test_a_state_folder_without_plugins_is_not_made_by_looking(program: Program) -> None:
    shutil.rmtree(program.home / "plugins", ignore_errors=True)
    for words in (("list",), ("history",), ("verify",), ("show", "rankzero-ray")):
        assert program("plugins", *words).code == 0, words
    assert not (program.home / "plugins").exists()


HANGS = "import pathlib, time\npathlib.Path({mark!r}).touch()\ntime.sleep(1000)\n"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("signal_sent", [signal.SIGINT, signal.SIGKILL])
def test_an_installation_that_is_ended_in_the_middle_leaves_what_was_there(
    signal_sent: signal.Signals, program: Program, tmp_path: Path
) -> None:
    good = write_plugin_wheel(tmp_path, "acme", "1.0", says('"at 1"'))
    assert program("plugins", "install", good, "--yes").code == 0
    mark = tmp_path / "being-tried"
    hooks = HANGS.replace("{mark!r}", repr(str(mark)))
    running = program.start("plugins", "install", write_plugin_wheel(tmp_path, "acme", "2.0", hooks), "--yes")
    wait_until(mark.exists, what="the new version to be tried")
    running.send_signal(signal_sent)
    _, err = running.communicate(timeout=60)
    assert running.returncode == (130 if signal_sent is signal.SIGINT else -signal.SIGKILL)
    if signal_sent is signal.SIGINT:
        assert err.decode().splitlines()[-1] == "Interrupted: the plugins are as they were."
    assert told(program) == {"acme": "acme is at 1"}
    assert changes(program("plugins", "remove", "acme", "--json")) == [("remove", "acme", "1.0", None)]
    left = [each.name for each in (program.home / "plugins" / ".installed").iterdir() if "@2.0" in each.name]
    assert not left, "what was half done is gone"


def test_two_installations_at_once_are_both_done(program: Program, tmp_path: Path) -> None:
    wheels = [write_plugin_wheel(tmp_path, name) for name in ("one", "two", "three")]
    running = [program.start("plugins", "install", each, "--yes") for each in wheels]
    for each in running:
        _, err = each.communicate(timeout=120)
        assert each.returncode == 0, err.decode()
    assert {"one", "two", "three"} <= listed(program("plugins", "list", "--json")).keys()
