"""The environment that ZeRO jobs start from."""

from __future__ import annotations

from desktop_app.api import EnvironmentPreset

CURATED = "azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest"

PRESETS = (
    EnvironmentPreset(
        name="acpt-deepspeed-zero",
        title="PyTorch with DeepSpeed (ACPT)",
        reference=CURATED,
        summary="Azure Container for PyTorch: PyTorch, DeepSpeed and a CUDA compiler for DeepSpeed's operators.",
        python="3.10",
        cuda="12.6",
        as_of="2026-11",
        source="Azure ML's curated environments",
    ),
)
