"""Errors that were caught and written of, long before something else ended the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from desktop_app.api import Explanation, FirstFailure, RankState, RunStatus
from desktop_app.api.kit.log_lines import lines_of
from desktop_app.core.diagnosis.judging import judged
from desktop_app.core.diagnosis.own import with_own
from desktop_app.core.diagnosis.silent import of_the_end
from desktop_app.core.diagnosis.survived import without_survived
from tests.helpers.snapshots import NOW, snapshot

HEAD = "Traceback (most recent call last):\n"
CAUGHT = f'{HEAD}  File "train.py", line 9, in load\n    open("cache")\nFileNotFoundError: no cache\n'
WORK = "epoch 1 loss 1.7013 accuracy 0.87\nepoch 2 loss 0.3737 accuracy 0.92\n"


def uncaught(said: str, rank: int = 0) -> str:
    lines = f'{HEAD}  File "train.py", line 40, in <module>\n    main()\n  File "train.py", line 30, in main\n{said}\n'
    return "".join(f"[rank{rank}]: {each}\n" for each in lines.splitlines())


def lines(tails: Mapping[int, str], *, alone: bool = True) -> dict[int, list[str]]:
    """What is left of each log's exceptions."""
    found = with_own((), tails, tails if alone else ())
    return {rank: [each.line.removeprefix(f"[rank{rank}]: ") for each in found if each.rank == rank] for rank in tails}


def test_an_exception_that_was_caught_is_not_what_ended_the_rank() -> None:
    assert lines({0: CAUGHT + WORK + uncaught("KeyError: 'accuracy'")}) == {0: ["KeyError: 'accuracy'"]}


@pytest.mark.parametrize(
    "log",
    [
        pytest.param(CAUGHT, id="nothing-came-after"),
        pytest.param(f"{CAUGHT}cleaning up\n", id="no-progress"),
        pytest.param(f"{CAUGHT}epoch 1 loss 1.7\n", id="one-line-may-have-been-on-its-way"),
        pytest.param(f"Exception in thread Thread-1 (fetch):\n{CAUGHT}{WORK}", id="a-thread-ended-of-it"),
        pytest.param(f"Process Process-1:\n{CAUGHT}{WORK}", id="a-child-ended-of-it"),
        pytest.param(f"{CAUGHT}{WORK}{CAUGHT}", id="it-came-again"),
        pytest.param(CAUGHT.replace("in load", "in <module>") + WORK, id="another-program-of-the-command-went-on"),
    ],
)
def test_what_may_have_ended_it_is_kept(log: str) -> None:
    assert lines({0: log})[0][:1] == ["FileNotFoundError: no cache"]


def test_what_one_rank_survived_the_others_did_that_say_the_same() -> None:
    found = lines({0: CAUGHT + WORK + uncaught("KeyError: 'a'"), 1: CAUGHT + uncaught("KeyError: 'a'", 1), 2: CAUGHT})
    assert found == {0: ["KeyError: 'a'"], 1: ["KeyError: 'a'"], 2: []}
    ended = uncaught("FileNotFoundError: no cache", 1)
    assert lines({0: CAUGHT + WORK, 1: ended})[1] == ["FileNotFoundError: no cache"], "this one nobody caught"


def test_in_a_log_of_several_progress_may_be_anothers() -> None:
    assert lines({0: CAUGHT + WORK}, alone=False) == {0: ["FileNotFoundError: no cache"]}
    other = CAUGHT + WORK + uncaught("AttributeError: no foo", 1)
    found = with_own((), {0: other})
    assert [each.line for each in found] == ["[rank1]: AttributeError: no foo"]


def test_a_line_without_a_traceback_needs_more_progress() -> None:
    said = Explanation("full", "The memory is full.", (), 0, "CUDA out of memory -> halving the batch", position=0)
    for epochs, is_kept in ((2, True), (3, False)):
        log = said.line + "\n" + "".join(f"epoch {each} loss 0.1\n" for each in range(epochs))
        assert (said in without_survived([said], {0: lines_of(log)}, [0])) is is_kept
        assert said in without_survived([said], {0: lines_of(log)}, []), "whose the epochs are, nobody knows"


def test_a_rank_that_was_killed_later_was_killed() -> None:
    ended = [RankState(rank, rank, 0, RunStatus.FAILED, exit_code=code, ended=NOW) for rank, code in enumerate((1, -9))]
    fallen = FirstFailure(1, NOW, -9, "FileNotFoundError: no cache")
    run = replace(snapshot("r", RunStatus.FAILED), ranks=tuple(ended), first_failure=fallen)
    tails = {0: CAUGHT + WORK, 1: CAUGHT}
    told = with_own((), tails, tails)
    known = judged([*told, *of_the_end(run, told, tails)], run, tails)
    assert known.cause is not None
    assert (known.rank, known.cause.line) == (1, "")
    assert "SIGKILL" in known.cause.cause
