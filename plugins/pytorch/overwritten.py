"""Says of ranks that missed each other which variable the script overwrites, where the plan of the job saw that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from desktop_app.api import Explanation, FailureReport

_FINDING = re.compile(r"^(.+): The script overwrites (RANK|WORLD_SIZE|MASTER_ADDR|MASTER_PORT), (with another)?")
_LOOPBACK = re.compile(r"\b127\.\d+\.\d+\.\d+|\blocalhost\b|\[?::1\]?[,:\]]")
_NOT_REACHED = ("MASTER_PORT", "MASTER_ADDR", "RANK")
_MEANS: Mapping[str, tuple[str, ...]] = {
    "port-in-use": ("RANK", "MASTER_PORT"),
    "master-address-not-here": ("MASTER_ADDR",),
    "master-name-unknown": ("MASTER_ADDR",),
    "meeting-point-not-reached": _NOT_REACHED,
    "master-not-reached": _NOT_REACHED,
    "ranks-missing": ("WORLD_SIZE",),
}
"""By the code of what a log says: the variables that bring it about where they are overwritten, the likeliest first."""
_SURE = 0.95
_SURELY = frozenset({"port-in-use", "master-address-not-here", "master-name-unknown", "ranks-missing"})
"""Of these nothing else is as likely; that rank 0 is not reached has other reasons as well."""
_SO = {
    "RANK": "so ranks took themselves for another one.",
    "WORLD_SIZE": "so the ranks waited for another number of ranks than the job has.",
    "MASTER_ADDR": "so the ranks looked for rank 0 at an address that is not rank 0's.",
    "MASTER_PORT": "so the ranks did not meet at the one port that was kept free for them.",
}


@dataclass(frozen=True, slots=True)
class _Overwritten:
    name: str
    where: str
    apart: bool  # each rank has another value


def of_its_own_making(seen: Explanation, report: FailureReport) -> Explanation:
    """Return what kept ranks apart: where the script overwrites a variable that they meet by, that is the cause."""
    if seen.is_echo or seen.is_symptom or seen.code not in _MEANS or len(report.exit_codes) < 2:
        return seen
    found = {each.name: each for each in _overwritten(report) if _brings_about(each, seen, report)}
    guilty = next((found[each] for each in _MEANS[seen.code] if each in found), None)
    if guilty is None:
        return seen
    return replace(
        seen,
        code="rank-variable-overwritten",
        category="rendezvous",
        cause=f"The script overwrites {guilty.name} ({guilty.where}), {_SO[guilty.name]}",
        advice=(f"Leave {guilty.name} as it is set for each rank, or use os.environ.setdefault.", seen.cause),
        certainty=max(seen.certainty, _SURE) if seen.code in _SURELY or guilty.apart else seen.certainty,
    )


def _overwritten(report: FailureReport) -> list[_Overwritten]:
    """Return what the plan saw, the first of each variable last."""
    found = [_FINDING.match(each.message) for each in reversed(report.findings)]
    return [_Overwritten(each[2], each[1], bool(each[3])) for each in found if each is not None]


def _brings_about(each: _Overwritten, seen: Explanation, report: FailureReport) -> bool:
    """Whether ranks miss each other by it: not by one port for all, nor by localhost where there is one machine."""
    if each.name == "MASTER_PORT":
        return each.apart or seen.code == "port-in-use"
    if each.name == "MASTER_ADDR" and seen.code in ("master-not-reached", "meeting-point-not-reached"):
        return report.job.topology.nodes > 1 or not _LOOPBACK.search(seen.line)
    return True
