"""Answers what the program asks of package indexes: `python -P __main__.py`, JSON lines in and out.

The first line holds the settings (`web.Settings`), each further one a request `{"id": 1, "do": "files", …}`. Answers
are `{"id": 1, "ok": …}` or `{"id": 1, "fault": {"kind": …, "message": …, "hint": …}}`, in any order; before that
`{"id": 1, "told": [done, total]}` for what takes long, in bytes. The child ends with its standard input.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path

_NAME = "rankzero_index_worker"


def _package() -> None:
    """Make this folder a package of its own name: `-P` leaves it off the path, where it could shadow others."""
    folder = Path(__file__).resolve().parent
    spec = importlib.util.spec_from_file_location(
        _NAME, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[_NAME] = module
    spec.loader.exec_module(module)


def main() -> None:
    """Take the protocol's end of standard output before anything can print into it; serve until input ends."""
    _package()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    importlib.import_module(f"{_NAME}.serving").serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
