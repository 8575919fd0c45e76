"""How environments of a workspace and of a registry are named by jobs, found, and shown; and what a file calls one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Asset
from desktop_app.presenters.clouds import environments as words
from desktop_app.services.environments.finding import name_in

OWN = Asset("environment", "torch", "3", "conda", description="\n  For the digits\nwith more", tags={"team": "vision"})
SHARED = Asset("environment", "acpt", "12", registry="azureml")


@pytest.mark.parametrize(
    ("asset", "version", "said"),
    [
        (OWN, "", "azureml:torch:3"), (OWN, "2", "azureml:torch:2"),
        (Asset("environment", "torch", ""), "", "azureml:torch@latest"),
        (SHARED, "", "azureml://registries/azureml/environments/acpt/versions/12"),
        (Asset("environment", "acpt", "", registry="mine"), "", "azureml://registries/mine/environments/acpt/labels/latest"),
    ],
)  # fmt: skip
def test_what_a_job_names_it_by(asset: Asset, version: str, said: str) -> None:
    assert words.reference(asset, version) == said


def test_a_row_has_the_first_line_of_what_it_is_for() -> None:
    assert words.cells(OWN, "") == ("torch", "3", "conda file", "–", "For the digits")


@pytest.mark.parametrize("typed", ["", "TORCH", "digits vision", "  team 3 "])
def test_every_typed_word_is_looked_for(typed: str) -> None:
    assert words.found([OWN, Asset("environment", "other", "1")], typed)[:1] == [OWN]
    assert words.found([OWN], f"{typed} nowhere") == []


@given(st.text(max_size=30))
def test_any_text_can_be_looked_for(typed: str) -> None:
    assert len(words.found([OWN, SHARED], typed)) <= 2


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("name: mine\nimage: x\n", "mine"),
        ("image: x\n", ""),
        ("name: [a]\n", ""),
        ("- a\n", ""),
        ("a: [\n", ""),
        ("", ""),
    ],
)
def test_the_name_in_a_file(tmp_path: Path, text: str, name: str) -> None:
    file = tmp_path / "environment.yml"
    file.write_text(text)
    assert name_in(file) == name


def test_a_file_that_is_gone_names_nothing(tmp_path: Path) -> None:
    assert name_in(tmp_path / "none.yml") == ""
