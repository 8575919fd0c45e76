"""Watches live runs for silence, each by its own habit, and says so once for each time.

Those on this machine all the time; those in a workspace while their page is open: then their logs come here.
"""

from __future__ import annotations

import asyncio
import json
import os
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from desktop_app.api import RunSnapshot, RunStatus
from desktop_app.core.habits import IDLE, Lack, Quiet, is_busy, lacking, quiet
from desktop_app.core.observable import Signal
from desktop_app.services.logs.sources import logs_of
from desktop_app.services.run_store import RunStore

EVERY = 10.0
"""Seconds between two looks."""
SLEPT = 60.0
"""Seconds beyond that after which this machine, or this program, slept."""
MARKS = 512
"""Marks of each log's clock that tell the habit: the last ones."""
MOST_LOGS = 64
SAMPLED = 128 << 10
"""Bytes at the end of the samples, and of the metrics, that are read."""
REMEMBERED = 4096
"""Seconds in which a GPU was seen at work that are remembered of each run: an hour and more."""
HEARD = 15.0
"""Seconds for which a run in a workspace counts as heard after its page told of it."""
RECENT = 60.0
"""Seconds of samples that tell whether a run is busy now."""
_MARK = struct.Struct("<dQ")

Beats = Callable[[RunSnapshot], "Signs"]


class Signs:
    """What a run's files tell: when something came, and its use of CPU and GPU by time.

    `steps` are when a metric came, `gpu` when a GPU was seen at work.
    """

    def __init__(
        self,
        beats: Iterable[float] = (),
        use: Iterable[tuple[float, float]] = (),
        steps: Iterable[float] = (),
        gpu: Iterable[float] = (),
    ) -> None:
        self.beats, self.use = list(beats), list(use)
        self.steps, self.gpu = list(steps), list(gpu)

    def busy(self, now: float) -> bool | None:
        """Return whether CPU or GPU go on as before."""
        recent = [each for at, each in self.use if at > now - RECENT]
        return is_busy(recent, [each for at, each in self.use if at <= now - RECENT])


def signs_of(run: RunSnapshot) -> Signs:
    """Return the signs of life of a run on this machine. Reads the ends of a few files."""
    folder = Path(run.folder)
    beats: list[float] = []
    for log in list(logs_of(run))[:MOST_LOGS]:
        beats += _marks(folder / "clock" / f"{log.label}.bin")
    told = (_number(line.get("time")) for line in _lines(folder / "metrics.jsonl"))
    steps = [each for each in told if each is not None]
    beats += steps
    if run.started is not None:
        beats.append(run.started.timestamp())
    samples = list(_lines(folder / "resources.jsonl"))
    return Signs(beats, _use(samples), steps, _gpu(samples))


def _marks(clock: Path) -> list[float]:
    data = _end(clock, MARKS * _MARK.size, _MARK.size)
    return [when for when, _size in _MARK.iter_unpack(data[: len(data) // _MARK.size * _MARK.size]) if when > 0]


def _end(path: Path, size: int, unit: int = 1) -> bytes:
    """Return the end of a file, from a multiple of `unit` on."""
    try:
        with path.open("rb") as file:
            whole = file.seek(0, os.SEEK_END) // unit * unit
            file.seek(max(0, whole - size))
            return file.read(size)
    except OSError:
        return b""


def _lines(path: Path) -> Iterator[Mapping[str, object]]:
    for line in _end(path, SAMPLED).splitlines():
        try:
            data = json.loads(line)
        except ValueError:
            continue
        if isinstance(data, dict):
            yield data


def _use(lines: Iterable[Mapping[str, object]]) -> Iterator[tuple[float, float]]:
    """Yield when a sample was taken, and how much of a core or of a GPU was used: what is more."""
    for line in lines:
        at, cpu, gpu = (_number(line.get(name)) for name in ("time", "cpu", "gpu"))
        if at is not None and cpu is not None:
            yield at, max(cpu, gpu or 0.0)


def _gpu(lines: Iterable[Mapping[str, object]]) -> Iterator[float]:
    """Yield when a GPU was seen at work."""
    for line in lines:
        at, gpu = _number(line.get("time")), _number(line.get("gpu"))
        if at is not None and gpu is not None and gpu >= IDLE:
            yield at


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


class StallWatch:
    """Which runs are quiet now. Lives on the event loop's thread; files are read in another one.

    `stalled` carries a handle once for each time that a run falls silent: again only after something came from it.
    `changed` carries those that fell silent or came back.
    """

    def __init__(self, now: Callable[[], float] = time.time, signs: Beats = signs_of) -> None:
        self._now, self._signs = now, signs
        self._quiet: dict[str, Quiet] = {}
        self._gpu: dict[str, list[float]] = {}
        self._heard: dict[str, tuple[float, float]] = {}
        self._looked: float | None = None
        self._awake_since = 0.0
        self.stalled: Signal[[str]] = Signal()
        self.changed: Signal[[frozenset[str]]] = Signal()

    @property
    def quiet(self) -> Mapping[str, Quiet]:
        """The runs that are quiet, by handle."""
        return MappingProxyType(self._quiet)

    def text(self, handle: str) -> str:
        """Return `quiet for 4 min`, or nothing for a run that is as always."""
        found = self._quiet.get(handle)
        return "" if found is None else found.text(self._now())

    def sentence(self, handle: str) -> str:
        """Return what is known of a run's silence; empty for one that is as always."""
        found = self._quiet.get(handle)
        return "" if found is None else found.sentence(self._now())

    def hear(self, handle: str) -> None:
        """Note that a run's logs come here, from a workspace: to be called again and again, as long as that is so."""
        now = self._now()
        since, last = self._heard.get(handle, (now, now))
        self._heard[handle] = (since if now - last <= HEARD else now, now)

    async def watch(self, store: RunStore, every: float = EVERY) -> None:
        """Keep looking until cancelled."""
        while True:
            await self.look(store)
            await asyncio.sleep(every)

    async def look(self, store: RunStore) -> None:
        """Look at every live run once."""
        now = self._now()
        if self._looked is not None and now - self._looked > EVERY + SLEPT:
            self._awake_since = now
        self._looked = now
        self._heard = {handle: each for handle, each in self._heard.items() if now - each[1] <= HEARD}
        live = [each for each in store.runs.values() if self._may(each)]
        self._gpu = {each.handle: self._gpu[each.handle] for each in live if each.handle in self._gpu}
        found = await asyncio.to_thread(self._all, live, now)
        self._take({handle: each for handle, each in found.items() if self._may(store.get(handle))})

    def _may(self, run: RunSnapshot | None) -> bool:
        return run is not None and may_stall(run, is_heard=run.handle in self._heard)

    def _all(self, runs: Iterable[RunSnapshot], now: float) -> dict[str, Quiet]:
        found = {}
        for run in runs:
            signs = self._signs(run)
            awake = max(self._awake_since, self._heard.get(run.handle, (0.0, 0.0))[0])
            state = quiet(signs.beats, now, busy=signs.busy(now), awake_since=awake)
            if state is not None and run.backend != "local":
                state = replace(state, lacks=Lack.LOG)
            state = state or self._lacking(run.handle, signs, now)
            if state is not None:
                found[run.handle] = state
        return found

    def _lacking(self, handle: str, signs: Signs, now: float) -> Quiet | None:
        """Return whether steps, or the GPU's work, are missing alone. Samples are many: older ones are remembered."""
        before = self._gpu.get(handle, [])
        fresh = sorted({round(each) for each in signs.gpu if not before or each > before[-1] + 1})
        gpu = self._gpu[handle] = [*before, *fresh][-REMEMBERED:]
        steps = [] if signs.busy(now) else signs.steps  # what works on may evaluate, or save, at the end
        return lacking(steps, now, Lack.STEPS, awake_since=self._awake_since) or lacking(
            gpu, now, Lack.GPU, awake_since=self._awake_since
        )

    def _take(self, found: Mapping[str, Quiet]) -> None:
        new, back = found.keys() - self._quiet.keys(), self._quiet.keys() - found.keys()
        self._quiet = dict(found)
        if new or back:
            self.changed.emit(frozenset(new | back))
        for each in sorted(new):
            self.stalled.emit(each)


def may_stall(run: RunSnapshot | None, *, is_heard: bool = False) -> bool:
    """Whether it can be told that a run is quiet: it runs here or is heard, and is no sweep, whose trials speak."""
    if run is None or run.from_bundle or (run.backend != "local" and not is_heard):
        return False
    return run.status is RunStatus.RUNNING and run.sweep is None
