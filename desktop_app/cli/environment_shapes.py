"""The JSON shapes of `environments …`: names stay stable, new ones may be added."""

from __future__ import annotations

from typing import Any

from desktop_app.core.environments import Curated


def curated_shape(curated: Curated) -> dict[str, Any]:
    """Return a curated environment with all that is known of it; null where nothing is."""
    return {
        "name": curated.name,
        "status": curated.state,
        "reference": curated.written,
        "frameworks": list(curated.frameworks),
        "purpose": curated.purpose or None,
        "python": curated.python or None,
        "cuda": curated.cuda or None,
        "os": curated.os or None,
        "image": curated.image or None,
        "base_image": curated.base_image or None,
        "packages": dict(curated.packages),
        "horovod": curated.packages.get("horovod") or curated.horovod or None,
        "mpi": curated.mpi or None,
        "successor": curated.successor or None,
        "removed_on": curated.removed_on or None,
        "last_changed": curated.last_changed or None,
        "note": curated.note or None,
        "confidence": curated.confidence or None,
        "source": curated.source or None,
        "as_of": curated.as_of or None,
    }
