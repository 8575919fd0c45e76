"""Fault drills: what a person asked to have done to the ranks of a live run, to see how it bears it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from desktop_app.worker.supervisor import limits, trees
from desktop_app.worker.supervisor.orders import Order, Refused
from desktop_app.worker.supervisor.ranks import Rank

FILE_LIMIT = 64 << 10
"""Bytes that a file may have under the disk drill, on top of the rank's log, which should still tell the error."""
LARGEST_FILE = 1 << 20


class Drills:
    """What was done to whom. The texts are clauses: `rank 1 was killed`."""

    def __init__(self, ranks: Sequence[Rank], done: list[dict[str, Any]]) -> None:
        self._ranks = ranks
        self.done = done
        self.stopped: set[int] = set()
        self.evicted = ""
        self._ends: dict[int, float] = {}
        self._kinds: dict[str, Callable[[list[Rank], Order, float], str]] = {
            "kill": self._kill,
            "stop": self._stop,
            "resume": self._resume,
            "evict": self._evict,
            "memory": self._memory,
            "disk": self._disk,
            "node": self._cut_off,
        }

    def do(self, order: Order, at: str, now: float) -> dict[str, Any]:
        """Do what is asked; return the record of it. Raises Refused."""
        act = self._kinds.get(order.kind)
        if act is None:
            raise Refused(f"There is no drill “{order.kind[:40]}”.")
        ranks = self._meant(order)
        try:
            text = act(ranks, order, now)
        except limits.Unable as error:
            raise Refused(str(error)) from error
        aim = {"rank": order.number("rank"), "node": order.number("node")}
        record = {"kind": order.kind, "at": at, "text": text, "ranks": [each.number for each in ranks], **aim}
        self.done.append(record)
        return record

    def press(self, now: float) -> None:
        """End the evicted whose notice is over."""
        for number in [each for each, end in self._ends.items() if now >= end]:
            del self._ends[number]
            self._each(trees.kill, [each for each in self._ranks if each.number == number])

    def free_from(self, now: float) -> float:
        """Return from when on the others may be ended because a rank fell: an evicted one has its notice to the end."""
        alive = {each.number for each in self._ranks if each.alive}
        return max([now, *(end for number, end in self._ends.items() if number in alive)])

    def release(self) -> None:
        """Have go on whoever stands still: a stopped process would not hear that it should end."""
        self._each(trees.go_on, [each for each in self._ranks if each.number in self.stopped])
        self.stopped.clear()

    def before(self, rank: int) -> str:
        """Return what the last drill did that hit a rank, or any rank; empty where there was none."""
        faults = [each for each in self.done if each["kind"] != "resume"]
        hits = [each for each in faults if rank in each["ranks"]] or faults
        return f"{hits[-1]['text']} at {hits[-1]['at'][11:19]} UTC" if hits else ""

    # Who is meant

    def _meant(self, order: Order) -> list[Rank]:
        rank, node = order.number("rank"), order.number("node")
        if rank is not None:
            return [self._one(rank)]
        if node is not None:
            return self._of_node(node)
        if order.kind == "resume":
            return self._standing(self._ranks)
        raise Refused("A drill needs a rank or a node.")

    def _one(self, number: int) -> Rank:
        found = [each for each in self._ranks if each.number == number]
        if not found:
            raise Refused(f"The run has no rank {number}.")
        if not found[0].alive:
            raise Refused(f"Rank {number} is over already.")
        return found[0]

    def _of_node(self, node: int) -> list[Rank]:
        found = [each for each in self._ranks if each.spec["node"] == node]
        if not found:
            raise Refused(f"The run has no node {node}.")
        alive = [each for each in found if each.alive]
        if not alive:
            raise Refused(f"All ranks of node {node} are over already.")
        return alive

    def _standing(self, ranks: Iterable[Rank]) -> list[Rank]:
        found = [each for each in ranks if each.alive and each.number in self.stopped]
        if not found:
            raise Refused("No rank stands still.")
        return found

    # What is done

    def _kill(self, ranks: list[Rank], order: Order, now: float) -> str:
        self._each(trees.kill, ranks)
        return f"{_named(ranks)} killed"

    def _stop(self, ranks: list[Rank], order: Order, now: float) -> str:
        self._each(trees.stop, ranks)
        self.stopped |= {each.number for each in ranks}
        return f"{_named(ranks)} stopped"

    def _cut_off(self, ranks: list[Rank], order: Order, now: float) -> str:
        if order.number("node") is None:
            raise Refused("This drill is for a node: give one.")
        self._stop(ranks, order, now)
        return f"node {order.number('node')} was cut off: {_named(ranks)} stopped"

    def _resume(self, ranks: list[Rank], order: Order, now: float) -> str:
        standing = self._standing(ranks)
        ranks[:] = standing
        self._each(trees.go_on, standing)
        self.stopped -= {each.number for each in standing}
        return f"{_named(standing)} resumed"

    def _evict(self, ranks: list[Rank], order: Order, now: float) -> str:
        if order.number("node") is None:
            raise Refused("This drill is for a node: give one.")
        if sys.platform == "win32":
            raise Refused("Windows knows no notice of the end: drill kill instead.")
        seconds = order.notice
        self._each(trees.terminate, ranks)
        self._each(trees.go_on, [each for each in ranks if each.number in self.stopped])
        self.stopped -= {each.number for each in ranks}
        self._ends |= {each.number: min(now + seconds, self._ends.get(each.number, now + seconds)) for each in ranks}
        text = f"node {order.number('node')} was evicted with {seconds:g} s of notice"
        self.evicted = text
        return text

    def _memory(self, ranks: list[Rank], order: Order, now: float) -> str:
        size = sum(limits.freeze_memory(trees.members(each.pid)) for each in ranks)
        return f"{_named(ranks)} kept from taking more memory than the {size >> 20} MiB of addresses it had"

    def _disk(self, ranks: list[Rank], order: Order, now: float) -> str:
        for each in ranks:
            size = min(_size(each) + FILE_LIMIT, LARGEST_FILE)
            limits.freeze_files(trees.members(each.pid), size)
        return f"{_named(ranks)} kept from letting any file grow beyond {size >> 10} KiB"

    @staticmethod
    def _each(act: Callable[[int], None], ranks: Iterable[Rank]) -> None:
        for each in ranks:
            if each.alive:
                act(each.pid)


def _size(rank: Rank) -> int:
    try:
        return rank.log.stat().st_size
    except OSError:
        return 0


def _named(ranks: Sequence[Rank]) -> str:
    numbers = [str(each.number) for each in ranks]
    if len(numbers) == 1:
        return f"rank {numbers[0]} was"
    return f"ranks {', '.join(numbers[:-1])} and {numbers[-1]} were"
