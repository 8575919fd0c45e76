"""What a bundle holds that no run's folder has: who wrote it and when, and its metrics from wherever they were."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO

from desktop_app import __version__
from desktop_app.api import MetricPoint, RunSnapshot
from desktop_app.api._records import to_json
from desktop_app.services.bundle_text import OpenFile

PAPER = "bundle.json"
DIAGNOSIS = "diagnosis.json"
FORMAT = 1
"""Changes only where an older program would misread a bundle; what is only added, it passes by."""
MOST_POINTS = 40_000
"""Points at the beginning, and as many at the end: more than a log's share of a bundle has room for."""


def paper(run: RunSnapshot) -> str:
    """Return what a bundle says of itself to a program."""
    said = {
        "format": FORMAT,
        "program": f"Rank Zero {__version__}",
        "run": run.run,
        "backend": run.backend,
        "host": platform.node() or "a machine without a name",
        "bundled": to_json(datetime.now(UTC).replace(microsecond=0)),
    }
    return json.dumps(said, indent=1) + "\n"


def points_as_lines(points: Sequence[MetricPoint]) -> OpenFile:
    """Return points as a run's own file has them."""
    left_out = len(points) - 2 * MOST_POINTS
    if left_out > 0:
        points = [*points[:MOST_POINTS], *points[-MOST_POINTS:]]
    lines = [json.dumps(to_json(each), ensure_ascii=False) for each in points]
    if left_out > 0:
        lines.insert(MOST_POINTS, json.dumps({"left_out_points": left_out}))
    data = "".join(f"{each}\n" for each in lines).encode("utf-8", "replace")
    return OpenFile(BytesIO(data), len(data), datetime.now(UTC).timestamp())
