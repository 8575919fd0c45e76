"""Reads the cases: a job that is broken in one way, what is done to it, and what is the truth of its end."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
HELD, FRESH = "held_", "fresh_"
"""How the names of the files begin of whose cases a quarter, and a half, are still held back."""
TIMEOUT = 150
"""Seconds that a job may take which should fail by itself."""
OF_NODES = ("evict", "node")
MOMENT = "step 8$"
"""The line at which a drill strikes: every loop takes memory and writes files by then."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What a diagnosis must say: of which ranks (None: any), and which line or way to end.

    `kind` is `line` (this very line), `exit` (a rank ended so and says nothing; no line or one that fits), `report`
    (a line that names who is missing, as a cause or as a symptom) or `symptoms` (no cause is in the logs; `also` is
    a line that may be named nevertheless).
    """

    kind: str
    ranks: tuple[int, ...] | None
    line: str = ""
    also: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A job of one script, where `shape` holds the numbers of its processes, nodes, workers and servers.

    `half` is the part it belongs to: `dev` may be looked at, `held` is only counted, until there is a fresh one.
    """

    name: str
    kind: str
    command: str
    files: Mapping[str, str]
    truth: Truth
    shape: Mapping[str, int] = field(default_factory=dict)
    drill: tuple[str, ...] = ()
    moment: str = ""
    timeout: int = TIMEOUT
    half: str = "dev"

    @property
    def version(self) -> str:
        """What changes with the job, so that a run of an older one is not taken for it; the truth may change."""
        told = repr((self.kind, self.command, sorted(self.files.items()), sorted(self.shape.items()), self.drill))
        return hashlib.sha256(f"{told} {self.moment} {self.timeout}".encode()).hexdigest()[:12]


@cache
def all_cases() -> tuple[Case, ...]:
    """Return every case, in an order in which each part of them is a fair mixture."""
    own = [(each, path) for path in _files("own_*.toml") for each in _read(path)["case"]]
    found = [*_of_beds(), *(_own(each, _half(path, each["name"])) for each, path in own)]
    return tuple(sorted(found, key=lambda each: hashlib.sha256(f"order {each.name}".encode()).digest()))


def case_named(name: str) -> Case:
    """Return one of them."""
    return next(each for each in all_cases() if each.name == name)


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def _files(pattern: str) -> list[Path]:
    """Return the files of a kind, and those of that kind which are held back."""
    return [each for begin in ("", HELD, FRESH) for each in sorted(HERE.glob(begin + pattern))]


def _half(path: Path, name: str) -> str:
    """Return the half of a case: by the hash of names, half of the fresh ones and more of the others were looked at."""
    first, second, *_rest = hashlib.sha256(name.encode()).digest()
    is_held = path.name.startswith(FRESH) or (path.name.startswith(HELD) and second % 2)
    return "held" if is_held and first % 2 else "dev"


def _own(told: Mapping[str, Any], half: str) -> Case:
    ranks = None if told.get("rank", "any") == "any" else tuple(told["rank"])
    truth = Truth(told.get("truth", "line"), ranks, told.get("line", ""), told.get("also", ""))
    files = {"main.py": told["script"], **told.get("files", {})}
    command = told.get("command", "python main.py")
    timeout = told.get("timeout", TIMEOUT)
    return Case(told["name"], told["kind"], command, files, truth, _shape(told), timeout=timeout, half=half)


def _shape(told: Mapping[str, Any]) -> dict[str, int]:
    return {each: told[each] for each in ("processes", "nodes", "workers", "servers") if each in told}


def _of_beds() -> Iterator[Case]:
    beds = {each["name"]: each for path in _files("beds.toml") for each in _read(path)["bed"]}
    for path in _files("faults.toml"):
        for fault in _read(path)["fault"]:
            for name in fault["beds"]:
                yield _laid(beds[name], fault, beds, _half(path, f"{name}-{fault['name']}"))


def _laid(bed: Mapping[str, Any], fault: Mapping[str, Any], beds: Mapping[str, Mapping[str, Any]], half: str) -> Case:
    victim = bed["victim"]
    arguments = f" {fault['arguments']}" if "arguments" in fault else ""
    files = {
        "main.py": beds[bed.get("script_of", bed["name"])]["script"].lstrip(),
        "trouble.py": _trouble(fault, victim),
    }
    drilled = "drill" in fault
    return Case(
        name=f"{bed['name']}-{fault['name']}",
        kind=bed["kind"],
        command=bed.get("command", "python main.py") + arguments,
        files=files,
        truth=_truth(fault, bed),
        shape=_shape(bed),
        drill=_drill(fault["drill"], bed) if drilled else (),
        moment=f"rank {victim} {MOMENT}" if drilled else "",
        timeout=fault.get("timeout", TIMEOUT),
        half=half,
    )


def _trouble(fault: Mapping[str, Any], victim: int) -> str:
    text = (HERE / "trouble.py.txt").read_text("utf-8")
    text = text.replace("    FAULT\n", _indented(fault.get("lines", "pass")) + "\n")
    top = fault.get("top", "")
    return text.replace("held = []", f"{top}\nheld = []" if top else "held = []").replace("VICTIM", str(victim))


def _indented(lines: str) -> str:
    return lines.lstrip("\n") if lines.startswith(("\n", "    ")) else f"    {lines}"


def _truth(fault: Mapping[str, Any], bed: Mapping[str, Any]) -> Truth:
    ranks = None if fault.get("rank") == "any" else tuple(bed["blame"])
    if fault.get("drill") in OF_NODES:
        ranks = tuple(bed.get("node", bed["blame"]))
    line = re.sub("VICTIM", str(bed["victim"]), fault.get("line", ""))
    return Truth(fault.get("kind", "line"), ranks, line, fault.get("also", ""))


def _drill(kind: str, bed: Mapping[str, Any]) -> tuple[str, ...]:
    rank = bed["blame"][0]
    aim: Sequence[str] = ("--rank", str(rank))
    if kind in OF_NODES:
        aim = ("--node", str(rank // bed.get("processes", 1)))
    return (kind, *aim, *(("--notice", "4") if kind == "evict" else ()))
