"""The lines of a run's logs that tell of errors, found once: later only what was written since is searched."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

from desktop_app.services.logs.encodings import UTF_8
from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.merge import Key, LogSource
from desktop_app.services.logs.search import ERRORS, Query, search


class Errors:
    """Holds where errors are in some logs. Asked for others it begins anew, and where a log became shorter."""

    def __init__(self) -> None:
        self._sources: tuple[LogSource, ...] = ()
        self._searched: Mapping[LogSource, int] = {}
        self._found: set[Key] = set()
        self._busy = asyncio.Lock()

    async def places(self, sources: Sequence[LogSource]) -> list[Key]:
        """Return the lines that tell of errors, by time; raises OutsideError where the search breaks off."""
        async with self._busy:
            sizes = await asyncio.to_thread(_sizes, sources)
            if tuple(sources) != self._sources or any(size < self._searched[each] for each, size in sizes.items()):
                self._sources, self._searched, self._found = tuple(sources), dict.fromkeys(sources, 0), set()
            grown = [each for each, size in sizes.items() if size > self._searched[each]]
            if grown:
                begins = await asyncio.to_thread(_begins, grown, self._searched)
                found = await places_of(grown, ERRORS, begins)
                self._found = {each for each in self._found if each[2] < begins.get(each[1], each[2] + 1)} | found
                self._searched = sizes
            return sorted(self._found)


async def places_of(sources: Sequence[LogSource], query: Query, begins: Mapping[int, int] | None = None) -> set[Key]:
    """Return the lines that match; of some ranks' logs only those that begin at a byte of theirs or after it."""
    found: set[Key] = set()
    async with contextlib.aclosing(search(sources, query, begins=begins)) as parts:
        async for part in parts:
            found |= {(each.time, each.rank, each.offset) for each in part.matches}
    return found


def _sizes(sources: Sequence[LogSource]) -> dict[LogSource, int]:
    return {each: LogFile(each.log).size() for each in sources}


def _begins(sources: Sequence[LogSource], searched: Mapping[LogSource, int]) -> dict[int, int]:
    """Return where the last line starts that was searched, as it may have grown; all of UTF-16 is searched anew."""
    files = {each: LogFile(each.log) for each in sources}
    ends = {each: max(0, searched[each] - 1) if file.encoding == UTF_8 else 0 for each, file in files.items()}
    return {each.rank: file.line_start(ends[each]) for each, file in files.items()}
