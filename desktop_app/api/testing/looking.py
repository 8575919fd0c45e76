"""Looks at everything that a plugin has: each hook, wizard and form is asked twice, and what is wrong is noted."""

from __future__ import annotations

import ast
import dataclasses
import functools
import re
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desktop_app.api._plugins.form_checks import form_problems
from desktop_app.api._plugins.own_settings import HOOK as SETTINGS
from desktop_app.api._plugins.results import misfit
from desktop_app.api.diagnostics import Diagnostic
from desktop_app.api.errors import UserError
from desktop_app.api.exports import MODEL_KINDS, OnnxExporter
from desktop_app.api.forms import Answers, FormSpec, Value
from desktop_app.api.jobs import Job
from desktop_app.api.testing import samples
from desktop_app.api.testing.fakes import fake_context, fake_job
from desktop_app.api.testing.loading import LoadedPlugin
from desktop_app.api.testing.watching import Watch, watched
from desktop_app.api.wizards import JobWizard, WizardContext, WizardStep

QUICK = 0.25
"""Seconds of CPU that a call may take once the plugin's files are imported. The program cuts off at 2 seconds."""
_KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_REFUSES = ("launch_plan",)  # hooks whose UserError is an answer
_SECRET = re.compile(r"[0-9a-f]{16,}")  # which a launcher's processes share, drawn for each plan


@dataclass(slots=True)
class Look:
    """What was seen of a plugin: each answer with what was asked, and what is wrong, each once."""

    plugin: LoadedPlugin
    settings: Mapping[str, Value] = field(default_factory=dict)
    answers: list[tuple[str, Any]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    _problems: dict[str, None] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        """What is wrong, in the order in which it was seen."""
        return [*self._problems]

    def add(self, problem: str) -> None:
        """Note that something is wrong."""
        self._problems[problem] = None

    def ask(self, what: str, function: Callable[[], Any], *, may_refuse: bool = False) -> Any:
        """Call a function of the plugin twice and keep its answer; None where it has none."""
        try:
            answer, again, seconds = self._twice(what, function)
        except UserError as error:
            self.refusals += [error.message, error.hint]
            if not may_refuse:
                self.add(f"{what} refuses: {error.message}")
        except AssertionError as error:
            self.add(f"{what}: {error}")
        except Exception as error:  # noqa: BLE001 - a plugin may raise whatever it likes
            told = "".join(traceback.format_exception(error, limit=-2)).rstrip()
            self.add(f"{what} raises {type(error).__name__}; the program would switch the plugin off.\n{told}")
        else:
            if plain(answer) != plain(again):
                self.add(f"{what} answers otherwise the second time. An answer may depend on what is asked alone.")
            if seconds > QUICK:
                rest = f"more than {QUICK} s; others wait for it. Work that takes long belongs into a worker task"
                self.add(f"{what} takes {seconds:.2f} s of CPU, {rest}.")
            self.answers.append((what, answer))
            return answer
        return None

    def _twice(self, what: str, function: Callable[[], Any]) -> tuple[Any, Any, float]:
        answer, _ = self._watched(what, function)
        again, seconds = self._watched(what, function)
        return answer, again, seconds

    def _watched(self, what: str, function: Callable[[], Any]) -> tuple[Any, float]:
        """Return an answer, and how long it took; what was done beside it is noted, also where it raises."""
        watch = Watch()
        try:
            with watched(watch):
                answer = function()
        finally:
            for each in dict.fromkeys(watch.seen):
                self.add(f"{what} {each}. A hook only answers; what it needs to do belongs into a worker task.")
        return answer, watch.cpu


def look_at(plugin: LoadedPlugin, settings: Mapping[str, Value] | None = None) -> Look:
    """Call every hook, wizard and form of a plugin with samples, and with what a person set."""
    look = Look(plugin, settings or {})
    for hook in sorted(plugin.hooks):
        for arguments in samples.calls(hook, plugin.imported.manifest.contributes["launches"]):
            asked = functools.partial(plugin.call, hook, **arguments, **_with_settings(hook, look))
            found = look.ask(f"the hook {hook}", asked, may_refuse=hook in _REFUSES)
            for each in found if isinstance(found, tuple) else ():
                _look_into(look, hook, each)
    return look


def _with_settings(hook: str, look: Look) -> dict[str, Any]:
    return {} if hook == SETTINGS else {"settings": look.settings}


def _look_into(look: Look, hook: str, value: Any) -> None:
    if isinstance(value, JobWizard):
        with project(look.plugin, look.settings) as context:
            _open_wizard(look, value, context)
    elif isinstance(value, OnnxExporter):
        _open_exporter(look, value)
    elif isinstance(value, Diagnostic):
        promised = look.plugin.imported.manifest.contributes["checks"]
        if not _KEBAB.fullmatch(value.code):
            look.add(f"the hook {hook} returns the code “{value.code}”: small letters, digits and hyphens, for good.")
        elif promised and value.code not in promised:
            look.add(
                f"the hook {hook} returns “{value.code}”, which is missing in plugin.toml under contributes.checks."
            )


@contextmanager
def project(plugin: LoadedPlugin, settings: Mapping[str, Value] | None = None) -> Iterator[WizardContext]:
    """Yield what a wizard may know in a project folder with a script and a job, which is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "train.py").write_text(samples.SCRIPT, "utf-8")
        (Path(folder) / "job.yml").write_text("command: python train.py\n", "utf-8")
        scan = plugin.scan(samples.SCRIPT)
        yield fake_context(Path(folder), scan=scan, job=fake_job(), settings=settings)


def _open_wizard(look: Look, wizard: JobWizard, context: WizardContext) -> None:
    """Look at a wizard before its first answer, by its defaults, and, but for tried settings, at choices and limits."""
    name = f"the wizard “{wizard.name}”"
    if _pages(look, name, wizard, {}, context) is None:
        return
    given = samples.all_answers(wizard, context)
    others = () if look.settings else samples.tried_answers(wizard, context, given)
    for answers in (given, *others):
        if _pages(look, name, wizard, answers, context) is not None:
            job = look.ask(f"{name} (build)", functools.partial(wizard.build, answers, context), may_refuse=True)
            if job is not None and (complaint := misfit(job, Job)):
                look.add(f"{name} builds something wrong: {complaint}.")


def _pages(look: Look, name: str, wizard: JobWizard, answers: Answers, context: WizardContext) -> Any:
    steps = look.ask(f"{name} (steps)", functools.partial(wizard.steps, answers, context))
    if steps is None or (complaint := misfit(steps, tuple[WizardStep, ...])):
        look.add(f"{name} has wrong pages: {complaint if steps is not None else 'none'}.")
        return None
    form = FormSpec(tuple(each for step in steps for each in step.form.fields))
    for problem in form_problems(form):
        look.add(f"{name}: {problem}.")
    return steps


def _open_exporter(look: Look, exporter: OnnxExporter) -> None:
    """Look at an exporter: what it names is there, and its form can be shown for each kind of model."""
    name = f"the exporter “{exporter.id}”"
    for kind in exporter.kinds:
        if kind not in MODEL_KINDS:
            look.add(f"{name} accepts “{kind}”, which is no kind of model. There are {', '.join(MODEL_KINDS)}.")
            continue
        form = look.ask(f"{name} (form)", functools.partial(exporter.form, samples.model(kind)))
        complaint = misfit(form, FormSpec)
        for problem in [f"the form is wrong: {complaint}"] if complaint else form_problems(form):
            look.add(f"{name}: {problem}.")
    if exporter.module is None:
        if not exporter.builds_on:
            look.add(f"{name} has no file of tasks, and builds on no other.")
    elif "prepare" not in _functions(exporter.module):
        look.add(f"{name}: {exporter.module.name} must be there, with a function prepare(*, request, report).")


def _functions(path: Path) -> set[str]:
    """Return the names of a file's functions; it is not run, because its framework is not here."""
    try:
        tree = ast.parse(path.read_text("utf-8"))
    except (OSError, SyntaxError, ValueError):
        return set()
    return {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}


def plain(value: Any) -> Any:
    """Return a value as two of them can be compared: functions are alike, and so are secrets."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return type(value).__name__, {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, str):
        return _SECRET.sub("a secret", value)
    return "a function" if callable(value) else value
