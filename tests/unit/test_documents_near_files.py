"""Which file was meant by one that is not there: a close name, and a file of the kind that is wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.documents.near_files import near_file, near_name

JOB = "command: python x.py\nenvironment: azureml:e:1\ncompute: azureml:c\n"
CONDA = "name: x\nchannels: [conda-forge]\ndependencies:\n  - python=3.11\n"


@pytest.mark.parametrize(
    ("given", "there", "meant"),
    [
        ("mian.py", "main.py", "main.py"),
        ("Train.py", "train.py", "train.py"),
        ("conda.yml", "conda.yaml", "conda.yaml"),
        ("predict.yml", "prep.yml", ""),
        ("conda.yml", "18code.yml", ""),
    ],
)
def test_only_a_close_name_is_meant(given: str, there: str, meant: str) -> None:
    assert near_name(given, [there]) == meant


def test_only_a_file_of_the_kind_is_meant(tmp_path: Path) -> None:
    (tmp_path / "conda1.yml").write_text(JOB)
    assert near_file(tmp_path / "conda.yml", "conda".__eq__) == ""
    (tmp_path / "conda2.yaml").write_text(CONDA)
    assert near_file(tmp_path / "conda.yml", "conda".__eq__) == "conda2.yaml"
