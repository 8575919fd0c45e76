"""Launchers are found in shell commands as people write them."""

from __future__ import annotations

import pytest

from desktop_app.api import simple_commands
from plugins.pytorch.launchers import find_launcher

NO_LAUNCHER = [
    "python train.py",
    "python -m mypackage.train --nproc_per_node 4",
    "echo 'torchrun --nproc-per-node 2 train.py'",
    "# torchrun train.py\npython train.py",
    "python torchrun_helper.py",
    "",
    "python 'train.py",
]


@pytest.mark.parametrize("command", NO_LAUNCHER)
def test_no_launcher(command: str) -> None:
    assert find_launcher(command) is None


OLD = "torch.distributed.launch"
COMMANDS = [
    ("torchrun train.py", "torchrun", {}, "train.py"),
    ("torchrun --standalone --tee=3 t.py --lr 1", "torchrun", {"standalone": "true", "tee": "3"}, "t.py"),
    ("/opt/conda/bin/torchrun --nproc_per_node 4 train.py", "torchrun", {"nproc-per-node": "4"}, "train.py"),
    ("NCCL_DEBUG=INFO torchrun --nnodes=2 train.py", "torchrun", {"nnodes": "2"}, "train.py"),
    ("pip install -r r.txt && torchrun --nnodes 2 t.py", "torchrun", {"nnodes": "2"}, "t.py"),
    ("cd src; python -u -m torch.distributed.run --nnodes 2 t.py", "torchrun", {"nnodes": "2"}, "t.py"),
    (f"python -m {OLD} --use_env --nproc_per_node 2 t.py", OLD, {"use-env": "true", "nproc-per-node": "2"}, "t.py"),
    (f"python3 -m {OLD} \\\n  --nproc_per_node=2 \\\n  t.py", OLD, {"nproc-per-node": "2"}, "t.py"),
    ("torchrun -m package.train --x 1", "torchrun", {"module": "true"}, "package.train"),
    ("torchrun --nproc-per-node ${{ inputs.gpus }} t.py", "torchrun", {"nproc-per-node": "${{inputs.gpus}}"}, "t.py"),
    ("torchrun --node-rank=$NODE_RANK --role=a t.py", "torchrun", {"node-rank": "$NODE_RANK", "role": "a"}, "t.py"),
    ('torchrun --nnodes "1:2" "my script.py"', "torchrun", {"nnodes": "1:2"}, "my script.py"),
    ("(torchrun --nnodes 2 t.py) | tee log", "torchrun", {"nnodes": "2"}, "t.py"),
    ("cat > x <<EOF\ntorchrun --nnodes 9 x.py\nEOF\ntorchrun --nnodes 2 t.py", "torchrun", {"nnodes": "2"}, "t.py"),
    ("torchrun --nnodes", "torchrun", {}, ""),
    ("torchrun", "torchrun", {}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("command", "name", "options", "script"), COMMANDS)
def test_launcher(command: str, name: str, options: dict[str, str], script: str) -> None:
    found = find_launcher(command)
    assert found is not None
    assert (found.name, dict(found.options), found.script) == (name, options, script)


@pytest.mark.parametrize(
    ("options", "nodes", "per_node"),
    [
        ("", 1, 1),
        ("--nnodes=2 --nproc-per-node=4", 2, 4),
        ("--nnodes=1:3 --nproc-per-node=gpu", 3, None),
        ("--nnodes=$N --nproc-per-node=$GPUS", None, None),
    ],
)
def test_counts(options: str, nodes: int | None, per_node: int | None) -> None:
    found = find_launcher(f"torchrun {options} train.py")
    assert found is not None
    assert (found.nodes, found.processes_per_node) == (nodes, per_node)


def test_rendezvous_gives_out_node_ranks() -> None:
    static, c10d = find_launcher("torchrun t.py"), find_launcher("torchrun --rdzv-backend=c10d t.py")
    assert static is not None
    assert c10d is not None
    assert not static.has_rendezvous
    assert c10d.has_rendezvous


def test_simple_commands_are_parted() -> None:
    assert list(simple_commands("a 'b c' && d | e\nf")) == [["a", "b c"], ["d"], ["e"], ["f"]]
