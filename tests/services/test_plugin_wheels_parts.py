"""Wheels whose archive is whole and whose contents are not those of a plugin that can be installed."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app.services.plugins.installing.looking.wheels import inspect_wheel
from tests.helpers.forged_wheels import INFO, NAME, pack, plugin_files, record_of, refused, with_part

META = f"{INFO}/METADATA"
PARTS: dict[str, tuple[str, str | bytes | None, str]] = {
    "no METADATA": (META, None, "its METADATA is missing"),
    "METADATA in Latin 1": (
        META,
        "Name: rankzero-acme\nAuthor: J\xf6rg\n".encode("latin-1"),
        "METADATA is no UTF-8 text",
    ),
    "METADATA without a name": (META, "Version: 1.0\n", "its METADATA lacks the name"),
    "METADATA without a version": (META, "Name: rankzero-acme\n", "its METADATA has “” for a version"),
    "METADATA of an odd version": (META, "Name: rankzero-acme\nVersion: new\n", "has “new” for a version"),
    "METADATA that is huge": (META, "Name: rankzero-acme\n" + "x" * 5_000_000, "METADATA is larger"),
    "a dependency that is none": (META, plugin_files(requires=["a b c"])[META], "it depends on “a b c”"),
    "a dependency from elsewhere": (
        META,
        plugin_files(requires=["tool @ https://evil.example/tool.whl"])[META],
        "it wants tool from an address of its own, https://evil.example/tool.whl",
    ),
    "Pythons that are none": (META, plugin_files(python="new")[META], "it asks for Python “new”, which is no range"),
    "Pythons that are too old": (META, plugin_files(python="<3.9")[META], "It needs Python <3.9; this program runs on"),
    "no WHEEL": (f"{INFO}/WHEEL", None, "its WHEEL is missing"),
    "WHEEL of the future": (f"{INFO}/WHEEL", "Wheel-Version: 2.0\n", "a wheel of version “2.0”"),
    "no entry points": (f"{INFO}/entry_points.txt", None, "it has no entry point in the group “rankzero.plugins”"),
    "entry points that are damaged": (f"{INFO}/entry_points.txt", "acme", "its entry_points.txt can't be understood"),
    "an entry point twice": (
        f"{INFO}/entry_points.txt",
        "[rankzero.plugins]\nacme = acme\nacme = acme\n",
        "its entry_points.txt can't be understood",
    ),
    "two plugins": (
        f"{INFO}/entry_points.txt",
        "[rankzero.plugins]\nacme = acme\nb = acme\n",
        "it has 2 entry points in the group",
    ),
    "an entry point to nowhere": (
        f"{INFO}/entry_points.txt",
        "[rankzero.plugins]\nacme = gone\n",
        "its entry point names “gone”; it must name the package with plugin.toml, “acme”",
    ),
    "an entry point of another name": (
        f"{INFO}/entry_points.txt",
        "[rankzero.plugins]\nbeta = acme\n",
        "its entry point is called “beta” and its plugin.toml “acme”; they must agree",
    ),
    "no manifest": ("acme/plugin.toml", None, "it is no plugin of Rank Zero: no package in it holds a plugin.toml"),
    "a manifest that is no TOML": ("acme/plugin.toml", "[plugin", "plugin.toml is no valid TOML"),
    "a manifest that is huge": ("acme/plugin.toml", "#" * 300_000, "its acme/plugin.toml is larger than 256 kB"),
    "a manifest in Latin 1": ("acme/plugin.toml", b"\xff\xfe", "plugin.toml is no UTF-8 text"),
    "a second manifest": ("beta/plugin.toml", "", "it has two manifests, acme/plugin.toml and beta/plugin.toml"),
    "no hooks": ("acme/hooks.py", None, "The file hooks.py with the plugin's hooks is missing"),
    "an API to come": (
        "acme/plugin.toml",
        plugin_files(api="3")["acme/plugin.toml"],
        "It is made for plugin API 3; this program has 1: a newer Rank Zero is needed",
    ),
    "another version": (
        "acme/plugin.toml",
        plugin_files(version="1.1")["acme/plugin.toml"],
        "its plugin.toml says version 1.1 and the wheel 1.0; they must agree",
    ),
    "a second description": (
        "other-1.0.dist-info/METADATA",
        "",
        "it has two folders that describe it, other-1.0.dist-info and rankzero_acme-1.0.dist-info",
    ),
    "files for elsewhere": (
        "rankzero_acme-1.0.data/data/etc/evil",
        "",
        "its folder rankzero_acme-1.0.data is for other places",
    ),
    "the program's own package": (
        "desktop_app/api.py",
        "",
        "it brings “desktop_app”, which would stand in front of a package",
    ),
    "pluggy": ("pluggy.py", "", "it brings “pluggy.py”, which would stand in front"),
    "a module of Python's": ("json/__init__.py", "", "it brings “json”, which would stand in front"),
}


@pytest.mark.parametrize(("name", "content", "reason"), PARTS.values(), ids=PARTS)
def test_a_part_that_is_wrong(tmp_path: Path, name: str, content: str | bytes | None, reason: str) -> None:
    assert reason in refused(with_part(tmp_path, name, content))


def test_a_manifest_beside_the_package_or_in_a_folder_that_is_none(tmp_path: Path) -> None:
    files = plugin_files()
    files["plugin.toml"] = files.pop("acme/plugin.toml")
    assert "not beside it; move plugin.toml into the package" in refused(pack(tmp_path / NAME, files))
    files["my-acme/plugin.toml"] = files.pop("plugin.toml")
    assert "its folder “my-acme” with plugin.toml is no package" in refused(pack(tmp_path / NAME, files))
    files[f"{INFO}/plugin.toml"] = files.pop("my-acme/plugin.toml")
    assert "no package in it holds a plugin.toml" in refused(pack(tmp_path / NAME, files))


def test_a_description_of_another_wheel(tmp_path: Path) -> None:
    files = {name.replace("-1.0.dist-info", "-1.1.dist-info"): content for name, content in plugin_files().items()}
    assert "its folder rankzero_acme-1.1.dist-info is not that of rankzero-acme 1.0" in refused(
        pack(tmp_path / NAME, files)
    )


def hashed(content: bytes, algorithm: str) -> str:
    return base64.urlsafe_b64encode(hashlib.new(algorithm, content).digest()).rstrip(b"=").decode()


RECORDS: dict[str, tuple[Callable[[str], str], str]] = {
    "damaged": (lambda text: text + '"', "its RECORD can't be understood"),
    "of two columns": (lambda text: text + "a,b\n", "its RECORD can't be understood"),
    "of a file twice": (lambda text: text + text.splitlines()[0] + "\n", "its RECORD lists a file twice"),
    "without a file": (
        lambda text: "\n".join(text.splitlines()[1:]),
        "“acme/__init__.py” in it is not listed in its RECORD",
    ),
    "of one more": (
        lambda text: text + "acme/gone.py,sha256=x,1\n",
        "“acme/gone.py” is listed in its RECORD and missing",
    ),
    "without hashes": (
        lambda text: "".join(f"{each.partition(',')[0]},,\n" for each in text.splitlines()),
        "its RECORD has no hash of “acme/__init__.py”",
    ),
    "with weak hashes": (lambda text: text.replace("sha256=", "md5="), "that proves nothing (md5)"),
    "with unknown hashes": (lambda text: text.replace("sha256=", "moon="), "that proves nothing (moon)"),
    "that lies": (
        lambda text: text.replace(hashed(b"", "sha256"), hashed(b"x", "sha256")),
        "“acme/__init__.py” in it is not what its RECORD says",
    ),
    "of no base64": (lambda text: text.replace(hashed(b"", "sha256"), "%%%"), "is not what its RECORD says"),
    "of a wrong size": (lambda text: text.replace(",0\n", ",7\n"), "is not what its RECORD says"),
}


@pytest.mark.parametrize(("change", "reason"), RECORDS.values(), ids=RECORDS)
def test_a_record_that_is_wrong(tmp_path: Path, change: Callable[[str], str], reason: str) -> None:
    files = plugin_files()
    files[f"{INFO}/RECORD"] = change(record_of(files).decode()).encode()
    assert reason in refused(pack(tmp_path / NAME, files, record=False))


def test_no_record(tmp_path: Path) -> None:
    assert "its RECORD is missing" in refused(pack(tmp_path / NAME, plugin_files(), record=False))


def test_strong_hashes_and_signatures_of_record_are_fine(tmp_path: Path) -> None:
    files = {**plugin_files(), f"{INFO}/RECORD.jws": b"signed"}
    rows = [
        f"{name},sha512={hashed(content, 'sha512')}," for name, content in files.items() if not name.endswith("jws")
    ]
    files[f"{INFO}/RECORD"] = "\n".join(rows).encode()
    assert inspect_wheel(pack(tmp_path / NAME, files, record=False)).version == "1.0"


def test_what_does_not_fit_can_still_be_looked_at(tmp_path: Path) -> None:
    facts = inspect_wheel(pack(tmp_path / NAME, plugin_files(api="3")), must_fit=False)
    assert facts.why_not == "It is made for plugin API 3; this program has 1: a newer Rank Zero is needed."


def test_texts_of_metadata_are_made_harmless(tmp_path: Path) -> None:
    said = "Author: Ada\u202e \x1b[2J Lovelace\nLicense: " + "long " * 100 + "\nHome-page: javascript:alert(1)\n"
    facts = inspect_wheel(pack(tmp_path / NAME, plugin_files(metadata=said)))
    assert facts.author == "Ada [2J Lovelace"
    assert len(facts.license) == 100
    assert facts.homepage == ""
