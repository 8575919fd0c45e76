"""A plugin in the real program, in a home of its own: taken in, looked at, switched off, switched on again.

    python -m desktop_app.services.plugins.rehearsal FOLDER

prints `{"problems": […], "skipped": "why it could not be done"}`. The contract suite for authors runs it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from desktop_app.api import Job, JobWizard, OutsideError, UserError
from desktop_app.api._plugins import ManifestError, read_manifest
from desktop_app.api._plugins.translating import languages
from desktop_app.api.testing import fake_context, fake_host, samples
from desktop_app.api.testing.looking import plain
from desktop_app.places import Places
from desktop_app.services.diagnosing.knowledge_faults import knowledge_faults
from desktop_app.services.plugins.host import PluginHost
from desktop_app.services.plugins.info import PluginState
from desktop_app.services.plugins.installing.manager import PluginManager
from desktop_app.services.plugins.installing.models import Order
from desktop_app.services.plugins.translating import LANGUAGE
from desktop_app.services.settings import Settings

View: TypeAlias = dict[str, Any]
"""What a plugin adds to the program, by what it is called."""


def main(folder: str) -> None:
    """Print what is wrong with the plugin in a folder."""
    problems: list[str] = []
    skipped = ""
    try:
        problems += rehearse(Path(folder).resolve())
    except OutsideError as error:
        skipped = f"{error.message} {error.hint}".strip()
    except (UserError, ManifestError) as error:
        problems.append(f"the program does not take it: {error}")
    print(json.dumps({"problems": problems, "skipped": skipped}))


def rehearse(folder: Path) -> list[str]:
    """Return what is wrong with the plugin in a folder, as the program sees it. Raises UserError, OutsideError."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        places = Places(Path(made) / "home", Path(made) / "cache")
        settings = Settings(places.settings)
        host = PluginHost(places, settings, bundled=places.home / "none", installed=tuple)
        host.discover()
        try:
            return _rehearsed(folder, places, settings, host)
        finally:
            host.close()


def _rehearsed(folder: Path, places: Places, settings: Settings, host: PluginHost) -> list[str]:
    plugin = read_manifest(folder).id
    before = _seen(host, settings, folder)
    _take_in(folder, places, settings, host)
    first = _seen(host, settings, folder)
    if problem := _off(host, plugin):
        return [problem]
    host.disable(plugin)
    off = _seen(host, settings, folder)
    host.enable(plugin)
    again = _seen(host, settings, folder)
    if problem := _off(host, plugin):
        return [problem]
    wrong = knowledge_faults(folder) if (folder / "knowledge").is_dir() else ()
    stays = [f"once it is switched off, {each} it added stay" for each in _differing(before, off)]
    other = [f"once it is switched on again, {each} are others than before" for each in _differing(first, again)]
    return [*wrong, *stays, *other]


def _take_in(folder: Path, places: Places, settings: Settings, host: PluginHost) -> None:
    """Install a project as a person would; a bare folder becomes one among the person's own."""
    project = next((each for each in (folder, *folder.parents[:2]) if (each / "pyproject.toml").is_file()), None)
    if project is not None and _declares_plugin(project):
        asyncio.run(_install(PluginManager(places, settings, host), project))
    else:
        places.plugins.mkdir(parents=True)
        (places.plugins / folder.name).symlink_to(folder, target_is_directory=True)
        host.discover()


def _declares_plugin(project: Path) -> bool:
    return '"rankzero.plugins"' in (project / "pyproject.toml").read_text("utf-8")


async def _install(manager: PluginManager, project: Path) -> None:
    plan = await manager.plan_install(Order(str(project)), _quiet)
    await manager.apply(plan, _quiet, agreed=True)


def _quiet(_message: str, _part: float | None) -> None:
    """Show nothing."""


def _off(host: PluginHost, plugin: str) -> str:
    """Return why a plugin takes no part, nothing where it does."""
    info = next((each for each in host.plugins if each.id == plugin), None)
    if info is None:
        return f"the program does not find the plugin “{plugin}”"
    if info.state is PluginState.OK:
        return ""
    return f"in the program it is {info.state}: {info.reason}\n{info.details}".rstrip()


def _seen(host: PluginHost, settings: Settings, folder: Path) -> View:
    """Look at everything that plugins add, in every language that this one has."""
    found: View = {}
    for language in ("", *languages(folder)):
        settings.set(LANGUAGE, language or "en")
        said = f" ({language})" if language else ""
        found |= {f"the {name}{said}": plain(look(host)) for name, look in _LOOKS.items()}
    settings.set(LANGUAGE, None)
    return found


def _wizards(host: PluginHost) -> list[Any]:
    return [(info.id, each, _pages(each)) for info, each in host.wizards()]


def _pages(wizard: JobWizard) -> list[Any]:
    """Return a wizard's pages and job by its defaults, in a folder that is not there."""
    context = fake_context(Path("project").absolute(), job=Job("python train.py"))
    try:
        given = samples.all_answers(wizard, context)
        return [wizard.steps(given, context), wizard.build(given, context)]
    except UserError as error:
        return [error.message]


def _forms(host: PluginHost) -> list[Any]:
    offers = host.onnx_exporters()
    return [(info.id, each, [each.form(samples.model(kind)) for kind in each.kinds]) for info, each in offers]


def _plans(host: PluginHost) -> Iterator[Any]:
    for job in samples.jobs():
        try:
            yield host.launch_plan(job, fake_host())
        except UserError as error:
            yield error.message


_LOOKS: dict[str, Callable[[PluginHost], Any]] = {
    "wizards": _wizards,
    "environments": lambda host: host.environment_presets(),
    "exporters": _forms,
    "checks": lambda host: [(host.check_job(job), host.check_environment(job)) for job in samples.jobs()],
    "findings in scripts": lambda host: [host.scan_script(each["source"]) for each in samples.calls("scan_script")],
    "explanations": lambda host: [host.explain_failure(each["report"]) for each in samples.calls("explain_failure")],
    "plans": lambda host: list(_plans(host)),
    "tables of ranks": lambda host: [host.rank_table(job, None, 0, 8) for job in samples.jobs()],
    "toolchains": lambda host: host.toolchain_specs(),
    "settings": lambda host: [host.settings_form(each.id) for each in host.plugins if each.state is PluginState.OK],
}


def _differing(one: View, other: View) -> list[str]:
    return [name for name in one if one[name] != other[name]]


if __name__ == "__main__":
    main(sys.argv[1])
