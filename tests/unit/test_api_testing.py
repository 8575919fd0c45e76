"""The test kit for plugin authors finds what is wrong, and lets pass what is right."""

import dataclasses
import math
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app.api import (
    Answers,
    Choice,
    Diagnostic,
    Field,
    FieldKind,
    FormSpec,
    Job,
    JobWizard,
    Severity,
    UserError,
    Value,
    WizardContext,
    WizardStep,
)
from desktop_app.api.testing import (
    answer_problem,
    assert_form_sound,
    assert_plugin_sound,
    drive,
    fake_context,
    fake_host,
    form_problems,
    load_plugin,
)
from desktop_app.places import shipped
from tests.helpers.plugin_folders import HOOKS, TOML, preset_hooks, write_plugin

CHOICES = (Choice("a", "A"), Choice("b", "B"))
NODES = Field("nodes", "Nodes", FieldKind.INTEGER, default=1, minimum=1, maximum=8)
SCRIPT = Field("script", "Script", FieldKind.FILE, required=True, patterns=("*.py",))


def steps(answers: Answers, _context: WizardContext) -> tuple[WizardStep, ...]:
    many = Diagnostic(Severity.ERROR, "too-many", "Eight nodes are too many.", "nodes")
    notes = (many,) if answers.get("nodes") == 8 else ()
    return WizardStep("ranks", "Ranks", FormSpec((NODES,)), notes), WizardStep("script", "Script", FormSpec((SCRIPT,)))


def build(answers: Answers, _context: WizardContext) -> Job:
    return Job(f"python {answers.get('script', '')}")


WIZARD = JobWizard("w", "A wizard", "Makes jobs.", steps, build)
TAMPERINGS: dict[str, Callable[[tuple[WizardStep, ...], Answers], object]] = {
    "change with the answers": lambda pages, answers: pages[: 1 if answers else 2],
    "are wrong: the result is int": lambda _pages, _answers: 3,
    "have one name": lambda pages, _: (pages[0], dataclasses.replace(pages[1], name="ranks")),
    "“nodes” is there twice": lambda pages, _: (pages[0], dataclasses.replace(pages[0], name="b")),
    "is no field": lambda pages, _: (
        dataclasses.replace(pages[0], notes=(Diagnostic(Severity.INFO, "x", "y", "nowhere"),)),
    ),
}


def test_a_wizard_is_driven_to_its_job() -> None:
    driven = drive(WIZARD, {"nodes": 2, "script": "train.py"})
    assert driven.job == Job("python train.py")
    assert driven.step("ranks").form.fields == (NODES,)
    with pytest.raises(AssertionError, match="no page “nowhere”"):
        driven.step("nowhere")


@pytest.mark.parametrize(
    ("answers", "complaint"),
    [
        ({}, "the field “script” needs an answer"),
        ({"script": "a.py", "color": 1}, "there is no field “color”"),
        ({"script": "a.py", "nodes": "two"}, "the field “nodes” wants a whole number, not 'two'"),
        ({"script": "a.py", "nodes": 9}, "from 1 to 8, not 9"),
        ({"script": "a.py", "nodes": 8}, "Eight nodes are too many"),
    ],
)
def test_answers_that_are_not_enough_are_said(answers: dict[str, Value], complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        drive(WIZARD, answers)
    assert drive(WIZARD, answers, complete=False).job.command.startswith("python")


@pytest.mark.parametrize(("complaint", "tamper"), TAMPERINGS.items(), ids=list(TAMPERINGS))
def test_pages_that_are_wrong_are_said(
    complaint: str, tamper: Callable[[tuple[WizardStep, ...], Answers], object]
) -> None:
    def tampered(answers: Answers, context: WizardContext) -> tuple[WizardStep, ...]:
        return tamper(steps(answers, context), answers)  # type: ignore[return-value]

    with pytest.raises(AssertionError, match=complaint):
        drive(dataclasses.replace(WIZARD, steps=tampered), {"nodes": 1, "script": "a.py"})


def test_a_job_that_is_none_is_said() -> None:
    wizard = dataclasses.replace(WIZARD, build=lambda _answers, _context: Job(3))  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match="command of the result is int, not a text"):
        drive(wizard, {"script": "a.py"})


def test_a_refusal_of_the_wizard_comes_through() -> None:
    def refuse(_answers: Answers, _context: WizardContext) -> Job:
        raise UserError("Not so.")

    with pytest.raises(UserError, match="Not so"):
        drive(dataclasses.replace(WIZARD, build=refuse), {"script": "a.py"})


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (Field("f", "F", FieldKind.TEXT), ["", "x"], [1, None, True]),
        (Field("f", "F", FieldKind.INTEGER, minimum=0), [0, 5], [-1, 1.5, True, "1"]),
        (Field("f", "F", FieldKind.INTEGER), [2**31 - 1, -(2**31)], [2**31, 10**400]),
        (Field("f", "F", FieldKind.NUMBER, maximum=1), [0, 0.5], [1.5, True, "x"]),
        (Field("f", "F", FieldKind.NUMBER), [1e300, 2**40], [math.nan, math.inf, -math.inf, 10**400]),
        (Field("f", "F", FieldKind.BOOLEAN), [True, False], [1, "yes"]),
        (Field("f", "F", FieldKind.CHOICE, choices=CHOICES), ["a"], ["c", 1]),
        (Field("f", "F", FieldKind.CHOICE, choices=CHOICES, editable=True), ["a", "c"], [1]),
        (Field("f", "F", FieldKind.FOLDER), ["src"], [["src"]]),
        (Field("f", "F", FieldKind.KEY_VALUES), [{}, {"a": "b"}], [{"a": 1}, []]),
    ],
    ids=lambda each: each.kind.value if isinstance(each, Field) else "",
)
def test_what_fits_a_field(field: Field, good: list[Value], bad: list[Value]) -> None:
    assert [answer_problem(field, each) for each in good] == [""] * len(good)
    assert all(answer_problem(field, each) for each in bad)


@pytest.mark.parametrize(
    ("field", "complaint"),
    [
        (Field("", "F", FieldKind.TEXT), "needs a name and a title"),
        (Field("f", "F", FieldKind.INTEGER, minimum=3, maximum=2), "above its maximum"),
        (Field("f", "F", FieldKind.INTEGER, minimum=math.nan), "minimum of nan, which is no finite number"),
        (Field("f", "F", FieldKind.NUMBER, maximum=math.inf), "maximum of inf, which is no finite number"),
        (Field("f", "F", FieldKind.INTEGER, maximum=10**12), "whole numbers go from -2147483648 to 2147483647"),
        (Field("f", "F", FieldKind.INTEGER, minimum=-(10**400)), "no finite number"),
        (Field("f", "F", FieldKind.INTEGER, default=2**31), "default that is no answer"),
        (Field("f", "F", FieldKind.CHOICE), "has no choices"),
        (Field("f", "F", FieldKind.CHOICE, choices=(*CHOICES, CHOICES[0])), "has one choice twice"),
        (Field("f", "F", FieldKind.CHOICE, default="z", choices=CHOICES), "default that is no answer"),
        (Field("f", "F", FieldKind.INTEGER, default=1.5), "default that is no answer"),
    ],
)
def test_a_form_that_can_not_be_answered_is_said(field: Field, complaint: str) -> None:
    assert complaint in "\n".join(form_problems(FormSpec((field,))))
    with pytest.raises(AssertionError, match=complaint):
        assert_form_sound(FormSpec((field,)))


def test_a_plugin_is_loaded_called_and_forgotten(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "alpha", HOOKS)
    before = set(sys.modules)
    with load_plugin(folder) as plugin:
        assert plugin.id == "alpha"
        assert set(plugin.hooks) == {"environment_presets"}
        assert plugin.call("environment_presets")[0].name == "alpha"
        assert plugin.call("check_job", job=Job("x")) is None
        assert plugin.scan("import torch") is None
        with pytest.raises(AssertionError, match="no wizard “ddp”"):
            plugin.wizard("ddp")
    assert {each for each in set(sys.modules) - before if "alpha" in each} == set()


@pytest.mark.parametrize(
    ("change", "hooks", "complaint"),
    [
        (("api = ", "apo = "), HOOKS, "unknown key plugin.apo"),
        (('"{api}"', '"99"'), HOOKS, "made for API 99"),
        (('["a"]', '["b"]'), HOOKS.replace("{id}", "a"), "promises environments"),
        (("", ""), preset_hooks(body="return 'a'"), "environment_presets returned something wrong"),
    ],
)
def test_a_plugin_that_is_not_sound_is_said(
    tmp_path: Path, change: tuple[str, str], hooks: str, complaint: str
) -> None:
    folder = write_plugin(tmp_path, "alpha", hooks, toml=TOML.replace(*change))
    with pytest.raises(AssertionError, match=complaint):
        assert_plugin_sound(folder)


def test_a_sound_plugin_passes(tmp_path: Path) -> None:
    assert_plugin_sound(write_plugin(tmp_path, "a", HOOKS))


@pytest.mark.parametrize("folder", [each for each in shipped("plugins").iterdir() if (each / "plugin.toml").exists()])
def test_the_bundled_plugins_are_sound(folder: Path) -> None:
    assert_plugin_sound(folder)


def test_the_fake_machine_has_what_a_test_wants(tmp_path: Path) -> None:
    assert fake_host(gpus=2).gpus == ("Test GPU 0", "Test GPU 1")
    context = fake_context(tmp_path, host=fake_host(cpu_count=64))
    assert (context.folder, context.host.cpu_count) == (tmp_path, 64)
