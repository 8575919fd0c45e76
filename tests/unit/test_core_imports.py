"""Import names and the distributions that hold them."""

from __future__ import annotations

import pytest

from desktop_app.core.imports import DISTRIBUTIONS, distribution_for


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


def test_the_table_holds_only_names_that_differ() -> None:
    assert [name for name, found in DISTRIBUTIONS.items() if name.replace("_", "-") == found] == []
