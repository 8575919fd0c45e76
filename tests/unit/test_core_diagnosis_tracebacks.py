"""Exceptions in logs: which line of which traceback says what a person needs to see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api.kit.log_lines import lines_of
from desktop_app.core.diagnosis.exceptions import meaning
from desktop_app.core.diagnosis.foreign import judged_logs
from desktop_app.core.diagnosis.raised import Raised
from desktop_app.core.diagnosis.tracebacks import HEADER, frames_at, raised_in

PLAIN = f"""epoch 1
{HEADER}:
  File "t.py", line 3, in <module>
    main()
    ~~~~^^
ValueError: bad sample 17
done"""
CAUSED = "\nThe above exception was the direct cause of the following exception:\n\n"
HANDLED = "\nDuring handling of the above exception, another exception occurred:\n\n"


def traceback(words: str, head: str = HEADER) -> str:
    return f'{head}:\n  File "t.py", line 3, in f\n    g()\n{words}\n'


def shown(text: str) -> list[str]:
    return [each.part.text for each in raised_in(lines_of(text))]


def only(text: str) -> Raised:
    (found,) = raised_in(lines_of(text))
    return found


def test_a_traceback_ends_on_the_line_that_names_the_exception() -> None:
    found = only(PLAIN)
    assert (found.begin, found.part.line, found.part.type) == (1, 5, "ValueError")
    assert found.part.text == "ValueError: bad sample 17"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (traceback("KeyError: 'a'") + HANDLED + traceback("OSError: no such model"), "OSError: no such model"),
        (traceback("KeyError: 'a'") + CAUSED + traceback("ConfigError: a is missing"), "ConfigError: a is missing"),
        (traceback("OSError: [Errno 28] x") + CAUSED + traceback("RuntimeError: can't save"), "OSError: [Errno 28] x"),
        (traceback("KeyError: 'a'") + CAUSED + traceback("ConfigError: failed: 'a'"), "KeyError: 'a'"),
        (
            traceback("KeyError: Caught KeyError in DataLoader worker process 0.")
            + traceback("KeyError: 'image'", f"Original {HEADER}"),
            "KeyError: 'image'",
        ),
        (
            traceback("torch.multiprocessing.spawn.ProcessRaisedException: ")
            + "\n-- Process 1 terminated with the following error:\n"
            + traceback("ValueError: bad"),
            "ValueError: bad",
        ),
        (
            f"{HEADER}:\n  File a\nImportError: {HEADER}:\n  File b\nImportError: libx.so: no",
            "ImportError: libx.so: no",
        ),
        (f" 50%|##   | 5/10{HEADER}:\n  File a\nValueError: x", "ValueError: x"),
    ],
    ids=["handled", "caused", "wrapped", "repeated", "worker", "spawned", "quoted", "bar"],
)
def test_of_a_chain_the_part_that_says_most_is_shown(text: str, expected: str) -> None:
    assert shown(text) == [expected]


def test_a_process_of_spawn_names_its_number() -> None:
    text = (
        traceback("torch.multiprocessing.spawn.ProcessRaisedException: ")
        + "\n-- Process 3 terminated with the following error:\n"
        + traceback("ValueError: bad")
    )
    assert only(text).about == 3


def test_tracebacks_that_follow_each_other_without_a_word_are_no_chain() -> None:
    assert shown(traceback("ValueError: one") + traceback("KeyError: two")) == ["ValueError: one", "KeyError: two"]


def test_interleaved_writers_are_read_each_for_itself() -> None:
    one = [f"[rank0]: {line}" for line in traceback("ValueError: zero").splitlines()]
    two = [f"[rank1]: {line}" for line in traceback("KeyError: one").splitlines()]
    mixed = [line for pair in zip(one, two, strict=True) for line in pair]
    assert sorted(shown("\n".join(mixed))) == ["KeyError: one", "ValueError: zero"]


def test_what_another_one_s_header_cuts_short_is_left_out() -> None:
    garbled = f'{HEADER}:\n  File "a"\n{HEADER}:\n  File "a"\n  File "b"\nValueError: one of both\n'
    assert shown(garbled) == ["ValueError: one of both"]


def test_a_log_may_end_in_the_middle() -> None:
    found = only(f'{HEADER}:\n  File "t.py", line 3, in f\n    g()')
    assert found.part.line is None
    assert found.end == 2


def test_a_log_may_begin_in_the_middle_and_a_syntax_error_has_no_header() -> None:
    assert shown("    g()\nValueError: cut off above") == ["ValueError: cut off above"]
    assert shown('  File "t.py", line 1\n    def f(\n         ^\nSyntaxError: invalid syntax') == [
        "SyntaxError: invalid syntax"
    ]


def test_what_python_ignored_is_no_failure() -> None:
    ignored = f"Exception ignored in: <function f at 0x7f>\n{traceback('AttributeError: x')}"
    assert shown(ignored) == []
    assert shown(traceback("KeyError: 3") + ignored) == ["KeyError: 3"]


def test_a_message_may_have_several_lines_but_not_those_of_others() -> None:
    text = traceback("RuntimeError: sizes differ:\nexpected 3\ngot 4") + "[E ProcessGroupNCCL.cpp:1] abort\n"
    found = only(text)
    assert (found.part.line, found.end) == (3, 5)


PIECES = [
    HEADER + ":", "  File x", "", "ValueError: a", CAUSED.strip(), "[rank1]: " + HEADER, "[rank1]: KeyError: b",
    "Original " + HEADER, "-- Process 1 terminated with the following error:",
]  # fmt: skip
DIGITS = "9" * 5000  # more than int() takes
ODD = [
    "[rank1]: " * 1100, "(train pid=4) " * 1100 + "KeyError: c", f"[rank{DIGITS}]: KeyError: d", f"[1,{DIGITS}]: e",
    f"[default{DIGITS}]: f", f"[{DIGITS}]<stderr>: g", f"[rank={DIGITS}] || h", f"{DIGITS}: i",
    f"-- Process {DIGITS} terminated with the following error:", f"rank 1 was killed by signal {DIGITS}",
    f"exitcode: {DIGITS}", f'  File "x.py", line {DIGITS}, in f',
]  # fmt: skip


@given(st.lists(st.sampled_from([*PIECES, *ODD]), max_size=20))
def test_no_log_is_too_odd_to_be_read(lines: list[str]) -> None:
    text = "\n".join(lines)
    log = lines_of(text)
    judged_logs((), {0: text})
    for each in raised_in(log):
        assert 0 <= each.begin <= each.end < len(log.lines)
        assert each.part in each.parts


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd[:24])
def test_beside_an_odd_line_an_exception_is_the_cause_with_its_place(odd: str) -> None:
    text = f"{odd}\n{PLAIN}\n{odd}"
    cause = judged_logs((), {0: text}).cause
    assert cause is not None
    assert cause.line.endswith("ValueError: bad sample 17")
    log = lines_of(text)
    assert frames_at(log, next(log.numbers_with("bad sample")))[0].line == 3


def test_an_exception_below_a_box_of_its_traceback_is_one_without_a_header() -> None:
    log = lines_of(
        "│ ❱  88 │   mask = batch[name]      │\n╰─────────────────────────╯\nKeyError: 'mask'\n"
        "steps:   0%|      | 0/9 [00:00<?, ?it/s]ERROR:torch.distributed.elastic.multiprocessing.api:failed\n"
    )
    (raised,) = raised_in(log)
    assert (raised.begin, raised.end, raised.part.text) == (2, 2, "KeyError: 'mask'")


def test_an_exception_with_its_message_on_the_next_line_is_one() -> None:
    (raised,) = raised_in(lines_of("epoch 1\nlib.exceptions.MisconfigurationException: \n    devices: none\n"))
    assert (raised.part.line, raised.part.type, raised.end) == (1, "MisconfigurationException", 2)


def test_keras_message_stands_behind_a_blank_line() -> None:
    text = traceback(
        "ValueError: Exception encountered when calling Sequential.call().\n\nInput 0 does not fit\n\nmore"
    )
    (raised,) = raised_in(lines_of(text))
    assert raised.part.line is not None
    assert raised.end == raised.part.line + 2


def test_a_benchmarks_prefix_before_that_of_a_rank_is_none_of_the_line() -> None:
    log = lines_of(
        "      | [rank0]: FileNotFoundError: Caught FileNotFoundError in DataLoader worker process 2.\n"
        "      | [rank0]: Original Traceback (most recent call last):\n"
        '      | [rank0]:   File "fetch.py", line 5, in fetch\n'
    )
    first = raised_in(log)[0]
    assert (first.part.type, first.writer.rank, first.part.line) == ("FileNotFoundError", 0, 0)


def test_the_traceback_in_the_summary_of_torchrun_ends_on_its_exception() -> None:
    recorded = "\n".join(f"  {line}" for line in traceback("ValueError: bad").rstrip().split("\n"))
    text = recorded.replace(f"  {HEADER}", f"  traceback : {HEADER}")
    assert shown(f"  exitcode  : 1 (pid: 17)\n{text}\n\n====") == ["ValueError: bad"]


@pytest.mark.parametrize(
    ("words", "is_symptom"),
    [
        ("RuntimeError: this collective requires NCCL 3.1 or a CPU tensor", False),
        ("RuntimeError: the operation is not supported by gloo", False),
        ("RuntimeError: the gloo connection was closed, it requires a restart", True),
        ("RuntimeError: NCCL communicator failed", True),
    ],
)
def test_a_refusal_is_no_symptom_though_it_names_what_connects_ranks(words: str, is_symptom: bool) -> None:
    assert meaning("RuntimeError", words).is_symptom is is_symptom


def test_a_program_that_takes_too_long_is_no_rank_that_waits_in_vain() -> None:
    words = "Command '['sleep', '60']' timed out after 1 seconds"
    found = meaning("TimeoutExpired", f"subprocess.TimeoutExpired: {words}")
    assert (found.code, found.is_symptom) == ("program-too-slow", False)
    assert found.cause == "sleep, which the script started, was not done after 1 s."
    assert meaning("TimeoutExpired", f"TimeoutExpired: {words}", 'File "torchrun", line 3').code != "program-too-slow"
