"""How many ranks there are is said alike everywhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktop_app.api import RankState, RunSnapshot, RunStatus
from desktop_app.core.rank_words import count_of_ranks, launchers_text, launches, ranks
from tests.helpers.snapshots import snapshot

AGENTS = tuple(RankState(rank, 0, rank, RunStatus.RUNNING, role="agent") for rank in range(2))
LAUNCHED = replace(snapshot("r-1"), nodes=2, ranks=AGENTS, launched=4)


def sized(nodes: int, per_node: int) -> RunSnapshot:
    return replace(snapshot("r-1"), nodes=nodes, processes_per_node=per_node)


@pytest.mark.parametrize(
    ("run", "text", "count"),
    [
        (sized(1, 1), "1 rank", 1),
        (sized(1, 2), "2 ranks", 2),
        (sized(2, 2), "2 × 2 = 4 ranks", 4),
        (sized(2, 1), "2 × 1 = 2 ranks", 2),
        (LAUNCHED, "2 launchers (4 ranks)", 4),
        (replace(LAUNCHED, ranks=AGENTS[:1], launched=1), "1 launcher (1 rank)", 1),
        (replace(LAUNCHED, launched=None), "2 launchers", 2),
    ],
)
def test_a_runs_size(run: RunSnapshot, text: str, count: int) -> None:
    assert ranks(run) == text
    assert count_of_ranks(run) == count


def test_where_one_process_is_a_rank_nobody_is_called_a_launcher() -> None:
    assert launches(AGENTS)
    assert not launches([*AGENTS, replace(AGENTS[0], role="worker")])
    assert not launches(())
    assert launchers_text(1, None) == "1 launcher"
