"""The wizard "I have v1 code": arguments keep their order and their quotes, packages stay whole."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Answers
from desktop_app.api.testing import fake_context
from plugins.sdk_v1.job import build
from plugins.sdk_v1.packages import parted
from plugins.sdk_v1.submissions import paired

IT = "it's"
WORDS = st.lists(st.sampled_from(["--a", "--b=1", "-x", "3", "-0.5", "a b", "pos", "it's", ""]), max_size=8)
PACKAGES = ["numpy>=1.20,<2", "horovod[pytorch,keras]", "transformers @ git+https://x/y", "scikit-learn >= 1.0"]


def made(folder: Path, code: str, answers: Answers | None = None) -> Any:
    (folder / "submit.py").write_text(f"from azureml.core import *\n{code}\n", "utf-8")
    return build({"v1_file": "submit.py", **(answers or {})}, fake_context(folder))


def command(folder: Path, arguments: str) -> str:
    code = f"s = ScriptRunConfig('.', 'train.py', arguments={arguments}, compute_target='gpu')"
    return str(made(folder, code).command)


def dependencies(folder: Path, answers: Answers | None = None) -> list[Any]:
    code = (
        "s = Estimator(source_directory='.', entry_script='train.py', compute_target='gpu', "
        f"pip_packages={PACKAGES}, conda_packages=['scipy >=1.8', 'conda-forge::mpi4py'])"
    )
    found = made(folder, code, answers).environment["conda_file"]["dependencies"]
    assert found[-1]["pip"][0].startswith("torch==")
    return list(found)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("['--a', '1', '--a', '2']", "--a 1 --a 2"),
        ("['--lr', '-0.1', 'pos', '--flag']", "--lr -0.1 pos --flag"),
        ("['train', '--lr', '0.1', '--flag']", "train --lr 0.1 --flag"),
        ("['--name', '']", "--name ''"),
        ("['--name', 'two words', 'x']", "--name 'two words' x"),
        ("""'--name "two words" --x 1'""", "--name 'two words' --x 1"),
        ('"--said it\'s --x 1"', f"--said {shlex.quote(IT)} --x 1"),
    ],
)
def test_the_script_gets_its_arguments_as_v1_gave_them(arguments: str, expected: str, tmp_path: Path) -> None:
    assert command(tmp_path, arguments) == f"python train.py {expected}"


@given(WORDS)
def test_pairs_and_other_words_are_the_words_in_their_order(words: list[str]) -> None:
    pairs, others = paired(words)
    again = [*shlex.split(others), *(each for pair in pairs.items() for each in pair if each)]
    assert again == words


def test_packages_of_the_code_stay_whole(tmp_path: Path) -> None:
    found = dependencies(tmp_path)
    assert found[1:3] == ["scipy >=1.8", "conda-forge::mpi4py"]
    pip = found[-1]["pip"]
    assert pip[1:5] == ["numpy>=1.20,<2", "horovod[pytorch,keras]==0.28.1", *PACKAGES[2:]]


def test_packages_that_a_person_writes_are_parted_between_them(tmp_path: Path) -> None:
    pip = dependencies(tmp_path, {"pip_packages": "numpy>=1.20,<2, pandas scikit-learn >= 1.0"})[-1]["pip"]
    assert pip[1:4] == ["numpy>=1.20,<2", "pandas", "scikit-learn >= 1.0"]


@pytest.mark.parametrize("between", [" ", ", ", "\n"])
def test_requirements_of_every_form_are_parted(between: str) -> None:
    every = [*PACKAGES, "conda-forge::ray-core=2.9", "git+https://host/x.git@v1#egg=x", "a~=1.0 , != 1.5", "b"]
    assert parted(between.join(every)) == every
    assert parted("  ") == []
