"""Wheels that must not be installed, each really made: by hand, byte for byte, where no tool would make it."""

import io
import os
import stat
import struct
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from desktop_app.api import OutsideError, UserError
from desktop_app.services.plugins.installing.looking.wheels import inspect_wheel
from tests.helpers.forged_wheels import NAME, Entry, forge, pack, plugin_files, refused
from tests.helpers.rights import obeys_modes


def test_what_is_written_byte_by_byte_is_a_wheel(tmp_path: Path) -> None:
    assert inspect_wheel(forge(tmp_path / NAME, Entry(b"acme/more.py", b"1"))).manifest.id == "acme"


NAMES = {
    b"../evil.py": "“../evil.py” would be written outside the plugin's folder",
    b"acme/../../evil.py": "“acme/../../evil.py” would be written outside",
    b"acme/..": "“acme/..” would be written outside",
    b"/etc/evil": "“/etc/evil” would be written to a fixed place",
    b"//host/share": "would be written to a fixed place",
    b"\\\\host\\share": "would be written to a fixed place",
    b"C:\\evil.py": "“C:\\evil.py” would be written to a fixed place",
    b"c:/evil.py": "“c:/evil.py” would be written to a fixed place",
    b"acme/hooks.py:stream": "would be written to a fixed place",
    b"acme\\evil.py": "“acme\\evil.py” has a backslash in its name",
    b"acme\\..\\..\\evil.py": "has a backslash in its name",
    b"acme/hooks.py\0.txt": "“acme/hooks.py\\x00.txt” has a character in its name that can't be seen",
    b"acme/\x1b[2J.py": "has a character in its name that can't be seen",
    b"acme//evil.py": "has a name that not every system can have",
    b"./evil.py": "has a name that not every system can have",
    b"acme/evil.py.": "has a name that not every system can have",
    b"acme/evil ": "has a name that not every system can have",
    b"acme/" + b"x" * 300: "has a name that not every system can have",
    b"": "has a name that not every system can have",
    b"acme/hooks.py": "it holds “acme/hooks.py” twice",
    b"acme/HOOKS.py": "“acme/hooks.py” and “acme/HOOKS.py” in it are one where case makes no difference",
    b"ACME/other.py": "“acme” and “ACME” in it are one where case makes no difference",
    b"ACME/hooks.py": "are one where case makes no difference",
    b"acme/hooks.py/": "“acme/hooks.py” in it is a file and a folder at once",
    b"acme/hooks.py/more.py": "“acme/hooks.py” in it is a file and a folder at once",
    b"acme": "“acme” in it is a file and a folder at once",
}


@pytest.mark.parametrize(("name", "reason"), NAMES.items(), ids=[str(each[:40]) for each in NAMES])
def test_a_file_of_a_bad_name(tmp_path: Path, name: bytes, reason: str) -> None:
    mode = stat.S_IFDIR | 0o755 if name.endswith(b"/") else stat.S_IFREG | 0o644
    assert reason in refused(forge(tmp_path / NAME, Entry(name, b"", mode=mode)))


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        (stat.S_IFLNK | 0o777, "“acme/more” in it is a link"),
        (stat.S_IFIFO | 0o644, "“acme/more” in it is no ordinary file"),
        (stat.S_IFSOCK | 0o644, "is no ordinary file"),
        (stat.S_IFBLK | 0o644, "is no ordinary file"),
        (stat.S_IFCHR | 0o644, "is no ordinary file"),
        (stat.S_IFDIR | 0o755, "is no ordinary file"),
    ],
)
def test_what_is_no_file(tmp_path: Path, mode: int, reason: str) -> None:
    assert reason in refused(forge(tmp_path / NAME, Entry(b"acme/more", b"/etc/passwd", mode=mode)))


def test_a_file_that_claims_ten_gigabytes(tmp_path: Path) -> None:
    files = {f"acme/{n}.bin": b"" for n in range(3)}
    more = [Entry(each.encode(), b"", method=8, packed=b"\x03\0", size=4_000_000_000) for each in files]
    assert "it would take 12.0 GB when unpacked; more than 500 MB is refused" in refused(forge(tmp_path / NAME, *more))


def test_a_file_that_grows_a_thousandfold(tmp_path: Path) -> None:
    zeros = bytes(20_000_000)
    path = pack(tmp_path / NAME, {**plugin_files(), "acme/zeros.bin": zeros})
    assert path.stat().st_size < 100_000
    assert "“acme/zeros.bin” in it would grow to 20 MB, as files do that fill disks" in refused(path)


def test_many_files_that_grow(tmp_path: Path) -> None:
    files = {f"acme/{n}.bin": bytes(2_000_000) for n in range(8)}
    assert "it would grow to 16 MB, as archives do that are made to fill disks" in refused(
        pack(tmp_path / NAME, {**plugin_files(), **files})
    )


def test_a_nest_of_archives_is_files_like_others(tmp_path: Path) -> None:
    """Nothing in a wheel is unpacked twice: what an inner archive claims harms nobody."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(20_000_000))
    assert (
        inspect_wheel(pack(tmp_path / NAME, {**plugin_files(), "acme/inner.zip": inner.getvalue()})).unpacked < 100_000
    )


def test_files_that_overlap(tmp_path: Path) -> None:
    """The bomb that needs no nest: many entries share one body."""
    path = forge(tmp_path / NAME, Entry(b"acme/one.py", b"1" * 100), Entry(b"acme/two.py", b"1" * 100))
    content = bytearray(path.read_bytes())
    first = content.index(b"PK\x03\x04", content.index(b"acme/hooks.py"))
    where = content.rindex(b"acme/two.py") - 4
    one = content.index(b"acme/one.py") - 30
    assert first <= one
    content[where : where + 4] = struct.pack("<I", one)
    path.write_bytes(content)
    assert "can't be installed: its files overlap, or something is hidden between them." in refused(path)


def test_a_file_that_is_hidden_between_others(tmp_path: Path) -> None:
    hidden = Entry(b"acme/hidden.py", b"evil()")
    path = forge(
        tmp_path / NAME, Entry(b"acme/a.py", b"1", behind=hidden.local() + hidden.content), Entry(b"acme/b.py")
    )
    assert "something is hidden between them" in refused(path)
    path = forge(tmp_path / NAME, Entry(b"acme/b.py", b"", behind=hidden.local() + hidden.content))
    assert "something is hidden between them" in refused(path)


def test_a_file_of_two_names_or_two_ways_of_packing(tmp_path: Path) -> None:
    assert "“acme/b.py” in it is described in two ways" in refused(
        forge(tmp_path / NAME, Entry(b"acme/b.py", b"1", local_name=b"acme/c.py"))
    )


@pytest.mark.parametrize("flags", [0x1, 0x41, 0x2000], ids=hex)
def test_an_encrypted_wheel(tmp_path: Path, flags: int) -> None:
    assert "it is encrypted" in refused(forge(tmp_path / NAME, Entry(b"acme/b.py", b"1", flags=flags)))


@pytest.mark.parametrize("method", [9, 12, 14, 93, 99])
def test_a_way_of_packing_that_wheels_do_not_have(tmp_path: Path, method: int) -> None:
    said = refused(forge(tmp_path / NAME, Entry(b"acme/b.py", b"1", method=method)))
    assert "is packed in a way that wheels are not" in said


def test_folders_of_their_own_are_fine_and_hold_no_content(tmp_path: Path) -> None:
    """Some tools list folders, and pack the nothing in them."""
    folder = stat.S_IFDIR | 0o755
    plain, packed = Entry(b"acme/a/", mode=folder), Entry(b"acme/b/", packed=b"\x03\0", method=8, mode=folder)
    assert inspect_wheel(forge(tmp_path / NAME, plain, packed)).version == "1.0"
    said = refused(forge(tmp_path / NAME, Entry(b"acme/c/", b"evil()", mode=folder)))
    assert "“acme/c/” in it has another size than it claims" in said


def test_a_wrong_checksum_or_size(tmp_path: Path) -> None:
    path = forge(tmp_path / NAME, Entry(b"acme/b.py", b"good"))
    path.write_bytes(path.read_bytes().replace(b"good", b"evil"))
    assert "it is damaged" in refused(path)
    assert "has another size than it claims" in refused(forge(tmp_path / NAME, Entry(b"acme/b.py", b"good", size=400)))
    packed = zlib.compress(b"good" * 50, wbits=-15)
    for size in (7, 2000):
        entry = Entry(b"acme/b.py", b"good" * 50, method=8, packed=packed, size=size)
        refused(forge(tmp_path / NAME, entry))


@pytest.mark.parametrize("cut", [1, 4, 21, 22, 23, 60, 500, 1500])
def test_a_wheel_that_was_cut_off(tmp_path: Path, cut: int) -> None:
    path = pack(tmp_path / NAME, plugin_files())
    path.write_bytes(path.read_bytes()[:-cut])
    said = refused(path)
    assert "it is cut off" in said


def test_what_stands_before_or_behind(tmp_path: Path) -> None:
    assert "something stands behind its end" in refused(forge(tmp_path / NAME, tail=b"#"))
    assert "it is no zip archive" in refused(forge(tmp_path / NAME, head=b"#!/bin/sh\n"))
    whole = pack(tmp_path / NAME, plugin_files()).read_bytes()
    (tmp_path / NAME).write_bytes(whole + whole)
    assert "the list of its files is not where it says" in refused(tmp_path / NAME)


def test_too_many_files(tmp_path: Path) -> None:
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 65_535, 65_535, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    (tmp_path / NAME).write_bytes(b"PK\x03\x04" + bytes(100) + end)
    assert "it holds more than 20,000 files" in refused(tmp_path / NAME)
    wide = b"PK\x06\x07" + bytes(16) + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, 0, 124, 0)
    (tmp_path / NAME).write_bytes(b"PK\x03\x04" + bytes(100) + wide)
    assert "it holds more than 20,000 files" in refused(tmp_path / NAME)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / NAME).open("wb") as stream:
        stream.truncate(10_000_000_000)
    assert "it is larger than 500 MB" in refused(tmp_path / NAME)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"\0", "it is no zip archive"),
        (b"hello", "it is no zip archive"),
        (b"PK\x03\x04", "it is cut off"),
        (b"PK\x05\x06" + bytes(18), "it is no zip archive"),
        (b"\x1f\x8b\x08" + bytes(50), "it is a source package, no wheel; build a wheel of it"),
    ],
)
def test_what_is_no_archive(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert reason in refused(tmp_path / NAME)


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_source_package_that_was_renamed(tmp_path: Path, mode: str) -> None:
    with tarfile.open(tmp_path / NAME, mode) as archive:  # type: ignore[call-overload]
        (tmp_path / "PKG-INFO").write_text("Name: rankzero-acme")
        archive.add(tmp_path / "PKG-INFO", "rankzero_acme-1.0/PKG-INFO")
    assert "it is a source package, no wheel; build a wheel of it" in refused(tmp_path / NAME)


def test_a_zipped_source_package_that_was_renamed(tmp_path: Path) -> None:
    path = pack(tmp_path / NAME, {"rankzero-acme-1.0/PKG-INFO": b"", "rankzero-acme-1.0/setup.py": b""})
    assert "it is no wheel: it has no folder .dist-info" in refused(path)


def test_a_folder_called_like_a_wheel_and_nothing(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    assert "it is a folder, no wheel" in refused(tmp_path / NAME)
    with pytest.raises(UserError, match=r"^There is no file .*none-1\.0-py3-none-any\.whl\.$"):
        inspect_wheel(tmp_path / "none-1.0-py3-none-any.whl")


@pytest.mark.skipif(sys.platform == "win32", reason="has no pipes in folders")
def test_a_pipe_called_like_a_wheel(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / NAME)
    assert "it is no ordinary file" in refused(tmp_path / NAME)


@obeys_modes
def test_a_wheel_that_cannot_be_read(tmp_path: Path) -> None:
    pack(tmp_path / NAME, plugin_files()).chmod(0)
    with pytest.raises(OutsideError, match=r"can't be read: Permission denied\.$"):
        inspect_wheel(tmp_path / NAME)


CALLED = {
    "acme.zip": "the name of a wheel ends in .whl",
    "rankzero_acme-1.0.tar.gz": "the name of a wheel ends in .whl",
    "acme.whl": "a wheel is called NAME-VERSION-PYTHON-ABI-SYSTEM.whl; give it back the name it had",
    "rankzero_acme-1.0-py3-none-any (1).whl": "It is built for another system or Python (py3-none-any (1))",
    "rankzero_acme-one-py3-none-any.whl": "a wheel is called",
    "rankzero_acme-1.1-py3-none-any.whl": "its name says rankzero-acme 1.1, and it holds rankzero-acme 1.0",
    "other-1.0-py3-none-any.whl": "its name says other 1.0, and it holds rankzero-acme 1.0",
    "rankzero_acme-1.0-cp36-cp36m-win_amd64.whl": "It is built for another system or Python (cp36-cp36m-win_amd64)",
    "rankzero_acme-1.0-py2-none-any.whl": "It is built for another system or Python (py2-none-any)",
}


@pytest.mark.parametrize(("name", "reason"), CALLED.items(), ids=CALLED)
def test_a_wheel_by_another_name(tmp_path: Path, name: str, reason: str) -> None:
    assert reason in refused(pack(tmp_path / name, plugin_files()))
