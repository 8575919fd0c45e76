"""Whatever a task does in its process, here it is a result or a message."""

import asyncio
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from desktop_app.api import OutsideError, UserError, Value, WorkerTask
from desktop_app.services.workers import run_task
from tests.helpers.waiting import wait_until


class Said(list[tuple[str, float | None]]):
    def __call__(self, message: str, part: float | None) -> None:
        self.append((message, part))


@pytest.fixture(autouse=True)
def _nobody_is_left() -> object:
    before = set(psutil.Process().children(recursive=True))
    yield
    wait_until(lambda: not set(psutil.Process().children(recursive=True)) - before, what="workers to end")


async def run(folder: Path, body: str, *, timeout: float = 60, said: Said | None = None, **arguments: Value) -> Value:
    module = folder / "worker_tasks.py"
    text = "import os, sys, time, threading, subprocess, signal\n\n\ndef work(report, **given):\n"
    module.write_text(text + textwrap.indent(body, "    "), "utf-8")
    task = WorkerTask("tiny", module, "work", arguments, timeout)
    return await run_task(task, sys.executable, said if said is not None else Said())


@pytest.mark.parametrize("value", [None, 1, -0.5, "ü \n\0", [1, ["a"]], {"a": {"b": None}}, True, "x" * 2_000_000])
async def test_arguments_and_results_travel_unharmed(tmp_path: Path, value: Value) -> None:
    assert await run(tmp_path, "return given['value']", value=value) == value


async def test_progress_arrives_in_order(tmp_path: Path) -> None:
    said = Said()
    await run(tmp_path, "report('begin')\nreport('half', 0.5)\nreport('odd', 'x')\nreport(3, 1)", said=said)
    assert said == [("begin", None), ("half", 0.5), ("odd", None), ("3", 1.0)]


async def test_what_is_printed_does_not_get_among_the_answers(tmp_path: Path) -> None:
    body = "print('{\"result\": 1}', flush=True)\nos.write(1, b'raw')\nos.system('echo from a child')\nreturn 2"
    assert await run(tmp_path, body) == 2


async def test_a_flood_on_standard_error_stops_nothing(tmp_path: Path) -> None:
    assert await run(tmp_path, "sys.stderr.write('x' * 5_000_000)\nreturn 1") == 1


async def test_threads_may_report_at_once(tmp_path: Path) -> None:
    body = """
    def many(name):
        for _ in range(200):
            report(name * 100)
    threads = [threading.Thread(target=many, args=(name,)) for name in "abcd"]
    [each.start() for each in threads]
    [each.join() for each in threads]
    """
    said = Said()
    await run(tmp_path, textwrap.dedent(body), said=said)
    assert len(said) == 800
    assert {message for message, _ in said} == {"a" * 100, "b" * 100, "c" * 100, "d" * 100}


async def test_an_exception_is_a_message_with_its_traceback(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="work failed: ZeroDivisionError: division by zero") as caught:
        await run(tmp_path, "print('before')\n1 / 0")
    assert "worker_tasks.py" in caught.value.details


async def test_a_message_for_the_person_stays_one(tmp_path: Path) -> None:
    body = "class UserError(Exception):\n    message, hint = 'No such layer.', 'Name another.'\nraise UserError"
    with pytest.raises(UserError, match=r"^No such layer\. Name another\.$"):
        await run(tmp_path, body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("sys.exit(3)", r"work failed: its code ended the program with sys\.exit\(3\)"),
        ("os._exit(7)", "ended with code 7"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "want of memory"),
        ("sys.stderr.write('last words')\nos.abort()", "SIGABRT"),
        ("return {1, 2}", "work failed: TypeError"),
        ("return object()", "work failed: TypeError"),
        ("def f():\n    f()\nf()", "RecursionError"),
        ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
    ],
)
async def test_every_way_to_die_is_said(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        await run(tmp_path, body)
    assert "last words" not in body or "last words" in caught.value.details


async def test_a_file_that_can_not_be_imported_is_said(tmp_path: Path) -> None:
    for text, message in (("def (:", "SyntaxError"), ("import nosuchmodule", "nosuchmodule"), ("", "no attribute")):
        (tmp_path / "tasks.py").write_text(text)
        with pytest.raises(UserError, match=message):
            await run_task(WorkerTask("t", tmp_path / "tasks.py", "work"), sys.executable, Said())
    with pytest.raises(UserError, match="No such file"):
        await run_task(WorkerTask("t", tmp_path / "none.py", "work"), sys.executable, Said())


async def test_a_file_imports_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text("VALUE = 5\n")
    assert await run(tmp_path, "from . import neighbour\nreturn neighbour.VALUE") == 5


@pytest.mark.parametrize("python", ["/nowhere/python", "/etc/passwd"])
async def test_a_python_that_is_none_is_said(tmp_path: Path, python: str) -> None:
    with pytest.raises(OutsideError, match="rankzero toolchains list"):
        await run_task(WorkerTask("tiny", tmp_path / "x.py", "work"), python, Said())


CHILD = "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\nreport(str(child.pid))\n"


def is_gone(pid: int) -> bool:
    """Whether the process ends within a moment; one that nobody has reaped yet is gone as well."""

    def look() -> bool:
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    return wait_until(look)


async def test_a_task_that_takes_too_long_ends_with_its_children(tmp_path: Path) -> None:
    said = Said()
    with pytest.raises(UserError, match="longer than 1 second"):
        await run(tmp_path, CHILD + "time.sleep(600)", timeout=1, said=said)
    assert is_gone(int(said[0][0]))


async def test_children_that_a_task_leaves_behind_end_with_it(tmp_path: Path) -> None:
    said = Said()
    assert await run(tmp_path, CHILD + "return 1", said=said) == 1
    with pytest.raises(UserError, match="ended with code 0"):
        await run(tmp_path, CHILD + "os._exit(0)", said=said)
    for pid, _ in said:
        assert is_gone(int(pid))


async def test_a_task_that_ignores_sigterm_can_be_cancelled(tmp_path: Path) -> None:
    ready = asyncio.Event()
    body = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nreport('deaf')\ntime.sleep(600)"

    class Ready(Said):
        def __call__(self, message: str, part: float | None) -> None:
            ready.set()

    task = asyncio.create_task(run(tmp_path, body, said=Ready()))
    await ready.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
