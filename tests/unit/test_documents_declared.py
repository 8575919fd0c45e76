"""What files declare is read once, by one reader, and only from what is a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from desktop_app.documents.checks import check_text
from desktop_app.documents.declared import Declared, declared, declared_below
from desktop_app.documents.listing import head_of
from desktop_app.services.catalogues import facts
from desktop_app.services.folder_check.look import ProjectLook

SCHEMA = "$schema: https://azuremlschemas.azureedge.net/latest/{}.schema.json\n"
COMPUTE = "name: gpus\ntype: amlCompute\nsize: Standard_NC24s_v3\nmin_instances: 0\nmax_instances: 4\n"


def files(folder: Path, **texts: str | bytes) -> Path:
    """Write YAML files."""
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.yml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def test_families_names_and_numbers(tmp_path: Path) -> None:
    files(
        tmp_path, a=COMPUTE, b=f"{SCHEMA.format('environment')}name: 'mine'  # x\nversion: 3\nimage: a\n",
        c="name: ask\nauth_mode: key\n", d=f"{SCHEMA.format('commandComponent')}command: ls\n", e="a: 1\n",
        f=b"name: \xe9\ntype: amlcompute\n", g=COMPUTE + "x: " + "y" * 100_000,
    )  # fmt: skip
    found = {each.file.stem: each for each in declared(tmp_path)}
    assert found["a"] == Declared(
        "compute", "gpus", tmp_path / "a.yml", "amlcompute", size="Standard_NC24s_v3", least=0, most=4
    )
    assert [(each, found[each].family, found[each].name, found[each].version) for each in "bcd"] == [
        ("b", "environment", "mine", "3"), ("c", "endpoint", "ask", ""), ("d", "component", "", ""),
    ]  # fmt: skip
    assert set(found) == set("abcd"), "another program's, one that is no UTF-8 and a long one declare nothing"


def test_the_folders_in_a_folder(tmp_path: Path) -> None:
    for name in ("compute", ".hidden", "node_modules"):
        files(tmp_path / name, a=COMPUTE)
    assert [each.file.parent.name for each in declared_below(tmp_path)] == ["compute"]
    assert declared_below(tmp_path / "gone") == ()


def test_a_change_is_seen(tmp_path: Path) -> None:
    files(tmp_path, a=COMPUTE)
    assert [each.name for each in declared(tmp_path)] == ["gpus"]
    files(tmp_path, a=COMPUTE.replace("gpus", "more"))
    assert [each.name for each in declared(tmp_path)] == ["more"]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
@pytest.mark.timeout(30)
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    files(tmp_path, a=COMPUTE)
    os.mkfifo(tmp_path / "x.yml")
    assert head_of(tmp_path / "x.yml", 100) == ""
    assert [each.name for each in declared_below(tmp_path)] == ["gpus"]
    job = f"{SCHEMA.format('commandJob')}command: ls\nenvironment: azureml:e:1\ncompute: azureml:gpu\n"
    found = check_text(tmp_path / "job.yml", job, lambda _job: (), facts()).diagnostics
    assert "unknown-compute" in {each.code for each in found}
    look = ProjectLook(tmp_path)
    look.look()
    os.utime(tmp_path / "x.yml", ns=(1, 1))
    assert [each.name for each in look.look().to_check] == ["x.yml"]
