"""`runs drill` as a person calls it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.helpers.program import Program
from tests.helpers.waiting import wait_until

TRAIN = "for step in $(seq 1 9999); do echo rank $RANK step $step; sleep 0.05; done"


def test_a_rank_is_killed_at_a_line(program: Program, make_job: Callable[..., Path]) -> None:
    name = program("run", make_job(TRAIN), "--detach").out.strip()
    done = program("runs", "drill", name, "kill", "--rank", "1", "--at-line", r"rank 1 step \d{2}$", "--json")
    assert (done.code, done.json["drill"]["text"]) == (0, "rank 1 was killed"), done.err
    assert done.json["run"] == name

    def shown() -> dict[str, object]:
        found: dict[str, object] = program("runs", "show", name, "--json").json
        return found if found["status"] == "Failed" else {}

    run = wait_until(shown, what="the end")
    assert run["drills"] == [done.json["drill"]]
    assert run["first_failure"]["rank"] == 1  # type: ignore[index]
    assert "rank 1 step 10" in program("runs", "logs", name, "--rank", "1").out
    said = program("runs", "show", name).out
    assert "Drilled before: rank 1 was killed at" in said
    assert "\nDrill " in said
    over = program("runs", "drill", name, "kill", "--rank", "0")
    assert (over.code, over.err) == (1, f"error: {name} is over: Failed. A drill needs a run that goes on.\n")


def test_what_is_refused(program: Program, make_job: Callable[..., Path]) -> None:
    name = program("run", make_job(TRAIN), "--detach").out.strip()
    for words, code, said in (
        (("kill",), 1, "Say which rank to drill."),
        (("kill", "--rank", "2"), 1, f"{name} has no rank 2."),
        (("evict", "--node", "0", "--notice", "soon"), 2, "“soon” is no number of seconds"),
        (("burn",), 2, "“burn” is no kind of drill. There are kill, stop, "),
        (("kill", "--rank", "0", "--at-line", "("), 2, "“(” is no regular expression"),
        (("kill", "--rank", "0", "--at-line", "x", "--after", "3"), 2, "not allowed with argument"),
    ):
        done = program("runs", "drill", name, *words)
        assert (done.code, done.err.count("\n")) == (code, 1), done.err
        assert said in done.err
    turned = program("runs", "drill", "kill", name, "--rank", "0")
    assert turned.code == 2
    assert turned.err == (
        f"error: The run comes first, then the kind of drill. `rankzero runs drill {name} kill` is the order.\n"
    )
    assert program("runs", "show", name, "--json").json["drills"] == []
    assert program("runs", "drill", name, "evict", "--notice", "0", "--after", "0.1").code == 0
    wait_until(lambda: program("runs", "show", name, "--json").json["status"] == "Failed", what="the end")


GROWS = """\
import os, time
for step in range(9999):
    print("rank", os.environ["RANK"], "step", step)
    time.sleep(0.02)
    if os.environ["RANK"] == "1":
        held = bytearray((1 << 28) + (step << 16))
        del held
"""
WAITS = """\
import os, pathlib, time
sign = pathlib.Path("sign")
sign.touch()
for step in range(9999):
    print("rank", os.environ["RANK"], "step", step)
    time.sleep(0.02)
    if os.environ["RANK"] == "1":
        sign.touch()
    elif time.time() - sign.stat().st_mtime > 5:
        raise TimeoutError("rank 1 did not answer in time")
"""


def started(program: Program, make_job: Callable[..., Path], script: str) -> str:
    job = make_job("python3 -u train.py")
    (job.parent / "src" / "train.py").write_text(script)
    return program("run", job, "--detach").out.strip()


def diagnosed(program: Program, name: str) -> tuple[dict[str, Any], str]:
    """Return the cause of a run that ended, and all that is said of it."""

    def has_failed() -> bool:
        return bool(program("runs", "show", name, "--json").json["status"] == "Failed")

    wait_until(has_failed, what="the end")
    return program("runs", "diagnose", name, "--json").json["root_cause"], program("runs", "diagnose", name).out


def test_a_rank_whose_memory_was_taken_is_said_to_have_been_drilled(
    program: Program, make_job: Callable[..., Path]
) -> None:
    name = started(program, make_job, GROWS)
    done = program("runs", "drill", name, "memory", "--rank", "1", "--at-line", r"rank 1 step \d\d$")
    assert done.code == 0, done.err
    cause, said = diagnosed(program, name)
    assert (cause["code"], cause["rank"], cause["text"]) == ("drilled", 1, "MemoryError")
    assert cause["explanation"].startswith("A drill did it: rank 1 was kept from taking more memory than the ")
    assert "A drill did it: rank 1 was kept from" in said


def test_a_run_that_gives_up_on_a_rank_that_was_stopped_is_said_to_have_been_drilled(
    program: Program, make_job: Callable[..., Path]
) -> None:
    name = started(program, make_job, WAITS)
    done = program("runs", "drill", name, "stop", "--rank", "1", "--at-line", r"rank 1 step \d\d$")
    assert done.code == 0, done.err
    cause, said = diagnosed(program, name)
    assert (cause["code"], cause["rank"]) == ("drilled", 1)
    assert cause["explanation"].startswith("A drill did it: rank 1 was stopped at ")
    assert "and the run failed while it stood still." in said
