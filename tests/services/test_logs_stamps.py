"""Times that programs write into their lines, in the forms of the programs that write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from desktop_app.services.logs.stamps import stamp_of, stamps_in

LATEST = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
LOCAL = datetime(2026, 11, 22, 10, 11, 12).astimezone().timestamp()


@pytest.mark.parametrize(
    ("line", "fraction"),
    [
        ("2026-11-22 10:11:12,345 - root - INFO - epoch 1", 0.345),  # logging
        ("[2026-11-22 10:11:12,345] [INFO] [engine.py:1] up", 0.345),  # DeepSpeed, elastic
        ("2026-11-22 10:11:12.345678: I tensorflow/core/x.cc:3] up", 0.345678),
        ("[1,0]<stderr>:[2026-11-22 10:11:12.345678: W horovod/common/stall_inspector.cc:1] x", 0.345678),
        ("I1122 10:11:12.345678 140234 main.py:23] up", 0.345678),  # absl, glog
        ("[rank3]:[W1122 10:11:12.345678901 ProcessGroup.cpp:1] gone", 0.345678901),  # c10d
        ("[W1122 10:11:12.345 ProcessGroup.cpp:1] gone", 0.345),
        ("11/22/2026 10:11:12 - INFO - __main__ - loss", 0.0),
        ("[11/22/26 10:11:12] INFO loss", 0.0),
        ("Nov 22 10:11:12 node1 slurmd[7]: killed", 0.0),
        ("Sun Nov 22 10:11:12 2026[1,0]<stdout>:up", 0.0),  # mpirun --timestamp-output
        ("[INFO|trainer.py:12] 2026-11-22 10:11:12,345 >> step", 0.345),
        ("INFO: 2026-11-22 10:11:12,345 up", 0.345),
        ("(Worker pid=12, ip=10.0.0.4) 2026-11-22 10:11:12,345\tINFO worker.py:1 -- up", 0.345),
        ("\x1b[32m2026-11-22 10:11:12.345\x1b[0m | INFO | up", 0.345),
        ("3: 2026-11-22T10:11:12.5 up", 0.5),  # srun --label
        ("[trainer3]:2026-11-22T10:11:12.5 up", 0.5),  # torchrun --tee
        ("[Rank 3]: I1122 10:11:12.500 1 a.py:1] up", 0.5),
        ("[prterun-node1-77@1,3]<stddiag>: 2026-11-22T10:11:12.5 up", 0.5),  # mpirun of Open MPI 5
        ("[rank=3] || 2026-11-22T10:11:12.5 up", 0.5),
        ("[3] 2026-11-22T10:11:12.5 up", 0.5),  # rankzero runs logs
    ],
)
def test_local_stamps_are_read(line: str, fraction: float) -> None:
    assert stamp_of(line.encode(), LATEST) == pytest.approx(LOCAL + fraction, abs=1e-6)


@pytest.mark.parametrize(
    ("line", "hour"),
    [
        ("2026-11-22T10:11:12.1234567Z up", 10),  # Azure ML
        ("2026-11-22 10:11:12.1234567 UTC up", 10),
        ("2026-11-22T10:11:12.1234567+02:00 up", 8),
        ("[2026-11-22T10:11:12.1234567-0530] up", 15),
    ],
)
def test_zones_count(line: str, hour: int) -> None:
    expected = datetime(2026, 11, 22, hour, 41 if hour == 15 else 11, 12, tzinfo=UTC).timestamp()
    assert stamp_of(line.encode(), LATEST) == pytest.approx(expected + 0.1234567, abs=1e-6)


def test_seconds_since_the_epoch() -> None:
    assert stamp_of(b"1795342272.500 up", LATEST) == 1795342272.5
    assert stamp_of(b"[1795342272.123456] up", LATEST) == 1795342272.123456
    assert stamp_of(b"E0000 00:00:1795342272.500000    812 add_port.cc:83] no", LATEST) == 1795342272.5


@pytest.mark.parametrize(
    "line",
    [
        "epoch 3 of 2026", "loss 1795342272.5", "Traceback (most recent call last):", "", "2026-13-45 10:11:12 no",
        "2026-11-22 10:61:12 no", "I9922 10:11:12.5 no", "version 2026-11-22", "1795342272 rows",
        "  File \"2026-11-22 10:11:12\"", "0000-01-01 00:00:00 no",
    ],
)  # fmt: skip
def test_other_numbers_are_no_stamps(line: str) -> None:
    assert stamp_of(line.encode(), LATEST) is None


def test_a_stamp_without_a_year_is_not_in_the_future() -> None:
    january = datetime(2027, 1, 1, 0, 5).astimezone().timestamp()
    before = stamp_of(b"I1231 23:59:59.000000 1 a.py:1] x", january)
    after = stamp_of(b"I0101 00:00:01.000000 1 a.py:1] x", january)
    assert before is not None
    assert after is not None
    assert after - before == 2.0
    assert january - after < 3600
    assert stamp_of(b"I0229 10:11:12.0 1 a.py:1] x", january) is not None, "the last year that had such a day"


def test_every_stamped_line_of_a_block_is_found() -> None:
    data = b"half a line\n2026-11-22 10:11:12 a\n  File x\n\n2026-11-22 10:11:13 b\r\n2026-11-22 10:11:14 c"
    assert [(place, moment - LOCAL) for place, moment in stamps_in(data, LATEST)] == [(12, 0.0), (44, 1.0), (67, 2.0)]
