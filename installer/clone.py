"""The clone's own `.venv`: light, without pip, it finds the shared environments and this very clone.

So a person can type `.venv/bin/rankzero runs list`, activate it, or point an editor at it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from installer import environments
from installer.say import SetupError, line

ROOT = Path(__file__).resolve().parent.parent
MARK = "rankzero-clone.txt"
_SHEBANG_LIMIT = 120


def ensure(shared: Sequence[Path], cache: Path) -> Path:
    """Return the folder of the light environment, made anew when what it points to has changed.

    Where the clone can't be written, or somebody's own `.venv` stands there, it lies in the cache instead.
    """
    paths = [ROOT, *(environments.packages_of(each) for each in shared)]
    wanted = "\n".join([str(environments.python_of(shared[0]).resolve()), *map(str, paths)])
    for folder in (ROOT / ".venv", cache / "environments" / f"clone-{_key(ROOT)}"):
        if folder.exists() and not (folder / MARK).exists():
            line(f"note: {folder} is not this program's and stays as it is.")
            continue
        if _is(folder, wanted):
            return folder
        try:
            _make(folder, paths, wanted)
        except OSError:
            continue
        return folder
    raise SetupError(f"Neither {ROOT} nor {cache} can be written; --cache DIR takes another place.")


def _is(folder: Path, wanted: str) -> bool:
    mark = folder / MARK
    return mark.exists() and mark.read_text("utf-8") == wanted and environments.python_of(folder).exists()


def _make(folder: Path, paths: Sequence[Path], wanted: str) -> None:
    (folder / MARK).unlink(missing_ok=True)
    environments.light(folder, paths)
    _write_script(folder)
    (folder / MARK).write_text(wanted, "utf-8")


def _write_script(folder: Path) -> None:
    python = environments.python_of(folder)
    if os.name == "nt":
        (python.parent / "rankzero.cmd").write_text('@"%~dp0python.exe" -m desktop_app %*\n', "utf-8")
        return
    script = python.parent / "rankzero"
    script.write_text(
        f"{_first_lines(python)}import sys\n\nfrom desktop_app.__main__ import main\n\nsys.exit(main())\n"
    )
    script.chmod(0o755)


def _first_lines(python: Path) -> str:
    """Return the line that names the interpreter; one with a space or a very long one needs a detour over the shell."""
    if " " in str(python) or len(str(python)) > _SHEBANG_LIMIT:
        return f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n"
    return f"#!{python}\n"


def _key(root: Path) -> str:
    return hashlib.sha256(str(root).encode()).hexdigest()[:12]
