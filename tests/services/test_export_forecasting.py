"""The forecast for this machine: exporters that were measured, files that say their size and code that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import FormSpec, ModelFile, OnnxExporter
from desktop_app.services.catalogues import export_costs
from desktop_app.services.exports import forecasting

MB = 1_000_000


def _exporter(name: str, builds_on: str = "") -> OnnxExporter:
    return OnnxExporter(name, name, name, ("torch",), lambda _: FormSpec(), builds_on=builds_on)


@pytest.fixture(autouse=True)
def _free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasting, "available", lambda: 4000 * MB)


def test_a_checkpoint_is_measured_by_its_parameters() -> None:
    model = ModelFile("torch", Path("/m.pt"), bytes=300 * MB, parameters=25 * MB)
    found = forecasting.forecast_for(model, _exporter("horovod-pytorch", "pytorch"))
    assert found is not None
    cost = export_costs()["pytorch"]
    assert found.bytes == cost.base + round(cost.factor * 100 * MB)
    assert found.fits


def test_a_large_file_is_warned_of() -> None:
    found = forecasting.forecast_for(ModelFile("safetensors", Path("/m"), bytes=5000 * MB), _exporter("pytorch"))
    assert found is not None
    assert found.is_warning
    assert "Close other programs" in found.text


def test_code_is_no_measure_of_what_it_builds() -> None:
    found = forecasting.forecast_for(ModelFile("python", Path("/m.py"), bytes=900), _exporter("pytorch"))
    assert found is not None
    assert found.bytes is None
    assert found.text.startswith("It needs at least")


def test_of_an_exporter_that_nobody_measured_nothing_is_said() -> None:
    assert forecasting.forecast_for(ModelFile("torch", Path("/m")), _exporter("jax")) is None


def test_what_is_free_here_is_known() -> None:
    from desktop_app.services.exports.isolation.limits import available

    assert available() > 0
