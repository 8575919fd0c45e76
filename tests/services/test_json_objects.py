"""A JSON object in a file that anybody may have written, or nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.services.json_objects import object_in, object_of


def test_the_object_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"job": {"command": "…"}}', "utf-8")
    assert object_in(tmp_path / "plan.json") == {"job": {"command": "…"}}


@pytest.mark.parametrize("data", [b"", b"[1]", b'"text"', b"{", b"\xff\xfe{", b"[" * 100_000])
def test_anything_else_is_nothing(data: bytes, tmp_path: Path) -> None:
    assert object_of(data) == {}
    (tmp_path / "plan.json").write_bytes(data)
    assert object_in(tmp_path / "plan.json") == {}


def test_no_file_is_nothing(tmp_path: Path) -> None:
    assert object_in(tmp_path / "plan.json") == {}
    assert object_in(tmp_path) == {}
