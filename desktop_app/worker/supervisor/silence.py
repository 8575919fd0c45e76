"""Finds the rank for which all others wait in MPI_Init: it ended, with 0, without ever calling it.

mpirun notices that among the ranks of one node alone. Each node's daemon of Open MPI listens at a port that its ranks
connect to in MPI_Init, so the system's table of connections tells who did. Linux alone has it; elsewhere none is found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from desktop_app.worker.supervisor.ranks import Rank

LOOK_EVERY = 1.0
PATIENCE = 3.0
"""Seconds for which others are seen in MPI before the silent rank is blamed."""
TABLE = Path("/proc/net/tcp")
_ESTABLISHED = "01"


class Silence:
    """Who ended without a word to the daemon, and whether others wait for him."""

    def __init__(self, table: Path = TABLE) -> None:
        self._table = table
        self._ports: dict[int, frozenset[int]] = {}
        self._silent: list[Rank] = []
        self._look_at = 0.0
        self._since: float | None = None

    def started(self, rank: Rank, facts: Mapping[str, Any]) -> None:
        """Note where the daemon of a rank's node listens."""
        self._ports[rank.number] = frozenset(map(int, facts.get("ports", ())))

    def ended(self, rank: Rank, facts: Mapping[str, Any]) -> None:
        """Note how a rank ended."""
        if facts.get("exit_code") == 0 and facts.get("in_touch") is False:
            self._silent.append(rank)

    def culprit(self, ranks: Sequence[Rank], now: float) -> Rank | None:
        """Return the silent rank for which others wait; asks the system once a second, and only if there is one."""
        if not self._silent or now < self._look_at:
            return None
        self._look_at = now + LOOK_EVERY
        ports = {port for each in ranks if each.alive for port in self._ports.get(each.number, ())}
        if not ports & connected(self._table):
            self._since = None
            return None
        self._since = now if self._since is None else self._since
        return self._silent[0] if now >= self._since + PATIENCE else None


def connected(table: Path = TABLE) -> set[int]:
    """Return the ports that somebody is connected to; none where the system does not say."""
    try:
        rows = [line.split() for line in table.read_text("ascii").splitlines()[1:]]
    except OSError:
        return set()
    return {int(row[2].rpartition(":")[2], 16) for row in rows if row[3] == _ESTABLISHED}
