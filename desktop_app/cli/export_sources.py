"""Which model an export is of: a file, a folder, what builds it in Python, or what a run here or in the cloud left."""

from __future__ import annotations

import asyncio
from pathlib import Path

from desktop_app.api import ModelFile, Progress, RunSnapshot, UserError
from desktop_app.cli.lookup import find_run
from desktop_app.services.exports.formats.sniffing import look_at
from desktop_app.services.exports.run_models import model_of, scripts_of
from desktop_app.services.workbench import Workbench

_FETCHED = "fetched"


async def found_model(workbench: Workbench, text: str, progress: Progress) -> tuple[ModelFile, str]:
    """Return the model that is named, and the run that it is from; it is looked at and not run."""
    path, colon, name = text.rpartition(":")
    if colon and not Path(text).exists() and path.endswith(".py"):
        file = Path(path).absolute()
        return await asyncio.to_thread(look_at, file, name, file.parent), ""
    head, colon, inner = text.partition(":")
    if colon and not Path(text).exists() and "/" not in head and len(head) > 1 and inner:
        run = await find_run(workbench, head)
        return await (_of_cloud if run.backend != "local" else _of_here)(workbench, run, inner, progress), run.run
    return await asyncio.to_thread(look_at, Path(text).absolute(), "", Path.cwd()), ""


async def _of_here(_workbench: Workbench, run: RunSnapshot, inner: str, _progress: Progress) -> ModelFile:
    found = await asyncio.to_thread(model_of, run, inner)
    return await asyncio.to_thread(look_at, found.path, "", found.code, found.scripts)


async def _of_cloud(workbench: Workbench, run: RunSnapshot, inner: str, progress: Progress) -> ModelFile:
    """Fetch a model that a run in a workspace left; its code is the job's folder, where it is still here."""
    inner = inner.strip("/")
    made = [each.path for each in await workbench.cloud.artifacts(run.handle)]
    if not any(each == inner or each.startswith(f"{inner}/") for each in made):
        models = [each for each in made if each.startswith("outputs/")]
        hint = f"There are {', '.join(models[:8])}{' …' * (len(models) > 8)}." if models else "It left no outputs."
        raise UserError(f"{run.run} has no “{inner}”.", hint=hint)
    folder = Path(run.folder or workbench.places.home / "cloud" / run.run) / _FETCHED
    await workbench.cloud.fetch(run.handle, [inner], folder, progress)
    source = Path(run.source).parent if run.source and Path(run.source).is_file() else None
    scripts = tuple(scripts_of(run, source)) if source else ()
    return await asyncio.to_thread(look_at, folder / inner, "", source, scripts)
