"""A plugin in a process of its own harms nobody, whatever it does there, and nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from desktop_app.api import Host, Job, OutsideError, UserError
from desktop_app.places import Places
from desktop_app.services.plugins import PluginHost, PluginInfo, PluginState
from desktop_app.services.plugins.processes import Cradles, crew
from desktop_app.services.plugins.processes.calls import Limit
from desktop_app.services.plugins.processes.nursery import Born
from tests.helpers.plugin_folders import HOOKS, preset_hooks, write_plugin
from tests.helpers.plugin_hosts import MakeHost, plugin_hosts
from tests.helpers.plugin_processes import nurseries, plugin_processes
from tests.helpers.waiting import wait_until

PATIENT = Limit(60.0, 60.0)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def host(places: Places) -> Iterator[MakeHost]:
    with plugin_hosts(places) as make:
        yield make
    assert nurseries() == []


def info_of(host: PluginHost, plugin_id: str) -> PluginInfo:
    return next(each for each in host.plugins if each.id == plugin_id)


def names(host: PluginHost) -> list[str]:
    return [each.name for each in host.environment_presets()]


def functions_of(thread: int) -> list[str]:
    """Return the names of the functions that a thread is in."""
    frame, found = sys._current_frames().get(thread), list[str]()
    while frame is not None:
        found.append(frame.f_code.co_name)
        frame = frame.f_back
    return found


def told(expression: str, before: str = "") -> str:
    """Return hooks whose preset is called as an expression says."""
    body = f"from desktop_app.api import EnvironmentPreset\nreturn [EnvironmentPreset(str({expression}), 't', 'r')]"
    return preset_hooks(before=before, body=body)


WALLS = {
    "the-program": "desktop_app.services",
    "its-places": "desktop_app.places",
    "psutil": "psutil",
    "yaml": "yaml",
    "qt": "PySide6",
}


def test_the_api_and_pythons_own_can_be_imported_and_nothing_else_of_the_program(
    places: Places, host: MakeHost
) -> None:
    kit = "import desktop_app.api.kit, desktop_app.api.testing, sqlite3, pluggy"
    write_plugin(places.plugins, "fine", f"{kit}\n{HOOKS}")
    for name, module in WALLS.items():
        write_plugin(places.plugins, name, preset_hooks(before=f"import {module}"))
    made = host()
    assert names(made) == ["fine"]
    for name, module in WALLS.items():
        info = info_of(made, name)
        assert (info.state, info.problem) == (PluginState.FAILED, "import")
        assert module in info.reason


def test_two_plugins_have_two_versions_of_one_library(places: Places, host: MakeHost) -> None:
    for name, version in (("alpha", "1.0"), ("beta", "2.0")):
        before = "import sys; sys.path.append(__file__.replace('hooks.py', 'lib'))\nimport somelib"
        folder = write_plugin(places.plugins, name, told("somelib.VERSION", before))
        (folder / "lib").mkdir()
        (folder / "lib" / "somelib.py").write_text(f"VERSION = {version!r}\n")
    assert names(host()) == ["1.0", "2.0"]


def test_a_plugin_has_the_persons_environment_and_not_the_terminal(
    places: Places, host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_WORD", "a word")
    before = "import os, sys"
    write_plugin(places.plugins, "alpha", told("os.environ['SOME_WORD']", before))
    write_plugin(places.plugins, "beta", told("[sys.stdin.read(), os.getsid(0) == os.getpid()]", before))
    assert names(host()) == ["a word", "['', True]"]


def test_it_leaves_no_compiled_files_in_its_folder(places: Places, host: MakeHost) -> None:
    folder = write_plugin(places.plugins, "alpha", "from . import helper\n" + HOOKS)
    (folder / "helper.py").write_text("")
    assert names(host()) == ["alpha"]
    assert sorted(each.name for each in folder.iterdir()) == ["helper.py", "hooks.py", "plugin.toml"]


MISDEEDS = {
    "aborts": ("import os; os.abort()", "ended its process (signal 6, SIGABRT)"),
    "segfaults": ("import ctypes; ctypes.string_at(0)", "ended its process (signal 11, SIGSEGV)"),
    "is-killed": ("import os; os.kill(os.getpid(), 9)", "ended its process (signal 9, SIGKILL)"),
    "exits-hard": ("import os; os._exit(3)", "ended its process (exit code 3)"),
    "kills-its-group": ("import os; os.killpg(0, 9)", "ended its process (signal 9, SIGKILL)"),
}


def test_whoever_ends_its_process_is_named_and_nobody_else_notices(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "good")
    for name, (deed, _) in MISDEEDS.items():
        write_plugin(places.plugins, name, preset_hooks(before="print('hello')", body=deed))
    made = host()
    assert names(made) == ["good"]
    for name, (_, reason) in MISDEEDS.items():
        info = info_of(made, name)
        assert (info.state, info.problem) == (PluginState.FAILED, "crash")
        assert info.reason == f"Its hook environment_presets {reason}."
        assert "hello" in info.details
    assert "hooks.py" in info_of(made, "segfaults").details, "where it was"


def test_a_hook_that_hangs_is_cut_off_and_says_where(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "good")
    hangs = ("import time; time.sleep(1000)", "import threading; threading.Event().wait()", "while True: pass")
    for number, hang in enumerate(hangs):
        write_plugin(places.plugins, f"hangs-{number}", preset_hooks(body=hang))
    made = host()
    assert names(made) == ["good"]
    for number, _ in enumerate(hangs):
        info = info_of(made, f"hangs-{number}")
        assert (info.state, info.problem) == (PluginState.FAILED, "hang")
        assert info.reason == "Its hook environment_presets did not answer for 2 s and was cut off."
        assert "environment_presets" in info.details
    assert len(plugin_processes()) == 1


def test_an_import_that_hangs_is_cut_off(places: Places, host: MakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "IMPORT", Limit(1.0, 20.0))
    write_plugin(places.plugins, "alpha", preset_hooks(before="import time; time.sleep(1000)"))
    write_plugin(places.plugins, "good")
    made = host()
    made.load()
    info = info_of(made, "alpha")
    assert (info.state, info.problem) == (PluginState.FAILED, "hang")
    assert info.reason == "Its import did not end within 1 s and was cut off."
    assert "hooks.py" in info.details
    assert names(made) == ["good"]


def test_switching_one_off_while_it_hangs_waits_for_nothing(
    places: Places, host: MakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "HOOK", PATIENT)
    mark = tmp_path / "inside"
    body = f"open({str(mark)!r}, 'w').close()\nwhile True: pass"
    write_plugin(places.plugins, "alpha", preset_hooks(body=body))
    write_plugin(places.plugins, "good")
    made, answers = host(), list[list[str]]()
    thread = threading.Thread(target=lambda: answers.append(names(made)))
    thread.start()
    wait_until(mark.exists, what="the hook to be called")
    made.disable("alpha")
    thread.join(30)
    assert answers == [["good"]]
    assert info_of(made, "alpha").state is PluginState.DISABLED, "it did not fail: it was taken back"
    assert info_of(made, "alpha").failures == 0


CHILDREN = """
import os, subprocess, sys, threading, time

if os.fork() == 0:
    time.sleep(1000)  # a child in the plugin's own group
if os.fork() == 0:
    os.setsid()  # one that left it
    if os.fork() == 0:
        time.sleep(1000)  # and one whose parent is gone
    os._exit(0)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], start_new_session=True)
threading.Thread(target=time.sleep, args=(1000,)).start()
"""


def test_what_a_plugin_started_ends_with_it(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "alpha", f"{CHILDREN}\n{HOOKS}")
    made = host()
    assert names(made) == ["alpha"]
    wait_until(lambda: len(plugin_processes()) == 4, what="its children to be there")
    theirs = plugin_processes()
    made.disable("alpha")
    assert not [each for each in theirs if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def test_what_a_plugin_that_crashes_has_started_ends_too(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "good")
    write_plugin(places.plugins, "alpha", preset_hooks(before=CHILDREN, body="import os; os._exit(1)"))
    made = host()
    assert names(made) == ["good"]
    assert info_of(made, "alpha").problem == "crash"
    assert len(plugin_processes()) == 1


def test_a_fork_that_comes_back_from_a_hook_answers_nothing(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "alpha", told("os.fork() > 0", "import os\nos.fork()"))
    made = host()
    assert names(made) == ["True"]
    assert names(made) == ["True"]
    wait_until(lambda: len(plugin_processes()) == 1, what="the forks to end")


def test_patches_stay_with_who_made_them(places: Places, host: MakeHost) -> None:
    patch = "import builtins, json, os\nbuiltins.len = lambda _: 7\njson.dumps = os.getpid = None"
    write_plugin(places.plugins, "alpha", told("len([])", "import builtins\nbuiltins.len = lambda _: 7"))
    write_plugin(places.plugins, "beta", preset_hooks(before=patch))
    write_plugin(places.plugins, "gamma", told("len([])"))
    made = host()
    assert names(made)[-1:] == ["0"]
    assert len("ab") == 2
    assert info_of(made, "gamma").state is PluginState.OK


PROGRAM = """
import sys
from desktop_app.places import find_places
from desktop_app.services.plugins import PluginHost
from desktop_app.services.plugins.processes import nursery
from desktop_app.services.settings import Settings

places = find_places()
host = PluginHost(places, Settings(places.settings), bundled=places.home / "none", installed=tuple)
if sys.argv[1] == "fresh":
    host._cradles._left = 0
host.discover()
print([each.name for each in host.environment_presets()], flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("way", ["nursery", "fresh"])
def test_nothing_is_left_when_the_program_is_killed(places: Places, way: str) -> None:
    hook = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    children = CHILDREN if way == "nursery" else ""
    write_plugin(places.plugins, "alpha", f"{hook}\n{children}\n{HOOKS}")
    write_plugin(places.plugins, "beta")
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, way], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "['alpha', 'beta']\n"
        theirs = psutil.Process(program.pid).children(recursive=True)
        assert len(theirs) >= (6 if way == "nursery" else 2)
        program.kill()
    wait_until(lambda: not [each for each in theirs if each.is_running()], what="its plugins' processes to end")


def test_processes_start_when_they_are_needed_and_end_with_their_plugins(places: Places, host: MakeHost) -> None:
    for each in ("alpha", "beta"):
        write_plugin(places.plugins, each)
    made = host()
    assert plugin_processes() == []
    assert names(made) == ["alpha", "beta"]
    assert len(plugin_processes()) == 2
    before = {each.pid for each in plugin_processes()}
    made.disable("alpha")
    after = {each.pid for each in plugin_processes()}
    assert len(after) == 1
    assert after < before, "the other one goes on"
    made.disable("beta")
    assert nurseries() == [], "nor does the nursery stay for nobody"


def test_what_an_install_changes_touches_no_other_plugin(places: Places, host: MakeHost) -> None:
    folder = write_plugin(places.plugins, "alpha")
    write_plugin(places.plugins, "beta", told("os.getpid()", "import os"))
    made = host()
    beta = names(made)[1]
    (folder / "hooks.py").write_text(HOOKS.replace("{id}", "a newer one"))
    toml = folder / "plugin.toml"
    toml.write_text(toml.read_text().replace('"1.0"', '"2.0"'))
    write_plugin(places.plugins, "gamma")
    made.rediscover()
    assert names(made) == ["a newer one", beta, "gamma"]
    assert info_of(made, "alpha").version == "2.0"
    toml.unlink()
    made.rediscover()
    assert names(made) == [beta, "gamma"]
    made.restart("beta")
    assert names(made)[0] not in ("", beta)


def test_enabling_a_plugin_that_was_mended_touches_no_other(places: Places, host: MakeHost) -> None:
    toml = write_plugin(places.plugins, "alpha") / "plugin.toml"
    whole = toml.read_text()
    toml.write_text("[plugin]\n")
    write_plugin(places.plugins, "beta", told("os.getpid()", "import os"))
    made = host()
    (beta,) = names(made)
    with pytest.raises(UserError, match="can't be enabled"):
        made.enable("alpha")
    assert names(made) == [beta]
    toml.write_text(whole)
    made.enable("alpha")
    assert names(made) == ["alpha", beta]


REFUSES = """
from desktop_app.api import OutsideError, UserError, hookimpl


@hookimpl
def launch_plan(job, host):
    raise (OutsideError if "outside" in job.command else UserError)("No.", hint="Do so.", details=host.python)
"""


@pytest.mark.parametrize(("command", "kind"), [("x", UserError), ("outside", OutsideError)])
def test_a_refusal_arrives_whole(places: Places, host: MakeHost, command: str, kind: type[UserError]) -> None:
    write_plugin(places.plugins, "alpha", REFUSES)
    with pytest.raises(UserError) as caught:
        host().launch_plan(Job(command), Host(("sh",), python="this one"))
    assert type(caught.value) is kind
    assert (caught.value.message, caught.value.hint, caught.value.details) == ("No.", "Do so.", "this one")


def test_what_a_plugin_prints_is_kept_for_its_details(
    places: Places, host: MakeHost, capfd: pytest.CaptureFixture[str]
) -> None:
    body = "import os, sys\nprint('to out')\nprint('to err', file=sys.stderr)\nsys.stdout.buffer.write(b'bytes\\n')\n"
    flood = "print('x' * 1_000_000)\nos.system('echo from a child')\nraise OSError"
    write_plugin(places.plugins, "alpha", preset_hooks(body=body + flood))
    made = host()
    assert names(made) == []
    captured = capfd.readouterr()
    assert captured.out == ""
    for each in ("to out", "to err", "bytes", "from a child", "left out"):
        assert each in captured.err
    assert len(captured.err) < 500_000
    assert "left out" in info_of(made, "alpha").details


def test_the_program_can_be_stopped_while_it_waits(
    places: Places, host: MakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl+C: what nobody waits for any more is ended, and the next question is answered as it should be."""
    monkeypatch.setattr(crew, "HOOK", PATIENT)
    mark = tmp_path / "inside"
    body = f"import pathlib, time\nif pathlib.Path({str(mark)!r}).exists(): return []\n"
    wait = f"pathlib.Path({str(mark)!r}).touch(); time.sleep(1000)"
    write_plugin(places.plugins, "alpha", preset_hooks(body=body + wait))
    write_plugin(places.plugins, "beta")
    made, main = host(), threading.get_ident()

    def press() -> None:
        wait_until(mark.exists, what="the hook to be called")
        wait_until(lambda: "gather" in functions_of(main), what="the program to wait for an answer")
        os.kill(os.getpid(), signal.SIGINT)

    interrupt = threading.Thread(target=press)
    interrupt.start()
    with pytest.raises(KeyboardInterrupt):
        names(made)
    interrupt.join()
    assert names(made) == ["beta"]
    assert [each.state for each in made.plugins] == [PluginState.OK, PluginState.OK]


def test_a_machine_that_lacks_something_is_no_plugins_fault(
    places: Places, host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_self: Cradles) -> Born:
        raise OSError(24, "Too many open files")

    write_plugin(places.plugins, "alpha")
    made = host()
    with monkeypatch.context() as lacking:
        lacking.setattr(Cradles, "start", start)
        for _ in range(4):
            made.load()
            info = info_of(made, "alpha")
            assert (info.state, info.failures) == (PluginState.FAILED, 0)
            assert info.reason == "Its process can't be started: [Errno 24] Too many open files."
            made.discover()
    assert names(made) == ["alpha"]


def test_switching_on_and_off_beside_calls_leaves_nothing_and_blames_nobody(places: Places, host: MakeHost) -> None:
    for number in range(3):
        write_plugin(places.plugins, f"plugin-{number}")
    made, over = host(), threading.Event()
    surprises: list[str] = []

    def ask() -> None:
        while not over.is_set():
            found = names(made)
            if not set(found) <= {"plugin-0", "plugin-1", "plugin-2"}:
                surprises.append(str(found))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for each in threads:
        each.start()
    acts = (made.disable, made.enable, made.restart, lambda _name: made.rediscover(), lambda _name: made.discover())
    for number in range(60):
        acts[number % len(acts)](f"plugin-{number % 3}")
    over.set()
    for each in threads:
        each.join(60)
    assert surprises == []
    assert {each.state for each in made.plugins} <= {PluginState.OK, PluginState.DISABLED}, made.plugins
    assert len(plugin_processes()) <= 3
