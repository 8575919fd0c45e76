"""The language of plugins' texts is chosen in the Settings, and holds at once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from desktop_app.services.workbench import Workbench
from desktop_app.ui.settings.languages import LanguageSection
from desktop_app.ui.tasks import running
from tests.helpers.fake_shell import FakeShell
from tests.helpers.plugin_folders import write_plugin
from tests.ui.audit import assert_sound
from tests.ui.windows import until


@pytest.fixture
async def section(
    bench: Workbench, shell: FakeShell, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[LanguageSection]:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    folder = write_plugin(bench.places.plugins, "acme")
    (folder / "translations").mkdir()
    (folder / "translations" / "de-at.json").write_text('{"Acme": "Akme"}', "utf-8")
    bench.plugins.discover()
    made = LanguageSection(bench, shell)
    made.resize(900, 400)
    made.show()
    await until(lambda: not running())
    yield made
    await until(lambda: not running())
    made.deleteLater()


def texts(section: LanguageSection) -> list[str]:
    return [section.box.itemText(index) for index in range(section.box.count())]


def choose(section: LanguageSection, index: int) -> None:
    section.box.setCurrentIndex(index)
    section.box.activated.emit(index)


async def test_a_language_is_chosen_and_given_back(section: LanguageSection, bench: Workbench) -> None:
    assert texts(section) == ["The system's (Français (France))", "English", "Österreichisches Deutsch"]
    assert section.box.currentIndex() == 0
    choose(section, 2)
    await until(lambda: bench.settings.get("language") == "de-at")
    assert [each.name for each in bench.plugins.plugins if each.id == "acme"] == ["Akme"]
    choose(section, 0)
    await until(lambda: bench.settings.get("language") is None)
    assert [each.name for each in bench.plugins.plugins if each.id == "acme"] == ["Acme"]
    assert_sound(section)


async def test_what_is_set_elsewhere_is_shown_though_no_plugin_speaks_it(
    section: LanguageSection, bench: Workbench
) -> None:
    bench.settings.set("language", "pt-br")
    assert section.box.currentText() == "Português (Brasil)"
    bench.settings.set("language", "xx")
    assert section.box.currentText() == "xx"
    bench.plugins.disable("acme")
    await until(lambda: not running())
    assert "Österreichisches Deutsch" not in texts(section), "a plugin that is off speaks to nobody"


async def test_a_disk_that_takes_nothing_is_said(section: LanguageSection, bench: Workbench, shell: FakeShell) -> None:
    bench.settings.path.unlink(missing_ok=True)
    bench.settings.path.mkdir(parents=True)
    choose(section, 1)
    await until(lambda: bool(shell.said))
    assert section.box.currentIndex() == 0
    bench.settings.path.rmdir()
