"""Jobs from file to run: read, check, plan, submit."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path

from desktop_app.api import (
    Answers,
    Cluster,
    Diagnostic,
    Job,
    JobBackend,
    JobSource,
    Progress,
    RankTable,
    Severity,
    SubmissionPlan,
    UserError,
    Value,
    WizardContext,
)
from desktop_app.core.nearest import nearest
from desktop_app.documents.checks import FileReport
from desktop_app.documents.edits import set_values
from desktop_app.documents.job_document import JobReading, read_job
from desktop_app.documents.text_file import TextFile
from desktop_app.services.checking import FileChecks
from desktop_app.services.plugins import PluginHost
from desktop_app.services.rank_tables import PAGE, rank_table
from desktop_app.services.wizard_jobs import FindMetrics
from desktop_app.services.wizards import FindClusters, Wizards


class JobError(UserError):
    """A job that can't be planned or submitted as it is, with every finding that stands in its way, and its file."""

    def __init__(
        self, message: str, diagnostics: Sequence[Diagnostic], *, hint: str = "", path: Path | None = None
    ) -> None:
        super().__init__(message, hint=hint, details="\n".join(describe(each) for each in diagnostics))
        self.diagnostics = tuple(diagnostics)
        self.path = path


class JobService:
    """What a person does with jobs, for the window and the command line alike."""

    def __init__(
        self,
        plugins: PluginHost,
        backends: Mapping[str, JobBackend],
        clusters: FindClusters = lambda _folder: (),
        metrics: FindMetrics = lambda _path: (),
    ) -> None:
        self._plugins = plugins
        self._backends = backends
        self._checks = FileChecks(plugins)
        self.wizards = Wizards(plugins, clusters, metrics)

    def backend(self, name: str) -> JobBackend:
        """Return the backend called `name`."""
        if name in self._backends:
            return self._backends[name]
        raise UserError(f"There is no backend “{name}” here.", hint=nearest(name, sorted(self._backends)))

    async def plan_file(
        self, path: Path, sets: Mapping[str, Value] | None = None, backend: str = "local", workspace: str = ""
    ) -> SubmissionPlan:
        """Return what submitting the job file would do, with the values of `sets` in place of the file's own.

        In a cloud it goes to the workspace with the key `workspace`; to the one in use where that is empty.
        """
        chosen = self.backend(backend)
        before, text = await asyncio.to_thread(_text_with, path, sets or {})
        plan = await self.plan_text(text, path, path.absolute().parent, chosen.name, workspace)
        return dataclasses.replace(plan, diagnostics=_placed_in(before, text, plan.diagnostics))

    async def plan_text(
        self, text: str, path: Path | None, folder: Path, backend: str = "local", workspace: str = ""
    ) -> SubmissionPlan:
        """Return what submitting `text` would do; its relative paths start at `folder`.

        Raises JobError if the text holds no job that can be run.
        """
        chosen = self.backend(backend)
        report, reading = await asyncio.to_thread(self._read, text, path, folder)
        if reading.job is None:
            raise _no_job(path, errors_of(report.diagnostics) or reading.diagnostics)
        plan = await chosen.plan(reading.job, JobSource(path, folder, text, workspace))
        found = [self._advised(reading.job, each) for each in plan.diagnostics]
        return dataclasses.replace(plan, diagnostics=merged(report.diagnostics, found))

    async def submit(self, plan: SubmissionPlan, progress: Progress = lambda _message, _part: None) -> str:
        """Start the plan and return the run's handle. Raises JobError for a plan with an error among its findings."""
        errors = errors_of(plan.diagnostics)
        if errors:
            raise JobError("The job can't start as it is.", errors, hint="Mend what is listed and try again.")
        return await self.backend(plan.backend).submit(plan, progress)

    def clusters(self, folder: Path) -> tuple[Cluster, ...]:
        """Return the clusters that a job of the folder can name, by what is known without asking anybody."""
        return self.wizards.clusters(folder)

    def check_text(self, path: Path | None, text: str) -> FileReport:
        """Return what is wrong with one file's text, by the rules of the house and of every plugin."""
        return self._checks.check_text(path, text)

    def check_paths(self, paths: Sequence[Path]) -> list[FileReport]:
        """Check files, and every file below folders that may be one; what can't be read is a finding too."""
        return self._checks.check_paths(paths)

    def build_wizard(self, plugin: str, wizard: str, answers: Answers, folder: Path) -> str:
        """Return the job file that a wizard makes of `answers`. Raises UserError where an answer stops it."""
        return self.wizards.build(plugin, wizard, answers, folder)

    def wizard_context(self, folder: Path, answers: Answers) -> WizardContext:
        """Return what a wizard may know beside the answers; quick, unless `wizards.take_long`."""
        return self.wizards.context(folder, answers)

    def read_file(self, path: Path) -> Job:
        """Return the command job or sweep in a file. Raises JobError if there is none."""
        reading = read_job(TextFile.load(path).text, path)
        if reading.job is None:
            raise _no_job(path, reading.diagnostics)
        return reading.job

    def rank_table(self, job: Job, first: int = 0, count: int = PAGE) -> RankTable:
        """Return what a job's processes will see on Azure ML: the rows from rank `first` on, at most `count`."""
        return rank_table(self._plugins, job, first, count)

    def _read(self, text: str, path: Path | None, folder: Path) -> tuple[FileReport, JobReading]:
        return self.check_text(path or folder / "job.yml", text), read_job(text, path)

    def _advised(self, job: Job, finding: Diagnostic) -> Diagnostic:
        if finding.code != "no-launcher":
            return finding
        return dataclasses.replace(finding, message=f"{finding.message} {self._checks.switched_off(job)}".rstrip())


def _text_with(path: Path, sets: Mapping[str, Value]) -> tuple[str, str]:
    """Return the file's text as it is and with the values set."""
    text = TextFile.load(path).text
    return text, set_values(text, sets) if sets else text


def _placed_in(file: str, text: str, diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return findings about a text with the lines of the file that it was made of; what was set has none."""
    if file == text:
        return tuple(diagnostics)
    same = SequenceMatcher(None, text.splitlines(), file.splitlines(), autojunk=False).get_matching_blocks()
    lines = {block.a + each + 1: block.b + each + 1 for block in same for each in range(block.size)}
    return tuple(_moved(each, lines) for each in diagnostics)


def _moved(finding: Diagnostic, lines: Mapping[int, int]) -> Diagnostic:
    line, end = lines.get(finding.line or 0), lines.get(finding.end_line or 0)
    if line is not None:
        return dataclasses.replace(finding, line=line, end_line=end or line)
    return dataclasses.replace(finding, line=None, column=None, end_line=None, end_column=None)


def errors_of(diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return those that keep a job from starting."""
    return tuple(each for each in diagnostics if each.severity is Severity.ERROR)


def merged(*groups: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return all findings, each once; what an earlier group says of a place, with its line, a later one need not.

    Nor need it say of a whole that a part, such as `search_space.lr` of `search_space`, is wrong where that was said.
    """
    found: dict[tuple[str, str, str], Diagnostic] = {}
    for group in groups:
        said = {(each.code, each.path) for each in found.values()}
        said |= {(each.code, place) for each in errors_of([*found.values()]) for place in _around(each.path)}
        for each in group:
            if (each.code, each.path) not in said:
                found.setdefault((each.code, each.path, each.message), each)
    return tuple(found.values())


def _around(path: str) -> Iterator[str]:
    """Yield the paths of what holds a place, but for the whole document."""
    while "." in path:
        path = path.rpartition(".")[0]
        yield path


def describe(diagnostic: Diagnostic) -> str:
    """Return the finding in one line, with its place in the file where that is known."""
    place = f"line {diagnostic.line}: " if diagnostic.line else f"{diagnostic.path}: " if diagnostic.path else ""
    return f"{place}{diagnostic.message}"


def _no_job(path: Path | None, diagnostics: Sequence[Diagnostic]) -> JobError:
    name = path.name if path else "The text"
    return JobError(f"{name} is no job that can be run as it is.", errors_of(diagnostics), path=path)
