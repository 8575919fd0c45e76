"""What is added within brackets is parted from the others as they are from each other."""

from __future__ import annotations

import pytest

from desktop_app.documents.edits import insert


@pytest.mark.parametrize(("old", "new"), [("[3,5]", "[3,5,140]"), ("[3, 5]", "[3, 5, 140]"), ("[3]", "[3, 140]")])
def test_an_item_takes_the_lists_own_separator(old: str, new: str) -> None:
    count = old.count(",") + 1
    assert insert(f"a: {old}\n", f"a[{count}]", 140) == f"a: {new}\n"
