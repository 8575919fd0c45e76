"""The Python in which ONNX models are judged, optimised and timed: a toolchain of the program's own, no framework."""

from __future__ import annotations

from desktop_app.api import ToolchainSpec
from desktop_app.places import pinned

NAME = "onnx"
SPEC = ToolchainSpec(
    name=NAME,
    title="ONNX Runtime 1.31",
    plugin="",
    requires=pinned(NAME),
    imports=("onnx", "onnxruntime"),
    size_mb=300,
    minutes=1,
)
