"""Checks one file's text: syntax, the job's rules, what lies around it on disk, and the rules of the plugins.

Every finding gets the place in the text that a person would look at.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from desktop_app.api import Diagnostic, Fix, Job, Severity
from desktop_app.core.commands import brings_files, scripts_in
from desktop_app.core.job_rules import check_job
from desktop_app.documents.job_document import job_in
from desktop_app.documents.kinds import COMMAND_JOB, UNKNOWN, kind_of
from desktop_app.documents.yaml_text import Parsed, Position, parse

JobChecks = Callable[[Job], Sequence[Diagnostic]]
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)
_OF_KEY = frozenset({"unknown-key", "duplicate-key", "preview-syntax", "missing-key"})
_NAMED = re.compile(r"\$\{\{[^{}]*\}\}|\$?\{{1,3}\s*(?:inputs|outputs)\.[\w-]+\s*\}{1,3}")
_MOST_LISTED = 2000
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class FileReport:
    """What is wrong with one file; `path` is None for a text that is not saved."""

    path: Path | None
    kind: str
    diagnostics: tuple[Diagnostic, ...]


def check_text(path: Path | None, text: str, job_checks: JobChecks) -> FileReport:
    """Return what is wrong with a text; relative paths in it start at the folder of `path`.

    A text that is not YAML but a template with {{NAME}} is of the kind `unknown` and has no findings.
    """
    parsed = parse(text)
    kind = kind_of(path, parsed.data, parsed.text)
    if parsed.is_template:
        return FileReport(path, UNKNOWN, ())
    if parsed.data is None or kind != COMMAND_JOB:
        return FileReport(path, kind, parsed.problems)
    reading = job_in(parsed, path)
    found = list(reading.diagnostics)
    if parsed.documents > 1:
        found.append(_several(parsed.documents))
    if reading.job is not None:
        data = parsed.data if isinstance(parsed.data, dict) else {}
        found += check_job(reading.job, data)
        found += _check_files(reading.job, path)
        found += job_checks(reading.job)
    return FileReport(path, kind, tuple(_placed(_in_one_line(each), parsed) for each in _once(found)))


def _several(documents: int) -> Diagnostic:
    message = f"Keep one document in this file: Azure ML refuses {documents}, parted by “---”."
    return Diagnostic(Severity.ERROR, "several-documents", message, line=1, column=1)


def _once(found: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    seen: set[tuple[str, str, str]] = set()
    for each in found:
        key = (each.code, each.path, each.message)
        if key not in seen:
            seen.add(key)
            yield each


def _check_files(job: Job, path: Path | None) -> Iterator[Diagnostic]:
    """Look for the code folder and the scripts that the command runs."""
    if path is None or job.code is None or _ELSEWHERE.match(job.code):
        return
    folder = path.absolute().parent
    code = folder / Path(job.code).expanduser()
    try:
        if not code.is_dir():
            yield _missing_code(job.code, code, folder)
            return
        yield from _check_scripts(job, code)
    except OSError as error:  # a name that is longer than names can be, a folder that may not be entered
        message = f"The code folder can't be looked at: {error.strerror or error}."
        yield Diagnostic(Severity.ERROR, "missing-code", message, "code")


def _missing_code(given: str, code: Path, folder: Path) -> Diagnostic:
    if code.exists():
        return Diagnostic(Severity.ERROR, "missing-code", f"Write a folder at code: “{given}” is a file.", "code")
    names = [each.name for each in _listed(code.parent) if each.is_dir() and not each.name.startswith(".")]
    close = get_close_matches(code.name, names, 1, 0.6)
    if not close:
        message = f"Write a folder that is there at code: “{given}” is not in {folder}."
        return Diagnostic(Severity.ERROR, "missing-code", message, "code")
    meant = (Path(given).parent / close[0]).as_posix()
    message = f"Write a folder that is there at code: did you mean “{meant}”?"
    return Diagnostic(Severity.ERROR, "missing-code", message, "code", fix=Fix(f"Write {meant}", {"code": meant}))


def _check_scripts(job: Job, code: Path) -> Iterator[Diagnostic]:
    severity = Severity.WARNING if brings_files(job.command) else Severity.ERROR
    for script in scripts_in(job.command):
        if not (code / script).is_file():
            yield _missing_script(job, code, script, severity)


def _missing_script(job: Job, code: Path, script: str, severity: Severity) -> Diagnostic:
    message = f"The command runs {script}, which is not in the code folder “{job.code}”"
    names = [each.name for each in _listed((code / script).parent) if each.suffix == ".py"]
    close = get_close_matches(Path(script).name, names, 1, 0.6)
    if not close:
        return Diagnostic(severity, "script-missing", f"{message}.", "command")
    meant = (Path(script).parent / close[0]).as_posix()
    command = re.sub(rf"(?<![\w./-]){re.escape(script)}(?![\w-])", lambda _: meant, job.command)
    fix = Fix(f"Write {meant}", {"command": command}) if command != job.command else None
    return Diagnostic(severity, "script-missing", f"{message}: did you mean {meant}?", "command", fix=fix)


def _listed(folder: Path) -> list[Path]:
    try:
        return [each for _, each in zip(range(_MOST_LISTED), folder.iterdir(), strict=False)]
    except OSError:
        return []


def _in_one_line(finding: Diagnostic) -> Diagnostic:
    """Return a finding whose message is one line of bearable length, whatever values it quotes."""
    message = " ".join(finding.message.split())
    if len(message) > _LONGEST:
        message = f"{message[: _LONGEST - 1]}…"
    return finding if message == finding.message else dataclasses.replace(finding, message=message)


def _placed(finding: Diagnostic, parsed: Parsed) -> Diagnostic:
    """Fill in where a finding stands, unless it knows."""
    if finding.line is not None:
        return finding
    place = _in_command(finding, parsed) or _place(finding, parsed)
    line, column, end_line, end_column = place
    return dataclasses.replace(finding, line=line, column=column, end_line=end_line, end_column=end_column)


def _place(finding: Diagnostic, parsed: Parsed) -> Position:
    found = parsed.position(finding.path, of_key=finding.code in _OF_KEY) if finding.path else None
    return found or Position(1, 1, 1, 1)


def _in_command(finding: Diagnostic, parsed: Parsed) -> Position | None:
    """Return where the placeholder or script that a finding names stands within the command."""
    extent = parsed.extent("command") if finding.path == "command" else None
    if extent is None:
        return None
    for words in (_NAMED.findall(finding.message), re.findall(r"[\w./-]+\.py\b", finding.message)):
        for word in words:
            at = parsed.text.find(word, extent.start, extent.end)
            if at >= 0:
                return parsed.between(at, at + len(word))
    return None
