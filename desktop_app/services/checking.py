"""Checks files offline, by the rules of the house and of every plugin; folders are walked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from traceback import extract_tb

from desktop_app.api import Diagnostic, Job, Severity, UserError
from desktop_app.core.job_schema import DISTRIBUTION_KEYS
from desktop_app.documents.checks import FileReport, JobChecks, check_text
from desktop_app.documents.kinds import UNKNOWN
from desktop_app.documents.project_files import project_files
from desktop_app.documents.text_file import TextFile
from desktop_app.services.catalogues import facts
from desktop_app.services.host import this_host
from desktop_app.services.plugins import PluginHost, PluginState

LAUNCHES = "launches"


class FileChecks:
    """What is wrong with files; needs no backend, and so starts quickly."""

    def __init__(self, plugins: PluginHost) -> None:
        self._plugins = plugins

    def check_text(self, path: Path | None, text: str) -> FileReport:
        """Return what is wrong with one file's text, by the rules of the house and of every plugin."""
        return _checked(path, text, self._check_job)

    def check_paths(
        self, paths: Sequence[Path], passed_by: Callable[[Path], object] = lambda _folder: None
    ) -> list[FileReport]:
        """Check files, and every file below folders that may be one; what can't be read is a finding too."""
        return [self.check_file(each) for each in files_below(paths, passed_by)]

    def check_file(self, path: Path) -> FileReport:
        """Check one file as it is on disk, also for a plugin that would launch it."""
        try:
            text = TextFile.load(path).text
        except UserError as error:
            return unreadable(path, error)
        return self.check_loaded(path, text)

    def check_loaded(self, path: Path, text: str) -> FileReport:
        """Check a file that has been read just now."""
        return _checked(path, text, self._check_offline)

    def switched_off(self, job: Job) -> str:
        """Return how to have the plugin that launches a job take part; empty where none says that it does."""
        for each in self._plugins.plugins:
            if kind_of(job) not in each.contributes.get(LAUNCHES, ()):
                continue
            if each.state is PluginState.DISABLED:
                return f"`rankzero plugins enable {each.id}` switches it on."
            if each.state is not PluginState.OK:
                return f"{each.name} would; `rankzero plugins list` says why it takes no part."
        return ""

    def _check_offline(self, job: Job) -> Sequence[Diagnostic]:
        """Return what the plugins say of a job, and whether it wants for one that could launch it."""
        found = self._check_job(job)
        mend = self.switched_off(job)
        is_known = mend or kind_of(job) in DISTRIBUTION_KEYS  # of another one it is said that there is no such kind
        if job.distribution is None or not is_known or self._is_launched(job):
            return found
        message = f"No enabled plugin launches “{job.distribution.type}”. {mend}".rstrip()
        return (*found, Diagnostic(Severity.WARNING, "no-launcher", message, "distribution.type"))

    def _is_launched(self, job: Job) -> bool:
        on = (each for each in self._plugins.plugins if each.state is PluginState.OK)
        if any(kind_of(job) in each.contributes.get(LAUNCHES, ()) for each in on):
            return True
        try:
            return self._plugins.launch_plan(job, this_host()) is not None
        except UserError:
            return True  # by a plugin that has something to say against this one

    def _check_job(self, job: Job) -> Sequence[Diagnostic]:
        return (*self._plugins.check_job(job), *self._plugins.check_environment(job))


def kind_of(job: Job) -> str:
    """Return the type of a job's distribution, in small letters as plugins say what they launch."""
    return job.distribution.type.strip().lower() if job.distribution else ""


def _checked(path: Path | None, text: str, job_checks: JobChecks) -> FileReport:
    """Check a text; a fault of the rules is a finding as well, so that the other files are checked still."""
    try:
        return check_text(path, text, job_checks, facts())
    except Exception as error:  # noqa: BLE001 - whatever a rule trips over
        return faulty(path, error)


def faulty(path: Path | None, error: Exception) -> FileReport:
    """Return the report of a file on which the check itself failed, with the place where it did."""
    frames = extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    message = f"The file could not be checked: this is a fault of Rank Zero ({type(error).__name__}{where}: {error})."
    return FileReport(path, UNKNOWN, (Diagnostic(Severity.ERROR, "internal", message),))


def unreadable(path: Path, error: UserError) -> FileReport:
    """Return the report of a file that can't be read."""
    message = str(error).removeprefix(f"{path} ")  # the report names the file already
    finding = Diagnostic(Severity.ERROR, "unreadable", f"{message[:1].upper()}{message[1:]}")
    return FileReport(path, UNKNOWN, (finding,))


def files_below(paths: Sequence[Path], passed_by: Callable[[Path], object] = lambda _folder: None) -> Iterator[Path]:
    """Yield files as they are, and below folders those that may be checked, as the window walks them.

    `passed_by` is told the folders that are not walked.
    """
    for path in paths:
        if path.is_dir():
            yield from project_files(path, passed_by=passed_by)
        else:
            yield path
