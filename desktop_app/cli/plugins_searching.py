"""Searching for plugins in the package index, or in a wheelhouse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from desktop_app.api import OutsideError
from desktop_app.cli import console
from desktop_app.cli.plugins_desk import Desk
from desktop_app.cli.plugins_shapes import choice_shape
from desktop_app.services.plugins.installing.models import Choice, Installed


async def search(desk: Desk) -> int:
    """Print what fits, best first; what could not be asked is said, and is an error only if nothing else was found."""
    options = desk.options
    result = await desk.manager.search(" ".join(options.text), desk.progress, desk.wheelhouse)
    desk.progress.close()
    if result.complaints and not result.found:
        raise OutsideError(" ".join(result.complaints))
    installed = desk.manager.installed()
    if options.json:
        found = [choice_shape(each, installed) for each in result.found]
        told = {"more": list(result.more), "near": result.near, "complaints": list(result.complaints)}
        console.document({"found": found, **told})
    else:
        if result.near:
            console.note(f"Nothing was found for “{' '.join(options.text)}”. What is called nearly so:")
        _print(result.found, installed)
        if result.more:
            console.note(f"And {len(result.more)} more: {', '.join(result.more)}.")
    for each in result.complaints:
        console.warning(each)
    return 0


def _print(found: Sequence[Choice], installed: Iterable[Installed]) -> None:
    if not found:
        console.note("No plugin was found. `rankzero plugins install NAME` takes one whose name you know.")
        return
    here = {each.distribution: each.version for each in installed}
    rows = [(each.best.distribution, _version(each), *_about(each, here)) for each in found]
    console.table(("NAME", "VERSION", "INSTALLED", "ABOUT"), rows)
    for each in found:
        for unfit in each.unfit[:1]:
            console.note(f"Note: {unfit.distribution} {unfit.version} is newer and doesn't fit: {unfit.why_not}")


def _version(choice: Choice) -> str:
    return choice.best.version if not choice.best.why_not else f"({choice.best.version})"


def _about(choice: Choice, here: dict[str, str]) -> tuple[str, str]:
    return here.get(choice.best.distribution, "–"), choice.best.why_not or choice.best.summary
