"""Whom a drill is aimed at, and what can't be drilled."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from desktop_app.api import Drill, DrillKind, DrillOrder, RankState, RunSnapshot, RunStatus, UserError
from desktop_app.api._records import from_json, to_json
from desktop_app.services.drills import aimed, drill
from tests.helpers.scripted_backend import ScriptedBackend

AT = datetime(2026, 11, 21, 7, tzinfo=UTC)
RANKS = tuple(RankState(rank, rank % 2, rank // 2, RunStatus.RUNNING) for rank in range(4))
RUN = RunSnapshot("local://r-1", "r-1", "local", RunStatus.RUNNING, "digits", "", AT, ranks=RANKS)
ONE = replace(RUN, ranks=RANKS[:1])


class DrilledBackend(ScriptedBackend):
    """Knows drills, and remembers them."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[DrillOrder] = []

    async def drill(self, handle: str, order: DrillOrder) -> Drill:
        self.orders.append(order)
        return Drill(order.kind, AT, "rank 1 was killed", order.rank, order.node, (1,))


def test_what_there_is_one_of_need_not_be_said() -> None:
    assert aimed(ONE, DrillOrder(DrillKind.KILL)).rank == 0
    assert aimed(ONE, DrillOrder(DrillKind.EVICT, notice=3)) == DrillOrder(DrillKind.EVICT, None, 0, 3)


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (DrillOrder(DrillKind.KILL), "Say which rank to drill"),
        (DrillOrder(DrillKind.KILL, rank=4), "r-1 has no rank 4. It has 0, 1, 2, 3."),
        (DrillOrder(DrillKind.STOP, node=2), "r-1 has no node 2. It has 0, 1."),
        (DrillOrder(DrillKind.EVICT), "Say which node to drill"),
        (DrillOrder(DrillKind.NODE, node=-1), "r-1 has no node -1"),
        (DrillOrder(DrillKind.RESUME, rank=9), "r-1 has no rank 9"),
    ],
)
def test_what_misses_is_said(order: DrillOrder, why: str) -> None:
    with pytest.raises(UserError) as error:
        aimed(RUN, order)
    assert why in str(error.value)


def test_ranks_nodes_and_all_that_stand_still() -> None:
    for order in (
        DrillOrder(DrillKind.KILL, rank=3),
        DrillOrder(DrillKind.MEMORY, node=1),
        DrillOrder(DrillKind.RESUME),
        DrillOrder(DrillKind.NODE, node=1),
    ):
        assert aimed(RUN, order) == order


def test_a_rank_that_is_over() -> None:
    over = replace(RANKS[1], status=RunStatus.COMPLETED, ended=AT)
    with pytest.raises(UserError, match="Rank 1 of r-1 is over already: Completed"):
        aimed(replace(RUN, ranks=(RANKS[0], over)), DrillOrder(DrillKind.KILL, rank=1))


def test_a_run_that_is_over_and_one_of_elsewhere() -> None:
    order = DrillOrder(DrillKind.KILL, rank=1)
    backend = DrilledBackend()
    with pytest.raises(UserError, match="r-1 is over: Failed"):
        asyncio.run(drill(backend, replace(RUN, status=RunStatus.FAILED), order))
    with pytest.raises(UserError, match="r-1 is no run of this machine"):
        asyncio.run(drill(ScriptedBackend(), RUN, order))
    assert backend.orders == []
    assert asyncio.run(drill(backend, RUN, order)).text == "rank 1 was killed"
    assert backend.orders == [order]


def test_a_drilled_run_is_kept_as_it_was() -> None:
    run = replace(RUN, drills=(Drill("kill", AT, "rank 1 was killed", 1, None, (1,)),))
    assert from_json(RunSnapshot, to_json(run)) == run
