"""Exports by a plugin that fails as it is told to, in a home of their own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from desktop_app.api import Value
from desktop_app.api._plugins.manifest import read_manifest
from desktop_app.compose import open_workbench
from desktop_app.core.exports.report import ExportReport
from desktop_app.places import Places
from desktop_app.services.exports.formats.sniffing import look_at
from desktop_app.services.exports.orders import ExportOrder
from desktop_app.services.workbench import Workbench
from tests.helpers.made_toolchains import lend

PLUGIN = Path(__file__).with_name("faulty_plugin")
CODE = "def build():\n    return None\n"


def faulty_home(places: Places, onnx: Path) -> None:
    """Put the plugin into a home; its tasks and the judge run in the toolchain `onnx`."""
    shutil.copytree(PLUGIN, places.plugins / "faulty", ignore=shutil.ignore_patterns("__pycache__"))
    (spec,) = read_manifest(PLUGIN).toolchains
    lend(places, "faulty", onnx, spec)
    lend(places, "onnx", onnx)


def faulty_workbench(places: Places, onnx: Path) -> Workbench:
    """Return the services over such a home."""
    faulty_home(places, onnx)
    return open_workbench(places.home)


def model_file(folder: Path) -> Path:
    """Write the code of a model."""
    path = folder / "m.py"
    path.write_text(CODE)
    return path


async def export(
    workbench: Workbench, folder: Path, *, target: Path | None = None, overwrite: bool = False, **options: Value
) -> ExportReport:
    """Export the model in a folder; `options` are those of the plugin."""
    model = look_at(model_file(folder), "build")
    order = ExportOrder(model, target or folder / "m.onnx", "faulty", options=options, overwrite=overwrite)
    return await workbench.exports.export(order, _silent)


def left_in(folder: Path) -> list[str]:
    """Return what is in a folder, hidden files as well."""
    return sorted(each.name for each in folder.iterdir() if each.name != "__pycache__")


def _silent(message: str, part: float | None) -> Any:
    """Show nothing."""
