"""The gateway as tests use it: over a Python with the SDK, its children ended at the end."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from desktop_app.api import Progress, Workspace
from desktop_app.backends.azureml.client.gateway_process import Gateway, Limits

WORKSPACE = Workspace("lab", "00000000-0000-0000-0000-000000000001", "group")


@contextlib.asynccontextmanager
async def gateway_of(python: Path, limits: Limits | None = None) -> AsyncIterator[Gateway]:
    """Yield a gateway whose children run in a Python."""

    async def found(_progress: Progress) -> str:
        return str(python)

    gateway = Gateway(found, limits)
    try:
        yield gateway
    finally:
        await gateway.close()


def silent(_message: str, _part: float | None) -> None:
    """Take progress that nobody wants."""
