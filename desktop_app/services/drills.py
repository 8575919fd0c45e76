"""Fault drills as a person orders them: to a live run, of a rank or a node that it has."""

from __future__ import annotations

from desktop_app.api import Drill, DrillKind, DrillOrder, Drills, JobBackend, RunSnapshot, UserError

OF_NODES = frozenset({DrillKind.EVICT, DrillKind.NODE})


async def drill(backend: JobBackend, run: RunSnapshot, order: DrillOrder) -> Drill:
    """Have it done and return what was done. Raises UserError where it can't be, OutsideError where nobody answers."""
    return await refuse(backend, run).drill(run.handle, aimed(run, order))


def refuse(backend: JobBackend, run: RunSnapshot) -> Drills:
    """Return who can do it. Raises UserError for a run that can't be drilled."""
    if run.is_over:
        raise UserError(f"{run.run} is over: {run.status.value}.", hint="A drill needs a run that goes on.")
    if not isinstance(backend, Drills):
        raise UserError(f"{run.run} is no run of this machine, and only those can be drilled.")
    return backend


def aimed(run: RunSnapshot, order: DrillOrder) -> DrillOrder:
    """Return the order with the rank or node filled in where there is one only. Raises UserError where it misses."""
    nodes = sorted({each.node for each in run.ranks})
    if order.kind in OF_NODES:
        node = _one("node", order.kind, order.node, nodes, run)
        return DrillOrder(order.kind, None, node, order.notice)
    if order.rank is None and (order.node is not None or order.kind is DrillKind.RESUME):
        _known("node", order.node, nodes, run)
        return order
    rank = _one("rank", order.kind, order.rank, [each.rank for each in run.ranks], run)
    _refuse_the_ended(run, rank)
    return DrillOrder(order.kind, rank, None, order.notice)


def _one(what: str, kind: DrillKind, wanted: int | None, there: list[int], run: RunSnapshot) -> int:
    if wanted is None and len(there) == 1:
        return there[0]
    if wanted is None:
        raise UserError(f"Say which {what} to drill.", hint=f"`--{what} {there[-1] if there else 0}`, for instance.")
    _known(what, wanted, there, run)
    return wanted


def _known(what: str, wanted: int | None, there: list[int], run: RunSnapshot) -> None:
    if wanted is not None and wanted not in there:
        raise UserError(f"{run.run} has no {what} {wanted}.", hint=f"It has {', '.join(map(str, there)) or 'none'}.")


def _refuse_the_ended(run: RunSnapshot, rank: int) -> None:
    ended = [each for each in run.ranks if each.rank == rank and each.ended is not None]
    if ended:
        raise UserError(f"Rank {rank} of {run.run} is over already: {ended[0].status.value}.")
