"""Pages of package indexes, whatever stands in them: what is read of them, and that nothing else comes of it."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from desktop_app.services.plugins.installing.finding.index_worker import looking, names, pages
from desktop_app.services.plugins.installing.finding.index_worker.faults import Fault, bare, shown
from desktop_app.services.plugins.installing.finding.index_worker.web import Answer

URL = "https://ann:pw@index.invalid/simple/acme/?sig=pw#pw"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["sha256", "x"]), inner, max_size=2),
    max_leaves=4,
)
FILES = st.dictionaries(
    st.sampled_from(["url", "filename", "hashes", "requires-python", "yanked", "core-metadata", "size", "upload-time"]),
    st.sampled_from(["a-1.0-py3-none-any.whl", "../a-1.0.tar.gz", "file:///etc/a.whl", "http://[x/a.whl"]) | VALUES,
)
TYPES: dict[str, Any] = {
    "source": str, "filename": str, "url": str, "path": str, "requires_python": str, "yanked": (str, type(None)),
    "metadata": (dict, type(None)), "sha256": str, "size": int,
}  # fmt: skip


NO_PAGE = "https://index.invalid/simple/acme answers with something that is no list of files."


def read(content: bytes, kind: str) -> list[dict[str, Any]]:
    """Return what is read of a page of a server: nothing of one that is none."""
    try:
        return pages.facts_of(Answer(URL, content, None, kind), "https://ann:pw@index.invalid/simple")
    except Fault as fault:
        return [] if fault.message == NO_PAGE else pytest.fail(fault.message)


def check(facts: list[dict[str, Any]]) -> None:
    """Whatever a page says, what is read of it has its form, leads to servers alone, and holds no password."""
    json.dumps(facts)
    for each in facts:
        assert each.keys() == TYPES.keys()
        assert all(isinstance(each[key], kind) for key, kind in TYPES.items())
        assert each["url"].startswith(("http://", "https://"))
        assert each["path"] == ""
        assert "ann" not in each["url"] + each["source"]
        assert all(isinstance(one, str) for pair in (each["metadata"] or {}).items() for one in pair)


@given(st.lists(FILES, max_size=4) | VALUES)
def test_json_of_any_shape(files: Any) -> None:
    check(read(json.dumps({"files": files}).encode(), pages.JSON_PAGE))


@given(st.binary(max_size=200) | st.text("<>a href=\"'#&;/=x-1.0.whl sha256", max_size=200).map(str.encode))
def test_html_of_any_shape(content: bytes) -> None:
    check(read(content, "text/html; charset=nonsense"))


NAMES = st.lists(st.from_regex(r"(rankzero|Rankzero|rank)[-_.](a[-_.a-z0-9]{0,12}|zero)", fullmatch=True), max_size=20)


@given(NAMES, st.booleans(), st.integers(1, 60), st.data())
def test_names_are_found_however_the_list_comes_in_pieces(
    projects: list[str], as_json: bool, size: int, data: st.DataObject
) -> None:
    space = data.draw(st.sampled_from(["", " ", "\n   "]))
    if as_json:
        entries = (f'{{"_last-serial": 7,{space}"name":{space}"{each}"}}' for each in projects)
        text, kind = f'{{"projects": [{", ".join(entries)}]}}', pages.JSON_PAGE
    else:
        entries = (f'<a href="{each}/">{space}{each}{space}</a>' for each in projects)
        text, kind = f"<!DOCTYPE html><body>{''.join(entries)}</body>\n", "text/html"
    content = text.encode()
    parts = [content[place : place + size] for place in range(0, len(content), size)]
    found = names.sifted(parts, kind, "rankzero-", "index")
    wanted = {canonicalize_name(each) for each in projects}
    assert found == sorted(each for each in wanted if each.startswith("rankzero-") and not each.endswith("-"))


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"projects": [', b"<html>"])
def test_a_list_that_is_none_or_ends_early(content: bytes) -> None:
    with pytest.raises(Fault, match="did not send its list of names to the end"):
        names.sifted([content], pages.JSON_PAGE, "rankzero-", "index")


@given(st.binary(max_size=300))
def test_a_wheel_of_any_bytes(content: bytes) -> None:
    with pytest.raises(Fault, match=r"a\.whl can't be opened: it is damaged, or no wheel"):
        looking.looked(io.BytesIO(content), "a.whl")


def test_metadata_of_any_size_and_script() -> None:
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("a-1.0.dist-info/METADATA", "Name: a\nSummary: " + "ü" * 5000 + "\nKeywords: x\n\n" + "y" * 9)
        archive.writestr("a/plugin.toml", b"\xef\xbb\xbf[plugin]\n\xff")
        archive.writestr("a/b/plugin.toml", "deeper")
    found = looking.looked(wheel, "a.whl")
    assert len(found["summary"]) == 1000
    assert found["manifest"].startswith("[plugin]")


def test_what_may_be_shown_of_an_address() -> None:
    assert shown(URL) == "https://index.invalid/simple/acme"
    assert bare("https://token@index.invalid/a?b#c") == "https://index.invalid/a?b#c"
    assert bare("/folder/a@b") == "/folder/a@b"
    assert shown("http://[broken") == "an address that can't be read"


def test_a_folder_of_wheels(tmp_path: Path) -> None:
    (tmp_path / "a-1.0-py3-none-any.whl").write_bytes(b"1234")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "deep.whl").mkdir()
    found = pages.folder_files(tmp_path, str(tmp_path))
    assert [(each["filename"], each["size"]) for each in found] == [("a-1.0-py3-none-any.whl", 4)]
