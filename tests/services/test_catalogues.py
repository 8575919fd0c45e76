"""The dated catalogues: each item has its source, and the rules find what they ask for."""

from __future__ import annotations

import json
import re

import pytest

from desktop_app.core import limits
from desktop_app.core.rules.facts import SURE, Size, facts_of
from desktop_app.places import shipped
from desktop_app.services.catalogues import facts, vm_sizes

FILES = (shipped("resources") / "catalogues").glob("*.json")
NAMES = sorted(each.stem for each in FILES if each.stem != "blocked_plugins")  # a list of another form, empty so far


@pytest.mark.parametrize("name", NAMES)
def test_every_item_says_where_it_comes_from_and_how_sure_it_is(name: str) -> None:
    data = json.loads((shipped("resources") / "catalogues" / f"{name}.json").read_text("utf-8"))
    assert re.fullmatch(r"20\d\d-\d\d", data["as_of"])
    assert data["source"]
    assert data["items"]
    for each in data["items"]:
        assert each["source"], each
        assert not re.search(r"(?i)\bid \d{5,}|\bcopy\b", each["source"]), f"nobody can look there: {each}"
        assert each["confidence"] in SURE | {"general knowledge", "measured"}, each


def test_the_wizards_sizes_have_gpus() -> None:
    assert len(vm_sizes()) > 40
    assert all(each.gpus >= 1 for each in vm_sizes())


def test_sizes_go_by_any_case() -> None:
    size = facts().size("STANDARD_nc6")
    assert size is not None
    assert (size.gpus, size.status, size.capability) == (1, "retired", "3.7")
    assert facts().size("Standard_DS3_v2") is not None
    assert facts().size("Standard_Nothing") is None


@pytest.mark.parametrize("name", ["acpt-pytorch-2.8-cuda12.6", "AzureML-acpt-pytorch-2.8-cuda12.6"])
def test_curated_environments_go_by_both_their_names(name: str) -> None:
    found = facts().curated(name)
    assert found is not None
    assert found.status == "current"


def test_successors_of_environments_and_images_are_known_and_current() -> None:
    for kind, look in (("curated_environments", facts().curated), ("base_images", facts().image)):
        data = json.loads((shipped("resources") / "catalogues" / f"{kind}.json").read_text("utf-8"))
        for each in data["items"]:
            if each.get("successor") and each["status"] != "current":
                found = look(each["successor"])
                assert found is None or found.status == "current", each["name"]


def test_the_other_look_ups() -> None:
    known = facts()
    image = known.image("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04")
    assert image is not None
    assert (image.gpu, image.status) == (False, "deprecated")
    torch = known.release("torch 2.8")
    assert torch is not None
    assert torch.python == ("3.9", "3.10", "3.11", "3.12", "3.13")
    assert known.limit("tags_per_job") == 50
    rule = known.name_rule("job")
    assert rule is not None
    assert re.fullmatch(rule.regex, "my-job_1")
    assert "azureml" in known.reserved()
    moved = known.moved("node_count")
    assert moved is not None
    assert moved.to == "resources.instance_count"


def test_facts_for_tests_are_tables() -> None:
    known = facts_of({"size": {"one": Size("One", gpus=1)}})
    assert known.size("ONE") == Size("One", gpus=1)
    assert known.size("two") is None
    assert known.image("one") is None


def test_the_limits_of_folders_are_those_of_the_catalogue() -> None:
    known = facts()
    assert known.limit("code_snapshot_size_v1") == limits.SNAPSHOT_BYTES // 1_000_000
    assert known.limit("code_snapshot_files_v1") == limits.SNAPSHOT_FILES
    assert known.limit("docker_build_context_files") == limits.BUILD_FILES
    assert known.limit("docker_build_context_size") == limits.BUILD_BYTES // 1_000_000
