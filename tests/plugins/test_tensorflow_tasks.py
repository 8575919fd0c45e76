"""The tasks of a TensorFlow job: processes here, and the table of what Azure ML sets for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Distribution, Job, ProcessSpec, RankTable, Topology, UserError, VmSize
from plugins.tensorflow.launch import processes
from plugins.tensorflow.ranks import table
from plugins.tensorflow.tasks import Cluster
from tests.helpers.tensorflow_jobs import HOST, tensorflow_job

AZURE = '{"cluster":{"worker":["host0:2222","host1:2222"]},"task":{"type":"worker","index":0},"environment":"cloud"}'
FOUR_GPUS = VmSize("Standard_NC64as_T4_v3", gpus=4)


def planned(job: Job) -> Sequence[ProcessSpec]:
    found = processes(job, HOST)
    assert found is not None
    return found


def tabled(job: Job, size: VmSize | None = None, first: int = 0, count: int = 100) -> RankTable:
    found = table(job, size, first, count)
    assert found is not None
    return found


def config(each: Any) -> Any:
    return json.loads(each.environment["TF_CONFIG"])


def test_a_worker_on_each_node_finds_the_others_on_this_machine() -> None:
    first, second = planned(tensorflow_job(workers=2))
    assert (first.role, first.node, first.local_rank, first.ports) == ("worker", 0, 0, (20001,))
    assert first.argv == ("/bin/bash", "-c", "python train.py")
    assert config(second) == {
        "cluster": {"worker": ["127.0.0.1:20001", "127.0.0.1:20002"]},
        "task": {"type": "worker", "index": 1},
        "environment": "cloud",
    }
    assert set(second.environment) == {"TF_CONFIG"}
    assert not first.serves
    assert not second.serves


def test_the_table_shows_what_azure_sets_to_the_letter() -> None:
    rows = tabled(tensorflow_job(workers=2)).rows
    assert rows[0].environment == {"TF_CONFIG": AZURE}
    assert [(each.rank, each.node, each.name, each.short) for each in rows] == [
        (0, 0, "worker 0", "w0"),
        (1, 1, "worker 1", "w1"),
    ]


def test_what_all_tasks_share_is_made_once() -> None:
    asked: list[int] = []
    cluster = Cluster(servers=1, workers=99)

    def address(number: int) -> str:
        asked.append(number)
        return f"host{number}:2222"

    made = list(cluster.configs(cluster.tasks(), address))
    assert asked == [*range(100)]
    assert [json.loads(text)["task"]["index"] for _, text in made] == [0, *range(99)]


def test_parameter_servers_come_first_and_serve() -> None:
    """Azure ML's own example: two servers on the first hosts, three workers on the others."""
    job = tensorflow_job(nodes=5, workers=3, servers=2)
    rows = tabled(job, FOUR_GPUS).rows
    assert config(rows[1]) == {
        "cluster": {
            "ps": ["host0:2222", "host1:2222"],
            "worker": ["host2:2222", "host3:2222", "host4:2222"],
        },
        "task": {"type": "ps", "index": 1},
        "environment": "cloud",
    }
    assert [*config(rows[0])] == ["cluster", "task", "environment"]
    assert [each.name for each in rows] == ["ps 0", "ps 1", "worker 0", "worker 1", "worker 2"]
    assert [each.short for each in rows] == ["ps0", "ps1", "w0", "w1", "w2"]
    assert {each.gpu for each in rows} == {"0–3"}
    assert [(each.role, each.serves) for each in planned(job)] == [
        ("ps", True),
        ("ps", True),
        ("worker", False),
        ("worker", True),
        ("worker", True),
    ]


@pytest.mark.parametrize(("gpus", "shown"), [(0, ""), (1, "0"), (8, "0–7")])
def test_a_task_has_all_gpus_of_its_node(gpus: int, shown: str) -> None:
    assert [each.gpu for each in tabled(tensorflow_job(), VmSize("x", gpus=gpus)).rows] == [shown, shown]


def test_workers_that_are_not_counted_are_the_nodes_without_servers() -> None:
    assert [each.role for each in planned(tensorflow_job(nodes=3, servers=1))] == ["ps", "worker", "worker"]
    assert len(planned(tensorflow_job(nodes=None))) == 1


@pytest.mark.parametrize(
    ("nodes", "workers", "rows", "shown", "says"),
    [
        (2, 2, 2, 2, ""),
        (4, 2, 2, 4, "2 of the 4 nodes would get no task."),
        (2, 3, 3, 3, "3 tasks need 3 nodes, and the job asks for 2."),
    ],
)
def test_counts_that_do_not_fit_are_said(nodes: int, workers: int, rows: int, shown: int, says: str) -> None:
    found = tabled(tensorflow_job(nodes=nodes, workers=workers))
    assert (len(found.rows), found.topology, found.says) == (rows, Topology(shown, 1), says)
    assert len(planned(tensorflow_job(nodes=nodes, workers=workers))) == rows


@pytest.mark.parametrize(
    ("nodes", "workers", "servers"),
    [(2, 0, None), (2, -1, None), (2, 2, -1), (2, None, 2), (0, None, None), (1, 10**9, 0)],
)
def test_absurd_counts_make_no_tasks(nodes: int, workers: int | None, servers: int | None) -> None:
    job = tensorflow_job(nodes=nodes, workers=workers, servers=servers)
    assert planned(job) == ()
    assert tabled(job).rows == ()


@pytest.mark.parametrize("job", [Job("python t.py"), Job("x", distribution=Distribution("mpi"))])
def test_jobs_of_another_kind_are_left_to_others(job: Job) -> None:
    assert processes(job, HOST) is None
    assert table(job, None, 0, 9) is None


@pytest.mark.parametrize("kind", ["TensorFlow", " tensorflow "])
def test_the_types_case_does_not_matter(kind: str) -> None:
    assert planned(Job("python t.py", distribution=Distribution(kind)))


def test_too_few_free_ports_are_said() -> None:
    with pytest.raises(UserError, match="no 2 free ones") as caught:
        processes(tensorflow_job(), replace(HOST, ports=(20001,)))
    assert caught.value.hint


@given(st.integers(1, 40), st.integers(0, 20), st.integers(0, 60), st.integers(1, 60))
def test_plan_and_table_are_of_one_mind(workers: int, servers: int, first: int, count: int) -> None:
    """Whatever part of the table is asked for: the same tasks, in the same order, that differ in their addresses."""
    job = tensorflow_job(nodes=workers + servers, workers=workers, servers=servers)
    found = processes(job, replace(HOST, ports=tuple(range(20000, 20100))))
    assert found is not None
    rows = tabled(job, None, first, count).rows
    assert [each.rank for each in rows] == [*range(workers + servers)][first : first + count]
    for row in rows:
        spec = found[row.rank]
        assert (spec.rank, spec.node, spec.local_rank) == (row.rank, row.node, row.local_rank)
        assert config(spec)["task"] == config(row)["task"]
        assert row.name == f"{spec.role} {config(spec)['task']['index']}"
        mapped = {f"host{each.node}:2222": f"127.0.0.1:{each.ports[0]}" for each in found}
        azure = config(row)["cluster"]
        assert config(spec)["cluster"] == {kind: [mapped[each] for each in azure[kind]] for kind in azure}
    assert sum(not each.serves for each in found) == (1 if servers else workers)
