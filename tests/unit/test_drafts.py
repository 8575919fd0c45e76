"""Drafts survive, and damaged ones do no harm."""

from __future__ import annotations

from pathlib import Path

from desktop_app.services.drafts import Drafts


def test_a_draft_comes_back_as_it_was(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path, "texts")
    drafts.keep("/a/ü b.yml", {"text": "x\n\u00a0\U0001f600", "n": [1, {"a": None}]})
    found = Drafts(tmp_path, "texts").get("/a/ü b.yml")
    assert found is not None
    assert found.data == {"text": "x\n\u00a0\U0001f600", "n": [1, {"a": None}]}
    assert drafts.get("/other") is None
    assert Drafts(tmp_path, "wizards").all() == []


def test_the_newest_comes_first_and_one_can_be_dropped(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path, "texts")
    for key in ("a", "b"):
        drafts.keep(key, {})
    assert [each.key for each in drafts.all()] == ["b", "a"]
    drafts.drop("b")
    drafts.drop("b")
    assert [each.key for each in drafts.all()] == ["a"]


def test_damaged_drafts_are_passed_by(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path, "texts")
    drafts.keep("a", {"text": "x"})
    (path,) = (tmp_path / "texts").iterdir()
    for damage in ("", "{", "[]", '{"key": "a"}', '{"key": "a", "kept": "never", "data": {}}', '{"data": 3}'):
        path.write_text(damage)
        assert drafts.get("a") is None
        assert drafts.all() == []


def test_a_path_that_is_no_text_can_be_a_key(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path, "texts")
    drafts.keep("/a/\udcff.yml", {"text": "x"})
    assert drafts.get("/a/\udcff.yml") is not None
