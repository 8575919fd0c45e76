"""The toolchains, made by the program's own verb; a stamp for each remembers that it is there."""

from __future__ import annotations

import hashlib
import json
import subprocess
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from installer.clone import ROOT
from installer.say import SetupError, line

FIRST = "pytorch"
"""What the sample needs. It is made before the others: they take from what was fetched for it."""
COMPILED = ("horovod-pytorch", "horovod-tensorflow")
FETCHED = ("azureml", "onnx", "tensorflow", "keras-torch", "deepspeed", "ray", "mpi")
MAKING = ROOT / "desktop_app" / "services" / "toolchains"
RECIPES = (MAKING / "folders.py", MAKING / "wheels.py")
"""Hold the numbers of the way toolchains are made: with them the stamps go, and the program is asked again."""


def ensure(python: Path, cache: Path) -> Path:
    """Return the interpreter of the toolchain that the sample needs; where it is missing, the program makes it."""
    maker = _Maker(python, cache)
    found = maker.known(FIRST)
    if found is None:
        line("The PyTorch toolchain …")
        found = maker.make(FIRST)
    return found


def ensure_all(python: Path, cache: Path, *, has_compilers: bool = True) -> dict[str, Path]:
    """Return the interpreters of all toolchains that tests need, by name; says how long each of them took.

    While some are compiled, one after the other on all cores, the others are fetched.
    """
    maker = _Maker(python, cache)
    lanes = [[FIRST], [*(COMPILED if has_compilers else ())], [*FETCHED]]
    found = {name: path for lane in lanes for name in lane if (path := maker.known(name))}
    missing = [[name for name in lane if name not in found] for lane in lanes]
    if any(missing):
        line(f"The toolchains {', '.join(name for lane in missing for name in lane)} …")
        maker.work([missing[0]])
        maker.work(missing[1:])
        if maker.failed:
            raise SetupError(f"The toolchains {', '.join(maker.failed)} could not be made; the lines above say why.")
    return {**found, **maker.made}


@dataclass
class _Maker:
    """Lets the program at `python` make toolchains, several at once where that saves time."""

    python: Path
    cache: Path
    made: dict[str, Path] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    _children: list[subprocess.Popen[str]] = field(default_factory=list)
    _is_over: bool = False

    def known(self, name: str) -> Path | None:
        """Return the interpreter that a stamp names, if it is still there."""
        stamp = self._stamp(name)
        found = Path(stamp.read_text("utf-8")) if stamp.exists() else None
        return found if found is not None and found.exists() else None

    def work(self, lanes: Iterable[Sequence[str]]) -> None:
        """Make the toolchains of every lane one after the other, the lanes beside each other."""
        threads = [threading.Thread(target=self._lane, args=(lane,), name=f"make {lane[0]}") for lane in lanes if lane]
        try:
            for each in threads:
                each.start()
            for each in threads:
                each.join()
        except BaseException:
            self._is_over = True
            for child in self._children:
                child.terminate()
            raise

    def make(self, name: str, *, aloud: bool = True) -> Path:
        """Make a toolchain; `aloud` lets the program show its progress itself, else its lines begin with the name."""
        command = [str(self.python), "-m", "desktop_app", "toolchains", "create", name, "--json"]
        errors = None if aloud else subprocess.PIPE
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True) as child:
            self._children.append(child)
            for each in child.stderr or ():
                line(f"  {name}: {each.rstrip()}")
            said = child.stdout.read() if child.stdout else ""
        if child.returncode != 0:
            raise SetupError(f"The toolchain {name} could not be made; the lines above say why.")
        found = Path(json.loads(said)["toolchains"][0]["python"])
        self._stamp(name).parent.mkdir(parents=True, exist_ok=True)
        self._stamp(name).write_text(str(found), "utf-8")
        return found

    def _lane(self, names: Sequence[str]) -> None:
        for name in names:
            began = time.monotonic()
            try:
                if not self._is_over:
                    self.made[name] = self.make(name, aloud=False)
                    line(f"  {name}: made in {time.monotonic() - began:.0f} s")
            except (SetupError, OSError, ValueError) as error:
                line(f"  {name}: {error}")
                self.failed.append(name)

    def _stamp(self, name: str) -> Path:
        facts = [_manifest(name).read_bytes(), *(each.read_bytes() for each in RECIPES)]
        key = hashlib.sha256(b"".join([*facts, str(self.python.resolve()).encode()])).hexdigest()[:12]
        return self.cache / "environments" / f"toolchain-{name}-{key}.txt"


def _manifest(name: str) -> Path:
    """Return the file that says what is in a toolchain: its plugin's manifest, or the program's own list."""
    own = ROOT / "resources" / "toolchains" / f"{name}.txt"
    if own.exists():
        return own
    for each in sorted(ROOT.glob("plugins/*/plugin.toml")):
        if f'\nname = "{name}"\n' in each.read_text("utf-8"):
            return each
    raise SetupError(f"No plugin declares the toolchain {name}.")
