"""Checks one file's text: syntax, shape, meaning, what lies around it on disk, and the rules of the plugins.

Every finding is said once, at the place in the text that a person would look at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import Diagnostic, Fix, Job, Severity, Value
from desktop_app.core.paths import join_path, split_path, value_at
from desktop_app.core.rules import NO_FACTS, Facts, Note, find
from desktop_app.core.rules.loose import check_ignore_file
from desktop_app.core.rules.notes import Notes, Word, change
from desktop_app.core.rules.values import slip_of
from desktop_app.core.sweep_codec import TRIAL_ELSEWHERE
from desktop_app.core.sweeps.trials import in_trial
from desktop_app.documents import file_rules, neighbours, written_so
from desktop_app.documents.job_document import RUNNABLE, job_in
from desktop_app.documents.kinds import UNKNOWN, kind_of, meant_schema
from desktop_app.documents.placing import placed
from desktop_app.documents.shape_check import check_shape
from desktop_app.documents.yaml_text import Parsed, parse

JobChecks = Callable[[Job], Sequence[Diagnostic]]
_OWN_CODES = frozenset({"preview-syntax", TRIAL_ELSEWHERE})
"""Of what the job model finds, that which no shape and no rule says."""
_MANY_DOCUMENTS = frozenset({UNKNOWN, "conda"})


@dataclass(frozen=True, slots=True)
class FileReport:
    """What is wrong with one file; `path` is None for a text that is not saved."""

    path: Path | None
    kind: str
    diagnostics: tuple[Diagnostic, ...]


def check_text(path: Path | None, text: str, job_checks: JobChecks, facts: Facts = NO_FACTS) -> FileReport:
    """Return what is wrong with a text; relative paths in it start at the folder of `path`.

    A text that is not YAML but a template with {{NAME}} is of the kind `unknown` and has no findings.
    """
    if path is not None and path.name == ".amlignore":
        return FileReport(path, "amlignore", tuple(check_ignore_file(text)))
    parsed = parse(text)
    kind = kind_of(path, parsed.data, parsed.text)
    if parsed.is_template:
        return FileReport(path, UNKNOWN, ())
    if parsed.data is None or kind == UNKNOWN:
        return FileReport(path, kind, _only_syntax(path, parsed, kind))
    found = _once(_found(path, kind, parsed, job_checks, facts))
    return FileReport(path, kind, tuple(sorted((placed(each, parsed) for each in found), key=_place)))


def _place(finding: Diagnostic) -> tuple[int, int]:
    """Findings are told from the top of the file to its end."""
    return finding.line or 0, finding.column or 0


def _only_syntax(path: Path | None, parsed: Parsed, kind: str) -> tuple[Diagnostic, ...]:
    """Return what is wrong with a text of which nothing more can be told."""
    if kind == UNKNOWN and path is not None and path.suffix == ".json":
        return ()  # some other program's
    return job_in(parsed, path).diagnostics if kind in RUNNABLE else parsed.problems


def _found(
    path: Path | None, kind: str, parsed: Parsed, job_checks: JobChecks, facts: Facts
) -> Iterator[tuple[str, Note]]:
    """Yield all findings with who made them, the one with most to say of a place first."""
    yield from (("syntax", Note(each)) for each in parsed.problems)
    if parsed.documents > 1 and kind not in _MANY_DOCUMENTS:
        yield "syntax", Note(_several(parsed.documents))
    yield from (("meaning", each) for each in find(kind, parsed.data, facts))
    notes = Notes()
    written_so.check(parsed, notes)
    _schema(parsed.data, notes)
    yield from (("written", each) for each in notes.made)
    if path is not None:
        notes = Notes()
        file_rules.check(kind, parsed.data, path.absolute().parent, notes)
        neighbours.check(kind, parsed.data, path.absolute(), facts, notes)
        yield from (("disk", each) for each in notes.made)
    if kind in RUNNABLE:
        yield from _of_job(path, parsed, job_checks)
    yield from (("shape", Note(_misspelt(each, parsed.data))) for each in check_shape(kind, parsed.data))


def _schema(data: Value, notes: Notes) -> None:
    """Say that a file's $schema names none of Azure ML's: an editor then checks nothing of it."""
    given = data.get("$schema") if isinstance(data, dict) else None
    meant = meant_schema(given) if isinstance(given, str) else ""
    if meant:
        message = f"Write {meant} at $schema: Azure ML has no schema of the name given."
        notes.warning("unknown-schema", ("$schema",), message, change(f"Write {meant}", ("$schema",), meant))


def _of_job(path: Path | None, parsed: Parsed, job_checks: JobChecks) -> Iterator[tuple[str, Note]]:
    """Yield what the job model adds to the shape: the preview's forms, and the rules of the plugins."""
    reading = job_in(parsed, path)
    yield from (("meaning", Note(each)) for each in reading.diagnostics if each.code in _OWN_CODES)
    if reading.job is not None:
        found = job_checks(reading.job)
        yield from (("plugin", Note(each)) for each in (in_trial(found) if reading.job.sweep else found))


def _misspelt(finding: Diagnostic, data: Value) -> Diagnostic:
    """Return a finding about a key that is not there as one about the key that was meant for it."""
    if finding.code != "missing-key" or not finding.path:
        return finding
    *home, key = split_path(finding.path)
    there = value_at(data, home)
    given = next((each for each in there if slip_of(each, (str(key),))), None) if isinstance(there, dict) else None
    if given is None or not isinstance(there, dict):
        return finding
    path = join_path((*home, given))
    fix = Fix(f"Rename to {key}", {finding.path: there[given]}, (path,))
    return Diagnostic(finding.severity, "unknown-key", f"“{given}” is not known here: write “{key}”.", path, fix=fix)


def _several(documents: int) -> Diagnostic:
    message = f"Keep one document in this file: Azure ML refuses {documents}, parted by “---”."
    return Diagnostic(Severity.ERROR, "several-documents", message, line=1, column=1)


def _once(found: Iterable[tuple[str, Note]]) -> Iterator[Note]:
    """Leave out what was said already: the same words, a plugin's word on the same, a shape's where rules spoke."""
    said: set[tuple[str, str, str, Word]] = set()
    codes: set[tuple[str, str]] = set()
    places: set[str] = set()
    for who, note in found:
        finding = note.diagnostic
        words = (finding.code, finding.path, finding.message, note.word)
        if words in said or (who == "plugin" and words[:2] in codes) or (who == "shape" and finding.path in places):
            continue
        if finding.code == "preview-syntax" and finding.path in places:
            continue  # a mode that is not for an input is no matter of the preview
        said.add(words)
        codes.add(words[:2])
        if finding.severity is Severity.ERROR or finding.code.startswith("missing-"):
            places.add(finding.path)
        yield note
