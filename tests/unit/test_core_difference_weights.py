"""What a difference is about, and so how far up it stands."""

from __future__ import annotations

import pytest

from desktop_app.core.difference_weights import Group, group_of


@pytest.mark.parametrize(
    ("part", "path", "group"),
    [
        ("result", "status", Group.OUTCOME), ("result", "first_failure.text", Group.OUTCOME),
        ("result", "tags.stage", Group.NAMES), ("result", "nodes", Group.SIZE),
        ("result", "framework", Group.FRAMEWORK),
        ("code", "train.py", Group.CODE), ("code", "seed.py", Group.CODE),
        ("packages", "torch", Group.FRAMEWORK), ("packages", "nvidia-nccl-cu12", Group.FRAMEWORK),
        ("packages", "idna", Group.ENVIRONMENT),
        ("job", "environment", Group.ENVIRONMENT), ("job", "environment.image", Group.ENVIRONMENT),
        ("job", "command", Group.ARGUMENTS), ("job", "inputs.lr", Group.ARGUMENTS),
        ("job", "inputs.data.path", Group.DATA), ("job", "inputs.seed", Group.SEEDS),
        ("job", "resources.shm_size", Group.SIZE), ("job", "distribution.type", Group.SIZE),
        ("job", "environment_variables.NCCL_IB_DISABLE", Group.COMMUNICATION),
        ("job", "environment_variables.EDITOR", Group.VARIABLES), ("job", "limits.timeout", Group.SIZE),
        ("job", "display_name", Group.NAMES), ("job", "description", Group.NAMES), ("job", "services", Group.SETTINGS),
        ("plan", "environment.MASTER_PORT", Group.COMMUNICATION), ("plan", "ranks 0, 1: argv[2]", Group.ARGUMENTS),
        ("plan", "rank 0: environment.RANK", Group.VARIABLES), ("plan", "python", Group.FRAMEWORK),
        ("metrics", "loss", Group.CONSEQUENCES), ("phases", "Running", Group.CONSEQUENCES),
        ("ranks", "rank 1: status", Group.CONSEQUENCES),
    ],
)  # fmt: skip
def test_groups(part: str, path: str, group: Group) -> None:
    assert group_of(part, path) is group


def test_a_command_that_differs_by_its_seed_alone() -> None:
    one, other = "python train.py --seed 1 --lr 0.1", "python train.py --seed 2 --lr 0.1"
    assert group_of("job", "command", one, other) is Group.SEEDS
    assert group_of("job", "command", one, other.replace("0.1", "0.2")) is Group.ARGUMENTS
    assert group_of("plan", "ranks 0, 1: argv[2]", one, other) is Group.SEEDS


def test_every_group_says_what_it_is() -> None:
    assert [each.title for each in sorted(Group)][:4] == ["outcome", "code", "framework", "environment"]
