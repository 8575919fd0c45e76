"""The test kit for plugin authors: load a plugin as the program does, call its hooks, fill in its wizards.

    from desktop_app.api.testing import assert_plugin_sound, drive, load_plugin

    def test_my_plugin():
        assert_plugin_sound(FOLDER)
        with load_plugin(FOLDER) as plugin:
            job = drive(plugin.wizard("ddp"), {"nodes": 2}).job
            assert job.topology.world_size == 8

Everything here raises AssertionError with a sentence that says what is wrong.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.api import API_VERSION
from desktop_app.api._plugins import (
    GarbageError,
    ImportedPlugin,
    ManifestError,
    checked,
    import_plugin,
    read_manifest,
    unload,
)
from desktop_app.api._plugins.results import misfit
from desktop_app.api.diagnostics import Severity
from desktop_app.api.errors import UserError
from desktop_app.api.forms import Answers, Field, FieldKind, FormSpec, Value
from desktop_app.api.jobs import Distribution, Job
from desktop_app.api.plans import Host
from desktop_app.api.scripts import ScriptScan, ScriptSource
from desktop_app.api.wizards import JobWizard, WizardContext, WizardStep

_TYPES: Mapping[FieldKind, tuple[type, ...]] = {
    FieldKind.TEXT: (str,),
    FieldKind.INTEGER: (int,),
    FieldKind.NUMBER: (int, float),
    FieldKind.BOOLEAN: (bool,),
    FieldKind.CHOICE: (str,),
    FieldKind.FILE: (str,),
    FieldKind.FOLDER: (str,),
    FieldKind.KEY_VALUES: (dict,),
    FieldKind.TABLE: (dict,),
}


def fake_host(*, cpu_count: int = 4, gpus: int = 0, python: str = "/usr/bin/python3") -> Host:
    """Return a machine that is the same in every test, with as many GPUs as a test wants."""
    names = tuple(f"Test GPU {number}" for number in range(gpus))
    return Host(("/bin/sh", "-c"), cpu_count=cpu_count, gpus=names, python=python)


def fake_context(
    folder: Path | None = None, *, host: Host | None = None, scan: ScriptScan | None = None, job: Job | None = None
) -> WizardContext:
    """Return what a wizard may know beside the answers."""
    return WizardContext(folder=folder or Path.cwd(), host=host or fake_host(), scan=scan, job=job)


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin that was imported as the program imports it."""

    imported: ImportedPlugin

    @property
    def id(self) -> str:
        """The plugin's id."""
        return self.imported.manifest.id

    @property
    def hooks(self) -> frozenset[str]:
        """The names of the hooks that the plugin implements."""
        return self.imported.hooks

    def call(self, hook: str, **arguments: Any) -> Any:
        """Return what one hook returns for these arguments, None for a hook that the plugin does not have.

        What the hook raises comes through; what it returns is checked against the contract.
        """
        results = self.imported.call(hook, **arguments)
        try:
            return checked(hook, results[0]) if results else None
        except GarbageError as error:
            raise AssertionError(f"{self.id}: {error}") from error

    def scan(self, text: str, path: str = "train.py") -> ScriptScan | None:
        """Return what the plugin sees in a script's text."""
        found: ScriptScan | None = self.call("scan_script", source=ScriptSource(path, text))
        return found

    def wizards(self) -> tuple[JobWizard, ...]:
        """Return the plugin's wizards."""
        return tuple(self.call("job_wizards") or ())

    def wizard(self, name: str) -> JobWizard:
        """Return one wizard by its name."""
        found = {each.name: each for each in self.wizards()}
        assert name in found, f"{self.id} has no wizard “{name}”, only {sorted(found)}"
        return found[name]


@contextmanager
def load_plugin(folder: Path) -> Iterator[LoadedPlugin]:
    """Import a plugin's folder as the program does, and forget it wholly at the end. What it raises comes through."""
    try:
        manifest = read_manifest(folder)
    except ManifestError as error:
        raise AssertionError(f"{folder}: {error}") from error
    assert manifest.api == API_VERSION, f"{manifest.id} is made for API {manifest.api}; this is API {API_VERSION}"
    imported = import_plugin(manifest)
    try:
        yield LoadedPlugin(imported)
    finally:
        unload(imported.package)


@dataclass(frozen=True, slots=True)
class Driven:
    """What came of filling in a wizard: its pages for these answers, and the job."""

    steps: tuple[WizardStep, ...]
    job: Job

    def step(self, name: str) -> WizardStep:
        """Return one page by its name."""
        found = {each.name: each for each in self.steps}
        assert name in found, f"there is no page “{name}”, only {list(found)}"
        return found[name]


def drive(
    wizard: JobWizard, answers: Answers | None = None, context: WizardContext | None = None, *, complete: bool = True
) -> Driven:
    """Fill in a wizard one answer after the other, as a person does, and return its pages and its job.

    At every step the forms must be sound and the pages the same ones. With `complete`, the answers must be enough
    to leave the last page: each fits its question, none that is required is missing, and no note is an error.
    """
    given, context = dict(answers or {}), context or fake_context()
    steps = _steps(wizard, {}, context)
    names = [each.name for each in steps]
    for count in range(1, len(given) + 1):
        steps = _steps(wizard, dict(list(given.items())[:count]), context)
        assert [each.name for each in steps] == names, f"the pages of “{wizard.title}” change with the answers"
    if complete:
        problems = _complaints(steps, given)
        assert not problems, "\n".join(problems)
    job = wizard.build(given, context)
    complaint = misfit(job, Job)
    assert not complaint, f"the wizard “{wizard.title}” built something wrong: {complaint}"
    return Driven(steps, job)


def assert_form_sound(form: FormSpec) -> None:
    """Assert that a form can be shown and answered: names are unique, defaults are answers, limits make sense."""
    problems = form_problems(form)
    assert not problems, "\n".join(problems)


def form_problems(form: FormSpec) -> list[str]:
    """Return in words what is wrong with a form."""
    names = [each.name for each in form.fields]
    doubles = [f"the field “{each}” is there twice" for each in sorted({n for n in names if names.count(n) > 1})]
    return [*doubles, *(f"the field “{each.name}” {what}" for each in form.fields for what in _field_problems(each))]


def answer_problem(field: Field, value: Value) -> str:
    """Return in words why a value is no answer to a field, nothing if it is one."""
    if not isinstance(value, _TYPES[field.kind]) or (isinstance(value, bool) and field.kind is not FieldKind.BOOLEAN):
        return f"wants {field.kind.value}, not {value!r}"
    if isinstance(value, int | float):
        low, high = field.minimum, field.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            return f"wants a number from {low} to {high}, not {value!r}"
    if field.kind is FieldKind.TABLE and isinstance(value, dict):
        return next(filter(None, (_row_problem(field, name, given) for name, given in value.items())), "")
    if isinstance(value, dict) and not all(isinstance(each, str) for each in value.values()):
        return f"wants texts as values, not {value!r}"
    if field.kind is FieldKind.CHOICE and not field.editable and value not in {each.value for each in field.choices}:
        return f"wants one of its choices, not {value!r}"
    return ""


def _row_problem(field: Field, name: str, given: Value) -> str:
    row = next((each for each in field.rows if each.name == name), None)
    if row is None:
        return f"has no row “{name}”"
    if not isinstance(given, dict):
        return f"wants the answers of a row, not {given!r}"
    asked = {each.name: each for each in row.fields}
    wrong = (answer_problem(asked[key], each) for key, each in given.items() if key in asked)
    return next((f"of the row “{name}” {each}" for each in wrong if each), "")


def assert_plugin_sound(folder: Path) -> None:
    """Assert that a plugin loads, keeps what its manifest promises, and has wizards that can be shown at once."""
    with load_plugin(folder) as plugin:
        promised = plugin.imported.manifest.contributes
        wizards = tuple(each.name for each in plugin.wizards())
        presets = tuple(each.name for each in plugin.call("environment_presets") or ())
        for kind, real in (("wizards", wizards), ("environments", presets)):
            assert len(set(real)) == len(real), f"{plugin.id} has two {kind} of one name: {real}"
            assert set(promised[kind]) == set(real), f"plugin.toml promises {kind} {promised[kind]}, not {real}"
        for each in plugin.wizards():
            with contextlib.suppress(UserError):  # before its first answer, there may be no job that it could make
                drive(each, complete=False)
        _call_with_samples(plugin)


def _call_with_samples(plugin: LoadedPlugin) -> None:
    job = Job("python train.py", environment="azureml:some-environment@latest")
    host = fake_host()
    plugin.call("launch_plan", job=job, host=host)
    for kind in plugin.imported.manifest.contributes["launches"]:
        _assert_launches(plugin, dataclasses.replace(job, distribution=Distribution(kind, 1)), host)
    plugin.call("check_job", job=job)
    plugin.call("check_environment", environment="azureml:some-environment@latest", job=job)
    plugin.scan("import os\nprint(os.environ)\n")


def _assert_launches(plugin: LoadedPlugin, job: Job, host: Host) -> None:
    kind = job.distribution.type if job.distribution else ""
    try:
        found = plugin.call("launch_plan", job=job, host=host)
    except UserError:  # of this machine, which lacks what the job needs
        return
    assert found is not None, f"plugin.toml promises to launch {kind}, and launch_plan says None to it"


def _steps(wizard: JobWizard, answers: Answers, context: WizardContext) -> tuple[WizardStep, ...]:
    steps = wizard.steps(answers, context)
    complaint = misfit(steps, tuple[WizardStep, ...])
    assert not complaint, f"the pages of “{wizard.title}” are wrong: {complaint}"
    fields = tuple(field for step in steps for field in step.form.fields)
    assert_form_sound(FormSpec(fields))
    assert len({each.name for each in steps}) == len(steps), f"two pages of “{wizard.title}” have one name"
    known = {each.name for each in fields}
    for note in (each for step in steps for each in step.notes):
        assert not note.path or note.path in known, f"a note is about “{note.path}”, which is no field"
    return tuple(dataclasses.replace(each) for each in steps)


def _complaints(steps: tuple[WizardStep, ...], answers: Answers) -> list[str]:
    fields = {each.name: each for step in steps for each in step.form.fields}
    unknown = [f"there is no field “{each}”" for each in answers if each not in fields]
    wrong = [
        f"the field “{name}” {what}"
        for name, field in fields.items()
        if name in answers and (what := answer_problem(field, answers[name]))
    ]
    missing = [
        f"the field “{name}” needs an answer"
        for name, field in fields.items()
        if field.required and answers.get(name, field.default) in (None, "")
    ]
    errors = [each.message for step in steps for each in step.notes if each.severity is Severity.ERROR]
    return [*unknown, *wrong, *missing, *errors]


def _field_problems(field: Field) -> Iterator[str]:
    if not field.name or not field.title:
        yield "needs a name and a title"
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        yield f"has a minimum of {field.minimum}, above its maximum of {field.maximum}"
    yield from (problem for row in field.rows for problem in form_problems(FormSpec(row.fields)))
    values = [each.value for each in field.choices]
    if field.kind is FieldKind.CHOICE and not values and not field.editable:
        yield "has no choices"
    if len(set(values)) != len(values):
        yield "has one choice twice"
    if field.default is not None and (problem := answer_problem(field, field.default)):
        yield f"has a default that is no answer: it {problem}"
