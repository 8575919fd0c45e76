"""How many ranks there are is said alike everywhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktop_app.api import ProcessSpec, RankState, RunSnapshot, RunStatus
from desktop_app.core.rank_words import count_of_ranks, has_roles, launchers_text, launches, names_of, ranks, roles_text
from tests.helpers.snapshots import snapshot

AGENTS = tuple(RankState(rank, 0, rank, RunStatus.RUNNING, role="agent") for rank in range(2))
SERVERS = tuple(
    RankState(rank, 0, rank, RunStatus.RUNNING, role=role) for rank, role in enumerate(("ps", *3 * ("worker",)))
)
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
        (replace(sized(4, 1), ranks=SERVERS), "3 workers, 1 parameter server", 4),
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


def test_ranks_are_called_by_their_roles_where_those_differ() -> None:
    assert [each.name for each in names_of(SERVERS).values()] == ["ps 0", "worker 0", "worker 1", "worker 2"]
    assert [each.short for each in names_of(SERVERS).values()] == ["ps0", "w0", "w1", "w2"]
    assert [each.name for each in names_of(SERVERS[1:]).values()] == ["1", "2", "3"]
    assert not has_roles(())


def test_there_is_one_head_and_it_needs_no_number() -> None:
    head = replace(SERVERS[0], role="head")
    assert [each.name for each in names_of([head, *SERVERS[1:]]).values()][:2] == ["head", "worker 0"]
    assert roles_text(["head", "worker", "ps", "ps"]) == "2 parameter servers, 1 head, 1 worker"


def test_tensorflows_workers_are_called_so_though_there_is_nothing_else() -> None:
    alike = [ProcessSpec(each, 0, each, ("python",), {}) for each in range(2)]
    assert [each.short for each in names_of(alike, "tensorflow").values()] == ["w0", "w1"]
    assert [each.short for each in names_of(alike, "pytorch").values()] == ["0", "1"]
    assert [each.short for each in names_of(alike[:1], "tensorflow").values()] == ["0"]
