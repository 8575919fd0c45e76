"""Lines of logs as they are compared: colours, progress bars and the prefixes of launchers are off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api.kit import Writer, lines_of
from desktop_app.api.kit.log_lines import NOBODY, cleaned
from desktop_app.api.kit.log_lines_unlike import OFTEN, unlike_lines

PREFIXED = [
    ("[rank3]: ValueError: bad", "ValueError: bad", Writer(rank=3)),
    ("[rank3]:  File x", " File x", Writer(rank=3)),
    ("[default2]:epoch 1", "epoch 1", Writer(local_rank=2)),
    ("[trainer0]:epoch 1", "epoch 1", Writer(local_rank=0)),
    ("[default2]:[rank10]: epoch 1", "epoch 1", Writer(rank=10)),
    ("[1,7]<stderr>:Traceback", "Traceback", Writer(rank=7)),
    ("[1,7]<stderr>: Traceback", "Traceback", Writer(rank=7)),
    ("[prterun-node1-77@1,4]<stdout>:hello", "hello", Writer(rank=4)),
    ("Sun Nov 22 10:00:00 2026[1,0]<stdout>:hello", "hello", Writer(rank=0)),
    ("[5]<stderr>:hello", "hello", Writer(rank=5)),
    ("(train_fn pid=417) hello", "hello", Writer(name="417")),
    ("(RayTrainWorker pid=417, ip=10.0.0.4) hello", "hello", Writer(name="10.0.0.4417")),
    ("\x1b[36m(train pid=417)\x1b[0m hello", "hello", Writer(name="417")),
    ("[epoch3]: loss 2", "[epoch3]: loss 2", NOBODY),
    ("[Rank 3] Watchdog caught", "[Rank 3] Watchdog caught", NOBODY),
    ("\x1b[91m  ERROR: no\x1b[0m", "  ERROR: no", NOBODY),
    ("[91mERROR: no", "ERROR: no", NOBODY),
    ("\r 10%\r 20%\r 30% done", " 30% done", NOBODY),
    ("done\r", "done", NOBODY),
    (" 3%|#  | 3/90 [00:01<00:40, 2.4it/s]ValueError: bad", "ValueError: bad", NOBODY),
    ("[rank1]: 3%|# | 3/9 [00:09<00:40, 2.4s/it, loss=2]  Traceback", "Traceback", Writer(rank=1)),
    ("data: 3%|# | 3/9 [00:09<00:40, 250.5MB/s]KeyError: 3", "KeyError: 3", NOBODY),
    ("100%|###| 9/9 [00:01<00:00, 2.4it/s, loss=2]", "100%|###| 9/9 [00:01<00:00, 2.4it/s, loss=2]", NOBODY),
    ("KeyError: 3torch.distributed.elastic.multiprocessing.errors.ChildFailedError: ", "KeyError: 3", NOBODY),
    ("raise torch.distributed.elastic.multiprocessing.ChildFailedError", None, NOBODY),
    ("2026-11-22 10:00:00 [rank1] x", "2026-11-22 10:00:00 [rank1] x", NOBODY),
]


@pytest.mark.parametrize(("line", "text", "writer"), PREFIXED)
def test_a_line_is_cleaned_and_its_writer_told(line: str, text: str | None, writer: Writer) -> None:
    text = line if text is None else text
    assert cleaned(line) == (text, writer)
    log = lines_of(f"before\n{line}\nafter")
    assert (log.lines[1], log.writers[1]) == (text, writer)


def test_the_raw_line_keeps_its_prefix_and_loses_its_colours() -> None:
    log = lines_of("\x1b[31m[rank1]: ValueError: no\x1b[0m")
    assert (log.raw[0], log.lines[0]) == ("[rank1]: ValueError: no", "ValueError: no")


def test_the_raw_line_keeps_what_another_wrote_into_it() -> None:
    log = lines_of("5%|# | 1/20 [00:01<00:40, 2.4it/s]ValueError: no")
    assert log.raw[0] == "5%|# | 1/20 [00:01<00:40, 2.4it/s]ValueError: no"


def test_what_runs_logs_writes_before_each_line_of_all_ranks_is_a_label() -> None:
    merged = lines_of("[0] epoch 1\n[1] epoch 1\n[1] [rank1]: Traceback\n[0] epoch 2\n[1] [rank1]: KeyError: 3")
    assert [each.rank for each in merged.writers] == [0, 1, 1, 0, 1]
    assert merged.lines[2:] == ["Traceback", "epoch 2", "KeyError: 3"]
    assert lines_of("[1] is a list\nan ordinary line\nanother\n[2] no").writers[0].rank is None


def test_bare_numbers_are_labels_only_where_nearly_all_lines_have_one() -> None:
    labelled = lines_of("0: epoch 1\n1: epoch 1\n1: Traceback\n0: epoch 2\n1: KeyError: 3")
    assert [each.rank for each in labelled.writers] == [0, 1, 1, 0, 1]
    assert labelled.lines[4] == "KeyError: 3"
    for text in ("0: dog\n1: cat\n2: cow\nnow\nwe\nbegin", "0: a\n0: b\n0: c\n0: d", "0: a\n1: b"):
        assert lines_of(text).lines == text.split("\n")


def test_hosts_and_tasks_before_a_rank_are_no_words_of_it() -> None:
    log = lines_of(
        ' 2: [rank2]:   File "t.py"\n15: [rank15]: KeyError: 3\nnode-a.cluster: [rank5]:     raise KeyError(3)'
    )
    assert log.lines == ['  File "t.py"', "KeyError: 3", "    raise KeyError(3)"]
    assert [each.rank for each in log.writers] == [2, 15, 5]
    assert lines_of("note: [rank of a matrix]").lines == ["note: [rank of a matrix]"]
    right = lines_of(" 9: epoch 1\n10: epoch 1\n10: Traceback\n 9: epoch 2\n10: KeyError: 3")
    assert [each.rank for each in right.writers] == [9, 10, 10, 9, 10]


def test_the_lines_that_hold_a_text_are_found_each_once() -> None:
    log = lines_of("a b\nxx xx\nb\n\nxx")
    assert list(log.numbers_with("xx")) == [1, 4]
    assert list(log.numbers_with("no")) == []


@given(st.text(alphabet="ab[1]:,<>()=\r\n\x1b m", max_size=80))
def test_no_text_loses_or_gains_a_line(text: str) -> None:
    log = lines_of(text)
    assert len(log.lines) == len(log.raw) == len(log.writers) == text.count("\n") + 1


def test_of_lines_that_differ_in_numbers_alone_some_are_kept_and_all_others_whole() -> None:
    steps = [f"step {each} loss 0.{each}" for each in range(1000)]
    text = "\n".join([*steps[:500], "KeyError: 3", *steps[500:]])
    lines = unlike_lines((text, "KeyError: 3"))
    assert len(lines.lines) == 2 * OFTEN + 1
    assert lines.places[lines.lines.index("KeyError: 3")] == [(0, 500), (1, 0)]
    assert lines.with_any(["KeyError", "nothing"]) == [lines.lines.index("KeyError: 3")]
