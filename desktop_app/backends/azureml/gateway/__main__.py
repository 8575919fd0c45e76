"""Starts a child that talks to Azure: `python -I __main__.py wire` (requests, sign-in) or `sdk` (azure-ai-ml).

Started by path in the toolchain `azureml`. Standard input and output carry JSON lines (see `talk`).
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path

_NAME = "rankzero_gateway"


def _package() -> None:
    """Make this folder a package of its own name: `-I` leaves it off the path, where it could shadow others."""
    folder = Path(__file__).resolve().parent
    spec = importlib.util.spec_from_file_location(
        _NAME, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[_NAME] = module
    spec.loader.exec_module(module)


def _same_certificates() -> None:
    """Let all that asks in here trust the same certificates: requests, by which the SDK asks, knows not all names."""
    if not os.environ.get("REQUESTS_CA_BUNDLE") and not os.environ.get("CURL_CA_BUNDLE"):
        named = os.environ.get("SSL_CERT_FILE")
        os.environ.update({"REQUESTS_CA_BUNDLE": named} if named else {})


def main() -> None:
    """Take the protocol's end of standard output before anything can print into it; serve until input ends."""
    _package()
    _same_certificates()
    role = sys.argv[1]
    talk = importlib.import_module(f"{_NAME}.talk").Talk.open()
    importlib.import_module(f"{_NAME}.{role}_role").serve(talk)


if __name__ == "__main__":
    main()
