"""Where nodes and ranks lie in the picture."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.api import Distribution, Job, Resources, Topology
from desktop_app.presenters.topology import (
    CELL_SIZES,
    describe,
    drawable,
    lay_out,
    ranks_of,
)


@settings(max_examples=60)
@given(nodes=st.integers(1, 60), per_node=st.integers(1, 70), width=st.integers(80, 1500), height=st.integers(60, 400))
def test_no_two_ranks_share_a_place_and_all_are_found(nodes: int, per_node: int, width: int, height: int) -> None:
    topology = Topology(nodes, per_node)
    layout = lay_out(topology, width, height)
    boxes = [layout.rank(each) for each in range(topology.world_size)]
    assert len({(box.x, box.y) for box in boxes}) == topology.world_size
    assert max(box.y + box.height for box in boxes) == pytest.approx(layout.height)
    for rank in {0, topology.world_size // 2, topology.world_size - 1}:
        box = boxes[rank]
        assert layout.rank_at(box.x + 1, box.y + 1) == rank
        node = layout.node(rank // per_node)
        assert node.x <= box.x
        assert box.x + box.width <= node.x + node.width + 0.01


def test_cells_are_as_large_as_there_is_room() -> None:
    assert lay_out(Topology(2, 4), 700, 180).cell == CELL_SIZES[0]
    assert lay_out(Topology(8, 8), 700, 180).cell < CELL_SIZES[0]
    assert lay_out(Topology(1000, 8), 700, 180).cell == CELL_SIZES[-1]
    assert lay_out(Topology(2, 4), 700, 180).has_numbers
    assert not lay_out(Topology(1000, 8), 700, 180).has_numbers


def test_larger_letters_have_larger_cells() -> None:
    plain, large = lay_out(Topology(2, 4), 1400, 300), lay_out(Topology(2, 4), 1400, 300, scale=2)
    assert (large.cell, large.title) == (2 * plain.cell, 2 * plain.title)
    assert large.has_numbers
    small = lay_out(Topology(1000, 8), 700, 180, scale=2)
    assert not small.has_numbers


def test_what_is_seen_of_a_hundred_thousand_ranks_is_found_at_once() -> None:
    layout = lay_out(Topology(12_500, 8), 700, 180)
    start = time.perf_counter()
    top = layout.height / 2
    seen = [
        rank for node in layout.nodes_between(top, top + 180) for rank in layout.ranks_between(node, top, top + 180)
    ]
    assert time.perf_counter() - start < 10
    assert 0 < len(seen) < 20_000
    assert all(top - 30 <= layout.rank(each).y <= top + 210 for each in seen)


def test_outside_the_picture_is_no_rank() -> None:
    layout = lay_out(Topology(2, 4), 700, 180)
    assert layout.rank_at(-1, -1) is None
    assert layout.rank_at(5, layout.height + 500) is None
    assert layout.rank_at(layout.rank(0).x + layout.cell + 1, layout.rank(0).y) is None


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("python train.py", Topology(2, 4)),
        ("torchrun --nproc-per-node=8 train.py", Topology(2, 8)),
        ("torchrun --nproc-per-node=gpu train.py", Topology(2, 4)),
    ],
)
def test_a_launcher_starts_ranks_of_its_own(command: str, wanted: Topology) -> None:
    job = Job(command, distribution=Distribution("pytorch", 4), resources=Resources(instance_count=2))
    assert ranks_of(job) == wanted


def test_the_picture_in_words() -> None:
    assert describe(Topology(2, 4)) == "2 nodes with 4 processes each: 8 ranks"
    assert describe(Topology(1, 1)) == "1 node with 1 process: 1 rank"


def test_slips_of_the_finger_are_not_drawn() -> None:
    assert not drawable(Topology(0, 4))
    assert not drawable(Topology(10_000_000, 64))
    assert drawable(Topology(1, 1))
