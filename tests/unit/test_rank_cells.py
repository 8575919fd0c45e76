"""What stands in each cell of the picture of ranks, and rows that are asked for when they are seen."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Job, ProcessSpec, RankRow, RankTable, Topology
from desktop_app.presenters.rank_cells import ListedCells, PlainCells, cells_of, in_words, sum_text
from desktop_app.presenters.rank_pages import MOST_PAGES, RankPages, role_of, where_text
from desktop_app.services.rank_tables import PAGE

JOB = Job("python train.py")


class Asked:
    """A table of `count` ranks that notes which pages were asked for."""

    def __init__(self, rows: Sequence[RankRow] = (), *, count: int = 0, per_node: int = 8) -> None:
        self.pages: list[int] = []
        self._rows = rows
        self._count = count or len(rows)
        self._per_node = per_node

    def __call__(self, _job: Job, first: int, count: int) -> RankTable:
        self.pages.append(first // PAGE)
        rows = self._rows or [self._row(rank) for rank in range(self._count)]
        topology = Topology(-(-self._count // self._per_node), self._per_node)
        return RankTable(topology, tuple(rows[first : first + count]), "said")

    def _row(self, rank: int) -> RankRow:
        node, local = divmod(rank, self._per_node)
        return RankRow(rank, node, local, str(rank), environment={"RANK": str(rank), "LONG": "x" * 100})


SERVERS = (
    RankRow(0, 0, 0, "ps 0", "ps0", "0–3"),
    RankRow(1, 1, 0, "worker 0", "w0", "0"),
    RankRow(2, 2, 0, "worker 1", "w1"),
)
RAY = (RankRow(0, 0, 0, "driver", "d"), RankRow(1, 0, 1, "head", "h"), RankRow(2, 1, 0, "worker 0", "w0"))


def test_only_pages_that_are_looked_at_are_asked_for() -> None:
    asked = Asked(count=4096)
    pages = RankPages(JOB, asked)
    assert (pages.total, pages.count, asked.pages) == (4096, 4096, [0])
    for rank in (3000, 3001, 2999, 63):
        row = pages.row(rank)
        assert row is not None
        assert row.rank == rank
    assert asked.pages == [0, 3000 // PAGE]


def test_of_thousands_only_the_last_pages_are_kept() -> None:
    asked = Asked(count=4096)
    pages = RankPages(JOB, asked)
    for page in range(64):
        pages.row(page * PAGE)
    assert len(pages._pages) <= MOST_PAGES
    pages.row(0)
    assert asked.pages[-1] == 0


def test_short_variables_have_columns_and_long_ones_none() -> None:
    pages = RankPages(JOB, Asked(count=3))
    assert (pages.variables, pages.says, pages.has_master) == (("RANK",), "said", False)
    assert pages.row(3) is None


def test_roles_are_counted_and_written_in_their_cells() -> None:
    pages = RankPages(JOB, Asked(SERVERS, per_node=1))
    assert list(pages.roles) == [("ps", 1), ("worker", 2)]
    assert [pages.mark(rank).short for rank in range(3)] == ["ps0", "w0", "w1"]
    assert pages.mark(1).says == "worker 0 (rank 1): node 1, local rank 0"
    assert in_words(pages) == "3 nodes: 2 workers, 1 parameter server"
    assert sum_text(pages) == "3 processes"


def test_nodes_with_unlike_numbers_of_processes_keep_theirs() -> None:
    pages = RankPages(JOB, Asked(RAY, per_node=1))
    assert pages.topology == Topology(2, 2)
    assert [pages.cell_of(rank) for rank in range(3)] == [0, 1, 2]
    assert [pages.rank_in(cell) for cell in range(4)] == [0, 1, 2, None]


def test_ranks_that_are_alike_are_numbers() -> None:
    pages = RankPages(JOB, Asked(count=16))
    assert (pages.roles, pages.mark(9).short) == ((), "9")
    assert pages.mark(9).says == "rank 9: node 1, local rank 1"
    assert in_words(pages) == "2 nodes with 8 processes each: 16 ranks"
    assert sum_text(pages) == "16 ranks"


def test_counts_that_make_no_sense_have_neither_cells_nor_rows() -> None:
    pages = RankPages(JOB, lambda _job, _first, _count: RankTable(Topology(0, 4)))
    assert (pages.total, pages.count, pages.row(0)) == (0, 0, None)


def test_too_many_to_list_are_drawn_all_the_same() -> None:
    pages = RankPages(JOB, lambda _job, _first, _count: RankTable(Topology(12_500, 8)))
    assert (pages.total, pages.count) == (100_000, 0)
    assert pages.mark(99_999).says == "rank 99999: node 12499, local rank 7"


def test_roles_of_many_are_named_and_not_counted() -> None:
    rows = [RankRow(0, 0, 0, "ps 0", "ps0"), *(RankRow(n, n, 0, f"worker {n - 1}", f"w{n - 1}") for n in range(1, 999))]
    pages = RankPages(JOB, Asked(rows, per_node=1))
    assert list(pages.roles) == [("ps", 0), ("worker", 0)]
    assert sum_text(pages) == "999 processes"
    assert in_words(pages) == "999 nodes: 999 processes"


@pytest.mark.parametrize(("name", "role"), [("worker 12", "worker"), ("head", "head"), ("7", ""), ("ps 0", "ps")])
def test_the_role_is_the_name_without_its_number(name: str, role: str) -> None:
    assert role_of(name) == role


def test_a_process_in_words() -> None:
    assert where_text(SERVERS[0]) == "ps 0 (rank 0): node 0, local rank 0, GPUs 0–3"
    assert where_text(SERVERS[1]).endswith(", GPU 0")
    assert where_text(RankRow(4, 1, 0, "4")) == "Rank 4: node 1, local rank 0"


def test_a_plans_processes_are_called_by_their_roles() -> None:
    roles = ("ps", "worker", "worker", "head")
    cells = cells_of([ProcessSpec(rank, 0, rank, (), role=role) for rank, role in enumerate(roles)])
    assert [cells.mark(rank).short for rank in range(4)] == ["ps0", "w0", "w1", "head"]
    alike = cells_of([ProcessSpec(rank, rank, 0, ()) for rank in range(2)])
    assert ([alike.mark(rank).short for rank in range(2)], alike.roles) == (["0", "1"], ())


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_every_rank_has_a_cell_of_its_own_on_its_node(nodes: list[int]) -> None:
    specs = [ProcessSpec(rank, 0, node, ()) for rank, node in enumerate(nodes)]
    cells = cells_of(specs)
    assert len({cells.cell_of(each.rank) for each in specs}) == len(specs)
    for each in specs:
        assert cells.cell_of(each.rank) // cells.topology.processes_per_node == each.node
        assert cells.rank_in(cells.cell_of(each.rank)) == each.rank


def test_no_processes_are_no_cells() -> None:
    cells = ListedCells([], {})
    assert (cells.total, cells.topology.world_size) == (0, 0)
    assert PlainCells(Topology(2, 3)).rank_in(6) is None
