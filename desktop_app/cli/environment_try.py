"""`environments try`: install pip's part of an environment on this machine, import it, and say what failed."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace

from desktop_app.cli import console
from desktop_app.cli.environment_shapes import trial_shape
from desktop_app.services.environments.catalogue import EnvironmentCatalogue
from desktop_app.services.environments.reading import Reader
from desktop_app.services.environments.trying import Trial, Trials, Wish
from desktop_app.services.workbench import Workbench

_SHOWN = 12  # lines


def run(workbench: Workbench, options: Namespace) -> int:
    """Try it and print what came of it; exits 1 where something failed."""
    environment = Reader(EnvironmentCatalogue(workbench.plugins.environment_presets())).read(options.target)
    imports = tuple(each.strip() for each in options.imports.split(",") if each.strip())
    wish = Wish(environment, imports, options.python, options.allow_local)
    trial = asyncio.run(_tried(Trials(workbench.places.trials, workbench.places.fetched), wish))
    if options.json:
        console.document(trial_shape(trial))
    else:
        _print(trial)
    return 0 if trial.works else 1


async def _tried(trials: Trials, wish: Wish) -> Trial:
    progress = console.ProgressLines()
    try:
        return await trials.run(wish, progress)
    finally:
        progress.close()


def _print(trial: Trial) -> None:
    if trial.failure:
        console.error(trial.failure)
        if "build" in trial.failure:  # what the compiler said
            for line in trial.details.splitlines()[-_SHOWN:]:
                console.note(f"  {line}")
    for each in trial.imports:
        of = f" ({each.package})" if each.package and each.package != each.module else ""
        if each.error:
            print(f"failed  {each.module}{of}: {each.error}", file=sys.stderr)
        else:
            print(f"ok      {each.module}{of} {trial.installed.get(each.package, '')}".rstrip())
    for package in trial.not_tried:
        print(f"not tried  {package.shown}: {package.hindrance}")
    print(trial.said)
