"""Command jobs and sweeps as text: reading one from a file's text, and writing a new file as an expert would."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import Diagnostic, Job, Severity
from desktop_app.core.job_codec import job_from_mapping, job_to_mapping
from desktop_app.core.sweep_codec import TRIAL_ELSEWHERE, sweep_from_mapping
from desktop_app.documents.kept_comments import keep_comments
from desktop_app.documents.kinds import COMMAND_JOB, SWEEP_JOB, UNKNOWN, kind_of
from desktop_app.documents.yaml_text import Parsed, parse
from desktop_app.documents.yaml_writer import write_yaml

RUNNABLE = frozenset({COMMAND_JOB, SWEEP_JOB})
"""The kinds of file that hold a `Job`."""


@dataclass(frozen=True, slots=True)
class JobReading:
    """What a text says: `job` is None where it holds no job that can be run, and then an error says why."""

    job: Job | None
    kind: str
    diagnostics: tuple[Diagnostic, ...]


def read_job(text: str, path: Path | None = None) -> JobReading:
    """Return the command job or sweep in `text`; `path` helps to tell its kind. Never raises."""
    return job_in(parse(text), path)


def job_in(parsed: Parsed, path: Path | None = None) -> JobReading:
    """Return the command job or sweep in a text that was parsed already."""
    kind = kind_of(path, parsed.data, parsed.text)
    if parsed.data is None and parsed.problems:
        return JobReading(None, kind, parsed.problems)
    if not isinstance(parsed.data, dict):
        return JobReading(None, UNKNOWN, (*parsed.problems, _no_mapping(parsed)))
    if kind not in RUNNABLE:
        return JobReading(None, kind, (*parsed.problems, _other_kind(kind)))
    read = sweep_from_mapping if kind == SWEEP_JOB else job_from_mapping
    job, findings = read(parsed.data)
    is_elsewhere = any(each.code == TRIAL_ELSEWHERE for each in findings)
    return JobReading(None if is_elsewhere else job, kind, (*parsed.problems, *findings))


def _no_mapping(parsed: Parsed) -> Diagnostic:
    found = "The text is empty" if parsed.data is None else "This is no mapping"
    message = f"{found}: a job file holds lines of the form “key: value”, such as command: python train.py."
    return Diagnostic(Severity.ERROR, "not-a-mapping", message, line=1, column=1)


def _other_kind(kind: str) -> Diagnostic:
    if kind == UNKNOWN:
        message = "This is no command job: add command: and environment:, and the $schema of commandJob."
    else:
        message = f"This is a file of the kind {kind}: only command jobs and sweeps can be run by Rank Zero."
        message += " `az ml job create --file` sends others." if kind.endswith("Job") else ""
    return Diagnostic(Severity.ERROR, "not-a-command-job", message, line=1, column=1)


def write_job(job: Job, like: str = "") -> str:
    """Return the text of a new job file; with the comments of the file `like`, where it was made of one."""
    text = write_yaml(job_to_mapping(job))
    return keep_comments(text, like) if like else text
