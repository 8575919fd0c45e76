"""Models, data and environments through azure-ai-ml: what is uploaded or read from a file as the SDK does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Report = Callable[..., None]


def upload_model(  # noqa: PLR0913 - an asset has so many parts
    client: Any, report: Report, *, name: str, path: str, type: str = "", version: str = "", description: str = "",  # noqa: A002
    tags: Mapping[str, str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Register a model from a local file or folder, a job's output or a path in a datastore."""
    from azure.ai.ml.entities import Model

    report(f"Registering {name}")
    model = Model(
        name=name, path=path, type=type or "custom_model", version=version or None, description=description or None,
        tags=dict(tags or {}),
    )  # fmt: skip
    return _asset(client.models.create_or_update(model))


def upload_data(  # noqa: PLR0913 - as above
    client: Any, report: Report, *, name: str, path: str, type: str = "", version: str = "", description: str = "",  # noqa: A002
    tags: Mapping[str, str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Register data from a local file or folder, a web address or a path in a datastore."""
    from azure.ai.ml.entities import Data

    report(f"Registering {name}")
    data = Data(
        name=name, path=path, type=type or "uri_folder", version=version or None, description=description or None,
        tags=dict(tags or {}),
    )  # fmt: skip
    return _asset(client.data.create_or_update(data))


def register_environment(  # noqa: PLR0913 - as above
    client: Any, report: Report, *, file: str, name: str = "", version: str = "", description: str = "",
    tags: Mapping[str, str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Register an environment from its file; the folder of an image's recipe is uploaded with it."""
    from azure.ai.ml import load_environment

    report(f"Registering {name}".strip())
    environment = load_environment(file)
    environment.name = name or environment.name
    environment.version = version or environment.version
    environment.description = description or environment.description
    environment.tags = {**(environment.tags or {}), **(tags or {})}
    return _asset(client.environments.create_or_update(environment))


def _asset(made: Any) -> dict[str, Any]:
    return {
        "name": made.name,
        "version": str(made.version),
        "type": str(getattr(made, "type", "") or ""),
        "path": str(getattr(made, "path", "") or ""),
        "id": str(made.id or ""),
        "description": made.description or "",
        "tags": dict(made.tags or {}),
    }


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "upload_model": upload_model,
    "upload_data": upload_data,
    "register_environment": register_environment,
}
