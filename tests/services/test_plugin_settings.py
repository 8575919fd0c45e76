"""A plugin's own settings are checked against its form, kept, and handed to its hooks; its language is the person's."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from desktop_app.api import Choice, Field, FieldKind, FormSpec, Job, OutsideError, UserError, Value
from desktop_app.api._plugins import GarbageError
from desktop_app.api._plugins.own_settings import checked_form
from desktop_app.api.testing import fake_context, load_plugin
from desktop_app.places import Places
from desktop_app.services.plugins.plugin_settings import (
    choose_settings,
    forget_settings,
    reset_settings,
    restore_settings,
    set_plugin_setting,
    settings_of,
    stored_settings,
)
from desktop_app.services.plugins.translating import Translator, languages_of
from desktop_app.services.settings import Settings
from tests.helpers.plugin_folders import write_plugin

FORM = FormSpec(
    (
        Field("timeout", "Time limit", FieldKind.INTEGER, 60, minimum=0, maximum=1000),
        Field("rate", "Rate", FieldKind.NUMBER, 0.5),
        Field("loud", "Loud", FieldKind.BOOLEAN, default=False),
        Field("way", "Way", FieldKind.CHOICE, "ddp", choices=(Choice("ddp", "DDP"), Choice("run", "torchrun"))),
        Field("team", "Team", FieldKind.TEXT, required=True, default="vision"),
        Field("note", "Note", FieldKind.TEXT),
        Field("tags", "Tags", FieldKind.KEY_VALUES, {}),
        Field("off", "Off", FieldKind.TEXT, disabled="There is no cluster."),
    )
)
DEFAULTS: dict[str, Value] = {
    "timeout": 60, "rate": 0.5, "loud": False, "way": "ddp", "team": "vision", "note": None, "tags": {}, "off": None,
}  # fmt: skip


@pytest.fixture
def settings(places: Places) -> Settings:
    return Settings(places.settings)


@dataclass(frozen=True)
class Asks:
    """What a plugin host answers."""

    form: FormSpec = FORM

    def settings_form(self, _plugin_id: str) -> FormSpec:
        return self.form


def put(settings: Settings, *assignments: str) -> dict[str, Value]:
    """Set as the verb does; return what is stored then."""
    set_plugin_setting(Asks(), settings, "acme", assignments)
    return stored_settings(Settings(settings.path), "acme")


def test_what_is_typed_becomes_what_its_field_takes(settings: Settings) -> None:
    typed = ("timeout=90", "rate=1e-3", "loud=Yes", "way=run", "team=a = b", 'note=""', 'tags={"a": "b"}')
    assert put(settings, *typed) == {
        "timeout": 90, "rate": 0.001, "loud": True, "way": "run", "team": "a = b", "note": "", "tags": {"a": "b"},
    }  # fmt: skip
    assert put(settings, "tags.c.d=e", "tags.f=g", "tags.a=", "timeout=", "way=")["tags"] == {"c.d": "e", "f": "g"}
    now = settings_of(FORM, settings, "acme")
    assert (now.values["timeout"], now.values["way"], now.values["rate"]) == (60, "ddp", 0.001)
    assert now.chosen == {"rate", "loud", "team", "note", "tags"}
    assert json.loads(settings.path.read_text("utf-8")).keys() == {"plugins.settings.acme"}


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("timeout=ninety", "wants a whole number, not 'ninety'"),
        ("timeout=" + "9" * 5000, "wants a whole number"),
        ("timeout=1001", "from 0 to 1000"),
        ("rate=nan", "wants a number"),
        ("loud=perhaps", "wants yes or no"),
        ("way=walk", "It can be ddp, run"),
        ("tags=a", "Write tags.NAME=VALUE"),
        ('tags={"a": 1}', "wants texts as values"),
        ('team=""', "needs an answer"),
        ("timeot=1", "no setting “timeot”. Did you mean “timeout”"),
        ("timeout", "Write KEY=VALUE"),
        ("=1", "Write KEY=VALUE"),
        ("note.x=1", "no setting “note.x”"),
        ("off=x", "There is no cluster."),
        ("note=ghp_" + "a1" * 18, "keep no secrets"),
        ("note=" + "x" * 70_000, "too long"),
    ],
    ids=lambda each: str(each)[:20],
)
def test_what_is_no_answer_is_refused_and_nothing_is_saved(settings: Settings, typed: str, complaint: str) -> None:
    with pytest.raises(UserError) as caught:
        put(settings, "timeout=5", typed)
    assert complaint in str(caught.value)
    assert not settings.path.exists()


def test_a_plugin_without_settings_says_so(settings: Settings) -> None:
    with pytest.raises(UserError, match="has no settings"):
        set_plugin_setting(Asks(FormSpec()), settings, "acme", ["a=1"])


def test_what_does_not_fit_any_more_is_said_and_the_default_holds(settings: Settings) -> None:
    settings.set("plugins.settings.acme", {"timeout": "long", "way": "walk", "old": [1], "rate": 2, "loud": 1})
    now = settings_of(FORM, settings, "acme")
    assert now.values == {**DEFAULTS, "rate": 2}
    assert now.chosen == {"rate"}
    assert [each.partition("”")[0] for each in now.problems] == ["“Time limit", "“Loud", "“Way"]
    assert now.unknown == ("old",)
    choose_settings(FORM, settings, "acme", {"loud": True})
    assert stored_settings(settings, "acme")["old"] == [1], "an older or newer version of the plugin may know it"
    settings.set("plugins.settings.acme", "nonsense")
    assert settings_of(FORM, settings, "acme").values == DEFAULTS


def test_the_defaults_come_back_and_can_be_undone(settings: Settings) -> None:
    settings.set("plugins.settings.acme", {"timeout": 5, "old": 1})
    before = reset_settings(FORM, settings, "acme")
    assert (before, stored_settings(settings, "acme")) == ({"timeout": 5}, {"old": 1})
    restore_settings(settings, "acme", before)
    assert stored_settings(settings, "acme") == {"timeout": 5, "old": 1}
    forget_settings(settings, "acme")
    assert settings.get("plugins.settings.acme") is None


def test_two_programs_that_set_a_plugins_settings_lose_none(places: Places) -> None:
    form = FormSpec(tuple(Field(f"n{number}", "N", FieldKind.INTEGER, 0) for number in range(20)))
    each_own = [Settings(places.settings) for _ in range(2)]

    def set_half(half: int) -> None:
        for number in range(half, 20, 2):
            choose_settings(form, each_own[half], "acme", {f"n{number}": number})

    threads = [threading.Thread(target=set_half, args=(half,)) for half in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert stored_settings(Settings(places.settings), "acme") == {f"n{number}": number for number in range(20)}


def test_a_disk_that_takes_nothing_is_said(settings: Settings) -> None:
    settings.path.parent.write_text("no folder", "utf-8")
    with pytest.raises(OutsideError, match="can't be saved"):
        choose_settings(FORM, settings, "acme", {"timeout": 1})


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        (FormSpec((Field("f", "F", FieldKind.FILE),)), "asks for a file"),
        (FormSpec((Field("f", "F", FieldKind.TABLE),)), "asks for a table"),
        (FormSpec((Field("f", "F", FieldKind.INTEGER, "x"),)), "default that is no answer"),
        (FormSpec((FORM.fields[0],) * 2), "there twice"),
        ("form", "the result is str"),
    ],
)
def test_a_form_that_can_not_be_asked_is_the_plugins_mistake(form: object, complaint: str) -> None:
    with pytest.raises(GarbageError, match=complaint):
        checked_form(form)
    assert checked_form(None) == FormSpec()


HOOKS = """
from desktop_app.api import *


@hookimpl
def settings_form():
    return FormSpec((Field("timeout", "Time limit", FieldKind.INTEGER, 60),))


@hookimpl
def check_job(job, settings):
    return [Diagnostic(Severity.INFO, "limit", f"{settings}")]


@hookimpl
def check_environment(environment):
    return []


def steps(answers, context):
    return (WizardStep("a", str(context.settings), FormSpec()),)


@hookimpl
def job_wizards(settings):
    return [JobWizard("w", str(settings), "", steps, build)]


def build(answers, context):
    return Job("x", timeout=context.settings["timeout"])
"""


def test_hooks_and_wizards_are_handed_their_plugins_settings(tmp_path: Path) -> None:
    with load_plugin(write_plugin(tmp_path, "acme", HOOKS)) as plugin:
        for stored, wanted in (({}, 60), ({"timeout": 9, "other": 1}, 9), ({"timeout": "9"}, 60)):
            (found,) = plugin.call("check_job", job=Job("x"), settings=stored)
            assert found.message == f"{{'timeout': {wanted}}}"
            (wizard,) = plugin.call("job_wizards", settings=stored)
            context = fake_context(tmp_path, settings=stored)
            assert wizard.title == wizard.steps({}, context)[0].title == f"{{'timeout': {wanted}}}"
            assert wizard.build({}, context).timeout == wanted
        assert plugin.call("check_environment", environment="e", job=Job("x")) == ()


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "de_AT.UTF-8"}, "de-at"),
        ({"LANG": "de"}, "de"),
        ({"LANG": "sr_RS@latin"}, "sr-rs"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "fr_FR"}, "fr-fr"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "fr_FR"}, "fr-fr"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "pt_BR:de"}, "pt-br"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "de"}, ""),
        ({"LANG": "POSIX"}, ""),
        ({"LANG": "../../etc"}, ""),
        ({"LANG": "en"}, ""),
    ],
    ids=str,
)
def test_the_language_is_the_systems(settings: Settings, environment: dict[str, str], language: str) -> None:
    assert Translator(settings, environment).language == language


def test_a_choice_goes_before_the_system(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "translations").mkdir()
    (tmp_path / "translations" / "de.json").write_text('{"Nodes": "Knoten"}', "utf-8")
    translator = Translator(settings, {"LANG": "fr_FR.UTF-8"})
    assert translator.of(tmp_path)("Nodes") == "Nodes"
    settings.set("language", "de-CH")
    assert translator.of(tmp_path)("Nodes") == "Knoten"
    (tmp_path / "translations" / "de.json").write_text('{"Nodes": "Rechner"}', "utf-8")
    assert translator.of(tmp_path)("Nodes") == "Knoten", "each file is read once"
    translator.forget()
    assert translator.of(tmp_path)("Nodes") == "Rechner"
    settings.set("language", "en")
    assert translator.of(tmp_path)("Nodes") == "Nodes"
    assert languages_of([tmp_path, tmp_path / "none"]) == ("de",)
    for odd in (3, "../de", ""):
        settings.set("language", odd)
        assert translator.of(None)("Nodes") == "Nodes"
        assert translator.language == ("fr-fr" if odd != "../de" else "")
