"""What the bundled plugins say of curated environments is what the catalogue says: one source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.places import shipped
from desktop_app.services.environments.catalogue import EnvironmentCatalogue

CATALOGUE = EnvironmentCatalogue()
FILES = sorted(shipped("plugins").glob("*/data/environments.json"))
ITEMS = [(path.parent.parent.name, each) for path in FILES for each in json.loads(path.read_text("utf-8"))["items"]]


@pytest.mark.parametrize(("plugin", "item"), ITEMS, ids=lambda each: each if isinstance(each, str) else each["name"])
def test_plugin_and_catalogue_agree(plugin: str, item: dict[str, object]) -> None:
    known = CATALOGUE.get(str(item["name"]))
    assert known.state == item["status"], plugin
    assert known.successor == item["successor"]
    assert known.removed_on == item.get("removed_on", "")
    if "reference" in item:
        assert (known.written, known.python, known.cuda) == (item["reference"], item["python"], item["cuda"])
    packages = item.get("packages")
    assert isinstance(packages, dict | None)
    assert {name: known.packages.get(name) for name in packages or {}} == (packages or {})


def test_there_are_some() -> None:
    assert any(path == Path(shipped("plugins"), "pytorch", "data", "environments.json") for path in FILES)
