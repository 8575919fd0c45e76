"""Lines of many ranks that say the same are known as such; lines that say something else are not."""

from __future__ import annotations

import pytest

from desktop_app.services.logs.alike import alike


@pytest.mark.parametrize(
    "text",
    [
        "[rank{0}]: epoch 2 loss 0.1",
        "[default{0}]:epoch 2 loss 0.1",
        "[1,{0}]<stderr>:epoch 2",
        "[{0}]<stdout>:epoch 2",
        "{0}: epoch 2",
        "Rank {0} of 8 is up",
        "rank={0} world_size=8 local_rank: {0}",
        "Using cuda:{0}, GPU {0}",
        "I1122 10:11:1{0}.345678 14{0} main.py:3] up",
        "[W112{0} 10:11:12.345678 ProcessGroup.cpp:1] up",
        "D112{0} 10:11:12.345678 14{0} main.py:3] up",
        "E0000 00:00:179534227{0}.123456   14{0} add_port.cc:83] no",
        "[trainer{0}]: epoch 2",
        "[Rank {0}]: epoch 2",
        "[prterun-node-77@1,{0}]<stdout>: epoch 2",
        "[1,{0}]<stddiag>:epoch 2",
        "[rank={0}] || epoch 2",
        "[{0}] epoch 2",
        "node-{0}.cluster: [rank{0}]: epoch 2",
        " {0}: epoch 2",
        "worker {0}: epoch 2",
        "(worker pid=4{0}, ip=fe80::{0}) up",
        "11/2{0}/2026 10:11:1{0} - INFO - up",
        "10:11:1{0} up",
        "2026-11-22T10:11:1{0}.5+01:00 up",
        "2026-11-22 10:11:12,34{0} - INFO - up",
        "2026-11-22T10:11:12.34{0}Z up",
        "Nov 2{0} 10:11:1{0} node up",
        "179534227{0}.500 up",
        "host{0}:41{0}:42{0} [{0}] NCCL INFO comm 0x55e{0} rank {0} nranks 8 cudaDev {0} busId {0}b000 - Init COMPLETE",
        "connected to 10.0.0.{0}:4187{0}, pid 4{0}",
        "(worker pid=4{0}, ip=10.0.0.{0}) up",
        "object at 0x7f{0}e",
    ],
)
def test_what_differs_in_whose_it_is_alone_is_alike(text: str) -> None:
    assert len({alike(text.format(each)) for each in range(4)}) == 1
    assert alike(text.format(1)) != alike(text.format(1) + " not")


@pytest.mark.parametrize(
    "text",
    [
        "epoch {0}", "loss 0.12{0}", "step {0}/10", "process group {0} made", "got {0} features", "gpu=0.9{0} busy",
        "loss={0}", "exit code {0}", "shape ({0}, 64)", "train.py line 4{0}", "rankings {0}",
        "got E200{0} here", "D409{0} of V{0}", "[epoch{0}]: done",
    ],
)  # fmt: skip
def test_what_says_something_else_is_not(text: str) -> None:
    assert len({alike(text.format(each)) for each in range(4)}) == 4
