"""What this plugin contributes: the meaning of failures that no framework owns, and the fixes it can make."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from desktop_app.api import Explanation, FailureReport, hookimpl

KNOWLEDGE = Path(__file__).parent / "knowledge"


@hookimpl
def explain_failure(report: FailureReport) -> Sequence[Explanation]:
    """Return what the words of systems, tools and Azure ML in a failed run's logs mean."""
    from desktop_app.api.kit import explain_by, load_knowledge

    from .fixes import FIXES
    from .missing_files import told_apart
    from .programs import of_called_programs
    from .spelling import by_who_wrote_it
    from .started_anew import of_a_second_start

    found = told_apart(explain_by(load_knowledge(KNOWLEDGE), report, FIXES), report.tails)
    found = by_who_wrote_it(found, report.tails)
    return (*found, *of_a_second_start(found, report.tails), *of_called_programs(report.tails))
