"""Ranks that never end by themselves, such as parameter servers: ended once all others are done. Told the time."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from desktop_app.worker.supervisor import processes, trees
from desktop_app.worker.supervisor.ending import Ending, Grace, Step
from desktop_app.worker.supervisor.ranks import Rank


class Serving:
    """The ranks that serve. Where all do, none does: somebody has to end by himself."""

    def __init__(self, ranks: Sequence[Rank], grace: Grace) -> None:
        self._others = [each for each in ranks if not each.serves]
        self._ranks = [each for each in ranks if each.serves and self._others]
        self._ending = Ending(grace)

    def is_dismissed(self, rank: Rank) -> bool:
        """Whether a rank has served: all that it served are Completed, and how it ends is no matter."""
        return self._ending.begun and rank in self._ranks

    def press(self, now: float) -> None:
        """End them once it is time: after their own grace by SIGTERM, then by SIGKILL."""
        if not self._ranks:
            return
        if not self._ending.begun and all(each.exit_code == 0 for each in self._others):
            self._ending.begin(now, own_grace=True)
        step = self._ending.step(now)
        for rank in self._ranks if step in (Step.TERMINATE, Step.KILL) else ():
            if rank.alive and step is Step.TERMINATE:
                processes.send_group(rank.pid, signal.SIGTERM)
                trees.go_on(rank.pid)
            elif rank.alive:
                trees.kill(rank.pid)
