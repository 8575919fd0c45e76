"""Environments read from wherever they stand; nothing is run, and bad files are named in one sentence."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import EnvironmentPreset, UserError
from desktop_app.documents.project_files import project_files
from desktop_app.services.environments.catalogue import EnvironmentCatalogue
from desktop_app.services.environments.comparing import compare
from desktop_app.services.environments.finding import own_environments
from desktop_app.services.environments.reading import Reader
from desktop_app.services.environments.requirements import conda_package, of_lines, read_requirements
from desktop_app.services.environments.saving import save

READER = Reader(EnvironmentCatalogue())
CONDA = """# my packages
channels: [conda-forge]
dependencies:
  - python=3.10
  - conda-forge::numpy>=1.26
  - pytorch=2.5.1=py3.10_cuda12.4
  - pip
  - pip:
      - Scikit_Learn == 1.5.0 ; python_version > "3"
      - -r more.txt
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "conda.yml").write_text(CONDA)
    (tmp_path / "more.txt").write_text("mlflow>=2 \\\n  ,<3  # pinned\n-r conda-more.txt\n")
    (tmp_path / "conda-more.txt").write_text("-r more.txt\ntqdm --hash=sha256:00\n")
    (tmp_path / "environment.yml").write_text("name: mine\nimage: nvidia/cuda:12.4.1-devel\nconda_file: conda.yml\n")
    return tmp_path


def test_a_curated_environment_goes_by_name_and_by_reference() -> None:
    for name in ("acpt-pytorch-2.8-cuda12.6", "azureml:AzureML-acpt-pytorch-2.8-cuda12.6@latest",
                 "azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest"):  # fmt: skip
        found = READER.read(name)
        assert (found.origin, found.python, found.cuda) == ("curated", "3.10", "12.6")
        assert found.curated is not None
        assert found.curated.as_of
        assert "not all that is inside" in found.unknown[0]


def test_a_conda_file_with_pip_and_files_that_read_each_other(folder: Path) -> None:
    found = READER.read(str(folder / "conda.yml"))
    assert (found.origin, found.python, found.channels) == ("conda", "3.10", ("conda-forge",))
    said = {each.name or each.written: (each.spec, each.tool, each.hindrance) for each in found.packages}
    assert said == {
        "numpy": (">=1.26", "conda", ""),
        "pytorch": ("==2.5.1", "conda", ""),
        "pip": ("", "conda", ""),
        "scikit-learn": ("==1.5.0", "pip", ""),
        "mlflow": ("<3,>=2", "pip", ""),
        "-r more.txt": ("", "pip", "it reads itself"),
        "tqdm": ("", "pip", ""),
    }


def test_an_environment_file_takes_its_conda_file_along(folder: Path) -> None:
    found = READER.read(str(folder / "environment.yml"))
    assert (found.title, found.cuda, found.python) == ("mine", "12.4.1", "3.10")
    assert isinstance(found.data["conda_file"], dict)
    (folder / "conda.yml").unlink()
    lost = READER.read(str(folder / "environment.yml"))
    assert lost.packages == ()
    assert "can't be read" in lost.unknown[0]


def test_an_environment_within_a_job(folder: Path) -> None:
    job = folder / "job.yml"
    job.write_text("command: python a.py\ncode: src\nenvironment:\n  image: a/b:1\n  conda_file: conda.yml\n")
    assert READER.read(str(job)).package("numpy") is not None
    job.write_text("command: python a.py\ncode: src\nenvironment: azureml:AzureML-sklearn-1.5@latest\n")
    assert READER.read(str(job)).title == "sklearn-1.5"
    job.write_text("command: python a.py\ncode: src\nenvironment: azureml:mine:3\n")
    with pytest.raises(UserError, match="registered in a workspace"):
        READER.read(str(job))


def test_a_build_context_knows_its_base_image(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a AS b\nFROM --platform=linux nvcr.io/nvidia/cuda:12.8.1-base\nRUN x\n")
    found = READER.read(str(tmp_path))
    assert (found.origin, found.image, found.cuda) == ("build", "nvcr.io/nvidia/cuda:12.8.1-base", "12.8.1")
    assert any("Dockerfile" in each for each in found.unknown)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yml", "", "is empty"),
        ("a.yml", "dependencies: [a\n b: {", "can't be read as YAML"),
        ("a.yml", "- 1\n- 2\n", "describes no environment"),
        ("a.yml", "name: x\ndependencies: 3\n", ""),
        ("a.yml", "name: x\nchannels: [a]\ndependencies:\n", ""),
        ("a.yml", "dependencies: [{pip: 3}, 4, null, {x: y}]\n", ""),
        ("requirements.txt", "# nothing\n\n", ""),
    ],
)
def test_bad_files_are_named_or_bearable(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    if said:
        with pytest.raises(UserError, match=said):
            READER.read(str(tmp_path / name))
    else:
        assert READER.read(str(tmp_path / name)).packages == ()


def test_no_such_thing_says_what_was_meant(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"acpt-pytorch-2\.8-cuda12\.6"):
        READER.read("acpt-pytorch-2.8-cuda126")
    with pytest.raises(UserError, match="is not there"):
        READER.read(str(tmp_path / "gone.yml"))
    (tmp_path / "huge.txt").write_bytes(b"a\n" * (9 << 20))
    with pytest.raises(UserError, match="too large"):
        READER.read(str(tmp_path / "huge.txt"))


def test_what_is_no_package_of_an_index_is_shown_and_secrets_are_not(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(
        "-e ./mine\n./wheels/a.whl\ngit+https://me:geheim@host/x.git\nb @ https://me:geheim@host/b.whl\n"
        "--find-links https://me:geheim@host/wheels\n-c limits.txt\n-r gone.txt\n=broken\n"
        "-c https://me:geheim@host/c.txt\n-r https://me:geheim@host/r.txt\n--find-links=https://me:geheim@host\n"
        "--trusted-token=geheim\n"
    )
    found = read_requirements(path)
    assert [each.hindrance for each in found] == [
        "an editable install", "a local path", "an address", "an address", "an option of pip", "a file of constraints",
        "is not there", "it can't be read as a package", "a file of constraints", "an address", "an option of pip",
        "an option of pip",
    ]  # fmt: skip
    assert "geheim" not in "".join(each.shown + each.hindrance for each in found)
    assert found[2].written == "git+https://me:geheim@host/x.git", "what is installed is what was written"


NAMES = ("azure-keyvault-secrets==4.8.0", "django-secret-key>=1,<2", "python-password==2 ; python_version > '3'")


def test_packages_whose_names_speak_of_secrets_are_no_secrets(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("\n".join(NAMES))
    found = READER.read(str(tmp_path / "requirements.txt"))
    assert [each.written for each in found.packages] == [each.shown for each in found.packages] == list(NAMES)
    assert conda_package("azure-keyvault-secrets=4.8.0").shown == "azure-keyvault-secrets=4.8.0"
    saved = save(found, tmp_path / "new")
    for each in NAMES:
        assert each.partition(" ;")[0] in saved[-1].read_text()
    assert READER.read(str(tmp_path / "new" / "environment.yml")).packages


@given(st.text(max_size=60))
def test_any_line_can_be_read(line: str) -> None:
    list(of_lines([line], Path("/nowhere-at-all")))
    conda_package(line)


@pytest.mark.parametrize(
    ("line", "name", "spec"),
    [
        ("numpy=1.26", "numpy", "==1.26.*"), ("numpy==1.26.4", "numpy", "==1.26.4"), ("numpy 1.*", "numpy", "==1.*"),
        ("a::b>=1,<2", "b", ">=1,<2"), ("pytorch=2.1=cuda*", "pytorch", "==2.1"), ("Foo_Bar", "foo-bar", ""),
    ],
)  # fmt: skip
def test_conda_spellings(line: str, name: str, spec: str) -> None:
    found = conda_package(line)
    assert (found.name, found.spec) == (name, spec)


def test_differences_compare_versions_as_pep_440_says(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("torch==2.8\nnumpy>=1\nonly-here\nsame<3,>=1\n")
    (tmp_path / "two.yml").write_text("dependencies:\n- pytorch==2.8.0\n- pip:\n  - numpy==2.0\n  - same>=1, <3\n")
    found = compare(READER.read(str(tmp_path / "one.txt")), READER.read(str(tmp_path / "two.yml")))
    assert [(each.name, each.left, each.right, each.only, each.note) for each in found.rows] == [
        ("numpy", ">=1", "2.0", "", "2.0 fits >=1"),
        ("only-here", "any version", "", "left", ""),
    ]
    assert found.same == 2


def test_differences_tell_python_cuda_and_image_apart(folder: Path) -> None:
    found = compare(READER.read("tensorflow-2.16-cuda12"), READER.read(str(folder / "environment.yml")))
    assert [(each.kind, each.left, each.right) for each in found.rows[:3]] == [
        ("python", "3.11", "3.10"),
        ("cuda", "12.8.1", "12.4.1"),
        ("image", "mcr.microsoft.com/azureml/curated/tensorflow-2.16-cuda12", "nvidia/cuda:12.4.1-devel"),
    ]


def test_an_environment_does_not_differ_from_itself(folder: Path) -> None:
    for target in ("tensorflow-2.16-cuda12", str(folder / "conda.yml"), str(folder / "environment.yml")):
        one = READER.read(target)
        assert compare(one, one).rows == ()


def test_the_catalogue_lists_current_ones_first_and_knows_every_successor() -> None:
    catalogue = EnvironmentCatalogue()
    states = [each.state for each in catalogue.all()]
    assert states == sorted(states, key=["current", "deprecated", "retired"].index)
    assert [each.name for each in catalogue.all()[:2]] == ["acpt-pytorch-2.8-cuda12.6", "tensorflow-2.16-cuda12"]
    assert {each.state for each in catalogue.all(retired=False)} == {"current", "deprecated"}
    assert all("tensorflow" in each.frameworks for each in catalogue.all(framework="tensorflow"))
    old = catalogue.get("AzureML-PyTorch-1.6-GPU")
    found = catalogue.successor(old)
    assert found is not None
    assert found.name == "acpt-pytorch-2.8-cuda12.6"


def test_a_plugin_adds_environments_and_the_catalogue_has_the_last_word() -> None:
    mine = EnvironmentPreset("mine-1", "Mine", "azureml:mine-1@latest", packages={"torch": "2.8.0"}, source="me")
    other = EnvironmentPreset("sklearn-1.5", "Theirs", "azureml:x@latest", python="2.7")
    catalogue = EnvironmentCatalogue([mine, other])
    assert catalogue.get("mine-1").written == "azureml:mine-1@latest"
    assert catalogue.get("sklearn-1.5").python != "2.7"


def test_own_environments_of_a_folder(folder: Path) -> None:
    (folder / "requirements.txt").write_text("a\n")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "conda.yml").write_text(CONDA)
    (folder / "big.yml").write_text(CONDA + "#" * (1 << 17))
    found = [(each.path.name, each.kind) for each in own_environments(folder)]
    assert found == [("conda.yml", "conda"), ("environment.yml", "environment"), ("requirements.txt", "requirements")]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_own_environments_are_looked_for_where_the_project_is(folder: Path) -> None:
    for name in ("site-packages", "python/lib", "build", ".azureml"):
        (folder / name).mkdir(parents=True)
        (folder / name / "conda.yml").write_text(CONDA)
    (folder / "python" / "pyvenv.cfg").write_text("")
    os.mkfifo(folder / "pipe.yml")
    (folder / "requirements-dev.txt").mkdir()
    found = [each.path.relative_to(folder).as_posix() for each in own_environments(folder)]
    assert found == ["conda.yml", "environment.yml", ".azureml/conda.yml", "build/conda.yml"]
    walked = [each.relative_to(folder).as_posix() for each in project_files(folder)]
    assert set(found) <= set(walked)


def test_what_is_left_out_is_said_without_its_password(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(
        "mlflow\n-c https://me:geheim@host/c.txt\n-r https://me:geheim@host/r.txt\nb @ https://me:geheim@host/b.whl\n"
    )
    saved = save(READER.read(str(tmp_path / "requirements.txt")), tmp_path / "new")
    texts = "".join(each.read_text() for each in saved)
    assert texts.count("# Left out") == 3
    assert "geheim" not in texts


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("main.py", "import torch\n\nprint(torch.__version__)\n"),
        ("one.py", "torch\n"),
        ("notes.txt", "We train on two nodes.\nAsk for more GPUs!\n"),
        ("script", "#!/bin/sh\necho $HOME && exit 0\n"),
    ],
)
def test_a_file_that_is_no_list_of_packages_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match="is no environment"):
        READER.read(str(tmp_path / name))


@pytest.mark.parametrize("name", ["requirements.txt", "dev.in", "packages", "requirements.lock"])
def test_lists_of_packages_go_by_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("torch==2.8.0\n--find-links https://host/wheels\n./local.whl\n")
    assert READER.read(str(tmp_path / name)).packages[0].name == "torch"
