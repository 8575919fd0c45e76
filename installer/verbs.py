"""The two commands: `run` sets up and opens the window on the sample project, `test` sets up and runs the tests."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from installer import clone, environments, system_libraries, toolchains
from installer.checks import run_checks
from installer.environments import Recipe
from installer.say import SetupError, line

CONSTRAINTS = Path(__file__).resolve().parent / "constraints"
APP = Recipe("app", "The program's environment", CONSTRAINTS / "app.txt")


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say and return the exit code."""
    options = _parser().parse_args(arguments)
    cache = Path(options.cache).expanduser().absolute() if options.cache else default_cache()
    os.environ["RANKZERO_CACHE"] = str(cache)
    try:
        return _test(cache) if options.verb == "test" else _run(cache, headless=options.headless or not has_display())
    except SetupError as error:
        for each in error.details:
            line(f"  {each}")
        line(f"error: {error}")
        return 3
    except KeyboardInterrupt:
        line("\nInterrupted. The same command goes on from here.")
        return 130


def default_cache() -> Path:
    """Return the user's cache, as `desktop_app.places` finds it."""
    if named := os.environ.get("RANKZERO_CACHE"):
        return Path(named).expanduser().absolute()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
        return Path(local) / "rankzero" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "rankzero"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rankzero"


def has_display() -> bool:
    """Whether a window can be shown."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bootstrap.py", description="Set Rank Zero up, then run it or its tests.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="run|test")
    run = verbs.add_parser("run", help="open the window on the sample project; without a display, run the sample job")
    run.add_argument("--headless", action="store_true", help="run the sample job even where there is a display")
    test = verbs.add_parser("test", help="run the checks and the tests")
    for each in (run, test):
        each.add_argument("--cache", metavar="DIR", help="keep environments and toolchains in DIR")
    return parser


def _run(cache: Path, *, headless: bool) -> int:
    system_libraries.ensure(with_xvfb=False, needed=not headless)
    app = environments.ensure(APP, cache)
    light = clone.ensure([app, *_test_environment(cache, app)], cache)
    toolchains.ensure(environments.python_of(light), cache)
    what = ["run", "--sample"] if headless else ["open", "--sample"]
    return become([str(environments.python_of(light)), "-m", "desktop_app", *what])


def _test(cache: Path) -> int:
    system_libraries.ensure(with_xvfb=True, needed=True)
    app = environments.ensure(APP, cache)
    tests = environments.ensure(test_recipe(app), cache)
    light = clone.ensure([app, tests], cache)
    has_compilers = system_libraries.ensure_programs()
    found = toolchains.ensure_all(environments.python_of(light), cache, has_compilers=has_compilers)
    places = {
        "RANKZERO_TEST_TOOLCHAIN": str(found[toolchains.FIRST]),
        "RANKZERO_TEST_TOOLCHAINS": json.dumps({name: str(path) for name, path in found.items()}),
        "RANKZERO_TEST_AZUREML": str(found["azureml"]),
        "RANKZERO_TEST_SECOND_CLIENT": str(environments.python_of(environments.ensure(SECOND_CLIENT, cache))),
    }
    return run_checks(environments.python_of(tests), environments.python_of(light), places)


SECOND_CLIENT = Recipe("second-client", "A second client of Azure ML", CONSTRAINTS / "second_client.txt", batch=12)
"""By another generator than the SDK's, from another version of the interface: the emulator is held to both."""


def test_recipe(app: Path) -> Recipe:
    """Return what the tests need on top of the program's environment."""
    return Recipe("test", "The tests' environment", CONSTRAINTS / "test.txt", base=app)


def _test_environment(cache: Path, app: Path) -> list[Path]:
    folder = test_recipe(app).folder(cache)
    return [folder] if environments.is_complete(folder) else []


def become(command: list[str]) -> int:
    """Run the program in this one's place where the system can do that, else below it."""
    sys.stderr.flush()
    if os.name != "nt":
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    return subprocess.call(command)
