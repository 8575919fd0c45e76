"""A plugin's process can say anything: what is no answer ends it, and nobody else notices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import psutil
import pytest

from desktop_app.api import Job, UserError
from desktop_app.places import Places
from desktop_app.services.plugins import PluginState
from desktop_app.services.plugins.processes import calls
from desktop_app.services.plugins.processes.calls import Call, Limit, gather
from desktop_app.services.plugins.processes.connection import Connection, Ended
from desktop_app.services.plugins.processes.faults import FaultError
from tests.helpers.plugin_folders import preset_hooks, write_plugin
from tests.helpers.plugin_hosts import MakeHost, plugin_hosts


@pytest.fixture
def host(places: Places) -> Iterator[MakeHost]:
    with plugin_hosts(places) as make:
        yield make


WIRE = """
import os, stat, time

wire = next(n for n in range(3, 64) if os.path.exists(f"/proc/self/fd/{n}") and stat.S_ISSOCK(os.fstat(n).st_mode))


def say(data):
    os.set_blocking(wire, True)
    while data:
        data = data[os.write(wire, data):]
"""
# The second call is a hook, the first one was the import.
SAYS = {
    "no-json": (r"say(b'hello\n')", "answered with what is no JSON and was cut off"),
    "no-text": (r"say(b'\xff\xfe\n')", "what is no JSON"),
    "a-list": (r"say(b'[]\n')", "what is no JSON"),
    "too-deep": (r"say(b'[' * 100_000 + b'\n')", "what is no JSON"),
    "a-number-too-long": (r"say(b'{\"answer\": ' + b'1' * 9_999 + b'}\n')", "what is no JSON"),
    "another-answer": (r"say(b'{\"answer\": 77, \"results\": []}\n')", "answered a question that nobody asked"),
    "an-answer-to-true": (r"say(b'{\"answer\": true, \"results\": []}\n')", "answered a question that nobody asked"),
    "no-result": (r"say(b'{\"answer\": 2}\n')", "answered nothing that can be understood"),
    "a-result-for-results": (r"say(b'{\"answer\": 2, \"results\": {}}\n')", "nothing that can be understood"),
    "half-a-surrogate": (r"say(b'{\"answer\": 2, \"results\": [\"\\ud800\"]}\n')", "what is no text"),
    "wrong-types": (r"say(b'{\"answer\": 2, \"results\": [[7]]}\n')", "returned something wrong"),
    "wrong-fields": (r"say(b'{\"answer\": 2, \"results\": [[{\"name\": 3, \"title\": \"\", \"reference\": \"\"}]]}\n')",
        "name of item 1 of the result is int, not a text"),
    "lacks-fields": (r"say(b'{\"answer\": 2, \"results\": [[{}]]}\n')", "missing 3 required positional arguments"),
    "a-wrong-refusal": (r"say(b'{\"answer\": 2, \"refused\": [1]}\n')", "nothing that can be understood"),
    "a-wrong-print": (r"say(b'{\"said\": 3}\n'); time.sleep(1000)", "did not answer for 2 s"),
    "half-a-line": (r"say(b'{\"answer\": 2,'); time.sleep(1000)", "did not answer for 2 s"),
    "without-end": (r"while True: say(b'x' * 1_000_000)", "was cut off"),
    "prints-without-end": (r"while True: say(b'{\"said\": \"\"}\n' * 10_000)", "was cut off"),
}  # fmt: skip


def test_what_is_no_answer_ends_who_said_it(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "good", preset_hooks(body="return []"))
    for name, (deed, _) in SAYS.items():
        write_plugin(places.plugins, name, preset_hooks(before=WIRE, body=f"{deed}\nreturn []"))
    made = host()
    assert made.environment_presets() == ()
    infos = {each.id: each for each in made.plugins}
    assert infos.pop("good").state is PluginState.OK
    for name, info in infos.items():
        assert (info.id, info.state) == (name, PluginState.FAILED)
        assert SAYS[name][1] in info.reason


WIZARDS = """
import weakref

from desktop_app.api import Diagnostic, Job, JobWizard, Severity, hookimpl

made = weakref.WeakSet()


@hookimpl
def job_wizards():
    def steps(answers, context):
        return ()

    def build(answers, context):
        if "hang" in answers:
            while True:
                pass
        return Job(str(sorted(answers.items())))

    made.add(steps)
    return [JobWizard("w", "A wizard", "Makes jobs.", steps, build)]


@hookimpl
def check_job(job):
    return [Diagnostic(Severity.INFO, "count", str(len(made)))]
"""


def test_functions_that_nobody_holds_any_more_are_let_go(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "alpha", WIZARDS)
    made = host()
    for _ in range(20):
        ((_, wizard),) = made.wizards()
    assert (
        wizard.build({"a": 1, "b": [2, {"c": None}]}, cast("Any", None)).command
        == "[('a', 1), ('b', [2, {'c': None}])]"
    )
    made.check_job(Job("x"))
    (found,) = made.check_job(Job("x"))
    assert int(found.message) <= 2


def test_a_wizard_that_hangs_is_cut_off_and_its_plugin_fails(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "alpha", WIZARDS)
    made = host()
    ((_, wizard),) = made.wizards()
    ((_, another),) = made.wizards()
    with pytest.raises(UserError) as caught:
        wizard.build({"hang": 1}, cast("Any", None))
    said = "The wizard “A wizard” of the plugin Alpha did not answer for 2 s and was cut off."
    assert caught.value.message == said
    assert made.plugins[0].problem == "hang"
    with pytest.raises(UserError, match="can't go on: its process has ended"):
        another.build({}, cast("Any", None))


class Told:
    """A connection to a process that says nothing, and has the processor as the test wants."""

    number = 1
    waiting: int = 0
    is_ended = False

    def __init__(self, status: str, *cpu: float) -> None:
        self._status, self._cpu = status, [*cpu]

    def cpu(self) -> float:
        return self._cpu.pop(0) if len(self._cpu) > 1 else self._cpu[0]

    def status(self) -> str:
        return self._status

    def write(self, data: memoryview) -> int:
        return len(data)

    def lines(self) -> Iterator[bytes]:
        return iter(())

    def end(self, *, asks: bool = False) -> Ended:
        self.is_ended = True
        return Ended(trace="asked where it is" if asks else "")

    def said_last(self) -> str:
        return ""


@pytest.mark.parametrize(
    ("told", "is_cut"),
    [
        (Told(psutil.STATUS_SLEEPING, 0.0), True),
        (Told(psutil.STATUS_STOPPED, 0.0), True),
        (Told(psutil.STATUS_RUNNING, 0.0), False),
        (Told(psutil.STATUS_RUNNING, 0.0, 0.4), False),
        (Told(psutil.STATUS_RUNNING, 0.0, 0.6), True),
        (Told(psutil.STATUS_DISK_SLEEP, 0.0), False),
        (Told(psutil.STATUS_SLEEPING, 0.0, 0.2), False),
        (Told("", 0.0), True),
    ],
)
def test_who_only_waits_for_the_processor_gets_more_time(told: Told, is_cut: bool) -> None:
    call = Call(cast("Connection", told), "Its hook x", b"", Limit(1.0, 5.0))
    call.look_again(after=1.0)
    assert call.is_done == is_cut
    if is_cut:
        assert isinstance(call.error, FaultError)
        assert call.error.details == "asked where it is"


@pytest.mark.parametrize(("told", "is_cut"), [(Told("running", 0.0), True), (Told("running", 0.0, 0.2), False)])
def test_where_the_system_says_that_all_run_only_their_time_counts(
    told: Told, is_cut: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "_TELLS_STATUS", False)
    call = Call(cast("Connection", told), "Its hook x", b"", Limit(1.0, 5.0))
    call.look_again(after=1.0)
    assert call.is_done == is_cut


def test_but_not_for_ever() -> None:
    call = Call(cast("Connection", Told(psutil.STATUS_RUNNING, 0.0)), "Its hook x", b"", Limit(1.0, 5.0))
    call.look_again(after=4.9)
    assert not call.is_done
    call.look_again(after=5.0)
    assert call.is_done


def test_too_long_an_answer_is_cut_off_before_it_ends() -> None:
    told = Told(psutil.STATUS_RUNNING, 0.0)
    call = Call(cast("Connection", told), "Its hook x", b"", Limit(100.0, 100.0))
    call.go_on()
    assert not call.is_done
    told.waiting = 16_000_001
    call.go_on()
    assert isinstance(call.error, FaultError)
    assert call.error.reason == "Its hook x answered with more than 16 MB and was cut off."


def test_nothing_to_wait_for_is_no_wait() -> None:
    gather([])
