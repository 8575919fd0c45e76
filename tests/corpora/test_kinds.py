"""Which kinds the files of a corpus have: nearly all are known, and what stays unknown is not Azure ML's."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from desktop_app.documents.kinds import KINDS, UNKNOWN, kind_of
from desktop_app.documents.project_files import project_files
from desktop_app.documents.text_file import TextFile
from desktop_app.documents.yaml_text import parse
from tests.helpers.program import ROOT

CORPORA = ROOT.parent / "shared" / "corpora"
SAMPLES = Path(__file__).parent / "samples" / "shapes"
_MOST_UNKNOWN = 0.02


def kinds_of(folder: Path) -> Counter[str]:
    """Return how many files of each kind lie below a folder."""
    found: Counter[str] = Counter()
    for path in project_files(folder):
        text = TextFile.load(path).text
        found[kind_of(path, parse(text).data, text)] += 1
    return found


def test_every_sample_is_of_a_kind_that_has_a_title() -> None:
    found = kinds_of(SAMPLES)
    assert set(found) <= {*KINDS, UNKNOWN}
    assert found[UNKNOWN] <= 1, "a workspace that says no more than its name and place"


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpus is not here")
def test_nearly_all_of_a_corpus_is_known() -> None:
    found = kinds_of(CORPORA / "yaml")
    assert set(found) <= {*KINDS, UNKNOWN}
    assert found[UNKNOWN] <= found.total() * _MOST_UNKNOWN, found


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpus is not here")
def test_run_configurations_of_sdk_v1_are_known() -> None:
    assert kinds_of(CORPORA / "runconfig")["runconfig"] > 5
