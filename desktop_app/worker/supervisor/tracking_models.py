"""Logged models, which MLflow 3 keeps beside runs: enough for `mlflow.FLAVOUR.log_model` to fill the outputs.

Shapes: mlflow/protos/service.proto (CreateLoggedModel and its neighbours), tried with the client 3.17.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

Body = Mapping[str, Any]


class LoggedModels:
    """The models that this run logged, by their id."""

    def __init__(self, artifacts: Callable[[], str], now: Callable[[], float]) -> None:
        self._artifacts = artifacts
        self._now = now
        self._models: dict[str, dict[str, Any]] = {}

    def answer(self, path: str, body: Body) -> Body:
        """Return the answer to a call on `logged-models/PATH`. Raises KeyError for a model that is not known."""
        if not path:
            return self._create(body)
        if path == "search":
            return {"models": list(self._models.values())}
        model = self._models[path.split("/", maxsplit=1)[0]]
        if "status" in body:
            model["info"]["status"] = body["status"]
        return {"model": model}

    def _create(self, body: Body) -> Body:
        number = f"m-{secrets.token_hex(16)}"
        now = int(self._now() * 1000)
        info = {
            "model_id": number,
            "experiment_id": str(body.get("experiment_id", "0")),
            "name": str(body.get("name") or "model"),
            "creation_timestamp_ms": now,
            "last_updated_timestamp_ms": now,
            "artifact_uri": f"{self._artifacts()}/{body.get('name') or 'model'}",
            "status": "LOGGED_MODEL_PENDING",
            "source_run_id": body.get("source_run_id", ""),
            "model_type": body.get("model_type", ""),
            "tags": list(body.get("tags", ())),
        }
        self._models[number] = {"info": info, "data": {"params": list(body.get("params", ())), "metrics": []}}
        return {"model": self._models[number]}
