"""The host hands each plugin its own settings and says its texts in the person's language."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from desktop_app.api import FormSpec, Host, Job, UserError
from desktop_app.api.testing import fake_context
from desktop_app.places import Places
from desktop_app.services.plugins import PluginHost, PluginInfo, PluginState
from desktop_app.services.plugins.plugin_settings import set_plugin_setting, settings_of
from desktop_app.services.settings import Settings
from tests.helpers.plugin_folders import write_plugin
from tests.helpers.plugin_hosts import MakeHost, plugin_hosts

HOOKS = """
from desktop_app.api import *


@hookimpl
def settings_form():
    return FormSpec((Field("limit", "Time limit", FieldKind.INTEGER, 60, suffix="min"),))


@hookimpl
def check_job(job, settings):
    return [Diagnostic(Severity.INFO, "limit", f"The limit is {settings['limit']} min.")]


@hookimpl
def launch_plan(job, host, settings):
    raise UserError(f"Not within {settings['limit']} min.", hint="Ask for more.")


@hookimpl
def job_wizards(settings):
    return [JobWizard(f"w{settings['limit']}", "A job", "Makes one.", steps, build)]


def steps(answers, context):
    return (WizardStep("a", f"The limit is {context.settings['limit']} min.", settings_form()),)


def build(answers, context):
    if answers:
        raise UserError("Ask for more.")
    return Job("x", timeout=context.settings["limit"])
"""
GERMAN = {
    "Acme": "Akme", "Made for a test.": "Für einen Test.", "Time limit": "Zeitgrenze",
    "The limit is {} min.": "Die Grenze ist {} min.", "Not within {} min.": "Nicht in {} min.",
    "Ask for more.": "Mehr verlangen.", "A job": "Ein Job",
}  # fmt: skip


@pytest.fixture
def make(places: Places) -> Iterator[MakeHost]:
    with plugin_hosts(places) as made:
        yield made


def info_of(host: PluginHost, plugin_id: str = "acme") -> PluginInfo:
    return next(each for each in host.plugins if each.id == plugin_id)


def messages(host: PluginHost) -> list[str]:
    return [each.message for each in host.check_job(Job("x"))]


def test_every_plugin_is_handed_its_own_settings(places: Places, make: MakeHost) -> None:
    for each in ("acme", "beta"):
        write_plugin(places.plugins, each, HOOKS)
    host, settings = make(), Settings(places.settings)
    assert messages(host) == ["The limit is 60 min."] * 2
    set_plugin_setting(host, host_settings(host), "acme", ["limit=5"])
    assert messages(host) == ["The limit is 5 min.", "The limit is 60 min."]
    first, second = (wizard for _, wizard in host.wizards())
    assert (first.name, second.name) == ("w5", "w60")
    context = fake_context(places.home)
    assert first.steps({}, context)[0].title == "The limit is 5 min."
    assert (first.build({}, context).timeout, second.build({}, context).timeout) == (5, 60)
    settings.reload()
    assert settings_of(host.settings_form("acme"), settings, "acme").chosen == {"limit"}
    host.disable("acme")
    with pytest.raises(UserError, match="is off, and its settings can't be shown: It is switched off"):
        host.settings_form("acme")
    host.enable("acme")
    assert messages(host)[0] == "The limit is 5 min.", "settings outlast switching off"


def host_settings(host: PluginHost) -> Settings:
    """Return the settings that a host was made with."""
    return host._settings


def test_a_plugin_without_settings_and_one_that_is_not_there(places: Places, make: MakeHost) -> None:
    write_plugin(places.plugins, "acme")
    host = make()
    assert host.settings_form("acme") == FormSpec()
    with pytest.raises(UserError, match=r"no plugin “acne”\. Did you mean “acme”"):
        host.settings_form("acne")


def test_a_form_that_can_not_be_asked_marks_its_plugin(places: Places, make: MakeHost) -> None:
    write_plugin(places.plugins, "acme", HOOKS.replace("FieldKind.INTEGER, 60", "FieldKind.FILE, 60"))
    host = make()
    with pytest.raises(UserError, match="settings_form returned something wrong"):
        host.settings_form("acme")
    assert info_of(host).state is PluginState.FAILED


def test_texts_are_said_in_the_persons_language_and_english_again(
    places: Places, make: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    folder = write_plugin(places.plugins, "acme", HOOKS)
    (folder / "translations").mkdir()
    (folder / "translations" / "de.json").write_text(json.dumps(GERMAN), "utf-8")
    host, told = make(), list[bool]()
    before = everything(host, places)
    host.changed.connect(lambda: told.append(True))
    host_settings(host).set("language", "de")
    assert told, "who shows a text is told that it changed"
    info = info_of(host)
    assert (info.id, info.name, info.summary) == ("acme", "Akme", "Für einen Test.")
    assert messages(host) == ["Die Grenze ist 60 min."]
    form = host.settings_form("acme")
    assert (form.fields[0].name, form.fields[0].title, form.fields[0].suffix) == ("limit", "Zeitgrenze", "min")
    ((of, wizard),) = host.wizards()
    assert (of.name, wizard.name, wizard.title, wizard.summary) == ("Akme", "w60", "Ein Job", "Makes one.")
    assert wizard.steps({}, fake_context())[0].title == "Die Grenze ist 60 min."
    with pytest.raises(UserError, match=r"^Mehr verlangen\.$"):
        wizard.build({"a": 1}, fake_context())
    with pytest.raises(UserError) as caught:
        host.launch_plan(Job("x"), Host(("sh", "-c")))
    assert str(caught.value) == "Nicht in 60 min. Mehr verlangen."
    host_settings(host).set("language", None)
    assert everything(host, places) == before


def everything(host: PluginHost, places: Places) -> list[object]:
    ((info, wizard),) = host.wizards()
    pages = wizard.steps({}, fake_context(places.home))
    return [info, wizard.title, pages, messages(host), host.settings_form("acme"), host.plugins]


def test_a_bad_file_of_translations_is_said_and_the_plugin_works_in_english(places: Places, make: MakeHost) -> None:
    folder = write_plugin(places.plugins, "acme", HOOKS)
    (folder / "translations").mkdir()
    (folder / "translations" / "de.json").write_text('{"A job": 3}', "utf-8")
    host = make()
    host_settings(host).set("language", "de")
    info = info_of(host)
    assert (info.state, info.reason, info.name) == (PluginState.OK, "", "Acme")
    assert info.details.startswith("translations/de.json: The translation of “A job” is no text.")
    assert messages(host) == ["The limit is 60 min."]
    (folder / "translations" / "de.json").write_text("{}", "utf-8")
    host.discover()
    assert info_of(host).details == ""
