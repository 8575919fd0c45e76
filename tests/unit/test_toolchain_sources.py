"""Source packages stay in their folder, and the programs that build them are named as the system names them."""

import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app.api import OutsideError, SourceEdit, WheelBuild
from desktop_app.services.toolchains.build_programs import advice, command_for, listed, missing_programs, require
from desktop_app.services.toolchains.sources import apply_edits, unpack
from tests.helpers.source_packages import write_archive

ALL = ("cmake", "c++", "make", "mpicxx")


def having(*names: str) -> Callable[[str], object]:
    """Return a PATH that has these programs."""
    return lambda name: name if name in names else None


def test_a_package_is_unpacked_into_its_own_folder(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a.tar.gz", {"a-1/x.txt": "text"})
    assert (unpack(archive, tmp_path / "into") / "x.txt").read_text() == "text"
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as zipped:
        zipped.writestr("b-1/y.txt", "more")
    assert (unpack(tmp_path / "b.zip", tmp_path / "two") / "y.txt").read_text() == "more"


def test_a_locked_zip_is_said(tmp_path: Path) -> None:
    archive = tmp_path / "locked.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("p/y.txt", "more")
    data = bytearray(archive.read_bytes())
    for flags in (data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8):
        data[flags] |= 1  # encrypted
    archive.write_bytes(data)
    with pytest.raises(OutsideError, match=r"locked\.zip can't be unpacked"):
        unpack(archive, tmp_path / "into")


@pytest.mark.parametrize("name", ["../out.txt", "a-1/../../out.txt"])
def test_a_file_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    archive = write_archive(tmp_path / "evil.tar.gz", {"a-1/x.txt": "text", name: "evil"})
    with pytest.raises(OutsideError, match=r"evil\.tar\.gz can't be unpacked"):
        unpack(archive, tmp_path / "into")
    assert not (tmp_path / "out.txt").exists()


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as tar:
        entry = tarfile.TarInfo("a-1/link")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(entry)
    with pytest.raises(OutsideError, match="can't be unpacked"):
        unpack(tmp_path / "evil.tar.gz", tmp_path / "into")


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"\x1f\x8b broken"])
def test_what_is_no_package_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd.tar.gz").write_bytes(content)
    with pytest.raises(OutsideError, match=r"odd\.tar\.gz can't be unpacked"):
        unpack(tmp_path / "odd.tar.gz", tmp_path / "into")


def test_a_package_without_a_single_folder_is_said(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "two.tar.gz", {"a/x": "", "b/y": ""})
    with pytest.raises(OutsideError, match="no single folder"):
        unpack(archive, tmp_path / "into")


def test_edits_change_the_text_wherever_it_stands(tmp_path: Path) -> None:
    (tmp_path / "CMakeLists.txt").write_bytes(b"std 14\r\n\xff std 14\n")
    apply_edits(tmp_path, [SourceEdit("CMakeLists.txt", "std 14", "std 17")], "x==1")
    assert (tmp_path / "CMakeLists.txt").read_bytes() == b"std 17\r\n\xff std 17\n"


def test_no_edit_follows_a_link_out_of_the_package(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("secret")
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(OutsideError, match="no file link"):
        apply_edits(tmp_path / "source", [SourceEdit("link", "secret", "gone")], "x==1")
    assert (tmp_path / "outside").read_text() == "secret"


@pytest.mark.parametrize(
    ("there", "platform", "words"),
    [
        (("apt-get", "dnf"), "linux", "apt-get install cmake g++ make libopenmpi-dev openmpi-bin`"),
        (("dnf",), "linux", "dnf install cmake gcc-c++ make openmpi-devel`, then `module load mpi/openmpi-x86_64`"),
        (("brew",), "darwin", "`xcode-select --install` and `brew install cmake open-mpi`"),
        ((), "linux", "Install cmake, c++, make and mpicxx with your system's packages"),
        (("apt-get",), "win32", "not built on Windows: use Rank Zero in the Windows Subsystem for Linux"),
    ],
)
def test_the_command_is_this_systems(there: tuple[str, ...], platform: str, words: str) -> None:
    assert words in advice(ALL, "horovod 0.28.1", having(*there), platform)


def test_only_what_is_missing_is_asked_for() -> None:
    build = WheelBuild("horovod==0.28.1", programs=ALL)
    assert missing_programs(build, having("c++", "make")) == ["cmake", "mpicxx"]
    assert command_for(["make"], having("apt-get"), "linux").endswith("apt-get install make`")
    assert (listed([]), listed(["a"]), listed(["a", "b", "c"])) == ("", "a", "a, b and c")


def test_a_build_that_needs_no_program_can_be_tried_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    require([WheelBuild("deepspeed==0.19.8")])
    with pytest.raises(OutsideError, match=r"horovod 0\.28\.1 can't be built here: cmake is missing"):
        require([WheelBuild("horovod==0.28.1", programs=("cmake",))])
