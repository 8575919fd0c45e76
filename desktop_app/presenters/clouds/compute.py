"""Compute targets as a table, a new cluster as a form, and quota as bars."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from desktop_app.api import Compute, ComputeSpec, Headroom, Quota, RunSnapshot, SizeOffer, Workspace
from desktop_app.core.words import limit_text, plural
from desktop_app.presenters.clouds.places import CLOUD
from desktop_app.services.catalogues import facts, vm_size
from desktop_app.services.run_copies import planned_compute

HEADERS = ("Name", "State", "Nodes", "Size", "Limits", "Idle after", "Priority")
USUAL = ComputeSpec("gpu-cluster", "", minimum=0, maximum=4, idle_seconds=120)
"""The cluster of Azure ML's own articles: nothing runs, and nothing costs, while nobody trains."""
CLUSTER = "AmlCompute"
_READY = frozenset({"succeeded", "running"})
_BROKEN = frozenset({"failed", "canceled"})
_FEW = 8
_NAMED = 3
_TIGHT = 0.8


@dataclass(frozen=True, slots=True)
class ComputeRow:
    """A compute target in the table: its cells in the order of `HEADERS`, the icon and colour of its state."""

    compute: Compute
    cells: tuple[str, ...]
    icon: str
    role: str


def rows(computes: Sequence[Compute]) -> tuple[ComputeRow, ...]:
    """Return the table's rows, by name."""
    return tuple(_row(each) for each in sorted(computes, key=lambda each: each.name.lower()))


def _row(compute: Compute) -> ComputeRow:
    picture, role, word = _state(compute)
    is_cluster = compute.kind == CLUSTER
    cells = (
        compute.name,
        word,
        nodes_text(compute) if is_cluster else "–",
        size_name(compute.vm_size) or "–",
        f"{compute.minimum} to {compute.maximum}" if is_cluster else "–",
        limit_text(compute.idle_seconds) if compute.idle_seconds else "–",
        ("low" if compute.low_priority else "dedicated") if is_cluster else compute.kind,
    )
    return ComputeRow(compute, cells, picture, role)


def _state(compute: Compute) -> tuple[str, str, str]:
    state = compute.state.lower()
    if state in _BROKEN:
        return "mdi6.close-circle-outline", "failed", compute.state
    if compute.errors:
        return "mdi6.alert-outline", "canceled", f"{_word(compute)}, with errors"
    if state in _READY:
        return "mdi6.check-circle-outline", "completed", _word(compute)
    if state == "stopped":
        return "mdi6.stop-circle-outline", "waiting", compute.state
    return "mdi6.progress-wrench", "preparing", compute.state


def size_name(name: str) -> str:
    """Return a VM size's name as Azure's pages write it; the service answers in capitals."""
    known = vm_size(name)
    return known.name if known is not None else name


def _word(compute: Compute) -> str:
    return "Ready" if compute.state == "Succeeded" else compute.state


def nodes_text(compute: Compute) -> str:
    """Return what a cluster's nodes do: `2 running, 1 idle`; `none` where nothing runs and nothing costs."""
    counted = ", ".join(f"{count} {_node_word(name)}" for name, count in compute.nodes.items() if count)
    if compute.target != compute.current:
        return f"{counted or compute.current} → {compute.target}"
    return counted or ("none" if not compute.current else str(compute.current))


def runs_on(runs: Iterable[RunSnapshot], workspace: Workspace, compute: str) -> list[str]:
    """Return the names of the runs known here that go on, or wait, on a workspace's compute target."""
    start = f"{CLOUD}://{workspace.key}/".lower()
    live = (each for each in runs if not each.is_over and each.trial is None and each.handle.lower().startswith(start))
    return sorted(each.display_name or each.run for each in live if planned_compute(each).lower() == compute.lower())


def deleting_text(compute: Compute, runs: Sequence[str]) -> str:
    """Return what deleting a compute target does, to whom."""
    nodes = compute.nodes.get("running", 0)
    parts = [f"{plural(nodes, 'node')} {'is' if nodes == 1 else 'are'} running jobs"] if nodes else []
    if runs:
        named = [*runs[:_NAMED], f"{len(runs) - _NAMED} more"] if len(runs) > _NAMED + 1 else list(runs)
        listed = " and ".join(each for each in (", ".join(named[:-1]), named[-1]) if each)
        parts.append(f"{listed} {'is' if len(runs) == 1 else 'are'} not over on it")
    head = f"{' and '.join(parts)}: jobs" if parts else "Jobs"
    return f"{head} that run on it end, and those that wait for it fail. This can't be undone."


def _node_word(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


# ----- a new cluster


def name_complaint(name: str, taken: Sequence[str]) -> str:
    """Return what is wrong with a cluster's name; empty where nothing is."""
    rule = facts().name_rule("compute")
    if rule and not (rule.least <= len(name) <= rule.most and re.fullmatch(rule.regex, name, re.ASCII)):
        return f"A cluster's name has {rule.says}."
    if name.lower() in (each.lower() for each in taken):
        return f"There is a compute target called {name} already."
    return ""


def free_name(taken: Sequence[str]) -> str:
    """Return the usual name, with a number where it is taken: `gpu-cluster2`, as no digits alone may follow a dash."""
    names = (USUAL.name, *(f"{USUAL.name}{number}" for number in range(2, len(taken) + 3)))
    return next(each for each in names if not name_complaint(each, taken))


def nodes_complaint(minimum: int, maximum: int) -> str:
    """Return what is wrong with a cluster's limits; empty where nothing is."""
    if maximum < 1:
        return "A cluster needs at least one node to grow to."
    return "The least number of nodes can't be above the most." if minimum > maximum else ""


def cost_note(minimum: int, idle_seconds: int) -> str:
    """Return what the limits mean for the bill."""
    if minimum:
        return f"{plural(minimum, 'node')} stay up, and cost, also while nobody trains."
    return f"Without work nothing runs and nothing costs; a node goes {limit_text(idle_seconds)} after its last job."


def size_text(size: SizeOffer) -> str:
    """Return what the list of sizes says: `Standard_NC24s_v3 – 4 × V100, 24 cores`."""
    return f"{size.name} – {gpus_text(size)}"


def gpus_text(size: SizeOffer) -> str:
    """Return a size's GPUs and cores."""
    cores = plural(size.vcpus, "core")
    if not size.gpus:
        return f"no GPU, {cores}"
    return f"{size.gpus} × {size.gpu_model or 'GPU'}, {cores}"


def size_note(size: SizeOffer, today: date) -> str:
    """Return what there is to know of a size in one line: memory, InfiniBand, price."""
    parts = [f"{size.memory_gib:g} GiB of memory"] if size.memory_gib else []
    parts.append("InfiniBand between nodes" if size.infiniband else "no InfiniBand")
    if size.price is not None:
        parts.append(f"about {size.price:g} {size.currency} an hour and node")
    if not size.low_priority:
        parts.append("not at low priority")
    return ", ".join(parts) + "."


def retirement(size: SizeOffer, today: date) -> str:
    """Return a warning where a size is retired or will be; empty for others."""
    if not size.retired_on and size.status in ("", "current"):
        return ""
    gone = bool(size.retired_on) and size.retired_on <= today.isoformat()
    when = f"{'was retired on' if gone else 'will be retired on'} {size.retired_on}" if size.retired_on else size.status
    instead = f" Take {size.successors[0]} instead." if size.successors else ""
    return f"{size.name} {when}.{instead}"


def ordered(sizes: Sequence[SizeOffer], today: date) -> list[SizeOffer]:
    """Return the sizes as they are offered: with GPUs first, those that stay before those that go, small ones first."""
    return sorted(sizes, key=lambda each: (not each.gpus, bool(retirement(each, today)), *_largeness(each)))


def _largeness(size: SizeOffer) -> tuple[int, int, str]:
    return size.gpus, size.vcpus, size.name.lower()


def room_text(room: Headroom) -> tuple[str, str]:
    """Return (tone, sentence) on whether so many nodes fit into the quota."""
    if room.fits:
        need = f": {plural(room.nodes * room.cores, 'core')} of {room.family}" if room.cores and room.family else ""
        return "success", f"{plural(room.nodes, 'node')} fit into the quota{need}."
    return "warning", room.says or f"{room.possible} of {room.nodes} nodes fit into the quota of {room.family}."


def room_beside(there: int) -> Callable[[Headroom], tuple[str, str]]:
    """Return `room_text` for a cluster of which so many nodes are there, and hold their cores already."""
    if not there:
        return room_text
    beside = f"{plural(there, 'node')} {'is' if there == 1 else 'are'} there already."

    def text(room: Headroom) -> tuple[str, str]:
        tone, said = room_text(room)
        return tone, f"{beside} More of them: {said}"

    return text


# ----- quota


@dataclass(frozen=True, slots=True)
class QuotaBar:
    """A bar: `part` of 0 to 1 is used; `tight` where little is left."""

    title: str
    says: str
    part: float
    tight: bool


def bars(quotas: Sequence[Quota], everything: bool = False) -> tuple[QuotaBar, ...]:
    """Return the bars worth a look: what is used or may be, the fullest first, then totals and sizes with GPUs."""
    wanted = [each for each in quotas if each.limit or each.used]
    wanted.sort(key=lambda each: (-(each.used / each.limit if each.limit else 1.0), _rank(each.family), each.family))
    return tuple(_bar(each) for each in (wanted if everything else wanted[:_FEW]))


def _rank(family: str) -> int:
    """Return where an unused family stands: the region's totals, then sizes with GPUs (N…), then the others."""
    if family.startswith("All sizes"):
        return 0
    return 1 if re.search(r"(?:^|\s)N[A-Z]", family) else 2


def more_bars(quotas: Sequence[Quota]) -> int:
    """Return how many bars are left out at first."""
    return max(0, sum(bool(each.limit or each.used) for each in quotas) - _FEW)


def _bar(quota: Quota) -> QuotaBar:
    part = min(1.0, quota.used / quota.limit) if quota.limit else 1.0
    says = f"{quota.used:,} of {quota.limit:,} {quota.unit} in use"
    return QuotaBar(quota.family, says, part, part >= _TIGHT)
