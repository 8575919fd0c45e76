"""Texts of plugins in the person's language: which texts of what a hook returns, and how a translation is found."""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import os
import typing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import (
    Choice,
    Diagnostic,
    EnvironmentPreset,
    Explanation,
    Field,
    FieldKind,
    Fix,
    FormSpec,
    Hooks,
    Job,
    JobWizard,
    ModelFile,
    OnnxExporter,
    ProcessSpec,
    RankRow,
    RankTable,
    Row,
    ScriptArgument,
    ScriptScan,
    Severity,
    ToolchainSpec,
    Topology,
    UserError,
    WizardContext,
    WizardStep,
)
from desktop_app.api._plugins.translating import (
    TEXTS,
    TranslationError,
    Translations,
    languages,
    read_file,
    read_translations,
    translated,
)
from desktop_app.api.testing import fake_context

KEPT = {
    "Choice": "value",
    "Diagnostic": "code path",
    "Distribution": "type extra",
    "EnvironmentPreset": "name reference python cuda packages status successor as_of source",
    "Explanation": "category code line links",
    "Field": "name default patterns",
    "Fix": "set unset",
    "Job": "command code environment compute environment_variables name display_name experiment_name description tags "
    "extra",
    "JobInput": "value type path mode extra",
    "JobOutput": "type path mode extra",
    "JobWizard": "name icon tags file_name",
    "OnnxExporter": "id toolchain kinds builds_on",
    "ProcessSpec": "argv environment role log",
    "RankRow": "name short gpu environment",
    "Remedy": "value",
    "Resources": "instance_type shm_size extra",
    "Row": "name",
    "ScriptArgument": "flag name type default help choices",
    "ScriptScan": "imports frameworks settles metrics",
    "ScriptVariable": "name",
    "Sweep": "search_space primary_metric goal sampling rule logbase early_termination",
    "SourceEdit": "file find replace",
    "ToolchainSpec": "name plugin requires python imports alone",
    "WheelBuild": "requirement build_requires environment programs",
    "WizardStep": "name",
}
"""Texts that are codes, names, paths, values, or a person's own: never translated."""


def kinds_in(hint: Any) -> set[type]:
    """Return the dataclasses that an annotation is made of."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return {hint}
    arguments = [each for one in typing.get_args(hint) for each in (one if isinstance(one, list) else [one])]
    if typing.get_origin(hint) is collections.abc.Callable:
        arguments = arguments[-1:]  # what it returns; its arguments are no answer of the plugin's
    return {kind for each in arguments for kind in kinds_in(each)}


def has_text(hint: Any) -> bool:
    """Whether a text may stand in a value of this annotation itself; the keys of a mapping are names."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is collections.abc.Callable:
        return False
    return hint in (str, Any) or any(map(has_text, arguments[1:] if origin is collections.abc.Mapping else arguments))


def hints_of(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind, localns={"Value": Any})


def returned() -> dict[str, type]:
    """Return every dataclass that may be in what a hook returns, and in what a manifest gives."""
    found: dict[str, type] = {}
    hooks = [hints_of(getattr(Hooks, each))["return"] for each in vars(Hooks) if not each.startswith("_")]
    waiting = set().union(*(kinds_in(each) for each in hooks), {ToolchainSpec})
    while waiting:
        kind = waiting.pop()
        if kind.__name__ not in found:
            found[kind.__name__] = kind
            waiting |= {each for hint in hints_of(kind).values() for each in kinds_in(hint)}
    return found


def test_every_text_that_a_hook_may_return_was_decided_to_be_translated_or_not() -> None:
    for name, kind in returned().items():
        texts = {each for each, hint in hints_of(kind).items() if has_text(hint)}
        kept = set(KEPT.get(name, "").split())
        assert texts == kept | set(TEXTS.get(name, ())), f"decide of each text of {name} whether it is for people"
        assert not kept & set(TEXTS.get(name, ()))


def test_every_type_with_texts_inside_is_walked() -> None:
    found = returned()
    assert set(TEXTS) <= set(found)
    for name, kind in found.items():
        below = {each.__name__ for hint in hints_of(kind).values() for each in kinds_in(hint)}
        assert name in TEXTS or not below & set(TEXTS), f"{name} holds texts inside"


def upper(text: str) -> str:
    """The translation of these tests."""
    return text.upper()


FIX = Fix("Take x", {"a.b": "keep"})
NOTE = Diagnostic(Severity.INFO, "some-code", "Look.", "nodes", fix=FIX)
FIELD = Field(
    "nodes", "Nodes", FieldKind.CHOICE, "one", "Help.", choices=(Choice("one", "One", "why"),), suffix="min",
    rows=(Row("r", "Row", (Field("x", "X", FieldKind.TEXT),), "note", "help"),), disabled="Not now.",
)  # fmt: skip


def test_texts_for_people_are_translated_and_nothing_else_is() -> None:
    step = translated(WizardStep("page", "Page", FormSpec((FIELD,)), (NOTE,), summary="What"), upper)
    (field,), (note,) = step.form.fields, step.notes
    assert (step.name, step.title, step.summary) == ("page", "PAGE", "WHAT")
    assert (field.name, field.title, field.default, field.help) == ("nodes", "NODES", "one", "HELP.")
    assert (field.suffix, field.disabled, field.choices) == ("MIN", "NOT NOW.", (Choice("one", "ONE", "WHY"),))
    assert (field.rows[0].title, field.rows[0].note, field.rows[0].fields[0].title) == ("ROW", "NOTE", "X")
    assert (note.code, note.message, note.path) == ("some-code", "LOOK.", "nodes")
    assert note.fix == Fix("TAKE X", {"a.b": "keep"})


def test_answers_of_all_hooks_are_walked() -> None:
    scan = ScriptScan(("torch",), (ScriptArgument("--lr", "lr", help="rate"),), findings=(NOTE,),
                      unless_started_by={"horovod.run": NOTE})  # fmt: skip
    said = translated(scan, upper)
    assert said.arguments[0].help == "rate", "the words of the person's own script"
    assert [said.findings[0].message, said.unless_started_by["horovod.run"].message] == ["LOOK.", "LOOK."]
    assert translated([Explanation("c", "It fell.", ("Try.",), line="raise")], upper) == (
        Explanation("c", "IT FELL.", ("TRY.",), line="raise"),
    )
    assert translated(RankTable(Topology(), (RankRow(0, 0, 0, "ps 0"),), "who"), upper).says == "WHO"
    assert translated(ToolchainSpec("t", "Title", "p", ()), upper).title == "TITLE"
    preset = EnvironmentPreset("n", "Title", "azureml:x", "sum")
    assert dataclasses.astuple(translated(preset, upper))[:4] == ("n", "TITLE", "azureml:x", "SUM")
    plain = (ProcessSpec(0, 0, 0, ("true",)),)
    assert translated(plain, upper) is plain
    assert translated(None, upper) is None


def test_functions_in_an_answer_answer_in_the_language(tmp_path: Path) -> None:
    def build(_answers: Any, _context: WizardContext) -> Job:
        raise UserError("No.", hint="Why.", details="as it is")

    wizard = JobWizard("w", "Title", "Sum", lambda _a, _c: (WizardStep("p", "Page", FormSpec()),), build)
    said = translated((wizard,), upper)[0]
    assert (said.name, said.title, said.steps({}, fake_context())[0].title) == ("w", "TITLE", "PAGE")
    with pytest.raises(UserError) as caught:
        said.build({}, fake_context())
    assert (caught.value.message, caught.value.hint, caught.value.details) == ("NO.", "WHY.", "as it is")
    exporter = translated(OnnxExporter("e", "E", "t", ("python",), lambda _model: FormSpec((FIELD,))), upper)
    assert exporter.form(ModelFile("python", tmp_path)).fields[0].title == "NODES"


def test_a_text_is_found_whole_or_by_its_places() -> None:
    words = Translations({
        "Nodes": "Knoten", "Take {}.": "Nimm {}.", "{} of {} nodes": "von {1} Knoten {0}", "Take {} nodes.": "",
        "Take the {}.": "Nimm das {}.",
    })  # fmt: skip
    assert words("Nodes") == "Knoten"
    assert words("Take azureml:a.b.c.") == "Nimm azureml:a.b.c."
    assert words("2 of 8 nodes") == "von 8 Knoten 2"
    assert words("Take the best.") == "Nimm das best.", "the text with more words of its own goes first"
    assert [words(each) for each in ("nodes", "Take .", "of 8 nodes", "")] == ["nodes", "Take .", "of 8 nodes", ""]
    assert words("Take {}.") == "Nimm {}."


@given(
    st.lists(st.text("ab {}", max_size=4), min_size=2, max_size=5), st.lists(st.text("ab c", min_size=1), max_size=5)
)
def test_what_stands_at_the_places_comes_through(literals: list[str], parts: list[str]) -> None:
    template, filled = "{}".join(literals), ""
    for index, each in enumerate(literals):
        filled += each + (parts[index] if index < len(parts) and index < len(literals) - 1 else "")
    said = Translations({template: template} if "{}{}" not in template and template.count("{}") < 10 else {})(filled)
    assert said == filled, "a translation with the same words gives the text back, whatever is taken for a place"


def write(folder: Path, name: str, content: object) -> Path:
    path = folder / "translations" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def test_the_language_of_a_country_goes_before_the_plain_one(tmp_path: Path) -> None:
    write(tmp_path, "de.json", {"January": "Januar", "Nodes": "Knoten"})
    write(tmp_path, "de_AT.json", {"January": "Jänner"})
    write(tmp_path, "no language.json", {})
    assert list(languages(tmp_path)) == ["de", "de-at"]
    for wanted, said in (("de-at", "Jänner"), ("de-ch", "Januar"), ("de", "Januar"), ("fr", "January")):
        assert read_translations(tmp_path, wanted)("January") == said
    assert read_translations(tmp_path, "de-at")("Nodes") == "Knoten"
    assert not read_translations(tmp_path / "none", "de")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ([], "must be an object"),
        ({"Nodes": 3}, "“Nodes” is no text"),
        ({"Nodes": None}, "“Nodes” is no text"),
        ({"Take {}": "Nimm"}, "must have its 1 places"),
        ({"{} of {}": "{} {} {}"}, "must have its 2 places"),
        ({"{} of {}": "{0} {2}"}, "must have its 2 places"),
        ({"{}{}": "{}{}"}, "two with nothing between"),
        ({"x" * 5000: "y"}, "longer than"),
        ("x" * 1_000_001, "at most 1 MB"),
    ],
    ids=lambda each: str(each)[:20],
)
def test_a_file_that_can_not_be_used_leaves_the_texts_english(tmp_path: Path, content: object, complaint: str) -> None:
    path = write(tmp_path, "de.json", content)
    with pytest.raises(TranslationError, match=complaint):
        read_file(path)
    said = read_translations(tmp_path, "de")
    assert said("Nodes") == "Nodes"
    assert said.problem.startswith("translations/de.json: ")
    assert said.problem.endswith("stay English.")


def test_a_file_that_would_never_end_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "translations").mkdir()
    os.mkfifo(tmp_path / "translations" / "de.json")
    (tmp_path / "translations" / "fr.json").mkdir()
    assert "no file" in read_translations(tmp_path, "de").problem
    assert "no file" in read_translations(tmp_path, "fr").problem


def test_a_good_file_stays_in_use_beside_a_bad_one(tmp_path: Path) -> None:
    write(tmp_path, "de.json", {"Nodes": "Knoten"})
    write(tmp_path, "de-at.json", "?")
    said = read_translations(tmp_path, "de-at")
    assert said("Nodes") == "Knoten"
    assert "translations/de-at.json" in said.problem
