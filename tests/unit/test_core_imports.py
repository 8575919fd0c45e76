"""Import names and the distributions that hold them."""

from __future__ import annotations

import pytest

from desktop_app.core.imports import DISTRIBUTIONS, SAME, distribution_for, known_distribution


@pytest.mark.parametrize(
    ("name", "distribution"),
    [
        ("yaml", "PyYAML"),
        ("cv2", "opencv-python"),
        ("PIL.Image", "pillow"),
        ("sklearn.svm", "scikit-learn"),
        ("torch", "torch"),
        ("pytorch_lightning", "pytorch-lightning"),
    ],
)
def test_what_to_install_for_an_import(name: str, distribution: str) -> None:
    assert distribution_for(name) == distribution


@pytest.mark.parametrize(
    ("name", "distribution"),
    [("yaml", "PyYAML"), ("torch.nn", "torch"), ("pytorch_lightning", "pytorch-lightning"), ("helper_not_there", None)],
)
def test_only_what_is_known_is_offered(name: str, distribution: str | None) -> None:
    assert known_distribution(name) == distribution


def test_a_name_stands_in_one_table() -> None:
    assert not SAME & DISTRIBUTIONS.keys()


def test_the_table_holds_only_names_that_differ() -> None:
    assert [name for name, found in DISTRIBUTIONS.items() if name.replace("_", "-") == found] == []
