"""Offers the exporter of the tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from desktop_app.api import FormSpec, OnnxExporter, hookimpl


@hookimpl
def onnx_exporters() -> Sequence[OnnxExporter]:
    """Return the one exporter."""
    tasks = Path(__file__).with_name("worker_tasks.py")
    return (OnnxExporter("faulty", "Faulty", "faulty", ("python", "torch"), lambda _: FormSpec(), tasks),)
