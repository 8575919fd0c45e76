"""The forecast of an export's memory for this machine as it is now."""

from __future__ import annotations

from desktop_app.api import ModelFile, OnnxExporter
from desktop_app.core.exports.forecast import Forecast, cost_of, forecast, weights_of
from desktop_app.services.catalogues import export_costs
from desktop_app.services.exports.isolation.limits import available


def forecast_for(model: ModelFile, exporter: OnnxExporter) -> Forecast | None:
    """Return what an export is likely to take; None where nobody has measured that exporter. Blocks for a moment."""
    cost = cost_of(export_costs(), model.kind, exporter.id, exporter.builds_on)
    if cost is None:
        return None
    # code that builds a model is no measure of it
    size = 0 if model.kind == "python" and not model.parameters else model.bytes
    return forecast(cost, weights_of(size, model.parameters), available())
