"""Wizards without a window: which there are, what they may know, and a job file from answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from desktop_app.api import (
    Answers,
    Cluster,
    Diagnostic,
    JobWizard,
    ScriptScan,
    ScriptSource,
    Severity,
    UserError,
    WizardContext,
    WizardStep,
)
from desktop_app.core.nearest import nearest
from desktop_app.documents.job_document import write_job
from desktop_app.services.catalogues import vm_sizes
from desktop_app.services.host import this_host
from desktop_app.services.plugins import PluginHost, PluginInfo, PluginState
from desktop_app.services.wizard_jobs import FindMetrics, JobLooks

FindClusters: TypeAlias = Callable[[Path], tuple[Cluster, ...]]
"""Returns the clusters that a job of a folder can name, without asking anybody."""
Known: TypeAlias = tuple[tuple[PluginInfo, JobWizard], ...]
"""Wizards with the plugin that each comes from."""
_SCRIPT_LIMIT = 4_000_000


class Wizards:
    """The wizards of all plugins; a script is scanned again only when it changed."""

    def __init__(
        self, plugins: PluginHost, clusters: FindClusters = lambda _folder: (), metrics: FindMetrics = lambda _path: ()
    ) -> None:
        self._plugins, self.clusters = plugins, clusters
        self._metrics, self._jobs = metrics, JobLooks()
        self._scanned: tuple[tuple[Path, int, int], ScriptScan | None] | None = None
        self._known: Known | None = None
        plugins.changed.connect(self._forget)

    @property
    def take_long(self) -> bool:
        """Whether a plugin with a process of its own is on: then what is asked of wizards belongs into a thread."""
        return self._plugins.has_processes

    @property
    def known(self) -> Known:
        """The wizards of plugins that are on, as they were when `look` was called last; quick, on any thread.

        Until then those that ship with the program.
        """
        known = self._known
        if known is None or not self.take_long:
            return self._plugins.wizards(at_hand=True)
        on = {each.id: each for each in self._plugins.plugins if each.state is PluginState.OK}
        return tuple((on[info.id], wizard) for info, wizard in known if info.id in on)

    def look(self) -> Known:
        """Ask all plugins for their wizards. Blocks: one may take seconds."""
        self._known = self._plugins.wizards()
        return self._known

    def again(self, plugin: str, wizard: str) -> JobWizard:
        """Return a wizard anew, of a plugin that failed or was cut off: it is imported once more. Blocks.

        Raises UserError where it fails again.
        """
        info = self._info(plugin)
        if info is not None and info.state is PluginState.FAILED:
            self._plugins.restart(plugin)
        try:
            return self.find(plugin, wizard)
        except UserError as error:
            raise (self.why_off(plugin) or error) from error

    def why_off(self, plugin: str) -> UserError | None:
        """Return why a plugin takes no part, None for one that does."""
        info = self._info(plugin)
        if info is None:
            return UserError(f"There is no plugin “{plugin}” any more.")
        if info.state is PluginState.OK:
            return None
        message = f"The plugin {info.name} is off: {info.reason}"
        return UserError(message, hint="Plugins says more of it.", details=info.details)

    def _info(self, plugin: str) -> PluginInfo | None:
        return next((each for each in self._plugins.plugins if each.id == plugin), None)

    def find(self, plugin: str, wizard: str) -> JobWizard:
        """Return a wizard by its plugin and name."""
        known = {(info.id, each.name): each for info, each in self._plugins.wizards()}
        if (plugin, wizard) in known:
            return known[plugin, wizard]
        names = [f"{owner} {name}" for owner, name in known]
        message = f"There is no wizard “{wizard}” of a plugin “{plugin}”."
        raise UserError(message, hint=nearest(f"{plugin} {wizard}", names))

    def build(self, plugin: str, wizard: str, answers: Answers, folder: Path) -> str:
        """Return the job file for `answers`. Raises UserError where a page could not be left with them."""
        found = self.find(plugin, wizard)
        context = self.context(folder, answers)
        steps = found.steps(answers, context)
        complaints = [*_unknown(answers, steps), *_missing(answers, steps), *_refused(steps)]
        if complaints:
            raise UserError(complaints[0], details="\n".join(complaints[1:]))
        return write_job(found.build(answers, context), context.job_text)

    def warnings(self, plugin: str, wizard: str, answers: Answers, folder: Path) -> tuple[str, ...]:
        """Return what the pages warn of with `answers`, each once: what the window shows beside the questions."""
        steps = self.find(plugin, wizard).steps(answers, self.context(folder, answers))
        notes = (each for step in steps for each in step.notes)
        return tuple(dict.fromkeys(each.message for each in notes if each.severity is Severity.WARNING))

    def context(self, folder: Path, answers: Answers) -> WizardContext:
        """Return what a wizard may know; the scan is that of the answer to `script`, or of the script of the `job`."""
        look = self._jobs.look(folder, answers.get("job"))
        scan = self._scan(folder, answers.get("script") or look.script)
        logged = self._metrics(folder / str(answers.get("job"))) if look.job is not None else ()
        return WizardContext(
            folder=folder,
            host=this_host(),
            scan=scan,
            job=look.job,
            job_text=look.text,
            metrics=tuple(dict.fromkeys((*logged, *(scan.metrics if scan is not None and look.job else ())))),
            presets=tuple(self._plugins.environment_presets()),
            vm_sizes=vm_sizes(),
            clusters=self.clusters(folder),
        )

    def _forget(self) -> None:
        """Other plugins see other things in a script."""
        self._scanned = None

    def _scan(self, folder: Path, script: object) -> ScriptScan | None:
        if not isinstance(script, str) or not script:
            return None
        path = folder / script
        try:
            facts = path.stat()
        except (OSError, ValueError):
            return None
        key = (path, facts.st_mtime_ns, facts.st_size)
        scanned = self._scanned
        if scanned is None or scanned[0] != key:
            scanned = self._scanned = (key, self._read(path, script) if facts.st_size < _SCRIPT_LIMIT else None)
        return scanned[1]

    def _read(self, path: Path, name: str) -> ScriptScan | None:
        try:
            text = path.read_text("utf-8-sig", "replace")
        except OSError:
            return None
        try:
            return self._plugins.scan_script(ScriptSource(name, text))
        except UserError as error:
            finding = Diagnostic(Severity.ERROR, "script-syntax", str(error), path="script")
            return ScriptScan(findings=(finding,))


def _unknown(answers: Answers, steps: tuple[WizardStep, ...]) -> Iterator[str]:
    known = [each.name for step in steps for each in step.form.fields]
    for name in answers:
        if name not in known:
            yield f"There is no question “{name}”. {nearest(name, known)}"


def _missing(answers: Answers, steps: tuple[WizardStep, ...]) -> Iterator[str]:
    for field in (each for step in steps for each in step.form.fields):
        if field.required and answers.get(field.name, field.default) in (None, ""):
            yield f"“{field.name}” ({field.title}) needs an answer."


def _refused(steps: tuple[WizardStep, ...]) -> Iterator[str]:
    for note in (each for step in steps for each in step.notes):
        if note.severity is Severity.ERROR:
            yield f"{note.path}: {note.message}" if note.path else note.message
