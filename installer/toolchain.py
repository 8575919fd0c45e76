"""The PyTorch toolchain, made by the program's own verb; a stamp remembers that it is there."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

from installer.clone import ROOT
from installer.say import SetupError, line

NAME = "pytorch"
MANIFEST = ROOT / "plugins" / "pytorch" / "plugin.toml"
RECIPE = ROOT / "desktop_app" / "services" / "toolchains" / "folders.py"
"""Holds the number of the way toolchains are made: with it the stamp goes, and the program is asked again."""


def ensure(python: Path, cache: Path) -> Path:
    """Return the interpreter of the toolchain; where it is missing, the program's own verb makes it."""
    stamp = cache / "environments" / f"toolchain-{NAME}-{_key(python)}.txt"
    if stamp.exists() and (found := Path(stamp.read_text("utf-8"))).exists():
        return found
    line("The PyTorch toolchain …")
    done = subprocess.run(
        [str(python), "-m", "desktop_app", "toolchains", "create", NAME, "--json"],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SetupError("The PyTorch toolchain could not be made; the lines above say why.")
    found = Path(json.loads(done.stdout)["toolchains"][0]["python"])
    stamp.write_text(str(found), "utf-8")
    return found


def _key(python: Path) -> str:
    facts = MANIFEST.read_bytes() + RECIPE.read_bytes() + str(python.resolve()).encode()
    return hashlib.sha256(facts).hexdigest()[:12]
