"""The contract suite finds each way to break the contract, and says what to do; a sound plugin passes."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from desktop_app.api.testing import PluginContract, fake_job, fake_scan, load_plugin, looking
from desktop_app.api.testing.contract import find_folder
from desktop_app.api.testing.watching import Watch, watched
from tests.helpers.plugin_folders import write_plugin

TOML = """
[plugin]
id = "{id}"
name = "{name}"
version = "1.0"
api = "{api}"
summary = "Made for a test."
author = "A test"
license = "MIT"
"""
CHECK = """
from desktop_app.api import Diagnostic, Severity, hookimpl
{before}

@hookimpl
def check_job(job):
    {body}
    return [Diagnostic(Severity.INFO, "a-code", "A message.")]
"""
FORM = """
from desktop_app.api import Field, FieldKind, FormSpec, Job, JobWizard, OnnxExporter, UserError, WizardStep, hookimpl


def steps(answers, context):
    return (WizardStep("a", "A page", FormSpec((Field("n", "Nodes", FieldKind.INTEGER, 1, minimum=1, maximum=3),))),)


def build(answers, context):
    {build}


@hookimpl
def job_wizards():
    return [JobWizard("w", "A wizard", "Makes jobs.", steps, build)]
"""
SETTINGS = """
from desktop_app.api import Diagnostic, Field, FieldKind, FormSpec, Severity, hookimpl


@hookimpl
def settings_form():
    return FormSpec((Field("n", "Nodes", FieldKind.INTEGER, {default}, minimum=1, maximum=3, required=True),))


@hookimpl
def check_job(job, settings):
    return [Diagnostic(Severity.INFO, "a-code", f"{{6 // (3 - settings['n'])}} nodes.")]
"""
SOUND = "return Job('python train.py', environment='azureml:x@latest')"


def checking(body: str = "", before: str = "") -> str:
    """Return hooks whose check does something beside its answer."""
    return CHECK.format(body="\n    ".join(body.splitlines() or ["pass"]), before=before)


def contract(folder: Path) -> PluginContract:
    """Return the suite for a plugin, as pytest makes it of an author's class."""
    kind: type[PluginContract] = type("TestIt", (PluginContract,), {"folder": folder, "__module__": __name__})
    return kind()


def failures(folder: Path) -> dict[str, str]:
    """Run the suite but for what the program does (test_plugin_rehearsal); return what failed with its message."""
    suite, found = contract(folder), {}
    for name in (each for each in dir(suite) if each.startswith("test_") and "program" not in each):
        try:
            getattr(suite, name)()
        except Exception as error:  # noqa: BLE001 - what a plugin raises in its sample call comes through
            found[name] = str(error)
    return found


def made(tmp_path: Path, hooks: str, more: str = "") -> Path:
    """Make a plugin."""
    return write_plugin(tmp_path, "a", hooks, toml=TOML + more)


def test_a_sound_plugin_passes(tmp_path: Path) -> None:
    assert failures(made(tmp_path, checking())) == {}


EFFECTS: dict[str, str] = {
    "open('left.txt', 'w').close()": "writes a file (left.txt)",
    "import os\nos.environ['A'] = 'b'": "changes the environment (os.putenv)",
    "import os\nos.mkdir('made')": "changes files (os.mkdir)",
    "import subprocess, sys\nsubprocess.run([sys.executable, '-V'], capture_output=True)": "starts a process",
    "import threading\nthreading.Thread(target=int).start()": "starts a thread",
    "import socket\nwith socket.socket(type=2) as s: s.sendto(b'', ('127.0.0.1', 9))": "uses the network",
    "import time\ntime.sleep(0.001)": "waits (time.sleep)",
    "import json\njson.dumps = repr": "changes json.dumps",
    "import builtins\nbuiltins.spare = 1": "changes builtins",
    "import sys\nsys.path.insert(0, '/nowhere')": "changes sys.path",
    "import sys\nsys.modules['json'] = sys": "changes sys.modules['json']",
}


@pytest.mark.parametrize("body", EFFECTS)
@pytest.mark.parametrize("where", ["hook", "import"])
def test_what_it_does_beside_answering_is_said(
    body: str, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import builtins
    import json

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(json, "dumps", json.dumps)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setitem(sys.modules, "json", json)
    monkeypatch.setitem(os.environ, "A", "a")
    folder = made(tmp_path, checking(body) if where == "hook" else checking(before=body))
    suite = contract(folder)
    test = (
        suite.test_its_hooks_answer_and_do_nothing_else
        if where == "hook"
        else suite.test_importing_it_does_nothing_else
    )
    with pytest.raises(AssertionError) as caught:
        test()
    vars(builtins).pop("spare", None)
    assert EFFECTS[body] in str(caught.value)
    assert "worker task" in str(caught.value)


FICKLE = checking("global n\nn += 1\nreturn [Diagnostic(Severity.INFO, f'a-{n}', 'x')]", "n = 0")
FAULTS: dict[str, tuple[str, str]] = {
    "raises": (checking("1 / 0"), "the hook check_job raises ZeroDivisionError"),
    "is fickle": (FICKLE, "second time"),
    "has a code nobody can type": (checking().replace("a-code", "A code"), "“A code”: small letters"),
    "returns garbage": (checking("return 3"), "the result is int, not a list or tuple"),
    "has no hook": ("from desktop_app.api import hookimpl\n", "mark functions of its hooks file with @hookimpl"),
    "builds nothing": (FORM.format(build="return Job('')"), "makes a job without a command"),
    "builds without environment": (FORM.format(build="return Job('python x.py')"), "without an environment"),
    "refuses its defaults": (FORM.format(build="raise UserError('No.')"), "makes no job of its defaults: No."),
    "fails at a limit": (FORM.format(build=f"1 / (3 - answers.get('n', 1))\n    {SOUND}"), "raises ZeroDivisionError"),
    "has no default setting": (SETTINGS.format(default=None), "the setting “n”, by its default, needs an answer"),
    "has a wrong default setting": (SETTINGS.format(default=9), "a default that is no answer"),
    "fails with a setting": (SETTINGS.format(default=1), "with the settings {'n': 3}, the hook check_job raises"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_said(fault: str, tmp_path: Path) -> None:
    hooks, message = FAULTS[fault]
    contributes = ["wizards = ['w']"] * ("job_wizards" in hooks) + ["settings = ['n']"] * ("settings_form" in hooks)
    folder = made(tmp_path, hooks, "\n".join(["[contributes]", *contributes]))
    assert message in "\n".join(failures(folder).values())


def test_a_slow_hook_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "QUICK", 0.02)
    body = "import time\nend = time.thread_time() + 0.03\nwhile time.thread_time() < end: pass"
    with pytest.raises(AssertionError, match=r"the hook check_job takes 0\.0\d s of CPU, more than 0\.02 s"):
        contract(made(tmp_path, checking(body))).test_its_hooks_answer_and_do_nothing_else()


def test_a_wizard_and_settings_that_are_sound_pass(tmp_path: Path) -> None:
    folder = made(tmp_path, FORM.format(build=SOUND), "[contributes]\nwizards = ['w']\n")
    assert failures(folder) == {}
    folder = write_plugin(
        tmp_path,
        "b",
        SETTINGS.format(default=1).replace("3 - s", "4 - s"),
        toml=f"{TOML}[contributes]\nsettings = ['n']\n",
    )
    assert failures(folder) == {}


def test_what_the_manifest_leaves_out_is_said(tmp_path: Path) -> None:
    folder = made(tmp_path, FORM.format(build=SOUND))
    assert "promises wizards ()" in failures(folder)["test_it_is_what_its_manifest_promises"]
    folder = write_plugin(tmp_path, "b", checking(), toml=TOML.replace('author = "A test"\n', ""))
    assert "say plugin.author" in failures(folder)["test_its_manifest_says_who_it_is"]
    folder = write_plugin(tmp_path, "c", checking(), toml=f"{TOML}[contributes]\nchecks = ['b-code']\n")
    assert "“a-code”, which is missing in plugin.toml" in failures(folder)["test_its_hooks_answer_and_do_nothing_else"]


GERMAN: dict[str, str] = {
    '{"Made for a test.": "Für einen Test.", "A message.": "Eine Nachricht."}': "",
    '{"Made for a test.": "Für einen Test.", "A {}.": "Ein {}."}': "",
    '{"Made for a test.": "Für einen Test."}': '"A message.": …',
    '{"Made for a test.": "Für einen Test.", "A message.": ""}': '"A message.": …',
    '{"Made for a test.": "Für einen Test.", "A {}.": "Eine Nachricht."}': "must have its 1 places",
    "[]": "must be an object",
    "{": "no JSON",
}


@pytest.mark.parametrize("text", GERMAN)
def test_what_translations_lack_is_said(text: str, tmp_path: Path) -> None:
    folder = made(tmp_path, checking())
    (folder / "translations").mkdir()
    (folder / "translations" / "de.json").write_text(text, "utf-8")
    found = failures(folder).get("test_its_translations_are_whole", "")
    assert (GERMAN[text] in found) if GERMAN[text] else not found


def test_a_thread_that_stays_is_said(tmp_path: Path) -> None:
    end = threading.Event()
    sys.modules["_of_the_test"] = type(sys)("_of_the_test")
    vars(sys.modules["_of_the_test"])["end"] = end
    before = "import threading, _of_the_test\nthreading.Thread(target=_of_the_test.end.wait, name='lingers').start()"
    try:
        found = failures(made(tmp_path, checking(before=before)))
    finally:
        end.set()
        del sys.modules["_of_the_test"]
    assert "the thread lingers" in found["test_nothing_of_it_is_left"]


def test_the_folder_is_found_from_the_test(tmp_path: Path) -> None:
    for name, tests in {"flat": ".", "beside": "tests", "above": "pkg/tests", "source": "tests"}.items():
        project = tmp_path / name
        package = project / {"flat": ".", "source": "src/pkg"}.get(name, "pkg")
        package.mkdir(parents=True)
        (package / "plugin.toml").touch()
        (project / tests).mkdir(exist_ok=True, parents=True)
        assert find_folder((project / tests).resolve()) == package.resolve()
    (tmp_path / "beside" / "other").mkdir()
    (tmp_path / "beside" / "other" / "plugin.toml").touch()
    with pytest.raises(AssertionError, match="Say which plugin is meant"):
        find_folder(tmp_path / "beside" / "tests")


def test_a_folder_without_a_plugin_is_said(tmp_path: Path) -> None:
    assert "There is no plugin.toml" in failures(tmp_path)["test_its_manifest_says_who_it_is"]


def test_reading_is_nothing_to_speak_of() -> None:
    watch = Watch()
    with watched(watch):
        Path(__file__).read_bytes()
        Path(os.devnull).write_text("")
    assert watch.seen == []


def test_what_other_threads_do_is_not_the_plugins(tmp_path: Path) -> None:
    begin, done = threading.Event(), threading.Event()

    def write() -> None:
        begin.wait()
        (tmp_path / "by another").touch()
        done.set()

    other = threading.Thread(target=write)
    other.start()
    watch = Watch()
    with watched(watch):
        begin.set()
        done.wait()
    other.join()
    assert [each for each in watch.seen if "file" in each] == []


def test_fakes_are_what_a_test_wants(tmp_path: Path) -> None:
    assert fake_job(timeout=5).timeout == 5
    assert [each.name for each in fake_scan("--learning-rate", frameworks=("jax",)).arguments] == ["learning_rate"]
    with load_plugin(made(tmp_path, checking())) as plugin:
        assert len(plugin.call("check_job", job=fake_job())) == 1
