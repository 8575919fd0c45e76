"""The supervisor's parts alone: grace, last words, arrival marks, growing files, state, the clock."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.worker.supervisor import processes
from desktop_app.worker.supervisor.arrivals import Arrivals
from desktop_app.worker.supervisor.clock import Clock
from desktop_app.worker.supervisor.ending import HOPELESS, Ending, Grace, Step
from desktop_app.worker.supervisor.failure import last_words
from desktop_app.worker.supervisor.journal import LIMIT, Journal
from desktop_app.worker.supervisor.state import FULL_REASON, StateFile
from desktop_app.worker.supervisor.telling import Telling


@pytest.mark.parametrize(
    ("text", "grace"),
    [
        ("", Grace(5, 5)), ("2", Grace(2, 2)), ("2,7.5", Grace(2, 7.5)), ("-1", Grace(0, 0)), ("soon", Grace(5, 5)),
        ("1,", Grace(5, 5)),
    ],
)  # fmt: skip
def test_grace_as_a_person_writes_it(text: str, grace: Grace) -> None:
    assert Grace.read({"RANKZERO_GRACE": text}) == grace


def test_an_ending_step_by_step() -> None:
    ending = Ending(Grace(2, 3))
    assert ending.step(1000) is None
    ending.begin(10, own_grace=True)
    assert ending.begun
    assert ending.wait(10.5) == 1.5
    assert ending.step(11.9) is None
    assert ending.step(12) is Step.TERMINATE
    assert ending.step(14.9) is None
    assert ending.step(15) is Step.KILL
    assert ending.step(16) is Step.KILL
    assert ending.step(15 + HOPELESS + 1) is Step.GIVE_UP


def test_an_ending_can_be_hurried_and_not_delayed() -> None:
    ending = Ending(Grace(100, 3))
    ending.begin(0, own_grace=True)
    ending.begin(1, own_grace=False)
    assert ending.step(1) is Step.TERMINATE
    ending.begin(2, own_grace=True)
    assert ending.step(4) is Step.KILL
    other = Ending(Grace(100, 100))
    other.begin(0, own_grace=False, kill=True)
    assert other.step(0) is Step.KILL


LOG = """epoch 1
Traceback (most recent call last):
  File "a.py", line 1, in <module>
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 3, in <module>
    raise ValueError("worse")
ValueError: worse
goodbye
"""


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        (LOG, "ValueError: worse", 11),
        ("[rank1]: Traceback (most recent call last):\n[rank1]:   File\n[rank1]: torch.Bad: no\n", "torch.Bad: no", 3),
        ("Traceback (most recent call last):\r\n  File\r\nOSError: x\r\n", "OSError: x", 3),
        ("Traceback (most recent call last):\n  File", "", None),
        ("a\nbash: line 1: foo: command not found\n", "bash: line 1: foo: command not found", 2),
        ("python: can't open file '/x.py': [Errno 2] No such file or directory\n", None, 1),
        ("all is well\n", "", None),
        ("", "", None),
    ],
)
def test_last_words(tmp_path: Path, text: str, words: str | None, line: int | None) -> None:
    log = tmp_path / "log"
    log.write_bytes(text.encode())
    found = last_words(log)
    assert found == (text.strip() if words is None else words, line)


def test_last_words_of_a_long_log_know_their_line(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * 99 + b"\n" + b"line\n" * 200_000 + LOG.encode())
    assert last_words(log) == ("ValueError: worse", 200_001 + 11)


def test_no_log_has_no_last_words(tmp_path: Path) -> None:
    assert last_words(tmp_path / "none") == ("", None)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=2000))
def test_last_words_of_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    log = tmp_path_factory.mktemp("log") / "log"
    log.write_bytes(data)
    words, line = last_words(log)
    assert (line is None) == (words == "") or words == ""


def test_marks_are_made_when_a_log_changes(tmp_path: Path) -> None:
    log, marks = tmp_path / "log", tmp_path / "0.bin"
    arrivals = Arrivals(log, marks)
    assert not arrivals.look(1.0), "no log yet"
    log.write_bytes(b"")
    assert not arrivals.look(2.0)
    log.write_bytes(b"abc")
    assert arrivals.look(3.0)
    assert not arrivals.look(4.0)
    assert marks.read_bytes() == bytes.fromhex("0000000000000840") + (3).to_bytes(8, "little")


def test_a_journal_keeps_what_the_disk_refuses(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    journal = Journal(folder / "a.jsonl")
    journal.append({"n": 1})
    assert isinstance(journal.failed, FileNotFoundError)
    folder.mkdir()
    journal.append({"n": 2, "text": "grün \udcff"})
    journal.close()
    lines = (folder / "a.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [{"n": 1}, {"n": 2, "text": "grün \udcff"}]


def test_a_journal_holds_back_only_so_much(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "none" / "a.jsonl")
    for _ in range(5):
        journal.append({"x": "y" * (LIMIT // 4)})
    assert journal.dropped == 2


def test_a_journal_counts_what_is_left_at_the_end(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "none" / "a.jsonl")
    for number in range(3):
        journal.append({"n": number})
    journal.close()
    assert journal.dropped == 3


def test_a_journal_finishes_a_line_that_was_taken_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, data: real(file, bytes(data[:3])))
    journal = Journal(tmp_path / "a.jsonl")
    journal.append({"whole": True})
    journal.close()
    assert json.loads((tmp_path / "a.jsonl").read_text()) == {"whole": True}


def make_state(folder: Path, **data: Any) -> StateFile:
    """Return the state of a run that runs."""
    run = {"status": "Running", "phases": [], "ranks": [], "reason": "", **data}
    (folder / "run.json").write_text(json.dumps(run))
    return StateFile(folder, Clock())


def test_a_full_disk_is_tried_again_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = make_state(tmp_path)
    state.hold_reserve()
    real = Path.write_bytes

    def refuse(path: Path, data: bytes) -> int:
        if (tmp_path / ".reserve").exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", refuse)
    assert not state.write()
    state.finish("Failed", "Rank 0 failed.", 1)
    assert state.write_end()
    written = json.loads((tmp_path / "run.json").read_text())
    assert written["reason"] == f"Rank 0 failed. {FULL_REASON}"
    assert not (tmp_path / ".reserve").exists()
    assert not (tmp_path / "run.json.tmp").exists()


def test_the_end_leaves_nothing_open(tmp_path: Path) -> None:
    ranks = [
        {"status": "Running", "started": "x", "ended": None},
        {"status": "NotStarted", "started": None, "ended": None},
    ]
    state = make_state(tmp_path, ranks=ranks)
    state.enter("Preparing")
    state.enter("Running")
    state.finish("Canceled", "why", None)
    assert [each["status"] for each in state.data["ranks"]] == ["Canceled", "Canceled"]
    assert [bool(each["ended"]) for each in state.data["ranks"]] == [True, False]
    assert all(each["ended"] for each in state.data["phases"])
    assert state.is_over


def test_the_clock_does_not_jump_with_the_walls(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    before = clock.now()
    assert clock.jump() is None
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 3600)
    assert before <= clock.now() < before + 60
    assert clock.jump() == pytest.approx(-3600, abs=5)
    assert clock.jump() is None, "said once"
    monkeypatch.undo()
    assert clock.jump() == pytest.approx(3600, abs=5)


def test_a_process_is_known_by_more_than_its_pid() -> None:
    with subprocess.Popen(["sleep", "600"]) as process:
        known = processes.identity(process.pid)
        assert known is not None
        assert processes.is_same(process.pid, known)
        assert not processes.is_same(process.pid, known + "0")
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert processes.identity(process.pid) is None, "a zombie is no process any more"
    assert not processes.exists(process.pid)


def test_descendants_of_all_generations() -> None:
    with subprocess.Popen(["bash", "-c", "bash -c 'sleep 600; true' & echo; wait"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while len(found := processes.descendants(process.pid)) < 2:
            pass
        for each in (process.pid, *found):
            processes.send(each, signal.SIGKILL)


def test_marked_processes_are_found_and_ended(tmp_path: Path) -> None:
    environment = {**os.environ, processes.MARKER: str(tmp_path)}
    with subprocess.Popen(["sleep", "600"], env=environment) as process:
        assert processes.marked(str(tmp_path)) == [process.pid]
        assert processes.marked(str(tmp_path)[:-1]) == []
        assert processes.end_marked(str(tmp_path)) == [] or process.poll() is not None
    assert process.returncode == -signal.SIGKILL


def test_nothing_of_the_house_and_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from desktop_app.worker.supervisor import guardian; "
        "print(*[each for each in sys.modules if each.startswith(('desktop_app', 'psutil', 'http', 'asyncio'))])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not [each for each in out if each.startswith("desktop_app.") and "worker" not in each]
    assert not [each for each in out if not each.startswith("desktop_app")]


def test_what_a_controller_tells_comes_line_by_line(tmp_path: Path) -> None:
    telling, told = Telling(tmp_path), tmp_path / "told.jsonl"
    assert list(telling.news()) == []
    told.write_bytes(b'{"event": "trial-started", "trial": 0}\nno json\n[1]\n{"event": "swe')
    assert list(telling.news()) == [{"event": "trial-started", "trial": 0}]
    with told.open("ab") as stream:
        stream.write(b'ep-ended", "reason": "All failed."}\n')
    assert list(telling.news()) == [{"event": "sweep-ended"}]
    assert telling.reason == "All failed."
    assert list(telling.news()) == []
