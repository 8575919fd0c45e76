"""Does one item of a plan: the new generation is made beside the old state and checked, ready to be switched to."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from desktop_app.api import Progress, UserError
from desktop_app.places import Places
from desktop_app.services.plugins.installing.changing import staging
from desktop_app.services.plugins.installing.changing.checking import Checker, Staged
from desktop_app.services.plugins.installing.changing.holding import in_thread, settled
from desktop_app.services.plugins.installing.changing.transactions import Move, Transaction, changed_meanwhile
from desktop_app.services.plugins.installing.keeping.built_for import Built, built_in
from desktop_app.services.plugins.installing.keeping.hashes import LIB, record_files
from desktop_app.services.plugins.installing.looking.folders import inspect_folder
from desktop_app.services.plugins.installing.looking.wheel_archives import RefusedError
from desktop_app.services.plugins.installing.looking.wheels import inspect_wheel
from desktop_app.services.plugins.installing.models import Act, Installed, PlanItem, SourceKind


async def staged(change: Transaction, item: PlanItem, places: Places, checker: Checker, progress: Progress) -> Move:
    """Return the move to the new version of a plugin, which then lies ready. Raises UserError where it is refused."""
    generation = staging.new_generation(change.registry.root, item.id, item.after)
    change.made.append(generation)
    library = generation / LIB
    needs = staging.Needs(item.title, item.offer.distribution, item.requires, _house(item))
    await staging.add_needs(generation, needs, places.fetched, change.lock, progress)
    made = await in_thread(_editable if _is_folder(item) else _unpacked, item, library, places)
    progress(f"Trying {item.title} in a process of its own", None)
    noting = asyncio.create_task(in_thread(_noted, library, item), name="hashes of a new version")
    try:
        hooks = await checker.check(made)
    finally:
        await settled(noting)
    size, requires, built = noting.result()
    before = change.state.plugins.get(item.id)
    installed = Installed(
        id=item.id,
        version=item.after,
        distribution=item.offer.distribution,
        source=item.offer.source,
        folder=made.manifest.folder,
        lib=library,
        package=made.package,
        sha256=item.offer.sha256,
        size=size,
        installed=datetime.now(UTC),
        pinned=item.after if before and before.pinned else "",
        hooks=hooks,
        requires=requires,
        editable=_is_folder(item),
        python=built.python,
        machine=built.machine,
    )
    off = before is not None and change.is_off(item.id)
    act = Act.UPDATE if before else Act.INSTALL
    return Move(act, item.id, item.title, installed, off, item.before, item.after, item.offer.source)


def _unpacked(item: PlanItem, library: Path, places: Places) -> Staged:
    """Unpack the wheel that was planned, and no other. Blocks."""
    wheel = item.offer.file
    assert wheel is not None
    library.mkdir(parents=True, exist_ok=True)
    copy = library.parent / wheel.name  # nobody else has it: what is unpacked is what was looked at
    try:
        if not wheel.is_file():
            raise _other_file(wheel)
        shutil.copyfile(wheel, copy)
        facts = inspect_wheel(copy)
        if facts.sha256 != item.offer.sha256 or facts.manifest.id != item.id:
            raise _other_file(wheel)
        staging.unpack(copy, library)
    except RefusedError as error:
        raise UserError(f"“{wheel.name}” can't be installed: {error}.") from error
    copy.unlink()
    manifest = dataclasses.replace(facts.manifest, folder=library / facts.package)
    return Staged(item.title, manifest, facts.package, (library,), _stays(item))


def _other_file(wheel: Path) -> UserError:
    message = f"The file {wheel.name} changed after this was planned."
    return UserError(message, hint="Look at the new plan, and try again.")


def _editable(item: PlanItem, library: Path, places: Places) -> Staged:
    facts = inspect_folder(Path(item.offer.source.where), places.plugins)
    if facts.manifest.id != item.id:
        raise changed_meanwhile()
    library.mkdir(parents=True, exist_ok=True)
    paths = (library,) if facts.package is None else (facts.root, library)
    return Staged(
        item.title, facts.manifest, facts.package, paths, _stays(item), "Mend it in its folder, and try again."
    )


def _stays(item: PlanItem) -> str:
    """Return what is said first of a new version that is refused."""
    if not item.before:
        return "was not installed, and nothing was changed"
    if item.before == item.after:
        return "was not installed again, and stays as it was"
    return f"was not updated to {item.after}, and stays at {item.before}"


def _noted(library: Path, item: PlanItem) -> tuple[int, tuple[str, ...], Built]:
    """Write down the hashes of all files; return their size, what was installed beside it, and for what. Blocks."""
    size = record_files(library.parent)
    return size, staging.requires_in(library, item.offer.distribution), built_in(library)


def _is_folder(item: PlanItem) -> bool:
    return item.offer.source.kind is SourceKind.FOLDER


def _house(item: PlanItem) -> Path | None:
    if item.wheelhouse is not None:
        return item.wheelhouse
    where = Path(item.offer.source.where)
    return where if item.offer.source.kind is SourceKind.WHEEL and where.is_dir() else None


def fetched(items: Sequence[PlanItem], folder: Path) -> list[Path]:
    """Return the wheels of a plan that were fetched for it."""
    files = (each.offer.file for each in items if each.offer.file)
    return [each for each in files if os.fspath(each).startswith(os.fspath(folder) + os.sep)]
