"""Open the window, on a file or folder if one is given."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from desktop_app.api.errors import OutsideError, UserError
from desktop_app.cli.displays import display_trouble
from desktop_app.places import find_places
from desktop_app.services.samples import find_sample, own_copy, own_job


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("path", metavar="PATH", nargs="?", type=Path, help="a file or folder")
    parser.add_argument(
        "--sample", metavar="NAME", nargs="?", const="",
        help="open a copy of the sample project of one's own, at the sample NAME if one is named",
    )  # fmt: skip


def run(options: Namespace) -> int:
    """Open it and stay until it is closed."""
    path: Path | None = options.path
    if path is not None and not path.exists():
        raise UserError(f"{path} does not exist.", hint="Give a file or a folder.")
    if options.sample:
        find_sample(options.sample)  # before the display is asked for: a wrong name is wrong everywhere
    trouble = display_trouble()
    if trouble:
        hint = "Start it on a desktop, or use the verbs: `rankzero --help`."
        raise OutsideError(f"The window needs a display, and there is none here ({trouble}).", hint=hint)
    if options.sample is not None:
        path = _sample(options)
    from desktop_app.app import run_window

    return run_window(path, options.home, options.safe_mode)


def _sample(options: Namespace) -> Path:
    places = find_places(options.home)
    return own_job(places, options.sample) if options.sample else own_copy(places)
