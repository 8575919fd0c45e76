"""Diagnoses logs from anywhere: files and folders that no run of this machine made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from desktop_app.api import Explanation, FailureReport, Job
from desktop_app.api.failures import UNKNOWN_RANKS
from desktop_app.core.diagnosis.exceptions import WEAK
from desktop_app.core.diagnosis.falls import falls_of_logs, gone_in_silence
from desktop_app.core.diagnosis.foreign import judged_from_elsewhere
from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.core.diagnosis.silent import last_of
from desktop_app.services.diagnosing.choosing import chosen
from desktop_app.services.diagnosing.covering import redactor_of_anyone
from desktop_app.services.diagnosing.excerpts import TAIL, Excerpt, begun_further_back, joined, tail
from desktop_app.services.diagnosing.gathering import Gathered, gathered
from desktop_app.services.diagnosing.own_code import with_code
from desktop_app.services.diagnosing.placing import placed
from desktop_app.services.diagnosing.sources import LogBytes
from desktop_app.services.plugins import PluginHost

ALL_TAILS = 1 << 20
"""Bytes of all logs together: plugins hold others up while they read them."""
_LEAST = 4 << 10


def diagnosed(plugins: PluginHost, paths: Sequence[Path]) -> Diagnosis:
    """Return what the logs below paths say: their ends first, and what stands further back where these do not tell."""
    found = gathered(paths)
    logs = by_number(found)
    numbers = chosen(logs)
    share = max(_LEAST, min(TAIL, ALL_TAILS // max(1, len(numbers))))
    excerpts = {number: joined(tail(each, share) for each in logs[number]) for number in numbers}
    known = _asked(plugins, excerpts)
    told = {each.rank for each in known.all}
    for group in ([each for each in numbers if each not in told], [each for each in numbers if each in told]):
        if known.cause is None or known.cause.certainty <= WEAK:  # first the logs whose ends say nothing
            more = begun_further_back({each: excerpts[each] for each in group})
            if more:
                excerpts |= more
                known = _asked(plugins, excerpts)
    known = with_code(known, {number: each.text for number, each in excerpts.items()})
    known = _with_last(known, excerpts)
    return placed(
        known, redactor_of_anyone(), excerpts, missing=(*found.missing, *_gaps(logs), *_unread(logs, numbers))
    )


def _with_last(known: Diagnosis, excerpts: Mapping[int, Excerpt]) -> Diagnosis:
    """Return a diagnosis with the last line of the one rank whose log does not say why it ended."""
    silent = gone_in_silence(known.falls) if known.cause is None else []
    if len(silent) != 1 or silent[0] not in excerpts:
        return known
    return replace(known, last_line=last_of(excerpts[silent[0]].text), last_rank=silent[0])


def by_number(found: Gathered) -> dict[int, list[LogBytes]]:
    """Return the logs by rank, and those that are of nobody known by numbers of their own."""
    logs: dict[int, list[LogBytes]] = defaultdict(list)
    unknown = UNKNOWN_RANKS
    for each in found.logs:
        logs[unknown if each.rank is None else each.rank].append(each.log)
        unknown += each.rank is None
    return dict(logs)


def _asked(plugins: PluginHost, excerpts: Mapping[int, Excerpt]) -> Diagnosis:
    tails = {number: each.text for number, each in excerpts.items() if each.text.strip()}
    if not tails:
        return Diagnosis()
    report = FailureReport(job=Job(command=""), tails=tails, is_foreign=True)
    explained: tuple[Explanation, ...] = plugins.explain_failure(report)
    return falls_of_logs(judged_from_elsewhere(explained, tails), tails)


def _unread(logs: Mapping[int, object], numbers: Sequence[int]) -> list[str]:
    """Say that not all logs were read, where they are very many."""
    few = f"Of {len(logs):,} logs {len(numbers)} were read closely: of those that end alike a few."
    return [few] if len(numbers) < len(logs) else []


def _gaps(logs: Mapping[int, object]) -> list[str]:
    """Say which ranks have no log, though others with higher numbers do."""
    ranks = sorted(each for each in logs if each < UNKNOWN_RANKS)
    gone = sorted(set(range(ranks[-1])) - set(ranks)) if ranks else []
    if not gone or len(gone) > len(ranks):
        return []
    named = ", ".join(map(str, gone[:8])) + (" …" if len(gone) > 8 else "")
    return [f"There is no log of rank{'s' if len(gone) > 1 else ''} {named}."]
