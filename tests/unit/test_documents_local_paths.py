"""Names of nobody's home, names with a NUL and names that are too long are answered, never raised."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import OutsideError, UserError
from desktop_app.documents.checks import check_text
from desktop_app.documents.local_paths import is_there, local_path
from desktop_app.documents.text_file import TextFile
from desktop_app.services.catalogues import facts
from desktop_app.services.environments.catalogue import EnvironmentCatalogue
from desktop_app.services.environments.custom import Given, environment_of
from desktop_app.services.environments.reading import Reader
from desktop_app.services.uploads import preview_upload

SCHEMAS = "$schema: https://azuremlschemas.azureedge.net/latest"
NOBODY = "~nobody-of-this-name/code"
ODD = [NOBODY, "~", "x\0y/z", "~x\0y", "a" * 5000]
JOBS = {
    "job": "commandJob.schema.json\ncommand: python train.py\nenvironment: azureml:e:1\ncode: {}\n",
    "deployment": "managedOnlineDeployment.schema.json\ncode_configuration: {{code: {}, scoring_script: s.py}}\n",
}


def test_a_home_is_filled_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert local_path("~/code") == tmp_path / "code"
    assert local_path(NOBODY) == Path(NOBODY)
    assert is_there(local_path("~"))


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("job", JOBS)
def test_a_file_that_names_an_odd_folder_is_checked_and_previewed(job: str, name: str, tmp_path: Path) -> None:
    quoted = '"' + name.replace("\0", "\\0") + '"'
    (tmp_path / "job.yml").write_text(f"{SCHEMAS}/{JOBS[job].format(quoted)}")
    found = check_text(tmp_path / "job.yml", (tmp_path / "job.yml").read_text(), lambda _job: (), facts())
    assert found.kind in {"commandJob", "managedOnlineDeployment"}
    if name != "~":
        assert any(each.code in {"missing-code", "yaml"} for each in found.diagnostics)
    if name != "~" and job == "job":
        (part,) = preview_upload(tmp_path / "job.yml").parts
        assert [each.code for each in part.diagnostics] == ["missing-path"]


@pytest.mark.parametrize("name", [each for each in ODD if each != "~"])
def test_an_environment_of_an_odd_name_is_refused(name: str) -> None:
    reader = Reader(EnvironmentCatalogue())
    with pytest.raises(UserError):
        reader.read(f"{name}.yml")
    with pytest.raises(UserError):
        environment_of(Given("build", context=name), reader)


def test_a_file_can_not_have_a_nul_in_its_name() -> None:
    with pytest.raises(UserError, match="can't be the name"):
        TextFile.load(Path("a\0b"))
    with pytest.raises(OutsideError):
        TextFile.load(Path("a" * 5000))
