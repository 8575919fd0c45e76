"""How workers are held: what they see of the person's environment, what ends them, and what they leave."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from desktop_app.api import WorkerTask
from desktop_app.services import workers
from desktop_app.services.exports.isolation import leftovers, limits
from desktop_app.services.exports.isolation.holding import MARK, hold
from desktop_app.services.workers import Session, WorkerGoneError
from tests.helpers.waiting import wait_until

LINUX = sys.platform.startswith("linux")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX holds workers by what is tried here")

LOOK = """
import json, os, resource, socket
listening = socket.socket()
listening.bind(("127.0.0.1", 0))
listening.listen()
socket.create_connection(listening.getsockname()).close()
print(json.dumps({
    "environment": dict(os.environ),
    "core": resource.getrlimit(resource.RLIMIT_CORE),
    "links": [name for _, name in socket.if_nameindex()],
}))
"""


def told(folder: Path) -> dict[str, object]:
    held = hold(sys.executable, folder, "keras-torch")
    ran = subprocess.run(
        [*held.argv_prefix, sys.executable, "-c", LOOK],
        env=dict(held.environment), cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    told: dict[str, object] = json.loads(ran.stdout)
    return {**told, "network": held.network, "facts": dict(held.facts)}


def test_secrets_and_proxies_stay_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "AZURE_CLIENT_SECRET", "https_proxy", "AWS_SECRET_ACCESS_KEY", "PYTHONPATH"):
        monkeypatch.setenv(name, "secret")
    environment = told(tmp_path)["environment"]
    assert isinstance(environment, dict)
    assert "secret" not in environment.values()
    assert (environment["HOME"], environment["TMPDIR"], environment[MARK]) == (str(tmp_path),) * 3
    assert (environment["HF_HUB_OFFLINE"], environment["KERAS_BACKEND"]) == ("1", "torch")


def test_what_is_said_of_the_network_is_true(tmp_path: Path) -> None:
    seen = told(tmp_path)
    facts = seen["facts"]
    assert isinstance(facts, dict)
    assert (seen["links"] == ["lo"]) or seen["network"]
    assert facts["Network"].startswith("not cut off" if seen["network"] else "none")
    assert "not a sandbox" in facts["Files"]
    assert seen["core"] == [0, 0]


def test_models_fetched_before_are_found_but_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = tmp_path / "hf" / "hub"
    hub.mkdir(parents=True)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    environment = hold(sys.executable, tmp_path, "pytorch").environment
    assert environment["HF_HUB_CACHE"] == str(hub)
    assert "HF_HOME" not in environment


@pytest.mark.skipif(not LINUX, reason="Linux ends children with their parents")
def test_a_worker_ends_with_a_program_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time; from pathlib import Path;"
        "from desktop_app.services.exports.isolation.holding import hold;"
        f"held = hold(sys.executable, Path({str(tmp_path)!r}), 'x');"
        "child = subprocess.Popen([*held.argv_prefix, sys.executable, '-c',"
        " 'import time; print(1, flush=True); time.sleep(600)'], stdout=subprocess.PIPE, start_new_session=True);"
        "child.stdout.readline(); print(child.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        child = psutil.Process(int(program.stdout.readline()))
        program.send_signal(signal.SIGKILL)
    psutil.wait_procs([child], timeout=60)
    assert not child.is_running()


async def session_of(tmp_path: Path, code: str) -> tuple[Session, WorkerTask]:
    module = tmp_path / "tasks.py"
    module.write_text(code)
    held = hold(sys.executable, tmp_path, "x")
    session = await Session.start([*held.argv_prefix, sys.executable], tmp_path, held.environment)
    return session, WorkerTask("x", module, "go", {}, 120.0)


HUNGRY = """
def go(report):
    held = []
    while True:
        held.append(bytearray(8 << 20))
"""


async def test_a_worker_that_takes_too_much_memory_is_ended_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "available", lambda: 1 << 30)
    monkeypatch.setattr(limits, "spare", lambda: (1 << 30) - (200 << 20))
    session, task = await session_of(tmp_path, HUNGRY)
    watch = limits.MemoryWatch(session.pid, session.stop)
    watching = asyncio.create_task(watch.watch())
    try:
        with pytest.raises(WorkerGoneError, match="of memory that were free"):
            await session.call(task, lambda _message, _part: None)
    finally:
        await watching
        await session.end()
    assert watch.peak > 150 << 20


STRAY = """
import subprocess, sys
def go(report):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    return child.pid
"""


async def test_processes_that_leave_the_group_are_found_by_their_mark(tmp_path: Path) -> None:
    session, task = await session_of(tmp_path, STRAY)
    stray = psutil.Process(int(str(await session.call(task, lambda _message, _part: None))))
    await session.end()
    assert stray.is_running()
    leftovers.end_processes(tmp_path)
    wait_until(lambda: not stray.is_running() or stray.status() == psutil.STATUS_ZOMBIE, timeout=60)


def test_folders_of_programs_that_are_gone_are_swept_and_no_others(tmp_path: Path) -> None:
    mine, gone, strange = (tmp_path / each for each in ("mine", "gone", "strange"))
    for each in (mine, gone, strange):
        each.mkdir()
        leftovers.own(each)
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    owner = json.loads((gone / leftovers.OWNER).read_text())
    (gone / leftovers.OWNER).write_text(json.dumps({**owner, "pid": ended.pid}))
    (strange / leftovers.OWNER).write_text(json.dumps({**owner, "pid": ended.pid, "host": "elsewhere"}))
    leftovers.sweep(tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["mine", "strange"]


def test_files_that_were_read_are_no_memory_that_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_BASE", tmp_path)
    (tmp_path / "memory.max").write_text(f"{1 << 20}\n", "ascii")
    (tmp_path / "memory.current").write_text(f"{1000 << 10}\n", "ascii")
    (tmp_path / "memory.stat").write_text(f"anon 1\ninactive_file {900 << 10}\nactive_file 3\n", "ascii")
    assert limits.available() == 924 << 10


@pytest.mark.skipif(not LINUX, reason="/proc says it")
def test_a_worker_that_dies_once_it_has_answered_is_no_error() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    try:
        wait_until(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)
        assert workers._peak(child.pid) == 0
    finally:
        child.wait()


@pytest.mark.skipif(not LINUX, reason="elsewhere a start is known by the clock alone")
def test_a_clock_that_is_set_leaves_the_folders_of_programs_that_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leftovers.own(tmp_path)
    monkeypatch.setattr(psutil.Process, "create_time", lambda _self: 1e6)  # as seen by one that starts afterwards
    assert not leftovers.is_left(tmp_path)
    owner = json.loads((tmp_path / leftovers.OWNER).read_text("utf-8"))
    (tmp_path / leftovers.OWNER).write_text(json.dumps({**owner, "started": "another boot 1"}), "utf-8")
    assert leftovers.is_left(tmp_path)
