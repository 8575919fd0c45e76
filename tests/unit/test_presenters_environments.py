"""What the environments' window says."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.core.environments import Environment
from desktop_app.presenters import environments as presenter
from desktop_app.services.environments.catalogue import EnvironmentCatalogue
from desktop_app.services.environments.checking import check
from desktop_app.services.environments.comparing import compare
from desktop_app.services.environments.finding import Own
from desktop_app.services.environments.importing import Import
from desktop_app.services.environments.reading import Reader
from desktop_app.services.environments.trying import Trial

CATALOGUE = EnvironmentCatalogue()
READER = Reader(CATALOGUE)


@pytest.fixture
def rows(tmp_path: Path) -> list[presenter.EnvironmentRow]:
    return presenter.rows(CATALOGUE, [Own(tmp_path / "env" / "conda.yml", "conda")], tmp_path)


def test_ones_own_come_first_and_every_row_has_a_word_for_its_state(rows: list[presenter.EnvironmentRow]) -> None:
    assert (rows[0].name, rows[0].status, rows[0].tone) == ("env/conda.yml", "Yours, conda", "info")
    assert rows[1].cells[:4] == ("acpt-pytorch-2.8-cuda12.6", "Current", "3.10", "12.6")
    assert all(len(each.cells) == len(presenter.HEADERS) for each in rows)
    assert {each.status for each in rows[1:]} == {"Current", "Deprecated", "Retired"}


def test_ones_own_say_what_their_files_hold(tmp_path: Path) -> None:
    conda, torn, image = (tmp_path / name for name in ("conda.yml", "torn.yml", "env.yml"))
    conda.write_text("dependencies: [python=3.11, pip, {pip: [tqdm, torch==2.8.0]}]\n")
    torn.write_text("dependencies: [\n")
    image.write_text("name: mine\nimage: mcr.microsoft.com/azureml/openmpi5.0-cuda12.6-ubuntu24.04:latest\n")
    own = [Own(conda, "conda"), Own(torn, "conda"), Own(image, "environment")]
    found = presenter.rows(CATALOGUE, own, tmp_path)[:3]
    assert [each.cells[2:5] for each in found] == [
        ("3.11", "", "torch 2.8.0, tqdm"),
        ("", "", "can't be read"),
        (found[2].python, "12.6.3", "openmpi5.0-cuda12.6-ubuntu24.04:latest"),
    ]


def test_rows_are_filtered_by_words_framework_and_state(rows: list[presenter.EnvironmentRow]) -> None:
    assert not any(each.state == "retired" for each in presenter.matching(rows, ""))
    assert any(each.state == "retired" for each in presenter.matching(rows, "", retired=True))
    assert [each.name for each in presenter.matching(rows, "cuda12 2.16")] == ["tensorflow-2.16-cuda12"]
    found = presenter.matching(rows, "", "sklearn")
    assert all("sklearn" in each.frameworks or each.state == "own" for each in found)
    assert found[0].state == "own"
    assert [each.name for each in presenter.matching(rows, "AzureML-PyTorch-1.6-GPU")] == ["AzureML-PyTorch-1.6-GPU"]
    assert presenter.matching(rows, "nothing has these words") == []


def test_what_is_known_of_a_retired_one() -> None:
    environment = READER.read("AzureML-PyTorch-1.6-GPU")
    assert presenter.title(environment) == "AzureML-PyTorch-1.6-GPU, retired"
    assert presenter.successor_text(environment) == "It is gone: take acpt-pytorch-2.8-cuda12.6."
    facts = {each.name: each.text for each in presenter.facts(environment)}
    assert facts["CUDA"] == "10.1"
    assert facts["Source"].endswith("as of 2026-11)")
    assert ("horovod", "0.19.5", "pip") in presenter.packages(environment)


def test_what_is_current_needs_no_advice() -> None:
    assert presenter.successor_text(READER.read("sklearn-1.5")) == ""
    assert presenter.successor_text(Environment("mine", "conda")) == ""


def test_findings_are_lines_and_no_finding_is_one(tmp_path: Path) -> None:
    path = tmp_path / "conda.yml"
    path.write_text("dependencies: [python=3.7, pip, {pip: [torch==2.8.0]}]\n")
    lines = presenter.findings(check(READER.read(str(path))))
    assert (lines[0].tone, lines[0].word) == ("error", "Error")
    assert lines[-1].word == "Not looked at"
    path.write_text("dependencies: [python=3.11]\n")
    assert presenter.findings(check(READER.read(str(path))))[0].word == "Fine"


def test_a_difference_in_a_line() -> None:
    one = READER.read("sklearn-1.5")
    assert presenter.difference_summary(compare(one, one)) == f"0 differences, {len(one.packages)} packages the same."


def test_a_trial_says_what_failed_first() -> None:
    trial = Trial(
        Environment("mine", "conda"), "3.11.2", installed={"a": "1.0"},
        imports=(Import("a", "a"), Import("b", "", "ImportError: no", "Traceback")),
    )  # fmt: skip
    assert [(each.word, each.text) for each in presenter.trial_lines(trial)] == [
        ("Works", "import a (a 1.0)"), ("Failed", "import b: ImportError: no"),
    ]  # fmt: skip
    broken = Trial(Environment("mine", "conda"), "3.11.2", failure="It can't be had.", details="uv says")
    assert presenter.trial_lines(broken)[0] == presenter.Line("error", "Not installed", "It can't be had.", "uv says")


def test_base_images_are_current_and_begin_with_the_usual_one() -> None:
    images = presenter.base_images()
    assert images[0] == "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:latest"
    assert any("cuda" in each for each in images)
