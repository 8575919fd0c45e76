"""What the sender's program found out about a run whose bundle was opened: it had the whole logs, a bundle their ends.

It counts only where the logs here say no cause. A bundle may be anybody's: nothing of it can be clicked.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from desktop_app.api import Explanation, RunSnapshot
from desktop_app.api._records import from_json
from desktop_app.core.conforming import misfit
from desktop_app.core.diagnosis.exceptions import WEAK
from desktop_app.core.diagnosis.model import Diagnosis, Place, Verdict
from desktop_app.services.bundle_paper import DIAGNOSIS
from desktop_app.services.diagnosing.covering import covered
from desktop_app.services.read_once import ReadOnce
from desktop_app.services.redaction import Redactor

_ODD = (OSError, TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError, RecursionError)
SAID = "The cause was found where the run was: the logs that came along, of which long ones are cut, do not hold it."


def or_as_sent(known: Diagnosis, run: RunSnapshot, redactor: Redactor) -> Diagnosis:
    """Return what is known here, unless it is no cause and the sender knew one."""
    if not run.from_bundle or (known.cause is not None and known.cause.certainty > WEAK):
        return known
    sent = _sent(Path(run.folder) / DIAGNOSIS)
    if sent is None or sent.cause is None or sent.cause.certainty <= (known.cause.certainty if known.cause else 0):
        return known
    cause, found = _to_read(sent.cause), zip(sent.all, sent.places, strict=False)
    place = next((place for each, place in found if each == sent.cause), None)
    places = (None if place is None else Place(place.file, 0), *known.places)
    told = dataclasses.replace(
        known, verdict=Verdict.CAUSE, cause=cause, all=(cause, *known.all), places=places, rank=sent.rank,
        only_echo=False, code=sent.code, missing=(*known.missing, SAID), falls=sent.falls or known.falls,
    )  # fmt: skip
    return covered(told, redactor)


@ReadOnce
def _sent(path: Path) -> Diagnosis | None:
    """Return the sender's diagnosis, every value of which is what it should be; None for any other, or without one."""
    try:
        found = from_json(Diagnosis, json.loads(path.read_bytes()))
        return None if misfit(Diagnosis, found) else found
    except _ODD:
        return None


def _to_read(cause: Explanation) -> Explanation:
    return dataclasses.replace(cause, fix=None, remedy=None, rerun=None, links=(), position=None)
