"""What a shell command runs: scripts and launchers."""

from __future__ import annotations

import pytest

from desktop_app.core.commands import brings_files, launcher_in, scripts_in


@pytest.mark.parametrize(
    ("command", "scripts"),
    [
        ("python train.py --lr 0.1", ("train.py",)),
        ("python -u src/train.py", ("src/train.py",)),
        ("python3.11 ./train.py", ("train.py",)),
        ("/opt/conda/bin/python train.py", ("train.py",)),
        ("pip install -r requirements.txt && python a.py; python b.py | tee log", ("a.py", "b.py")),
        ("torchrun --nproc_per_node 2 --nnodes=1 train.py --x y.py", ("train.py",)),
        ("python -m torch.distributed.launch --use_env train.py", ("train.py",)),
        ("python -m torch.distributed.run --nproc-per-node=2 -m pkg.train", ()),
        ("deepspeed train.py --deepspeed ds.json", ("train.py",)),
        ("accelerate launch --num_processes 2 train.py", ("train.py",)),
        ("mpirun -np 2 python train.py", ("train.py",)),
        ("horovodrun -np 2 python train.py", ("train.py",)),
        ("OMP_NUM_THREADS=1 python train.py", ("train.py",)),
        ("time env X=1 python train.py", ("train.py",)),
        ("./train.py --x", ("train.py",)),
        ("cd sub && python train.py", ("sub/train.py",)),
        ("cd sub && cd .. && python train.py", ("train.py",)),
        ("cd $HOME && python train.py", ()),
        ("python ../outside.py", ()),
        ("python /abs/train.py", ()),
        ("python ${{inputs.script}}", ()),
        ("python $SCRIPT.py", ()),
        ("python -c 'import x' train.py", ()),
        ("python -m pytest tests/test_x.py", ()),
        ("python train.py --config conf.py", ("train.py",)),
        ("ls *.py; cat a.py; echo python", ()),
        ("bash run.sh", ()),
        ('python "my script.py"', ("my script.py",)),
        ("python train.py # python other.py", ("train.py",)),
        ("python \\\n  train.py \\\n  --x 1", ("train.py",)),
        ("python größe.py\npython zwei.py", ("größe.py", "zwei.py")),
        ("python 'unclosed train.py", ()),
        ("cat > x.py <<EOF\npython inner.py\nEOF\npython x.py", ("x.py",)),
        ("if true; then python train.py; fi", ("train.py",)),
        ("", ()),
    ],
)
def test_scripts_that_a_command_runs(command: str, scripts: tuple[str, ...]) -> None:
    assert scripts_in(command) == scripts


@pytest.mark.parametrize(
    ("command", "brings"),
    [
        ("python train.py", False),
        ("git clone https://x/y . && python train.py", True),
        ("wget https://x/train.py; python train.py", True),
        ("cat > x.py <<EOF\nEOF\npython x.py", True),
        ("python train.py > log.txt", False),
    ],
)
def test_commands_that_may_make_their_scripts(command: str, brings: bool) -> None:
    assert brings_files(command) is brings


def test_torchrun_with_its_options() -> None:
    found = launcher_in("torchrun --standalone --nproc_per_node=4 --nnodes 1:2 -m pkg.train --lr 1")
    assert found is not None
    assert (found.name, found.nproc_per_node, found.options["nnodes"]) == ("torchrun", 4, "1:2")
    assert found.script == "pkg.train"


def test_the_older_launcher_with_variables() -> None:
    found = launcher_in(
        "pip install x && python -m torch.distributed.launch --nproc_per_node 2 --nnodes 2 --node_rank $NODE_RANK "
        "--master_addr $MASTER_ADDR --master_port $MASTER_PORT --use_env train.py --epochs ${{ inputs.epochs }}"
    )
    assert found is not None
    assert found.name == "torch.distributed.launch"
    assert (found.nproc_per_node, found.options["node-rank"]) == (2, "$NODE_RANK")
    assert found.options["use-env"] == "true"
    assert found.script == "train.py"


@pytest.mark.parametrize(
    ("command", "count"),
    [
        ("torchrun train.py", 1),
        ("torchrun --nproc-per-node gpu train.py", "gpu"),
        ("torchrun --nproc-per-node=${{inputs.n}} train.py", "${{inputs.n}}"),
        ("torchrun --nproc-per-node ${{ inputs.n }} train.py", "${{inputs.n}}"),
        ("python -m torch.distributed.run --nproc_per_node=3 train.py", 3),
    ],
)
def test_processes_per_node_of_a_launcher(command: str, count: int | str) -> None:
    found = launcher_in(command)
    assert found is not None
    assert found.nproc_per_node == count


@pytest.mark.parametrize("command", ["python train.py", "echo torchrun.txt", "", "pip install torchrun_x", "python -m"])
def test_commands_without_a_launcher(command: str) -> None:
    assert launcher_in(command) is None
