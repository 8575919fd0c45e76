"""Environments written into folders: as they are, cloned, made anew, and put into jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import OutsideError, Severity, UserError
from desktop_app.documents.checks import check_text
from desktop_app.services.catalogues import facts
from desktop_app.services.environments.catalogue import EnvironmentCatalogue
from desktop_app.services.environments.checking import check, job_in
from desktop_app.services.environments.custom import Given, environment_of
from desktop_app.services.environments.reading import Reader
from desktop_app.services.environments.saving import files_of, save
from desktop_app.services.environments.using import entry_for, use_in
from tests.helpers.rights import obeys_modes

READER = Reader(EnvironmentCatalogue())
IMAGE = "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:latest"


def errors(folder: Path) -> list[str]:
    """Return the errors in the files of a folder, as `validate` finds them."""
    return [
        each.message
        for path in sorted(folder.glob("*.yml"))
        for each in check_text(path, path.read_text(), lambda _job: (), facts()).diagnostics
        if each.severity is Severity.ERROR
    ]


@pytest.mark.parametrize("curated", EnvironmentCatalogue().all(), ids=lambda each: each.name)
def test_every_curated_environment_can_be_saved_and_is_an_environment(curated: object, tmp_path: Path) -> None:
    name = curated.name  # type: ignore[attr-defined]
    written = save(READER.read(name), tmp_path)
    assert written[-1].name in {"environment.yml", "conda.yml"}
    found = check_text(
        tmp_path / "environment.yml", (tmp_path / "environment.yml").read_text(), lambda _job: (), facts()
    )
    assert found.kind == "environment"
    assert not [each for each in found.diagnostics if each.severity is Severity.ERROR]


def test_a_published_image_is_taken_as_it_is(tmp_path: Path) -> None:
    save(READER.read("acpt-pytorch-2.8-cuda12.6"), tmp_path, "mine")
    text = (tmp_path / "environment.yml").read_text()
    assert "name: mine\n" in text
    assert "image: mcr.microsoft.com/azureml/curated/acpt-pytorch-2.8-cuda12.6:latest\n" in text
    assert "conda_file" not in text
    assert "# Source: Azure/azureml-assets@" in text
    assert "torch==2.10.0+cu126" in (tmp_path / "conda.yml").read_text()
    assert errors(tmp_path) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "conda.yml").write_text("mine\n")
    with pytest.raises(UserError, match=r"has conda\.yml already"):
        save(READER.read("sklearn-1.5"), tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["conda.yml"]
    assert (tmp_path / "conda.yml").read_text() == "mine\n"


@pytest.mark.parametrize("name", ["AzureML-mine", "azureml", "Microsoft-x", "a b", "-x", "x" * 256])
def test_a_clone_gets_a_name_that_it_may_have(name: str) -> None:
    with pytest.raises(UserError, match="can't be"):
        files_of(READER.read("sklearn-1.5"), name)


@obeys_modes
def test_a_folder_that_can_not_be_written_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutsideError, match="can't be written"):
            save(READER.read("sklearn-1.5"), tmp_path)
    finally:
        tmp_path.chmod(0o700)


def test_ones_own_is_cloned_with_its_conda_file(tmp_path: Path) -> None:
    (tmp_path / "conda.yml").write_text("dependencies: [python=3.11, pip, {pip: [mlflow]}]\n")
    (tmp_path / "environment.yml").write_text(f"name: a\nversion: 3\nimage: {IMAGE}\nconda_file: conda.yml\n")
    save(READER.read(str(tmp_path / "environment.yml")), tmp_path / "new", "b")
    text = (tmp_path / "new" / "environment.yml").read_text()
    assert "name: b\n" in text
    assert "version" not in text
    assert "mlflow" in (tmp_path / "new" / "conda.yml").read_text()
    assert errors(tmp_path / "new") == []


def test_a_build_context_goes_along_if_it_is_small_enough(tmp_path: Path) -> None:
    context = tmp_path / "docker"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM ubuntu\nCOPY a .\n")
    (context / "a").write_text("a")
    save(READER.read(str(context)), tmp_path / "new", "built")
    assert (tmp_path / "new" / "context" / "a").read_text() == "a"
    assert errors(tmp_path / "new") == []
    (context / "large").write_bytes(b"0" * (1 << 20))
    with pytest.raises(UserError, match=r"100 files and 1\.0 MB"):
        save(READER.read(str(context)), tmp_path / "other", "built")
    assert not (tmp_path / "other" / "environment.yml").exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (Given("conda", "dependencies:\n- python=3.11\n- pip\n- pip: [mlflow]\n", IMAGE), "conda_file: conda.yml"),
        (Given("pip", "mlflow\n", IMAGE), "conda_file: conda.yml"),
        (Given("image", image="me.azurecr.io/a:1"), "image: me.azurecr.io/a:1"),
    ],
)
def test_a_new_one_is_made_of_what_was_given(given: Given, says: str, tmp_path: Path) -> None:
    save(environment_of(given, READER), tmp_path, "mine")
    assert says in (tmp_path / "environment.yml").read_text()
    assert errors(tmp_path) == []


@pytest.mark.parametrize(
    "given",
    [Given("conda", "dependencies: [", IMAGE), Given("conda", "a", IMAGE), Given("pip", " ", IMAGE), Given("image"),
     Given("pip", "a"), Given("build"), Given("build", context="/nowhere")],
)  # fmt: skip
def test_what_is_missing_is_said(given: Given) -> None:
    with pytest.raises(UserError):
        environment_of(given, READER)


JOB = "# mine\ncode: src\ncommand: python a.py\nenvironment: azureml:old@latest  # why\ncompute: azureml:c\n"


def test_a_job_takes_an_environment_and_keeps_every_other_byte(tmp_path: Path) -> None:
    job = tmp_path / "jobs" / "job.yml"
    entry = entry_for(READER.read("sklearn-1.5"), None, job.parent)
    address = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"
    assert entry == address
    assert use_in(JOB, job, entry) == JOB.replace("azureml:old@latest", address)


def test_a_job_takes_ones_own_with_paths_from_its_folder(tmp_path: Path) -> None:
    conda = tmp_path / "envs" / "conda.yml"
    conda.parent.mkdir()
    conda.write_text("dependencies: [python=3.11]\n")
    file = conda.with_name("environment.yml")
    file.write_text(f"name: a\nimage: {IMAGE}\nconda_file: file:conda.yml\n")
    folder = tmp_path / "jobs"
    folder.mkdir()
    assert entry_for(READER.read(str(file)), file, folder) == {"image": IMAGE, "conda_file": "../envs/conda.yml"}
    assert entry_for(READER.read(str(conda)), conda, folder) == {"image": IMAGE, "conda_file": "../envs/conda.yml"}
    listed = tmp_path / "requirements.txt"
    listed.write_text("a\n")
    with pytest.raises(UserError, match="names no image"):
        entry_for(READER.read(str(listed)), listed, folder)


def test_what_is_no_job_takes_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no job"):
        use_in("a: b\n", tmp_path / "x.yml", "azureml:a@latest")


def test_a_check_knows_the_jobs_size_and_launch(tmp_path: Path) -> None:
    environment = tmp_path / "environment.yml"
    environment.write_text(
        f"name: a\nimage: {IMAGE}\nconda_file:\n  dependencies: [python=3.11, pip, {{pip: [torch==2.11.0]}}]\n"
    )
    job = tmp_path / "job.yml"
    job.write_text(
        "command: python a.py\ncode: .\nenvironment: azureml:a@latest\ndistribution: {type: mpi}\n"
        "resources: {instance_type: Standard_NC6s_v3}\n"
    )
    codes = {each.code for each in check(READER.read(str(environment)), job).findings}
    assert {"gpu-does-not-fit", "horovod-missing", "image-without-cuda"} <= codes
    alone = check(READER.read(str(environment)))
    assert alone.findings == ()
    assert any("VM size" in each for each in alone.not_looked_at)
    (tmp_path / "compute.yml").write_text("name: c\ntype: amlcompute\nsize: Standard_NC6s_v3\n")
    job.write_text("command: python a.py\ncode: .\nenvironment: azureml:a@latest\ncompute: azureml:c\n")
    assert "gpu-does-not-fit" in {each.code for each in check(READER.read(str(environment)), job).findings}
    with pytest.raises(UserError, match="no job"):
        check(READER.read(str(environment)), environment)


def test_a_job_that_is_checked_says_itself_where_it_runs(tmp_path: Path) -> None:
    job = tmp_path / "job.yml"
    job.write_text(
        "command: python a.py\ncode: .\nresources: {instance_type: Standard_NC6s_v3}\n"
        f"environment:\n  image: {IMAGE}\n"
        "  conda_file: {dependencies: [python=3.11, pip, {pip: [torch==2.11.0]}]}\n"
    )
    assert job_in(str(job)) == job
    assert job_in("sklearn-1.5") is None
    (tmp_path / "broken.yml").write_text("command: [\n")
    assert job_in(str(tmp_path / "broken.yml")) is None
    assert "gpu-does-not-fit" in {each.code for each in check(READER.read(str(job)), job_in(str(job))).findings}


@pytest.mark.parametrize(
    ("packages", "said"),
    [
        ("dependencies:\n  - python=3.11\n - pip\n", "line 3"),
        ("channels:\n  - a\n dependencies:\n  - pip\n", "line 3"),
        ("channels: [a]\n", "no conda file"),
        ("- pip\n", "no conda file"),
    ],
)
def test_packages_with_a_wrong_indent_are_named_by_their_line(packages: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as refused:
        environment_of(Given("conda", packages, IMAGE), READER)
    assert ("Write dependencies" in (refused.value.hint or "")) == (said == "no conda file")
