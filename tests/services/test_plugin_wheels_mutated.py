"""Wheels with bytes changed, cut, doubled and moved: each is refused with a sentence, or is still what it was."""

import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from desktop_app.api import UserError
from desktop_app.services.plugins.installing.looking.wheels import WheelFacts, inspect_wheel
from tests.helpers.forged_wheels import INFO, NAME, Entry, forge, pack, plugin_files

QUICK = settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
FILES = plugin_files()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutated")


def looked_at(path: Path) -> WheelFacts | None:
    """Look at a wheel; nothing but a sentence for the person may be raised."""
    try:
        return inspect_wheel(path)
    except UserError as error:
        said = error.message
    assert said.endswith(".")
    assert "\n" not in said
    assert len(said) < 900
    return None


def whole(folder: Path) -> bytes:
    return pack(folder / NAME, FILES).read_bytes()


SPLICES = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 40), st.binary(max_size=12)), min_size=1, max_size=4)


@QUICK
@given(SPLICES)
def test_bytes_that_changed_anywhere(folder: Path, splices: list[tuple[int, int, bytes]]) -> None:
    content = whole(folder)
    for start, length, new in splices:
        at = start % len(content)
        content = content[:at] + new + content[at + length :]
    path = folder / NAME
    path.write_bytes(content)
    facts = looked_at(path)
    if facts is not None:
        with zipfile.ZipFile(path) as archive:
            assert {each: archive.read(each) for each in FILES} == FILES


@QUICK
@given(st.sampled_from(["local", "central", "end"]), st.integers(4, 45), st.binary(min_size=1, max_size=4))
def test_a_header_that_changed(folder: Path, header: str, at: int, new: bytes) -> None:
    """The few bytes on which readers of archives differ."""
    content = bytearray(whole(folder))
    magic = {"local": b"PK\x03\x04", "central": b"PK\x01\x02", "end": b"PK\x05\x06"}[header]
    start = content.rindex(magic) + at
    content[start : start + len(new)] = new
    (folder / NAME).write_bytes(content)
    facts = looked_at(folder / NAME)
    if facts is not None:
        with zipfile.ZipFile(folder / NAME) as archive:
            assert {each: archive.read(each) for each in FILES} == FILES


NAMES = st.lists(st.sampled_from([*"aAß/\\.: \0\n\u202e", "..", "é", "e\u0301"]), max_size=6).map("".join)
BYTES = st.binary(max_size=200)


@QUICK
@given(name=NAMES.map(lambda each: each.encode("utf-8")) | BYTES, mode=st.integers(0, 0xFFFF), content=BYTES)
@example(name=b"acme", mode=0o40755, content=b"")
def test_a_further_file_of_any_name_and_kind(folder: Path, name: bytes, mode: int, content: bytes) -> None:
    flags = 0x800 if len(content) % 2 else 0
    path = forge(folder / NAME, Entry(name, content, mode=mode, flags=flags))
    facts = looked_at(path)
    if facts is not None:
        target = folder / "unpacked"
        with zipfile.ZipFile(path) as archive:
            for each in archive.namelist():
                assert (target / each).resolve().is_relative_to(target.resolve())
                assert not set(each) & set("\\:\0\n")


PARTS = [f"{INFO}/METADATA", f"{INFO}/WHEEL", f"{INFO}/RECORD", f"{INFO}/entry_points.txt", "acme/plugin.toml"]
LINES = st.sampled_from(
    [
        "Name: x",
        "Version: 1",
        "Requires-Dist: (",
        "Requires-Python: ~=",
        "Project-URL: a",
        "[plugin]",
        "[rankzero.plugins]",
        "acme = acme",
        'id = "x"',
        "api = 1",
        "[[toolchains]]",
        "a,sha256=,",
        '"',
        "",
        " ",
        "Wheel-Version: 1.x",
        "%(x)s",
        "[a",
        "License: \x00",
    ]
)
TEXTS = st.lists(LINES, max_size=6).map(lambda lines: "\n".join(lines).encode("utf-8"))


@QUICK
@given(st.sampled_from(PARTS), BYTES | TEXTS)
def test_a_part_that_holds_anything(folder: Path, part: str, content: bytes) -> None:
    """The archive is whole and RECORD true, so that each reader sees what there is to read."""
    facts = looked_at(pack(folder / NAME, {**FILES, part: content}, record="RECORD" not in part))
    assert facts is None or (facts.manifest.id, facts.distribution) == ("acme", "rankzero-acme")


@QUICK
@given(st.text(max_size=60))
def test_a_wheel_of_any_name(folder: Path, name: str) -> None:
    called = "".join(each for each in name if each not in "/\0" and not 0xD800 <= ord(each) < 0xE000)[:40]
    path = folder / f"{called}.whl"
    try:
        pack(path, FILES)
    except OSError:
        return
    looked_at(path)
    path.unlink()
