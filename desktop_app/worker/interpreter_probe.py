"""Tells what an interpreter has: started by path in that interpreter, answers one JSON object on standard output.

Arguments: `find` or `import`, then names of modules. `find` looks only for the modules' files and takes
milliseconds; `import` really imports them. Runs in any Python from 3.8 on.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys


def is_there(name: str) -> bool:
    """Return whether a module could be imported, going by its file alone."""
    try:
        return name in sys.modules or importlib.util.find_spec(name) is not None
    except Exception:  # noqa: BLE001 - a foreign finder may raise anything
        return False


def trouble(name: str) -> tuple[str, str] | None:
    """Return what goes wrong at a module's import, in short and as a traceback; None if it works."""
    try:
        importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the answer
        import traceback  # here, since most questions are about files alone and want their answer at once

        return f"{type(error).__name__}: {error}", traceback.format_exc()
    return None


def answer(mode: str, names: list[str]) -> dict[str, object]:
    """Return what is known of the interpreter and the modules."""
    found: dict[str, object] = {"version": "{}.{}.{}".format(*sys.version_info[:3]), "paths": sys.path}
    if mode == "import":
        troubles = ((name, trouble(name)) for name in names)
        found["troubles"] = {name: each for name, each in troubles if each}
    else:
        found["missing"] = [name for name in names if not is_there(name)]
    return found


def main(mode: str, names: list[str]) -> None:
    """Print the answer; what modules print at their import goes to standard error."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    del sys.path[0]  # this file's own folder
    output.write(json.dumps(answer(mode, names)))
    output.flush()
    os._exit(0)  # some frameworks hang or crash when they are taken down


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
