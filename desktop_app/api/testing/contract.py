"""What the program wants of every plugin, as tests: a whole test file of an author can be three lines.

    from desktop_app.api.testing import PluginContract

    class TestAcme(PluginContract): ...

The plugin is the folder with `plugin.toml` beside the test file, above it, or in one folder of a folder above it; a
class may say `folder` itself.
"""

from __future__ import annotations

import sys
import threading
import unittest
from pathlib import Path
from typing import ClassVar

from desktop_app.api._plugins import ManifestError, read_manifest
from desktop_app.api._plugins.importing import package_name
from desktop_app.api._plugins.own_settings import setting_problem
from desktop_app.api._plugins.translating import languages
from desktop_app.api.diagnostics import Diagnostic, Severity
from desktop_app.api.errors import UserError
from desktop_app.api.jobs import Job
from desktop_app.api.testing import samples
from desktop_app.api.testing.driving import drive
from desktop_app.api.testing.knowledge import knowledge_problems
from desktop_app.api.testing.loading import LoadedPlugin, load_plugin
from desktop_app.api.testing.looking import look_at, project
from desktop_app.api.testing.program import in_the_program
from desktop_app.api.testing.sound import assert_plugin_sound
from desktop_app.api.testing.watching import Watch, watched
from desktop_app.api.testing.wording import translation_problems
from desktop_app.api.wizards import JobWizard, WizardContext

_WANTED = ("summary", "author", "license")


class PluginContract:
    """Tests that every plugin passes; each fails with what to do about it. Collected from a subclass `Test…`."""

    folder: ClassVar[str | Path] = ""

    def test_its_manifest_says_who_it_is(self) -> None:
        """The list of plugins can show it before anything of it is imported."""
        manifest = read_manifest(self._folder())
        missing = [each for each in _WANTED if not getattr(manifest, each).strip()]
        assert not missing, f"plugin.toml: say plugin.{' and plugin.'.join(missing)}, people choose by it."

    def test_it_is_what_its_manifest_promises(self) -> None:
        """Wizards, environments, exporters and launches are those that `contributes` lists."""
        assert_plugin_sound(self._folder())

    def test_importing_it_does_nothing_else(self) -> None:
        """No files, processes, threads, network; nothing that others share is changed."""
        folder, watch = self._folder(), Watch()
        with watched(watch), load_plugin(folder):
            pass
        wrong = [f"importing it {each}: do that in a worker task, or when a hook is called." for each in watch.seen]
        assert not wrong, _listed(wrong)

    def test_its_hooks_answer_and_do_nothing_else(self) -> None:
        """Each hook, wizard and form answers: right types, the same twice, quickly, and without any effect."""
        with load_plugin(self._folder()) as plugin:
            assert plugin.hooks, "the plugin has no hook: mark functions of its hooks file with @hookimpl."
            wrong = look_at(plugin).problems
        assert not wrong, _listed(wrong)

    def test_its_wizards_make_a_job_of_their_defaults(self) -> None:
        """Who only says what must be said gets a job that could be submitted, and that the plugin itself approves."""
        with load_plugin(self._folder()) as plugin, project(plugin) as context:
            wrong = [each for wizard in plugin.wizards() for each in _job_problems(plugin, wizard, context)]
        assert not wrong, _listed(wrong)

    def test_its_settings_hold(self) -> None:
        """Every setting has a default that fits, and the hooks bear what a person may choose."""
        with load_plugin(self._folder()) as plugin:
            form = plugin.settings_form()
            asked = [each for each in form.fields if each.required or each.default is not None]
            problems = ((each, setting_problem(each, each.default)) for each in asked)
            wrong = [f"the setting “{each.name}”, by its default, {problem}." for each, problem in problems if problem]
            chosen = [{each.name: value} for each in form.fields for value in samples.extremes(each)]
            known = {*look_at(plugin).problems} if chosen else set()
            found = ((each, what) for each in chosen for what in look_at(plugin, each).problems)
            wrong += [f"with the settings {each}, {what}" for each, what in found if what not in known]
        assert not wrong, _listed(wrong)

    def test_its_translations_are_whole(self) -> None:
        """Each file in `translations` says everything that hooks were seen to say, with the same places."""
        folder = self._folder()
        if not languages(folder):
            return
        with load_plugin(folder) as plugin:
            wrong = [*translation_problems(plugin.imported.manifest, look_at(plugin))]
        assert not wrong, _listed(wrong)

    def test_its_knowledge_of_failures_holds(self) -> None:
        """Each signature of `knowledge/*.toml` has sound expressions and a log of its own, in which it is found."""
        folder = self._folder()
        wrong = knowledge_problems(folder) if (folder / "knowledge").is_dir() else ()
        assert not wrong, _listed(list(wrong))

    def test_nothing_of_it_is_left(self) -> None:
        """Once it is taken back, neither a module nor a thread of it is there."""
        folder = self._folder()
        before = {*threading.enumerate()}
        with load_plugin(folder) as plugin:
            look_at(plugin)
        left = [each for each in sys.modules if f"{each}.".startswith(f"{package_name(read_manifest(folder).id)}.")]
        left += [f"the thread {each.name}" for each in threading.enumerate() if each not in before]
        assert not left, f"of the plugin {', '.join(left)} stays behind when it is switched off."

    def test_the_program_takes_it_and_gives_it_back(self) -> None:
        """In a home of its own it is installed, shows up, and all that it added goes when it is switched off.

        Skipped where the whole program is not installed, or where what the plugin depends on can't be had.
        """
        told = in_the_program(self._folder())
        if told.skipped:
            raise unittest.SkipTest(told.skipped)
        assert not told.problems, _listed(told.problems)

    def _folder(self) -> Path:
        """Return the plugin's folder, once it can be read."""
        start = Path(sys.modules[type(self).__module__].__file__ or "").resolve().parent
        found = start / self.folder if self.folder else find_folder(start)
        try:
            read_manifest(found)
        except ManifestError as error:
            raise AssertionError(f"{found}: {error}") from None
        return found


def find_folder(start: Path) -> Path:
    """Return the folder of the plugin that a test file in `start` is about. Raises AssertionError."""
    for parent in (start, *start.parents[:3]):
        if (parent / "plugin.toml").is_file():
            return parent
        found = sorted({*parent.glob("*/plugin.toml"), *parent.glob("src/*/plugin.toml")})
        if len(found) > 1:
            break
        if found:
            return found[0].parent
    raise AssertionError(f'Say which plugin is meant: `folder = "…"` in the test class, relative to {start}.')


def _job_problems(plugin: LoadedPlugin, wizard: JobWizard, context: WizardContext) -> list[str]:
    """Return what is wrong with the job that a wizard makes of its defaults."""
    name = f"the wizard “{wizard.name}”"
    try:
        job = drive(wizard, samples.all_answers(wizard, context), context).job
    except UserError as error:
        return [f"{name} makes no job of its defaults: {error.message}"]
    except AssertionError as error:
        return [f"{name}, by its defaults: {error}"]
    found = [] if job.command.strip() else [f"{name} makes a job without a command."]
    found += [] if job.environment else [f"{name} makes a job without an environment."]
    found += [] if job.topology.world_size > 0 else [f"{name} makes a job without a process."]
    told = (*(plugin.call("check_job", job=job) or ()), *_told_of_environment(plugin, job))
    wrong = [each.message for each in told if each.severity is Severity.ERROR]
    return found + [f"{name} makes a job that the plugin itself finds wrong: {each}" for each in wrong]


def _told_of_environment(plugin: LoadedPlugin, job: Job) -> tuple[Diagnostic, ...]:
    return tuple(plugin.call("check_environment", job=job, environment=job.environment) or ())


def _listed(wrong: list[str]) -> str:
    return "\n".join(f"- {each}" for each in wrong)
