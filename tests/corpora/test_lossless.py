"""Files keep their bytes: unedited all of them, edited all but the lines of the edit. Real files too, if at hand."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.api import UserError
from desktop_app.documents.text_file import TextFile
from desktop_app.documents.yaml_text import parse
from tests.corpora.edit_trials import Outcome, run, trials

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((Path(__file__).parent / "samples" / "lossless").glob("*.yml"))
CORPUS = ROOT.parent / "shared" / "corpora"
EVERY = 6  # file of the corpora is edited: all of them are `python tests/bench/bench_edits.py FOLDER 3`
NEEDS = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpora are not beside this clone")


def _real() -> list[Path]:
    return sorted(each for each in CORPUS.rglob("*") if each.suffix.lower() in {".yml", ".yaml", ".runconfig"})


def _faults(path: Path, text: str, seed: int) -> Iterator[Outcome]:
    parsed = parse(text)
    if parsed.data is None or parsed.is_template:
        return
    for trial in trials(text, random.Random(f"{path.name}{seed}")):
        outcome = run(text, trial)
        if outcome.fault:
            yield outcome


def _save_unedited(path: Path, folder: Path) -> tuple[bytes, bytes]:
    """Return a file's bytes, and those that saving its text anew makes."""
    copy = folder / "copy.yml"
    copy.write_bytes(path.read_bytes())
    file = TextFile.load(copy)
    file.save(file.text)
    return path.read_bytes(), copy.read_bytes()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_an_unedited_sample_keeps_its_bytes(path: Path, tmp_path: Path) -> None:
    before, after = _save_unedited(path, tmp_path)
    assert before == after


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_edits_of_a_sample_are_right_and_local(path: Path) -> None:
    text = TextFile.load(path).text
    for seed in range(12):
        assert [(each.trial.kind, each.trial.path, each.fault) for each in _faults(path, text, seed)] == []


@NEEDS
def test_every_unedited_real_file_keeps_its_bytes(tmp_path: Path) -> None:
    kept = 0
    for path in _real():
        try:
            before, after = _save_unedited(path, tmp_path)
        except UserError:
            continue  # no text: it is not opened, and so not saved
        assert before == after, path
        kept += 1
    assert kept > 700


@NEEDS
def test_edits_of_real_files_are_right_and_local() -> None:
    made, faults = 0, []
    for path in _real()[::EVERY]:
        try:
            text = TextFile.load(path).text
        except UserError:
            continue
        made += 1
        faults += [(path.name, each.trial.kind, each.trial.path, each.fault) for each in _faults(path, text, 1)]
    assert made > 100
    assert faults == []
