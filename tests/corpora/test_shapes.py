"""The check of shapes and the SDK agree: on our own samples, on on faults in them, and on real files if there are any.

A file that the SDK loads and the check calls wrong is a false alarm; one that the SDK refuses and the check does not is
a miss. Files that another file names need not be there for either.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import pytest

from desktop_app.api import Severity, Value
from desktop_app.documents.kinds import kind_of
from desktop_app.documents.shape_check import check_shape
from desktop_app.documents.shapes import shape_of
from desktop_app.documents.yaml_text import parse
from installer.clone import ROOT

SAMPLES = sorted((Path(__file__).parent / "samples" / "shapes").glob("*.yml"))
SHARED = ROOT.parent / "shared" / "corpora" / "yaml"
VERDICTS = ROOT / "tests" / "helpers" / "azureml_verdicts.py"
EVERY = 1 if os.environ.get("RANKZERO_WHOLE_CORPUS") else 8
"""Of the real files one in so many is asked of the SDK, which takes a tenth of a second for each."""
FAULTS = 8
"""Faults made in each sample."""
OTHER: tuple[Value, ...] = (["a"], {"aa": 1}, 7, True, "text", 3.5)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda each: each.stem)
def test_a_sample_has_no_findings(sample: Path) -> None:
    """Not even a warning."""
    assert check_shape(sample.stem, parse(sample.read_text("utf-8")).data) == []


def test_the_sdk_takes_the_samples(azureml_python: Path) -> None:
    """So what the check is silent about is right."""
    said = _asked(azureml_python, [(each, each.stem) for each in SAMPLES])
    assert {each.stem: why for each, why in zip(SAMPLES, said, strict=True) if why != ""} == {}


def test_faults_in_the_samples_are_found_as_the_sdk_finds_them(azureml_python: Path, tmp_path: Path) -> None:
    """Keys misspelt, missing or empty, values of another type and words that are none."""
    chance = random.Random(11)
    cases: list[tuple[Path, str]] = []
    for sample in SAMPLES:
        for number in range(FAULTS):
            path = tmp_path / f"{sample.stem}-{number}.yml"
            path.write_text(json.dumps(_with_fault(parse(sample.read_text("utf-8")).data, chance)), "utf-8")
            cases.append((path, sample.stem))
    false, missed, refused = _compared(cases, _asked(azureml_python, cases))
    assert false == []
    assert refused > len(cases) / 3
    assert len(missed) <= refused * 0.05, missed


@pytest.mark.skipif(not SHARED.is_dir(), reason="there are no real files here")
def test_real_files_that_the_sdk_takes_raise_no_alarm(azureml_python: Path) -> None:
    """At most one in a hundred."""
    cases = [(path, kind) for path, kind in _real_files() if shape_of(kind) is not None][::EVERY]
    said = _asked(azureml_python, cases)
    false, _, _ = _compared(cases, said)
    accepted = said.count("")
    assert accepted > 300 / EVERY
    assert len(false) <= accepted * 0.01, false


@pytest.mark.skipif(not SHARED.is_dir(), reason="there are no real files here")
def test_real_files_are_checked_at_once() -> None:
    """Half of them in half a millisecond; on a busy machine the best of three."""
    files = [(kind, parse(path.read_text("utf-8-sig")).data) for path, kind in _real_files()]
    times = [_best_time(kind, data) for kind, data in files if shape_of(kind) is not None]
    assert statistics.median(times) < 0.5e-3


def _best_time(kind: str, data: Value) -> float:
    times = []
    for _ in range(3):
        began = time.perf_counter()
        check_shape(kind, data)
        times.append(time.perf_counter() - began)
    return min(times)


def _real_files() -> Iterator[tuple[Path, str]]:
    for path in sorted(each for each in SHARED.rglob("*") if each.suffix in (".yml", ".yaml")):
        try:
            text = path.read_text("utf-8-sig")
        except UnicodeDecodeError:
            continue
        parsed = parse(text)
        if isinstance(parsed.data, dict):
            yield path, kind_of(path, parsed.data, parsed.text)


def _asked(python: Path, cases: Sequence[tuple[Path, str]]) -> list[str | None]:
    """Return what the SDK says of each file: "" for one that it takes, None for a kind that is not asked for."""
    asked = subprocess.run(
        [str(python), str(VERDICTS)],
        input=json.dumps([(str(path), kind) for path, kind in cases]), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr[-2000:]
    return cast("list[str | None]", json.loads(asked.stdout))


def _compared(cases: Sequence[tuple[Path, str]], said: Sequence[str | None]) -> tuple[list[str], list[str], int]:
    """Return the false alarms, the misses, and how many files the SDK refuses."""
    false, missed = [], []
    for (path, kind), why in zip(cases, said, strict=True):
        if why is None:
            continue
        found = check_shape(kind, parse(path.read_text("utf-8-sig")).data)
        errors = [each.message for each in found if each.severity is Severity.ERROR]
        if errors and not why:
            false.append(f"{path}: {errors}")
        elif why and not errors:
            missed.append(f"{path}: {why[:400]}")
    return false, missed, sum(1 for why in said if why)


def _with_fault(data: Value, chance: random.Random) -> Value:
    """Return a document with one fault of an ordinary kind somewhere in it."""
    home = chance.choice([each for each in _mappings(data) if each])
    key = chance.choice(sorted(home))
    kind = chance.choice(("misspelt", "missing", "empty", "type", "word"))
    if kind == "misspelt":
        home[f"{key[:2]}x{key[2:]}"] = home.pop(key)
    elif kind == "missing":
        del home[key]
    elif kind == "empty":
        home[key] = None
    elif kind == "word" and isinstance(home[key], str):
        home[key] = f"{home[key]}x"
    else:
        home[key] = chance.choice(OTHER)
    return data


def _mappings(data: Value) -> Iterator[dict[str, Value]]:
    if isinstance(data, dict):
        yield data
    for each in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from _mappings(each)
