"""The page of values for plugin authors says what the code has."""

from __future__ import annotations

from tests.helpers.values_page import PAGE, ROOMS, page


def test_the_page_of_values_is_that_of_the_code() -> None:
    assert PAGE.read_text("utf-8") == page(), "write it anew: python -m tests.helpers.values_page"


def test_it_tells_of_each_kind_of_value() -> None:
    text = PAGE.read_text("utf-8")
    assert all(f"\n## {title}\n" in text for title in ROOMS.values())
    assert "\n### Job\n" in text
    assert "command: str\n" in text.partition("\n### Job\n")[2].partition("\n### ")[0]
