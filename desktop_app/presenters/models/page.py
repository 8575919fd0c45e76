"""The table of exports: which are shown, and what each says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path

from desktop_app.core.exports.report import ExportReport
from desktop_app.core.words import size_text
from desktop_app.presenters.models.standing import Standing, mark_of, warning
from desktop_app.presenters.models.words import (
    NONE,
    VERDICTS,
    Mark,
    in_noise,
    is_measured,
    model_name,
    short_path,
    text_of,
    worst_in_noise,
)


class Column(IntEnum):
    """The table's columns, in their order."""

    VERDICT = 0
    MODEL = 1
    ROUTE = 2
    OPSET = 3
    SIZE = 4
    ERROR = 5
    WHEN = 6
    WHERE = 7


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One export. `searched` is all that typing may find, in lower case."""

    report: ExportReport
    name: str
    file: str
    searched: str
    standing: Standing = Standing.SAME

    @property
    def id(self) -> str:
        """The export's name."""
        return self.report.id

    @property
    def mark(self) -> Mark:
        """The verdict, or that it is about a file that is no more."""
        return mark_of(self.report, self.standing)

    @property
    def tip(self) -> str:
        """What there is to say of the mark."""
        said = self.report.reason
        if self.standing is Standing.SAME:
            return said
        return f"{warning(self.report, self.standing)}\n{VERDICTS[self.report.verdict].word}: {said}"

    @property
    def when(self) -> datetime:
        """When it was made; long ago where that can't be read."""
        return moment_of(self.report.created)

    def text(self, column: Column) -> str:
        """Return a cell's text; when it was is said by the window, whose locale writes times."""
        report = self.report
        texts = {
            Column.VERDICT: self.mark.word,
            Column.MODEL: self.name,
            Column.ROUTE: _route(report),
            Column.OPSET: str(report.opset or NONE),
            Column.SIZE: size_text(report.bytes) if report.bytes else NONE,
            Column.ERROR: in_noise(worst_in_noise(report)),
            Column.WHERE: _where(report),
        }
        return texts.get(column, "")


def moment_of(text: str) -> datetime:
    """Return a time as reports write it."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def row_of(report: ExportReport, standing: Standing = Standing.SAME) -> ModelRow:
    """Return the row of an export."""
    name, file = model_name(report), Path(report.output).name if report.output else ""
    words = (
        report.id, name, file, report.output, VERDICTS[report.verdict].word, mark_of(report, standing).word,
        _route(report), report.toolchain,
        str(report.model.get("run") or ""), str(report.model.get("class") or ""), report.reason,
    )  # fmt: skip
    return ModelRow(report, name, file, "\n".join(words).lower(), standing)


def rows_of(
    reports: Iterable[ExportReport], text: str = "", standings: Mapping[str, Standing] | None = None
) -> list[ModelRow]:
    """Return the rows in which every word of `text` occurs, newest first as the reports come."""
    words, known = text.lower().split(), standings or {}
    rows = (row_of(each, known.get(each.id, Standing.SAME)) for each in reports)
    return [each for each in rows if all(word in each.searched for word in words)]


def summary(shown: int, total: int) -> str:
    """Return `3 of 12` while a filter hides some."""
    return f"{shown:,} of {total:,}" if shown != total else ""


def stamp_of(root: Path) -> Sequence[tuple[str, int]]:
    """Return what changes when an export is kept, changed or removed, by whichever process. Blocks: these are files."""
    found = []
    for each in root.glob("e-*/report.json"):
        try:
            found.append((each.parent.name, each.stat().st_mtime_ns))
        except OSError:  # removed a moment ago
            continue
    return sorted(found)


def _route(report: ExportReport) -> str:
    route = report.route
    return (route.title or route.name) if route is not None else NONE


def _where(report: ExportReport) -> str:
    path = text_of(report.model.get("path")) if is_measured(report) else report.output
    return short_path(Path(path).parent) if path else "not written"
