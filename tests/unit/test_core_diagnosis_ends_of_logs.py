"""Which exception of a log ended the program: chains, groups, tidying up, what was caught before, the last word."""

from __future__ import annotations

import dataclasses

import pytest

from desktop_app.api import Explanation, FirstFailure, RunStatus
from desktop_app.core.diagnosis.exceptions import WEAK
from desktop_app.core.diagnosis.foreign import judged_logs
from desktop_app.core.diagnosis.reported import MESSAGE
from desktop_app.core.diagnosis.silent import ENDED, of_the_end
from tests.helpers.snapshots import NOW, snapshot


def raised(line: str, where: str = "<module>") -> str:
    return f'Traceback (most recent call last):\n  File "t.py", line 3, in {where}\n    g()\n{line}\n'


HANDLED = "\nDuring handling of the above exception, another exception occurred:\n\n"
GROUP = """\
  + Exception Group Traceback (most recent call last):
  |   File "t.py", line 6, in <module>
  |     raise ExceptionGroup("loading failed", found)
  | ExceptionGroup: loading failed (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "t.py", line 4, in load
    |     read(shard)
    | ValueError: shard 1 is empty
    +---------------- 2 ----------------
    | Traceback (most recent call last):
    |   File "t.py", line 4, in load
    |     read(shard)
    | KeyError: 'shard 2'
    +------------------------------------
"""


def shown(text: str) -> str:
    cause = judged_logs((), {0: text}).cause
    return cause.line if cause is not None else ""


@pytest.mark.parametrize("where", ["close", "__exit__", "shutdown", "destroy_process_group", "__del__"])
def test_what_was_raised_while_tidying_up_is_not_the_cause(where: str) -> None:
    text = raised("KeyError: 'image_size'") + HANDLED + raised("OSError: cannot flush the metrics", where)
    assert shown(text) == "KeyError: 'image_size'"


def test_what_was_raised_instead_of_an_error_that_was_handled_is_the_cause() -> None:
    text = raised("KeyError: 'image_size'") + HANDLED + raised("ValueError: no fallback for this size", "fallback")
    assert shown(text) == "ValueError: no fallback for this size"


def test_of_a_group_of_exceptions_the_first_is_shown() -> None:
    assert shown(GROUP) == "| ValueError: shard 1 is empty"


def test_a_group_whose_members_were_never_raised_is_shown_by_its_own_name() -> None:
    bare = "\n".join(each for each in GROUP.splitlines() if not each.startswith(("    | Trace", "    |   ", "    |  ")))
    assert shown(bare) == "| ExceptionGroup: loading failed (2 sub-exceptions)"


@pytest.mark.parametrize(("file", "is_cause"), [("train.py", True), ("/x/lib/python3.11/site-packages/t.py", False)])
def test_a_connection_error_that_the_script_itself_raises_is_a_cause(file: str, is_cause: bool) -> None:
    text = raised("ConnectionError: no answer after 3 tries").replace("t.py", file)
    assert shown(text.replace("g()", "raise ConnectionError(said)")) == (
        "ConnectionError: no answer after 3 tries" if is_cause else ""
    )
    assert shown(text) == "", "what a call raised may come of another rank's end"


def test_what_python_ignored_without_a_traceback_is_no_failure() -> None:
    assert shown("Exception ignored in: <function Writer.__del__>\nAttributeError: no file\n") == ""


def test_an_exception_that_was_logged_and_survived_is_not_the_cause() -> None:
    retried = (
        f"ERROR:train:trying again\n{raised('OSError: the store does not answer')}INFO:train:with the local copy\n"
    )
    assert shown(retried * 3 + raised("IndexError: page 7 is not there")) == "IndexError: page 7 is not there"


def test_an_exception_without_another_one_after_it_was_survived_by_nobody() -> None:
    text = f"ERROR:root:training failed\n{raised('ValueError: record 7 has no label')}INFO:root:ended\n"
    assert shown(text) == "ValueError: record 7 has no label"


@pytest.mark.parametrize("before", ["Exception in thread Thread-1 (prefetch):\n", "Process SpawnProcess-1:\n"])
def test_an_exception_that_ended_a_part_of_the_program_may_bring_down_the_rest(before: str) -> None:
    text = before + raised("OSError: the archive is damaged") + "step 4\n" + raised("IndexError: no batch is there")
    assert shown(text) == "OSError: the archive is damaged"


def ended(code: int, tail: str) -> Explanation:
    run = dataclasses.replace(snapshot("r-1", RunStatus.FAILED), first_failure=FirstFailure(0, NOW, code))
    (found,) = of_the_end(run, (), {0: tail})
    return found


def test_the_last_word_of_a_program_that_ended_itself_is_shown_where_it_is_like_none_before() -> None:
    found = ended(1, "step 1 of 9\nstep 2 of 9\nno lr in the configuration\n")
    assert (found.code, found.line, found.position) == (MESSAGE, "no lr in the configuration", 2)
    assert found.certainty == WEAK
    other = ended(14, "rank 1: the mesh has holes, giving up\n")
    assert (other.code, other.line) == (MESSAGE, "rank 1: the mesh has holes, giving up")
    assert "exit code 14" in other.cause


@pytest.mark.parametrize(
    ("code", "tail"),
    [(1, "step 1 of 9\nstep 2 of 9\n"), (1, ""), (1, "loaded\nready\n"), (3, "loaded\nepoch 1: loss 0.5\n")],
)
def test_progress_is_no_word_of_why(code: int, tail: str) -> None:
    found = ended(code, tail)
    assert (found.code, found.line) == (ENDED, "")
    assert f"exit code {code}" in found.cause


@pytest.mark.parametrize(
    ("line", "rest", "said"),
    [
        (
            "tf.errors_impl.UnknownError: Graph execution error:",
            '\nDetected at node Add defined at (most recent call last):\n  File "t.py", line 9, in <module>\n\n'
            "The tensors do not fit\n\t [[{{node Add}}]] [Op:__inference_f_4]\n",
            "The tensors do not fit",
        ),
        (
            "ValueError: in user code:",
            '\n    File "t.py", line 12, in step  *\n        loss = model(x)\n\n    ValueError: 4 and 3 do not fit\n',
            "ValueError: 4 and 3 do not fit",
        ),
        (
            "ValueError: in user code:",
            "\n    nothing of the kind\nstep 4\n",
            "ValueError: in user code:",
        ),
    ],
)
def test_of_tensorflow_the_line_is_shown_that_says_what_broke(line: str, rest: str, said: str) -> None:
    assert shown(raised(line) + rest) == said
