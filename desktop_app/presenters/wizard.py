"""A wizard while somebody answers it: pages and their states, what stands in the way, the job so far, the draft."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from desktop_app.api import (
    Answers,
    Diagnostic,
    Field,
    Job,
    JobWizard,
    Severity,
    UserError,
    Value,
    WizardContext,
    WizardStep,
)
from desktop_app.documents.job_document import write_job
from desktop_app.services.drafts import Drafts

ContextFor: TypeAlias = Callable[[Path, Answers], WizardContext]


class StepState(StrEnum):
    """Where a page stands, for the list of pages."""

    DONE = "done"
    CURRENT = "current"
    WARNING = "warning"
    TODO = "todo"
    ERROR = "error"


STATE_WORDS = {
    StepState.DONE: "done",
    StepState.CURRENT: "this page",
    StepState.WARNING: "done, with a warning",
    StepState.TODO: "to do",
    StepState.ERROR: "to mend",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """The job file so far: its text and its job, or why there is none yet."""

    text: str = ""
    job: Job | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class WizardCard:
    """One wizard to choose; `about` is what its plugin says of itself."""

    key: str  # PLUGIN/WIZARD
    title: str
    summary: str
    icon: str
    plugin: str
    tags: tuple[str, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What a wizard says to certain answers, which were the `version`-th that a session had."""

    version: int
    answers: Answers
    context: WizardContext
    steps: tuple[WizardStep, ...]


class WizardSession:
    """The answers to one wizard for one project folder. Going back never loses any, nor does a page that changes.

    A wizard that answers at once is asked whenever its pages are needed. One that is `apart`, with a process of its
    own, never is: somebody asks it in a thread (`question`) and hands over what it said (`take`); until then the
    pages are the last ones that were taken, and `is_fresh` is False.
    """

    def __init__(
        self, key: str, wizard: JobWizard, folder: Path, context_for: ContextFor, *, apart: bool = False
    ) -> None:
        self.key = key
        self.apart = apart
        self.wizard = wizard
        self.folder = folder
        self.answers: dict[str, Value] = {}
        self.index = 0
        self.furthest = 0
        self._context_for = context_for
        self._look: Look | None = None
        self._page: str | None = None
        self.version, self._asked = 0, -1
        self.is_fresh = False

    @property
    def steps(self) -> tuple[WizardStep, ...]:
        """Every page for the answers so far."""
        return self._current.steps

    @property
    def context(self) -> WizardContext:
        """What the wizard may know beside the answers."""
        return self._current.context

    @property
    def _current(self) -> Look:
        if not self.apart and self._asked != self.version:
            self.settle()
        assert self._look is not None
        return self._look

    def settle(self) -> None:
        """Ask the wizard now, unless its pages belong to the answers. Raises UserError where it fails."""
        if not self.is_fresh:
            self._asked = self.version
            self.take(self.question()())

    def question(self) -> Callable[[], Look]:
        """Return what asks the wizard about the answers as they are now; it blocks, and may run in any thread."""
        answers, wizard, version = dict(self.answers), self.wizard, self.version

        def ask() -> Look:
            context = self._context_for(self.folder, answers)
            steps = wizard.steps(answers, context)
            if not steps:
                raise UserError(f"The wizard “{wizard.title}” has no page for these answers.")
            return Look(version, answers, context, steps)

        return ask

    def take(self, look: Look) -> bool:
        """Show what the wizard said, if it belongs to the present answers; returns whether it does."""
        if look.version != self.version:
            return False
        self._look, self.is_fresh = look, True
        last = len(look.steps) - 1
        self.index, self.furthest = min(self.index, last), min(self.furthest, last)
        page, self._page = self._page, None
        names = [each.name for each in look.steps]
        if page in names:
            self._walk_to(names.index(page))
        return True

    @property
    def step(self) -> WizardStep:
        """The page that is shown."""
        return self.steps[self.index]

    @property
    def is_last(self) -> bool:
        """Whether the page that is shown is the review."""
        return self.index == len(self.steps) - 1

    @property
    def is_touched(self) -> bool:
        """Whether somebody answered anything."""
        return bool(self.answers)

    def answer(self, name: str, value: Value) -> None:
        """Take an answer; None takes it back, so that the default holds."""
        if value is None:
            self.answers.pop(name, None)
        else:
            self.answers[name] = value
        self.invalidate()

    def invalidate(self) -> None:
        """Ask the wizard again: an answer, or a file that it looks at, has changed."""
        self.version += 1
        self.is_fresh = False

    def look_ahead(self) -> None:
        """Do the slow part (reading a script) now; may run off the window's thread, and changes nothing."""
        self._context_for(self.folder, dict(self.answers))

    def value(self, asked: Field) -> Value:
        """Return what a field shows: the answer, else the default."""
        return self.answers.get(asked.name, asked.default)

    def notes(self, name: str) -> tuple[Diagnostic, ...]:
        """Return what there is to say about a field of this page, or (for an empty name) about the page."""
        names = {each.name for each in self.step.form.fields}
        return tuple(each for each in self.step.notes if (each.path if each.path in names else "") == name)

    def error(self, index: int | None = None) -> Diagnostic | None:
        """Return the first error of a page, which keeps it from being left."""
        step = self.steps[self.index if index is None else index]
        return next((each for each in step.notes if each.severity is Severity.ERROR), None) or self._missing(step)

    def _missing(self, step: WizardStep) -> Diagnostic | None:
        for asked in step.form.fields:
            if asked.required and self.value(asked) in (None, ""):
                return Diagnostic(Severity.ERROR, "required", f"{asked.title} is needed.", asked.name)
        return None

    def first_error(self) -> tuple[int, Diagnostic] | None:
        """Return the first page that can't be left, and why."""
        found = ((index, self.error(index)) for index in range(len(self.steps)))
        return next(((index, each) for index, each in found if each is not None), None)

    def in_the_way(self) -> str:
        """Return why one can't go on from this page: on the review, also what is wrong on any other."""
        error = self.error()
        if error is not None or not self.is_last:
            return error.message if error is not None else ""
        first = self.first_error()
        return f"{self.steps[first[0]].title}: {first[1].message}" if first is not None else ""

    def index_of(self, name: str) -> int:
        """Return where the page of a name stands, -1 where there is none."""
        return next((index for index, each in enumerate(self.steps) if each.name == name), -1)

    def state(self, index: int) -> StepState:
        """Return where a page stands."""
        if index == self.index:
            return StepState.CURRENT
        if index > self.furthest:
            return StepState.TODO
        if self.error(index):
            return StepState.ERROR
        return StepState.WARNING if _warnings(self.steps[index]) else StepState.DONE

    def warnings(self) -> tuple[tuple[str, Diagnostic], ...]:
        """Return what the pages before this one warn of, each with its page's title; for the review."""
        return tuple((step.title, each) for step in self.steps[: self.index] for each in _warnings(step))

    def may_go(self, index: int) -> bool:
        """Whether a page may be shown: back always, forward only past pages without an error."""
        if not 0 <= index < len(self.steps):
            return False
        return index <= self.index or all(self.error(each) is None for each in range(self.index, index))

    def go(self, index: int) -> bool:
        """Show another page if it may be shown."""
        if not self.may_go(index):
            return False
        self.index = index
        self.furthest = max(self.furthest, index)
        return True

    def preview(self) -> Preview:
        """Return the job file as it would be now."""
        return self.build(self._current)()

    def build(self, look: Look | None = None) -> Callable[[], Preview]:
        """Return what makes the job file of the pages that are shown; it blocks, and may run in any thread."""
        seen, wizard = look or self._current, self.wizard

        def make() -> Preview:
            try:
                job = wizard.build(seen.answers, seen.context)
            except UserError as error:
                return Preview(problem=str(error))
            return Preview(write_job(job, seen.context.job_text), job)

        return make

    def suggested_name(self) -> str:
        """Return a name for the job file that is not taken yet."""
        first = Path(self.wizard.file_name)
        numbered = (f"{first.stem}-{n}{first.suffix}" for n in range(2, 1000))
        taken = (self.folder / name for name in (first.name, *numbered))
        free = next((each.name for each in taken if not each.exists()), "")
        return free or f"{first.stem}-{time.time_ns()}{first.suffix}"

    def keep(self, drafts: Drafts) -> None:
        """Keep the answers, so that a crash (or Esc) loses nothing."""
        page = self._look.steps[self.index].name if self._look is not None else self._page
        drafts.keep(_draft_key(self.folder, self.key), {"answers": dict(self.answers), "page": page})

    def drop(self, drafts: Drafts) -> None:
        """Forget the kept answers."""
        drafts.drop(_draft_key(self.folder, self.key))

    def take_up(self, drafts: Drafts) -> bool:
        """Go on where an earlier session stopped; returns whether there was anything."""
        draft = drafts.get(_draft_key(self.folder, self.key))
        answers = draft.data.get("answers") if draft else None
        if draft is None or not isinstance(answers, Mapping) or not answers:
            return False
        self.answers = dict(answers)
        page = draft.data.get("page")
        self.invalidate()
        self._page = page if isinstance(page, str) else ""
        self.index = self.furthest = 0
        if not self.apart:
            self.settle()
        return True

    def begin_with(self, answers: Answers) -> None:
        """Begin with what is known already."""
        self.answers = dict(answers)
        self.invalidate()

    def start_over(self) -> None:
        """Forget every answer."""
        self.answers, self.index, self.furthest = {}, 0, 0
        self.invalidate()

    def _walk_to(self, index: int) -> None:
        self.index = self.furthest = 0
        while self.index < index and self.go(self.index + 1):
            pass


def _warnings(step: WizardStep) -> tuple[Diagnostic, ...]:
    return tuple(each for each in step.notes if each.severity is Severity.WARNING)


def has_draft(drafts: Drafts, folder: Path, key: str) -> bool:
    """Whether somebody began this wizard for this folder and did not end it."""
    draft = drafts.get(_draft_key(folder, key))
    return draft is not None and bool(draft.data.get("answers"))


def _draft_key(folder: Path, key: str) -> str:
    return f"{key}@{folder}"


def integer_of(text: str) -> Value:
    """Return the whole number that was typed; the text itself where it is none, None where nothing was typed."""
    text = text.strip()
    if not text:
        return None
    try:
        return int(text.replace("_", ""))
    except ValueError:
        return text


def number_of(text: str) -> Value:
    """Return the number that was typed (`1e-3`, `0,5`); the text itself where it is none, None for nothing."""
    text = text.strip()
    if not text:
        return None
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text


def number_text(value: Value) -> str:
    """Return a number as one would type it."""
    if value is None:
        return ""
    if isinstance(value, float) and not isinstance(value, bool):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return str(value)
