"""Fills in wizards as a person does."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from desktop_app.api._plugins.form_checks import answer_problem, form_problems
from desktop_app.api._plugins.results import misfit
from desktop_app.api.diagnostics import Severity
from desktop_app.api.forms import Answers, FormSpec
from desktop_app.api.jobs import Job
from desktop_app.api.testing.fakes import fake_context
from desktop_app.api.wizards import JobWizard, WizardContext, WizardStep


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
