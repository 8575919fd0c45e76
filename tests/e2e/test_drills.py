"""`runs drill` as a person calls it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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
