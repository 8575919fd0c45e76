"""Toolchains that were made before the tests, found by name and lent to a test's own cache under their normal path."""

from __future__ import annotations

import functools
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from desktop_app.api import ToolchainSpec
from desktop_app.api._plugins.manifest import FILE, read_manifest
from desktop_app.backends.azureml.client import toolchain
from desktop_app.places import Places
from desktop_app.services.exports import toolchain as onnx_tools
from desktop_app.services.toolchains import folders

ROOT = Path(__file__).resolve().parents[2]
NAMED = "RANKZERO_TEST_TOOLCHAINS"
"""Names Pythons: JSON such as {"tensorflow": "/…/bin/python"}, or a list of paths as in PATH."""
_FOLDER = re.compile(r"(?P<name>.+)-[0-9a-f]{12}")


def toolchain_or_skip(name: str) -> Path:
    """Return the Python of a toolchain: the one that is named by a variable, else the one in the user's cache.

    Where there is none the test is skipped if it was started by hand, and fails in CI: what needs a framework must
    not go untested there.
    """
    named = _named(os.environ)
    found = named.get(name) or _cached().get(name)
    if found is not None and found.exists():
        return found
    advice = f"no toolchain {name}; `python3 installer/bootstrap.py test` makes it"
    if os.environ.get("CI") or name in named:
        pytest.fail(advice)
    pytest.skip(advice)


def lend(places: Places, name: str, python: Path, spec: ToolchainSpec | None = None) -> Path:
    """Let a test's program find an environment as its toolchain `name`, made there; return its Python there.

    A folder of links: it may be removed, but what is added to it is added to the lent one. `spec` is for a toolchain of
    a plugin that didn't come along.
    """
    spec = spec or spec_of(name)
    folder = folders.folder_for(places.toolchains, spec, platform.python_version())
    folder.mkdir(parents=True)
    for each in python.parent.parent.iterdir():
        if each.name != folders.MARKER:
            (folder / each.name).symlink_to(each)
    folders.write_marker(folder, spec, platform.python_version())
    return folders.python_in(folder)


def spec_of(name: str) -> ToolchainSpec:
    """Return what a plugin that comes along, or the program itself, says of a toolchain."""
    own = {each.name: each for each in (toolchain.SPEC, onnx_tools.SPEC)}
    if name in own:
        return own[name]
    for path in sorted(ROOT.glob(f"plugins/*/{FILE}")):
        if f'"{name}"' in path.read_text("utf-8"):
            found = next((each for each in read_manifest(path.parent).toolchains if each.name == name), None)
            if found is not None:
                return found
    raise LookupError(f"no plugin declares the toolchain {name}")


def _named(environ: Mapping[str, str]) -> dict[str, Path]:
    text, single = environ.get(NAMED, ""), environ.get("RANKZERO_TEST_TOOLCHAIN", "")
    found = {"pytorch": Path(single)} if single else {}
    if text.lstrip().startswith("{"):
        return found | {key: Path(each) for key, each in json.loads(text).items()}
    paths = [Path(each) for each in text.split(os.pathsep) if each]
    matches = ((_FOLDER.fullmatch(each.parent.parent.name), each) for each in paths)
    return found | {match["name"]: each for match, each in matches if match}


@functools.cache
def _cached() -> dict[str, Path]:
    asked = subprocess.run(
        [sys.executable, "-m", "desktop_app", "toolchains", "list", "--json"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    listed = json.loads(asked.stdout)["toolchains"] if asked.returncode == 0 else []
    return {each["name"]: Path(each["python"]) for each in listed if each["state"] == "ready"}
