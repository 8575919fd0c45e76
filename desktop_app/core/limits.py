"""How much of a folder Azure ML takes; a test holds these numbers to the catalogue of limits, with their sources."""

from __future__ import annotations

SNAPSHOT_BYTES = 300 * 1000 * 1000
"""`code_snapshot_size_v1`: azureml-core's limit, and advice since: v2 refuses no size."""
SNAPSHOT_FILES = 2000
"""`code_snapshot_files_v1`: likewise."""
BUILD_FILES = 100
"""`docker_build_context_files`: Azure ML documentation, resource limits."""
BUILD_BYTES = 1_000_000
"""`docker_build_context_size`: 1 MB there."""
