"""Every process of a job as a table whose rows are asked for when they are seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from desktop_app.api import Job, RankRow, RankTable, Topology
from desktop_app.core.rank_words import RankName
from desktop_app.presenters.rank_cells import ListedCells, Mark, PlainCells, place_text
from desktop_app.services.rank_tables import PAGE, columns_of, total_of

Fetch: TypeAlias = Callable[[Job, int, int], RankTable]
MOST_PAGES = 16
"""As many are kept: a row may be long, and nobody looks at a thousand at once."""
MOST_COUNTED = 256
"""Of so many processes all are fetched at once, so that their roles can be counted and placed."""


class RankPages:
    """The rows of one job. The first page is fetched at once, others when one of their rows is asked for.

    Where fetching may take long, `wanted` is set after that: it is told which page to `fetch` in a thread and `take`.
    """

    def __init__(self, job: Job, fetch: Fetch) -> None:
        self.job = job
        self._fetch = fetch
        self.wanted: Callable[[int], object] | None = None
        first = fetch(job, 0, PAGE)
        self._pages: dict[int, Sequence[RankRow]] = {0: first.rows}
        self.says = first.says
        self.count = total_of(first, 0, PAGE) if first.rows else 0
        self.variables = columns_of(first.rows)
        self.has_names = any(each.name != str(each.rank) for each in first.rows)
        self.has_gpus = any(each.gpu for each in first.rows)
        self.has_master = any("MASTER_ADDR" in each.environment for each in first.rows)
        self._cells = self._placed(first.topology)
        self.topology = self._cells.topology
        self.roles = tuple(self._cells.roles) or (self._seen() if self.has_names else ())

    @property
    def total(self) -> int:
        """How many processes are drawn: also those of a job of which no plugin has rows, as there are too many."""
        return self.count or PlainCells(self.topology).total

    def row(self, rank: int) -> RankRow | None:
        """Return a process, fetching its page where that is not at hand; None while another fetches it."""
        page, place = divmod(rank, PAGE)
        if page not in self._pages:
            if self.wanted is not None:
                self.wanted(page)
                return None
            self.take(page, self.fetch(page))
        rows = self._pages[page]
        return rows[place] if place < len(rows) else None

    def fetch(self, page: int) -> Sequence[RankRow]:
        """Return the rows of a page. Blocks."""
        return self._fetch(self.job, page * PAGE, PAGE).rows

    def take(self, page: int, rows: Sequence[RankRow]) -> None:
        """Keep the rows of a page, and let the first one go where there are many."""
        if len(self._pages) >= MOST_PAGES:
            self._pages.pop(next(iter(self._pages)))
        self._pages[page] = rows

    def mark(self, rank: int) -> Mark:
        """Return what stands in a rank's cell."""
        row = self.row(rank) if self.has_names else None
        if row is None:
            return PlainCells(self.topology).mark(rank)
        return Mark(row.short or row.name, place_text(row.name, rank, row.node, row.local_rank), role_of(row.name))

    def cell_of(self, rank: int) -> int:
        """Return the cell of a rank."""
        return self._cells.cell_of(rank)

    def rank_in(self, cell: int) -> int | None:
        """Return the rank of a cell, None for one that is empty."""
        found = self._cells.rank_in(cell)
        return found if found is not None and found < self.total else None

    def _placed(self, topology: Topology) -> ListedCells | PlainCells:
        if not self.count or self.count > MOST_COUNTED:
            return PlainCells(topology)
        rows = [row for row in map(self.row, range(self.count)) if row is not None]
        names = {each.rank: RankName(each.name, each.short or each.name, role_of(each.name)) for each in rows}
        return ListedCells([(each.rank, each.node, each.local_rank) for each in rows], names)

    def _seen(self) -> tuple[tuple[str, int], ...]:
        """Return the roles of the first rows, uncounted."""
        return tuple((each, 0) for each in dict.fromkeys(role_of(row.name) for row in self._pages[0]))


def role_of(name: str) -> str:
    """Return `worker` of `worker 3`; nothing of a mere number."""
    return name.rstrip("0123456789").rstrip()


def where_text(row: RankRow) -> str:
    """Return a process in words: what it is called, and where it is."""
    text = place_text(row.name, row.rank, row.node, row.local_rank)
    text = text[:1].upper() + text[1:] if row.name == str(row.rank) else text
    gpus = "GPUs" if "–" in row.gpu or "," in row.gpu else "GPU"
    return f"{text}, {gpus} {row.gpu}" if row.gpu else text
