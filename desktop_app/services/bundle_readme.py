"""What a bundle says about itself: what is in it, what was left out and what was covered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from desktop_app.api import RunSnapshot
from desktop_app.core.redact import COVER
from desktop_app.services.redaction import Redactor

ABOUT = {
    "job.yml": "the job file as it was submitted",
    "plan.json": "every process that was started, with its arguments and variables, and the files that went along",
    "run.json": "the state of the run: phases, ranks, exit codes, last metrics",
    "events.jsonl": "what happened, a JSON object a line",
    "metrics.jsonl": "what was logged with MLflow, a point a line",
    "resources.jsonl": "CPU, memory and GPU of each rank over time",
    "supervisor.log": "what the run's supervisor had to say",
    "user_logs/": "what each rank printed, and what mpirun or its like did",
    "code/logs/": "what the script wrote into ./logs",
    "code/": "the code that the run had",
    "clock/": "when the lines of each log came",
    "system_logs/": "what Azure ML logged of preparing and ending the run",
    "diagnosis.json": "why the run failed, as far as Rank Zero could tell",
    "packages.json": "the packages of the run's Python when this was written",
    "bundle.json": "by what, where and when this was written",
    "doctor.txt": "what the machine has on which this was bundled (`rankzero doctor`)",
}


def readme(run: RunSnapshot, names: Sequence[str], left_out: Sequence[str], redactor: Redactor, version: str) -> str:
    """Return the text; its own secrets are covered as well."""
    told = redactor("\n".join(_lines(run, names, left_out, version)))
    return f"{told}\n\nWhat was covered, and stands as {COVER} (the home folder as ~)\n{_covered(redactor)}\n"


def _lines(run: RunSnapshot, names: Sequence[str], left_out: Sequence[str], version: str) -> Iterator[str]:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    yield f"{run.run}: {run.display_name}"
    yield f"Status {run.status.value}. {run.reason}".rstrip()
    if not run.is_over:
        yield "The run was not over when this was written: the files show it as it was at that moment."
    yield f"Bundled by Rank Zero {version} on {now}. The files lie as in a run's folder."
    yield "`rankzero runs open FILE.zip` shows it as a run of one's own; so does a window that it is dropped on."
    yield ""
    yield "What is in it"
    for place, text in ABOUT.items():
        found = [each for each in names if each == place or (place.endswith("/") and _place(each) == place)]
        if found:
            yield f"  {place:<16} {text}{f' ({len(found)} files)' if len(found) > 1 else ''}"
    yield ""
    yield "What was left out"
    yield from (f"  {each}" for each in left_out)


def _place(name: str) -> str:
    folders = (each for each in sorted(ABOUT, key=len, reverse=True) if each.endswith("/"))
    return next((each for each in folders if name.startswith(each)), "")


def _covered(redactor: Redactor) -> str:
    found = "\n".join(f"  {kind}: {count} ×" for kind, count in sorted((+redactor.counts).items()))
    return found or "  nothing: none was found"
