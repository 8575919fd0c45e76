"""What an export of a PyTorch model runs in a toolchain: thin entries, the work is in `torch_export/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .torch_export import loading, settings

Report = Callable[[str, float | None], None]
Request = Mapping[str, Any]

_loaded: dict[str, loading.Loaded] = {}  # of the request that was prepared last, and of it alone


def prepare(*, request: Request, report: Report) -> dict[str, Any]:
    """Load the model, find its inputs, and write what it answers for several of them."""
    settings.check(request, loaded=False)
    model = _model(request, report, afresh=True)
    settings.check(request, loaded=True)
    from .torch_export import preparing

    return preparing.prepare(request, model, report)


def export_route(*, request: Request, route: str, prepared: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Write the ONNX model by one route."""
    from .torch_export import routes

    return routes.export_route(request, _model(request, report), route, prepared, report)


def trace(*, request: Request, case: int, folder: str, report: Report) -> dict[str, Any]:
    """Write what every leaf module gives for a case."""
    from .torch_export import tracing

    return tracing.trace(request, _model(request, report), case, folder, report)


def bench(*, request: Request, case: int, rounds: int, warmup: int, report: Report) -> dict[str, Any]:
    """Time the model in PyTorch."""
    from .torch_export import benching

    return benching.bench(request, _model(request, report), case, rounds, warmup, report)


def _model(request: Request, report: Report, *, afresh: bool = False) -> loading.Loaded:
    """Return a request's model: kept from one task to the next, and no longer than until the next request."""
    key = request["id"]
    if afresh or key not in _loaded:
        _loaded.clear()
        _loaded[key] = loading.load(request, report)
    return _loaded[key]
