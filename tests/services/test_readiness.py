"""What stands in a job's way in its workspace: asked before it is sent, in one sentence each."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from desktop_app.api import (
    Cloud,
    Compute,
    Headroom,
    Job,
    OutsideError,
    Resources,
    Severity,
    SubmissionPlan,
    Sweep,
    UserError,
    Workspace,
)
from desktop_app.services.readiness import new_nodes, readiness, waits_for

WORKSPACE = Workspace("vision", "s", "g")
CLUSTER = Compute("gpu-cluster", "AmlCompute", "Succeeded", "Standard_NC4as_T4_v3", maximum=4)


@dataclass
class FakeCloud:
    """A cloud with these computes and so much room; remembers what was asked of it."""

    found: list[Compute] = field(default_factory=lambda: [CLUSTER])
    possible: int = 4
    error: UserError | None = None
    asked: list[tuple[str, int, bool]] = field(default_factory=list)
    clock: str = ""

    def clock_off(self) -> str:
        """Return what there is to say of the clock."""
        return self.clock

    async def computes(self, _workspace: Workspace) -> list[Compute]:
        """Return them."""
        return self.found

    async def headroom(self, _workspace: Workspace, size: str, nodes: int, low: bool = False) -> Headroom:
        """Return the room there is."""
        self.asked.append((size, nodes, low))
        if self.error:
            raise self.error
        says = "" if self.possible >= nodes else f"{nodes} nodes are too many."
        return Headroom(size, "family", 4, nodes, self.possible, says)


def plan(compute: str | None = "azureml:gpu-cluster", nodes: int = 2, size: str | None = None) -> SubmissionPlan:
    """Return a plan of a job on so many nodes."""
    job = Job("x", compute=compute, resources=Resources(instance_count=nodes, instance_type=size))
    return SubmissionPlan("azureml", job, "", job.topology, ())


async def codes(cloud: FakeCloud, made: SubmissionPlan) -> list[tuple[str, Severity]]:
    return [(each.code, each.severity) for each in await readiness(cast("Cloud", cloud), WORKSPACE, made)]


async def test_a_cluster_with_room_is_nothing_to_say() -> None:
    cloud = FakeCloud()
    assert await codes(cloud, plan()) == []
    assert cloud.asked == [("Standard_NC4as_T4_v3", 2, False)]


async def test_a_compute_that_is_not_there_names_the_nearest() -> None:
    (found,) = await readiness(cast("Cloud", FakeCloud()), WORKSPACE, plan("gpucluster"))
    assert (found.severity, found.path) == (Severity.ERROR, "compute")
    assert "vision has no compute target “gpucluster”. Did you mean “gpu-cluster”?" in found.message
    assert "`rankzero compute create gpucluster`" in found.message


@pytest.mark.parametrize(
    ("change", "severity", "code", "step"),
    [
        ({"state": "Deleting"}, Severity.ERROR, "compute-state", "name another compute target, or wait until"),
        ({"state": "Failed", "errors": ("No quota.",)}, Severity.WARNING, "compute-state",
         "is failed (No quota), so that no job can run there: name another compute target, or `rankzero"),
        ({"state": "Stopped", "kind": "ComputeInstance"}, Severity.WARNING, "compute-state", "start it on its page"),
        ({"maximum": 1}, Severity.WARNING, "too-many-nodes", "scale it first"),
    ],
)  # fmt: skip
async def test_a_compute_that_can_not_take_it(change: dict[str, Any], severity: Severity, code: str, step: str) -> None:
    cloud = cast("Cloud", FakeCloud([dataclasses.replace(CLUSTER, **change)]))
    (found,) = await readiness(cloud, WORKSPACE, plan())
    assert (found.code, found.severity) == (code, severity)
    assert step in found.message


def sweep(nodes: int = 1, once: int = 3, **more: Any) -> SubmissionPlan:
    """Return a plan of a sweep of ten trials."""
    made = plan(nodes=nodes, **more)
    searched = Sweep({}, "accuracy", max_total_trials=10, max_concurrent_trials=once)
    return dataclasses.replace(made, job=dataclasses.replace(made.job, sweep=searched))


async def test_a_sweep_takes_the_nodes_of_all_trials_that_run_at_a_time() -> None:
    cloud = FakeCloud()
    assert await codes(cloud, sweep(nodes=1, once=3)) == []
    assert await codes(cloud, sweep(nodes=2, once=8)) == [("trials-wait", Severity.INFO)]
    assert await codes(cloud, sweep(nodes=5)) == [("too-many-nodes", Severity.WARNING)]
    assert [nodes for _size, nodes, _low in cloud.asked] == [3, 4, 4]
    (serverless,) = await readiness(
        cast("Cloud", FakeCloud()), WORKSPACE, sweep(nodes=1, once=9, compute=None, size="Standard_NC4as_T4_v3")
    )
    assert serverless.message == "9 nodes are too many. Trials that find no nodes wait for those before them."


async def test_of_a_sweep_the_cluster_says_how_many_trials_run() -> None:
    (found,) = await readiness(cast("Cloud", FakeCloud()), WORKSPACE, sweep(nodes=2, once=8))
    assert found.message == "gpu-cluster grows to 4 nodes: 2 of 8 trials run at a time, others wait."


async def test_a_clock_that_is_off_is_told_whatever_else_there_is() -> None:
    cloud = FakeCloud(clock="This computer's clock is 60 minutes ahead of Azure's.")
    (found,) = await readiness(cast("Cloud", cloud), WORKSPACE, plan())
    assert (found.code, found.severity, found.message) == ("clock-off", Severity.WARNING, cloud.clock)


async def test_quota_that_is_short() -> None:
    (found,) = await readiness(cast("Cloud", FakeCloud(possible=1)), WORKSPACE, plan())
    assert (found.code, found.message) == ("quota", "2 nodes are too many.")


async def test_idle_nodes_hold_their_cores_already() -> None:
    cloud = FakeCloud(
        [Compute("gpu-cluster", "AmlCompute", "Succeeded", "s", maximum=4, nodes={"idle": 3})], possible=0
    )
    assert await codes(cloud, plan(nodes=3)) == []
    assert cloud.asked == []
    assert await codes(cloud, plan(nodes=4)) == [("quota", Severity.WARNING)]


def test_nodes_that_work_for_others_are_waited_for_and_not_started_anew() -> None:
    full = dataclasses.replace(CLUSTER, maximum=4, nodes={"running": 3, "idle": 0})
    assert (new_nodes(plan(nodes=2), full), waits_for(plan(nodes=2), full)) == (1, 1)
    assert (new_nodes(plan(nodes=1), full), waits_for(plan(nodes=1), full)) == (1, 0)
    assert waits_for(plan(nodes=5), full) == 0, "more than it may ever have is another matter"


async def test_an_instance_starts_no_nodes() -> None:
    cloud = FakeCloud([Compute("ci", "ComputeInstance", "Running", "s")], possible=0)
    assert await codes(cloud, plan("ci", 1)) == []


async def test_serverless_asks_for_its_size() -> None:
    cloud = FakeCloud(possible=1)
    assert await codes(cloud, plan(None, 2, "Standard_X")) == [("quota", Severity.WARNING)]
    assert await codes(FakeCloud(error=UserError("No such size.")), plan(None, 2, "Standard_X")) == [
        ("unknown-vm-size", Severity.ERROR)
    ]
    assert await codes(cloud, plan(None, 2)) == []


async def test_a_cluster_of_a_size_that_is_gone_is_not_refused() -> None:
    assert await codes(FakeCloud(error=UserError("No such size.")), plan()) == []


async def test_who_can_not_be_asked_says_so() -> None:
    with pytest.raises(OutsideError):
        await codes(FakeCloud(error=OutsideError("Offline.")), plan())
