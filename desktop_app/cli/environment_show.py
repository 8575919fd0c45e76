"""`environments show`: all that is known of an environment with source and date; `--save` writes its files."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from desktop_app.cli import console
from desktop_app.cli.environment_shapes import environment_shape
from desktop_app.cli.refusals import UsageError
from desktop_app.core.environments import Environment
from desktop_app.services.environments.catalogue import EnvironmentCatalogue
from desktop_app.services.environments.reading import Reader
from desktop_app.services.environments.saving import save
from desktop_app.services.workbench import Workbench


def run(workbench: Workbench, options: Namespace) -> int:
    """Show it, or save it."""
    if options.name and not options.save:
        raise UsageError("--name NEW goes with --save DIR.", hint="A clone is a folder of files.")
    environment = Reader(EnvironmentCatalogue(workbench.plugins.environment_presets())).read(options.target)
    saved = save(environment, options.save, options.name or "") if options.save else []
    if options.json:
        console.document({**environment_shape(environment), "saved": [str(each) for each in saved]})
    elif saved:
        for path in saved:
            print(path)
        for each in environment.unknown:
            console.note(each)
    else:
        _print(environment)
    return 0


def _print(environment: Environment) -> None:
    print(environment.title)
    for name, value in _facts(environment):
        if value:
            print(f"  {name:<13} {value}")
    for each in sorted(environment.packages, key=lambda package: package.name):
        why = f"   ({each.hindrance})" if each.hindrance else ""
        print(f"  {each.tool:<13} {each.shown}{why}")
    for unknown in environment.unknown:
        print(f"  {'not known':<13} {unknown}")


def _facts(environment: Environment) -> Iterator[tuple[str, str]]:
    curated = environment.curated
    if curated is not None:
        yield "status", f"{curated.state}{f' since {curated.removed_on}' if curated.removed_on else ''}"
        yield "successor", curated.successor
        yield "reference", curated.written
        yield "system", curated.os
    yield "Python", environment.python
    yield "CUDA", environment.cuda
    yield "image", environment.image
    yield "build context", environment.build
    yield "channels", ", ".join(environment.channels)
    if curated is not None:
        yield "base image", curated.base_image
        yield "MPI", curated.mpi
        yield "last changed", curated.last_changed
        yield "note", curated.note
        yield "source", f"{curated.source} ({curated.confidence or 'not said how sure'})"
        yield "as of", curated.as_of
