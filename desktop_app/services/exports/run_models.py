"""A model among what a run left: its file, the code that its classes come from, the scripts that may have made it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from desktop_app.api import RunSnapshot, UserError
from desktop_app.api.commands import simple_commands
from desktop_app.services.run_copies import plan_of


@dataclass(frozen=True, slots=True)
class RunModel:
    """Where a run's model lies; `scripts` are relative to `code`, the job's own first."""

    path: Path
    code: Path | None
    scripts: tuple[str, ...]


def model_of(run: RunSnapshot, inner: str) -> RunModel:
    """Return a model of a run on this machine by its path there: `outputs/model.pt`, or `named_outputs/NAME/…`.

    Raises UserError where it is not there, or would lie outside the run.
    """
    folder = Path(run.folder)
    base = folder / ("" if inner.startswith("named_outputs/") else "code")
    path = base / inner
    if PurePosixPath(inner).is_absolute() or not path.resolve().is_relative_to(folder.resolve()):
        raise UserError(f"“{inner}” is outside the run.", hint="Name a file below outputs, such as outputs/model.pt.")
    if not path.exists():
        there = sorted(each.relative_to(base).as_posix() for each in (base / "outputs").glob("*"))
        hint = f"There are {', '.join(there)}." if there else "It left no outputs."
        raise UserError(f"{run.run} has no “{inner}”.", hint=hint)
    code = folder / "code"
    return RunModel(path, code if code.is_dir() else None, tuple(scripts_of(run, code)))


def scripts_of(run: RunSnapshot, code: Path) -> Iterator[str]:
    """Yield the Python files of a run's code: those that its command names, then the others at its top."""
    named = [each for each in _words(_command(run)) if each.endswith(".py") and (code / each).is_file()]
    yield from dict.fromkeys(named)
    yield from (each.name for each in sorted(code.glob("*.py")) if each.name not in named)


def _words(command: str) -> Iterator[str]:
    for words in simple_commands(command):
        yield from words


def _command(run: RunSnapshot) -> str:
    plan = plan_of(run)
    job = plan.get("job")
    command = job.get("command") if isinstance(job, dict) else ""
    return command if isinstance(command, str) else ""
