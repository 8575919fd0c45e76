"""The exporter: what it accepts and asks; the work is in worker_tasks.py, in the toolchain of plugin.toml."""

from pathlib import Path

from desktop_app.api import Field, FieldKind, FormSpec, OnnxExporter


def form(model):
    """Return what the file can't tell."""
    return FormSpec((Field("opset", "Opset", FieldKind.INTEGER, default=18, minimum=13, maximum=20),))


LINEAR = OnnxExporter(
    id="my-plugin",
    title="A linear layer as one Gemm",
    toolchain="my-plugin",
    kinds=("safetensors",),
    form=form,
    module=Path(__file__).with_name("worker_tasks.py"),
    timeout=60,
)
