"""Chains of exceptions, as Python itself writes them: which of them is the cause, and what is said of the other."""

from __future__ import annotations

import linecache
import textwrap
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Explanation
from desktop_app.api.kit.log_lines import lines_of
from desktop_app.core.diagnosis.foreign import judged_logs
from desktop_app.core.diagnosis.raised import CAUSED, HANDLED, SIBLING, Part, Raised
from desktop_app.core.diagnosis.tracebacks import raised_in

FILE = "/job/train.py"
PARTS = """
import json

def read(path):
    return open_file(path)

def open_file(path):
    raise OSError(f"cannot mount {path}")

def read_copy(path):
    raise OSError(f"no copy of {path}")

def to_cpu(batch):
    return batch.to_the_cpu

def load_checkpoint(path):
    return from_disk(path)

def from_disk(path):
    return opened(path)

def opened(path):
    return open(path)

def step(batch):
    return forward(batch)

def forward(batch):
    raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")

def notify_team(error):
    raise TimeoutError("the chat does not answer")

class Writer:
    def close(self):
        raise OSError("cannot flush the metrics")
    def __enter__(self):
        return self
    def __exit__(self, *said):
        self.close()

class ConfigError(Exception):
    pass

def lost():
    raise ConnectionResetError("Connection closed by peer")

def main():
"""


def written(body: str) -> str:
    """Return what Python writes of a script whose main function has this body."""
    text = PARTS + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ") + "\nmain()\n"
    linecache.cache[FILE] = (len(text), None, text.splitlines(keepends=True), FILE)
    try:
        exec(compile(text, FILE, "exec"), {})
    except Exception as error:  # noqa: BLE001 - whatever it is
        error.__traceback__ = error.__traceback__.tb_next if error.__traceback__ is not None else None
        return "step 1\n" + "".join(traceback.format_exception(error))
    finally:
        del linecache.cache[FILE]
    raise AssertionError(body)


def cause_of(log: str, *found: Explanation) -> Explanation | None:
    return judged_logs(found, {0: log}).cause


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        (
            """
            try:
                step([1])
            except RuntimeError as error:
                print({}[error.code])
            """,
            "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB",
            "While the program dealt with it, AttributeError: 'RuntimeError' object has no attribute 'code' was raised"
            " as well.",
        ),
        (
            """
            try:
                step([1])
            except RuntimeError as error:
                print({"memory": 1}["batch"])
            """,
            "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB",
            "While the program dealt with it, KeyError: 'batch' was raised as well.",
        ),
        (
            """
            try:
                read("/data")
            except OSError:
                read_copy("/copy")
            """,
            "OSError: cannot mount /data",
            "While the program dealt with it, OSError: no copy of /copy was raised as well.",
        ),
        (
            """
            try:
                step([1])
            except RuntimeError:
                to_cpu([1])
            """,
            "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB",
            "'list' object has no attribute 'to_the_cpu' was raised as well.",
        ),
        (
            """
            try:
                import no_such_first
            except ImportError:
                import no_such_second
            """,
            "ModuleNotFoundError: No module named 'no_such_first'",
            "No module named 'no_such_second' was raised as well.",
        ),
        (
            """
            try:
                raise KeyError("image_size")
            except KeyError as error:
                notify_team(error)
            """,
            "KeyError: 'image_size'",
            "TimeoutError: the chat does not answer was raised as well.",
        ),
        (
            """
            with Writer():
                {}["image_size"]
            """,
            "KeyError: 'image_size'",
            "OSError: cannot flush the metrics was raised as well.",
        ),
        (
            """
            try:
                step([1])
            except RuntimeError:
                raise RuntimeError("the training failed")
            """,
            "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB",
            "RuntimeError: the training failed was raised as well.",
        ),
        (
            """
            try:
                read("/data")
            except OSError as error:
                raise RuntimeError("the training failed") from error
            """,
            "OSError: cannot mount /data",
            "The program passed it on as RuntimeError: the training failed.",
        ),
        (
            """
            def batches():
                yield next(iter([]))
            list(batches())
            """,
            "StopIteration",
            "The program passed it on as RuntimeError: generator raised StopIteration.",
        ),
    ],
    ids=[
        "takes it for something else", "handler looks up in vain", "another way", "another way of another kind",
        "imports", "tells a person", "with", "raises a general one", "wraps in a general one", "generator",
    ],
)  # fmt: skip
def test_a_handling_that_failed_does_not_hide_what_was_handled(body: str, line: str, said: str) -> None:
    cause = cause_of(written(body))
    assert cause is not None
    assert cause.line == line
    assert cause.cause.endswith(said)


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        (
            """
            cache = {}
            try:
                cache["/data"]
            except KeyError:
                read("/data")
            """,
            "OSError: cannot mount /data",
            "It was raised while the program dealt with KeyError: '/data'.",
        ),
        (
            """
            try:
                [].shape
            except AttributeError:
                json.loads("{")
            """,
            "json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
            "AttributeError: 'list' object has no attribute 'shape'.",
        ),
        (
            """
            try:
                {"resnet": 1}["bert"]
            except KeyError:
                raise ValueError("there is no model bert; take resnet")
            """,
            "ValueError: there is no model bert; take resnet",
            "It was raised while the program dealt with KeyError: 'bert'.",
        ),
        (
            """
            try:
                {"resnet": 1}["bert"]
            except KeyError as error:
                raise RuntimeError("unknown model, take resnet") from error
            """,
            "RuntimeError: unknown model, take resnet",
            "It came of KeyError: 'bert'.",
        ),
        (
            """
            try:
                {"resnet": 1}["bert"]
            except KeyError as error:
                raise ConfigError("model: unknown name") from error
            """,
            "ConfigError: model: unknown name",
            "It came of KeyError: 'bert'.",
        ),
        (
            """
            try:
                load_checkpoint("/no/such/last.pt")
            except FileNotFoundError:
                step([1])
            """,
            "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB",
            "No such file or directory: '/no/such/last.pt'.",
        ),
        (
            """
            try:
                lost()
            except OSError:
                open("/no/such/local/copy")
            """,
            "FileNotFoundError: [Errno 2] No such file or directory: '/no/such/local/copy'",
            "It was raised while the program dealt with ConnectionResetError: Connection closed by peer.",
        ),
    ],
    ids=[
        "cache",
        "asks for an attribute",
        "says it better",
        "of a lookup",
        "from",
        "from scratch",
        "not of another rank",
    ],
)
def test_an_exception_that_a_program_came_to_by_another_one_is_the_cause(body: str, line: str, said: str) -> None:
    cause = cause_of(written(body))
    assert cause is not None
    assert cause.line.endswith(line)
    assert cause.cause.endswith(said)


def test_what_wraps_another_one_with_its_words_is_shown_alone() -> None:
    log = written("""
        try:
            read("/data")
        except OSError as error:
            raise ValueError(f"bad config: {error}")
    """)
    cause = cause_of(log)
    assert cause is not None
    assert cause.line == "ValueError: bad config: cannot mount /data"
    assert "dealt with" not in cause.cause


KNOWN = "OSError: cannot flush the metrics"


def known(log: str, *, certainty: float = 0.9, is_echo: bool = False) -> Explanation:
    """Return what a plugin says of the last line of a log."""
    number = next(number for number, line in enumerate(log.splitlines()) if line == KNOWN)
    return Explanation(
        "known", "The disk is full.", (), 0, KNOWN, is_echo, position=number, certainty=certainty, category="disk"
    )


@pytest.mark.parametrize("is_echo", [False, True])
def test_what_a_plugin_knows_of_tidying_up_is_not_the_cause_where_the_script_was_wrong(*, is_echo: bool) -> None:
    log = written("with Writer():\n    {}['image_size']\n")
    cause = cause_of(log, known(log, is_echo=is_echo))
    assert cause is not None
    assert cause.line == "KeyError: 'image_size'"


def test_what_a_plugin_knows_of_tidying_up_explains_what_says_little() -> None:
    log = written("with Writer():\n    raise RuntimeError('stream error')\n")
    cause = cause_of(log, known(log))
    assert cause is not None
    assert (cause.code, cause.line) == ("known", KNOWN)


def test_a_chain_is_told_once_also_where_it_is_judged_twice() -> None:
    log = written("with Writer():\n    {}['image_size']\n")
    once = judged_logs((), {0: log})
    again = judged_logs(once.all, {0: log})
    assert again.cause is not None
    assert again.cause.cause.count("as well.") == 1


def test_a_traceback_without_code_or_names_is_read_as_it_stands() -> None:
    head, between = "Traceback (most recent call last):\n", f"\nDuring {'handling of the above exception'}, another "
    log = f"{head}  File a\nKeyError: 'a'\n{between}exception occurred:\n\n{head}  File b\nOSError: b is gone\n"
    cause = cause_of(log)
    assert cause is not None
    assert cause.line == "OSError: b is gone"


LINKS = st.lists(st.sampled_from([HANDLED, CAUSED, SIBLING, "3"]), max_size=4)


@given(LINKS, st.integers(0, 4))
def test_the_aftermath_begins_behind_what_is_shown(links: list[str], shown: int) -> None:
    parts = tuple(Part(10 * each, 10 * each + 5, 10 * each + 5, "E", "E: x") for each in range(len(links) + 1))
    raised = Raised(parts, min(shown, len(links)), next(iter(lines_of("x").writers)), None, tuple(links))
    assert raised.part.end < raised.aftermath <= raised.end + 1
    assert (raised.aftermath > raised.end) == (HANDLED not in links[raised.shown :])


@given(st.lists(st.sampled_from(["KeyError: 'a'", "OSError: b", "RuntimeError: c", "E: a: b"]), min_size=2, max_size=4))
def test_of_every_chain_one_part_is_shown(lines: list[str]) -> None:
    head = 'Traceback (most recent call last):\n  File "t.py", line 3, in f\n    g()\n'
    between = "\nDuring handling of the above exception, another exception occurred:\n\n"
    (raised,) = raised_in(lines_of(between.join(f"{head}{each}\n" for each in lines)))
    assert raised.part.text in lines


def test_a_question_whose_answer_is_taken_for_something_else_is_shown_itself() -> None:
    cause = cause_of(written("try:\n    {}['lr']\nexcept KeyError as error:\n    print(error.code)\n"))
    assert cause is not None
    assert cause.line == "KeyError: 'lr'"


def test_what_is_raised_far_below_is_no_question() -> None:
    deep = "def a():\n    b()\ndef b():\n    c()\ndef c():\n    {}['lr']\n"
    near = cause_of(written("try:\n    {}['lr']\nexcept KeyError:\n    print([][3])\n"))
    far = cause_of(written(f"{deep}try:\n    a()\nexcept KeyError:\n    print([][3])\n"))
    assert near is not None
    assert far is not None
    assert (near.line, far.line) == ("IndexError: list index out of range", "KeyError: 'lr'")


def test_what_a_plugin_knows_of_tidying_up_is_not_the_cause_where_another_rank_was_lost() -> None:
    log = written("with Writer():\n    lost()\n")
    cause = cause_of(log, known(log))
    assert cause is not None
    assert (cause.code, cause.line) == ("connection-failed", "ConnectionResetError: Connection closed by peer")
