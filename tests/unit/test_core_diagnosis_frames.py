"""Frames of tracebacks in logs: innermost first, and which files are nobody's own."""

from __future__ import annotations

import pytest

from desktop_app.api.kit.log_lines import lines_of
from desktop_app.core.diagnosis.frames import is_of_others
from desktop_app.core.diagnosis.tracebacks import frames_at

CHAIN = """step 3
[rank1]: Traceback (most recent call last):
[rank1]:   File "/job/loader.py", line 5, in read
[rank1]:     return table[key]
[rank0]: Traceback (most recent call last):
[rank0]:   File "/job/other.py", line 9, in <module>
[rank1]: KeyError: 'b'

[rank1]: During handling of the above exception, another exception occurred:

[rank1]: Traceback (most recent call last):
[rank1]:   File "/job/train.py", line 45, in <module>
[rank1]:     main()
[rank1]:   File "/job/train.py", line 30, in main
[rank1]:     read("b")
[rank1]: ValueError: no b
[rank0]: KeyError: 'c'
"""


def frames(log: str, line: str) -> list[tuple[str, int]]:
    number = log.splitlines().index(line)
    return [(each.file, each.line) for each in frames_at(lines_of(log), number)]


def test_frames_are_of_one_rank_and_begin_where_the_exception_was_raised() -> None:
    assert frames(CHAIN, "[rank1]: ValueError: no b") == [
        ("/job/train.py", 30), ("/job/train.py", 45), ("/job/loader.py", 5),
    ]  # fmt: skip
    assert frames(CHAIN, "[rank1]: KeyError: 'b'")[0] == ("/job/loader.py", 5)
    assert frames(CHAIN, "step 3") == []


def test_a_syntax_error_has_its_file_before_it() -> None:
    log = '  File "/job/train.py", line 7\n    if x = 1:\n         ^\nSyntaxError: invalid syntax\n'
    assert frames(log, "SyntaxError: invalid syntax") == [("/job/train.py", 7)]


@pytest.mark.parametrize(
    "file",
    [
        "<frozen runpy>", "<string>", "/opt/conda/lib/python3.10/threading.py", "/usr/lib64/python3.9/runpy.py",
        "/opt/conda/lib/python3.10/site-packages/torch/nn/modules/module.py",
        "/usr/lib/python3/dist-packages/numpy/core.py", "C:\\Python311\\Lib\\site-packages\\torch\\nn.py",
        "C:\\Python311\\Lib\\multiprocessing\\spawn.py", "/usr/local/bin/torchrun",
    ],
)  # fmt: skip
def test_files_of_others(file: str) -> None:
    assert is_of_others(file)


@pytest.mark.parametrize("file", ["train.py", "/mnt/azureml/cr/wd/train.py", "C:\\job\\train.py", "bin/train.py"])
def test_files_that_may_be_a_persons_own(file: str) -> None:
    assert not is_of_others(file)
