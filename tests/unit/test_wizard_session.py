"""A wizard while somebody answers it."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import (
    Answers,
    Diagnostic,
    Distribution,
    Field,
    FieldKind,
    FormSpec,
    Host,
    Job,
    JobWizard,
    Resources,
    Severity,
    Topology,
    UserError,
    WizardContext,
    WizardStep,
)
from desktop_app.presenters.wizard import (
    StepState,
    WizardSession,
    has_draft,
    integer_of,
    number_of,
    number_text,
)
from desktop_app.services.drafts import Drafts


def steps(answers: Answers, _context: WizardContext) -> tuple[WizardStep, ...]:
    notes = []
    if answers.get("nodes") == 0:
        notes.append(Diagnostic(Severity.ERROR, "none", "At least one node.", "nodes"))
    if answers.get("nodes") == 3:
        notes.append(Diagnostic(Severity.INFO, "odd", "Three is odd.", "elsewhere"))
    extra = (Field("arg", "--arg", FieldKind.TEXT),) if answers.get("script") == "b.py" else ()
    script = Field("script", "Script", FieldKind.FILE, required=True)
    return (
        WizardStep("script", "Script", FormSpec((script, *extra))),
        WizardStep("ranks", "Ranks", FormSpec((Field("nodes", "Nodes", FieldKind.INTEGER, default=1),)), tuple(notes)),
        WizardStep("review", "Review", FormSpec()),
    )


def build(answers: Answers, _context: WizardContext) -> Job:
    if answers.get("script") == "never.py":
        raise UserError("No job can be made.")
    nodes = answers.get("nodes", 1)
    return Job(
        f"python {answers.get('script', '')}".strip(),
        distribution=Distribution("pytorch", 2),
        resources=Resources(instance_count=nodes if isinstance(nodes, int) else 1),
    )


@pytest.fixture
def session(tmp_path: Path) -> WizardSession:
    return made(tmp_path)


def made(folder: Path) -> WizardSession:
    wizard = JobWizard("w", "A wizard", "", steps, build)
    return WizardSession("p/w", wizard, folder, lambda where, _answers: WizardContext(where, Host(("sh", "-c"))))


def test_a_page_is_left_only_without_an_error(session: WizardSession) -> None:
    assert not session.go(1)
    error = session.error()
    assert error is not None
    assert (error.path, error.message) == ("script", "Script is needed.")
    session.answer("script", "a.py")
    assert session.go(1)
    session.answer("nodes", 0)
    assert not session.go(2)
    assert session.go(0)


def test_back_loses_nothing_and_forward_passes_no_error(session: WizardSession) -> None:
    session.answer("script", "a.py")
    session.go(1)
    session.answer("nodes", 4)
    session.go(2)
    assert session.is_last
    session.go(0)
    assert [session.state(each) for each in range(3)] == [StepState.CURRENT, StepState.DONE, StepState.DONE]
    assert session.answers == {"script": "a.py", "nodes": 4}
    session.answer("nodes", 0)
    assert not session.may_go(2)
    assert session.may_go(1)
    assert session.state(1) is StepState.ERROR
    assert session.first_error() == (1, Diagnostic(Severity.ERROR, "none", "At least one node.", "nodes"))


def test_a_default_holds_until_it_is_answered(session: WizardSession) -> None:
    asked = session.steps[1].form.fields[0]
    assert session.value(asked) == 1
    session.answer("nodes", 5)
    assert session.value(asked) == 5
    session.answer("nodes", None)
    assert session.value(asked) == 1
    assert not session.is_touched


def test_notes_stand_at_their_field_or_at_the_page(session: WizardSession) -> None:
    session.answer("script", "a.py")
    session.go(1)
    session.answer("nodes", 3)
    assert session.notes("nodes") == ()
    assert [each.code for each in session.notes("")] == ["odd"]
    session.answer("nodes", 0)
    assert [each.code for each in session.notes("nodes")] == ["none"]


def test_answers_to_questions_that_went_away_are_kept(session: WizardSession) -> None:
    session.answer("script", "b.py")
    session.answer("arg", "x")
    session.answer("script", "a.py")
    assert [each.name for each in session.step.form.fields] == ["script"]
    session.answer("script", "b.py")
    assert session.value(session.step.form.fields[1]) == "x"


def test_the_preview_is_there_for_unfinished_answers(session: WizardSession) -> None:
    assert "command: python" in session.preview().text
    session.answer("nodes", 4)
    made = session.preview().job
    assert made is not None
    assert made.topology == Topology(4, 2)
    session.answer("script", "never.py")
    preview = session.preview()
    assert (preview.text, preview.problem) == ("", "No job can be made.")


def test_a_draft_goes_on_at_its_page(tmp_path: Path, session: WizardSession) -> None:
    drafts = Drafts(tmp_path / "drafts", "wizards")
    session.answer("script", "a.py")
    session.go(1)
    session.answer("nodes", 4)
    session.keep(drafts)
    assert has_draft(drafts, tmp_path, "p/w")
    assert not has_draft(drafts, tmp_path / "other", "p/w")
    again = made(tmp_path)
    assert again.take_up(drafts)
    assert (again.answers, again.step.name) == ({"script": "a.py", "nodes": 4}, "ranks")
    again.drop(drafts)
    assert not made(tmp_path).take_up(drafts)


def test_a_draft_whose_answers_no_longer_hold_stops_where_it_must(tmp_path: Path, session: WizardSession) -> None:
    drafts = Drafts(tmp_path / "drafts", "wizards")
    session.answer("script", "a.py")
    session.go(1)
    session.go(2)
    session.answer("nodes", 0)
    session.keep(drafts)
    again = made(tmp_path)
    assert again.take_up(drafts)
    assert again.step.name == "ranks"


def test_starting_over_forgets(session: WizardSession) -> None:
    session.answer("script", "a.py")
    session.go(1)
    session.start_over()
    assert (session.answers, session.index, session.furthest) == ({}, 0, 0)


def test_the_file_gets_a_name_that_is_free(tmp_path: Path, session: WizardSession) -> None:
    assert session.suggested_name() == "job.yml"
    (tmp_path / "job.yml").touch()
    (tmp_path / "job-2.yml").touch()
    assert session.suggested_name() == "job-3.yml"


@pytest.mark.parametrize(
    ("typed", "number"), [("1e-3", 0.001), ("0,5", 0.5), (" 2 ", 2.0), ("", None), ("abc", "abc"), ("-", "-")]
)
def test_numbers_as_people_type_them(typed: str, number: object) -> None:
    assert number_of(typed) == number


@pytest.mark.parametrize(("typed", "number"), [("12", 12), ("1_000", 1000), ("", None), ("x", "x"), ("1.5", "1.5")])
def test_whole_numbers_as_people_type_them(typed: str, number: object) -> None:
    assert integer_of(typed) == number


@pytest.mark.parametrize(
    ("value", "text"), [(0.001, "0.001"), (1e-07, "1e-07"), (0.1 + 0.2, "0.30000000000000004"), (3, "3"), (None, "")]
)
def test_numbers_as_they_are_shown(value: float | None, text: str) -> None:
    assert number_text(value) == text
