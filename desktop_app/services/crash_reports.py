"""Reports of bugs: one text file each, complete enough to mend the bug from."""

from __future__ import annotations

import os
import platform
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from desktop_app import __version__
from desktop_app.core.redact import redact
from desktop_app.places import Places

KEPT = 50


def write_report(places: Places, error: BaseException, context: str = "") -> Path:
    """Write what happened and where into a new file below `places.crashes` and return its path.

    `context` says what was being done. The oldest reports go when there are more than KEPT.
    """
    now = datetime.now(UTC)
    places.crashes.mkdir(parents=True, exist_ok=True)
    path = places.crashes / f"crash-{now:%Y%m%d-%H%M%S-%f}.txt"
    path.write_text(report_text(error, now, context), "utf-8", errors="backslashreplace")
    for old in sorted(places.crashes.glob("crash-*.txt"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def report_text(error: BaseException, now: datetime, context: str = "") -> str:
    """Return the report: versions, what was being done, the traceback; secrets are covered."""
    facts = (
        f"Rank Zero {__version__}, {now:%Y-%m-%d %H:%M:%S} UTC",
        f"Python {platform.python_version()} on {platform.platform()}",
        f"Command: {sys.argv[1:]}",
        *((f"While: {context}",) if context else ()),
    )
    lines = (*facts, "", *("".join(traceback.format_exception(error)).splitlines()), "")
    return redact("\n".join(lines), os.environ)
