"""A cluster's nodes: as many as its jobs and its minimum need, given back when they were idle for long enough.

Nodes follow the jobs whenever somebody looks: nothing ticks while nobody asks. How long a node takes to come is the
delay `node` (default 0); recordings show the members and words, not the pace.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.emulator.service import Service
from tests.emulator.sizes import LOW_PRIORITY, Quotas, cores_of
from tests.emulator.state import Json, Resource, Workspace

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


@dataclass(slots=True)
class Nodes:
    """How many nodes there are and should be, of which `running` work; `preempted` ones were taken away."""

    current: int = 0
    target: int = 0
    running: int = 0
    preempted: int = 0
    changed: datetime = datetime(1, 1, 1, tzinfo=UTC)
    idle_since: datetime | None = None
    errors: list[Json] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """The nodes by state, as the service names the states."""
        preparing, leaving = max(0, self.target - self.current), max(0, self.current - self.target)
        return {
            "preparingNodeCount": preparing,
            "runningNodeCount": min(self.running, self.current),
            "idleNodeCount": max(0, self.current - self.running - leaving),
            "unusableNodeCount": 0,
            "leavingNodeCount": leaving,
            "preemptedNodeCount": self.preempted,
        }

    def settle(self, service: Service, workspace: Workspace, compute: Resource) -> None:
        """Bring the counts up to this moment."""
        now, scale = service.clock.now(), compute.properties["properties"]["scaleSettings"]
        least, most = int(scale["minNodeCount"]), int(scale["maxNodeCount"])
        wanted = self._wanted(
            service, workspace, compute, min(most, max(least, service.nodes_in_use(workspace, compute.name)))
        )
        self.running = min(wanted, service.nodes_in_use(workspace, compute.name))
        self._give_back_idle(now, wanted, seconds_of(scale["nodeIdleTimeBeforeScaleDown"]))
        if self.current != self.target and (now - self.changed).total_seconds() >= service.options.delay("node"):
            self.current, self.changed = self.target, now

    def _give_back_idle(self, now: datetime, wanted: int, patience: float) -> None:
        if wanted >= self.target:
            self.idle_since = None
            self._aim(wanted, now)
        elif self.idle_since is None:
            self.idle_since = now
        if self.idle_since is not None and now - self.idle_since >= timedelta(seconds=patience):
            self._aim(wanted, now)
            self.idle_since = None

    def _aim(self, target: int, now: datetime) -> None:
        if target != self.target:
            self.target, self.changed = target, now

    def _wanted(self, service: Service, workspace: Workspace, compute: Resource, nodes: int) -> int:
        """No more nodes than the quota has cores for; the cluster says so where that binds."""
        cores = cores_of(compute.properties)
        if cores is None:
            return nodes
        family, each, low = cores
        quotas = service.part(Quotas)
        limit = quotas.low_priority if low else quotas.limit(family)
        used = used_cores(service, workspace.location, compute).get(LOW_PRIORITY if low else family, 0)
        self.errors = [] if nodes * each <= limit - used else [_over(family, limit, used, nodes * each)]
        return max(0, min(nodes, (limit - used) // each))

    def described(self, service: Service, workspace: Workspace, compute: Resource) -> list[Json]:
        """Return each node as `listNodes` does."""
        self.settle(service, workspace, compute)
        return [_node(number, busy=number < self.running) for number in range(self.current)]


def settle_all(service: Service, workspace: Workspace) -> None:
    """Bring the counts of all clusters of a workspace up to this moment."""
    for each in workspace.computes.values():
        if each.properties["computeType"] == "AmlCompute" and each.properties["provisioningState"] != "Creating":
            each.more["nodes"].settle(service, workspace, each)


def used_cores(service: Service, region: str, but: Resource | None = None) -> dict[str, int]:
    """Return the cores that nodes of a region's clusters hold (`but` one), by family; LowPriority is one of them."""
    used: dict[str, int] = {}
    here = (each for each in service.state.workspaces.values() if each.location == region)
    for compute in (each for workspace in here for each in workspace.computes.values() if each is not but):
        cores = cores_of(compute.properties)
        if cores is not None:
            family = LOW_PRIORITY if cores[2] else cores[0]
            used[family] = used.get(family, 0) + compute.more["nodes"].current * cores[1]
    return used


def _node(number: int, *, busy: bool) -> Json:
    return {
        "nodeId": f"tvmps_{number:064x}_d",
        "privateIpAddress": f"10.0.0.{4 + number}",
        "publicIpAddress": None,
        "port": 50000 + number,
        "nodeState": "running" if busy else "idle",
        "runId": None,
    }


def _over(family: str, limit: int, used: int, needed: int) -> Json:
    said = (
        f"Operation results in exceeding quota limits of Total Cluster Dedicated {family} vCPUs. Maximum allowed: "
        f"{limit}, Current in use: {used}, Additional requested: {needed}."
    )
    return {"error": {"code": "ClusterCoreQuotaReached", "message": said}}


def seconds_of(duration: str) -> float:
    """Return the seconds of an ISO duration (PT2M)."""
    found = _DURATION.fullmatch(str(duration))
    if found is None:
        return 120.0
    days, hours, minutes, seconds = (float(each or 0) for each in found.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds
