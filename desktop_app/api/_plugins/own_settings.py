"""A plugin's own settings: what its form may ask, and what it is handed of what the person chose."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from desktop_app.api._plugins.form_checks import answer_problem, form_problems
from desktop_app.api._plugins.results import GarbageError, checked
from desktop_app.api.forms import Answers, Field, FieldKind, FormSpec, Value
from desktop_app.api.jobs import Job
from desktop_app.api.wizards import JobWizard, WizardContext, WizardStep

HOOK = "settings_form"
Fill: TypeAlias = Callable[[Mapping[str, Value]], dict[str, Value]]
"""Returns what a plugin is handed for what is stored."""
_NOT_ASKED = (FieldKind.FILE, FieldKind.FOLDER, FieldKind.TABLE)


def checked_form(result: Any) -> FormSpec:
    """Return what `settings_form` returned, an empty form for None. Raises GarbageError for what can't be asked."""
    form: FormSpec = checked(HOOK, result) or FormSpec()
    asked = (f"the field “{each.name}” asks for a {each.kind.value}" for each in form.fields if each.kind in _NOT_ASKED)
    problem = next(iter((*form_problems(form), *asked)), "")
    if problem:
        raise GarbageError(f"{HOOK} returned something wrong: {problem}.")
    return form


def filled_in(form: FormSpec, stored: Mapping[str, Value]) -> dict[str, Value]:
    """Return a value for each field: what is stored where it is an answer, else the default. Nothing else goes on."""
    return {each.name: stored[each.name] if is_set(each, stored) else each.default for each in form.fields}


def is_set(field: Field, stored: Mapping[str, Value]) -> bool:
    """Whether an answer to a field is stored."""
    return field.name in stored and not setting_problem(field, stored[field.name])


def setting_problem(field: Field, value: Value) -> str:
    """Return in words why a value can't be a setting, nothing if it can."""
    if field.required and value in (None, "", {}):
        return "needs an answer"
    return answer_problem(field, value)


def with_settings(result: Any, fill: Fill) -> Any:
    """Return what `job_wizards` returned, its wizards with functions that are handed the settings they may know."""
    if not isinstance(result, list | tuple):
        return result
    return [_with_settings(each, fill) if _is_wizard(each) else each for each in result]


def _is_wizard(value: Any) -> bool:
    return isinstance(value, JobWizard) and all(map(callable, (value.steps, value.build)))


def _with_settings(wizard: JobWizard, fill: Fill) -> JobWizard:
    def steps(answers: Answers, context: WizardContext) -> tuple[WizardStep, ...]:
        return wizard.steps(answers, _filled(context, fill))

    def build(answers: Answers, context: WizardContext) -> Job:
        return wizard.build(answers, _filled(context, fill))

    return dataclasses.replace(wizard, steps=steps, build=build)


def _filled(context: WizardContext, fill: Fill) -> WizardContext:
    if not isinstance(context, WizardContext):
        return context  # a test that knows its wizard
    return dataclasses.replace(context, settings=fill(context.settings))
