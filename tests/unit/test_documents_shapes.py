"""What may stand where: the shipped schemas as shapes."""

from __future__ import annotations

import pytest

from desktop_app.api import Value
from desktop_app.documents import shapes


@pytest.mark.parametrize("kind", shapes.kinds())
def test_every_kind_loads(kind: str) -> None:
    """Each file is read, and is about a file with keys."""
    shape = shapes.shape_of(kind)
    assert shape is not None
    assert shape.properties or all(each.properties for each in shape.any_of)


def test_a_kind_without_a_schema_has_no_shape() -> None:
    """A conda file isn't Azure ML's."""
    assert shapes.shape_of("conda") is None


def test_a_path_leads_to_a_shape() -> None:
    """The data on the way picks among alternatives."""
    root = shapes.shape_of("commandJob")
    assert root is not None
    data: Value = {"distribution": {"type": "PyTorch"}}
    found = shapes.shape_at(root, data, ("distribution", "process_count_per_instance"))
    assert found is not None
    assert found.types == ("integer",)
    assert shapes.shape_at(root, data, ("distribution", "worker_count")) is None


@pytest.mark.parametrize("word", ["pytorch", "PyTorch", "PYTORCH"])
def test_the_tag_picks_the_branch(word: str) -> None:
    """Whatever its case."""
    root = shapes.shape_of("commandJob")
    assert root is not None
    assert shapes.branch(root.properties["distribution"], {"type": word}).name == "PyTorchDistribution"
