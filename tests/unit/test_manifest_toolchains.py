"""`[[toolchains]]` of a manifest: every key is read, and every slip is a sentence that names it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import SourceEdit, ToolchainSpec, WheelBuild
from desktop_app.api._plugins import ManifestError, read_manifest
from desktop_app.api._plugins.manifest_toolchains import toolchains

HEAD = '[plugin]\nid = "p"\nname = "P"\nversion = "1"\napi = "1"\n[[toolchains]]\nname = "t"\ntitle = "T"\n'
BUILD = '[[toolchains.builds]]\nrequirement = "r==1"\n'
EDIT = BUILD + '[[toolchains.builds.edits]]\nfind = "x"\n'
WHOLE = (
    HEAD
    + """
requires = ["torch==2.13.0"]
alone = ["tf_keras==2.21.0"]
imports = ["torch"]
size_mb = 900
minutes = 3
[[toolchains.builds]]
requirement = "horovod==0.28.1"
build_requires = ["setuptools<81"]
environment = { HOROVOD_WITH_MPI = "1", HOROVOD_GPU_OPERATIONS = "" }
programs = ["cmake", "c++"]
[[toolchains.builds.edits]]
file = "horovod/torch/CMakeLists.txt"
find = "set(CMAKE_CXX_STANDARD 14)"
replace = "set(CMAKE_CXX_STANDARD 17)"
[[toolchains.builds.edits]]
file = "setup.py"
find = "gone"
"""
)
WRONG = {
    HEAD + "color = 1\n": "unknown key toolchains.color",
    HEAD + "minutes = 2.5\n": "toolchains.minutes must be a whole number",
    HEAD + "minutes = true\n": "toolchains.minutes must be a whole number",
    HEAD + "size_mb = -1\n": "toolchains.size_mb must be a whole number",
    HEAD + "python = 3\n": "toolchains.python must be a text",
    HEAD + "alone = 'x'\n": "toolchains.alone must be a list of texts",
    HEAD + "requires = ['--index-url=x']\n": "“--index-url=x” in toolchains.requires is no requirement",
    HEAD + "alone = ['']\n": "“” in toolchains.alone is no requirement",
    HEAD + "builds = 3\n": "toolchains.builds must be written as [[toolchains.builds]]",
    HEAD + "[[toolchains.builds]]\n": "lacks toolchains.builds.requirement",
    HEAD + "[[toolchains.builds]]\nrequirement = 'r'\n": "“r” in toolchains.builds must be pinned",
    HEAD + "[[toolchains.builds]]\nrequirement = 'r @ https://x/y'\n": "must be pinned",
    HEAD + BUILD + "wheel = 1\n": "unknown key toolchains.builds.wheel",
    HEAD + BUILD + "programs = ['/bin/sh']\n": "“/bin/sh” in toolchains.builds.programs is no name",
    HEAD + BUILD + "build_requires = ['-r x']\n": "“-r x” in toolchains.builds.build_requires is no requirement",
    HEAD + BUILD + "environment = { A = 1 }\n": "toolchains.builds.environment must be a table of texts",
    HEAD + BUILD + "environment = { 'A B' = '1' }\n": "“A B” in toolchains.builds.environment is no name",
    HEAD + BUILD + "edits = ['x']\n": "must be written as [[toolchains.builds.edits]]",
    HEAD + EDIT: "lacks toolchains.builds.edits.file",
    HEAD + EDIT.replace("find", "file"): "lacks toolchains.builds.edits.find",
    HEAD + EDIT + "file = 'a'\nwith = 'b'\n": "unknown key toolchains.builds.edits.with",
    HEAD + EDIT + "file = '/etc/passwd'\n": "“/etc/passwd” in toolchains.builds.edits must be a file inside",
    HEAD + EDIT + "file = 'a/../../b'\n": "must be a file inside the source package",
    HEAD + EDIT + "file = 'C:\\b'\n": "must be a file inside the source package",
    HEAD + EDIT + "file = 'a'\nreplace = 3\n": "toolchains.builds.edits.replace must be a text",
}


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], ToolchainSpec]:
    """Return what reads a manifest's only toolchain."""

    def read(text: str) -> ToolchainSpec:
        (tmp_path / "plugin.toml").write_text(text, "utf-8")
        (tmp_path / "hooks.py").write_text("")
        (spec,) = read_manifest(tmp_path).toolchains
        return spec

    return read


def test_every_key_is_read(read: Callable[[str], ToolchainSpec]) -> None:
    edits = (
        SourceEdit("horovod/torch/CMakeLists.txt", "set(CMAKE_CXX_STANDARD 14)", "set(CMAKE_CXX_STANDARD 17)"),
        SourceEdit("setup.py", "gone", ""),
    )
    environment = {"HOROVOD_WITH_MPI": "1", "HOROVOD_GPU_OPERATIONS": ""}
    build = WheelBuild("horovod==0.28.1", ("setuptools<81",), environment, ("cmake", "c++"), edits)
    wanted = ToolchainSpec(
        "t", "T", "p", ("torch==2.13.0",), ">=3.11", ("torch",), 900, ("tf_keras==2.21.0",), (build,), 3
    )
    assert read(WHOLE) == wanted


def test_what_is_left_out_is_nothing(read: Callable[[str], ToolchainSpec]) -> None:
    assert read(HEAD) == ToolchainSpec("t", "T", "p", ())


@pytest.mark.parametrize(("text", "reason"), WRONG.items(), ids=[str(each) for each in WRONG.values()])
def test_a_slip_is_said(read: Callable[[str], ToolchainSpec], text: str, reason: str) -> None:
    with pytest.raises(ManifestError) as caught:
        read(text)
    assert reason in str(caught.value)
    assert str(caught.value).endswith(".")


@given(st.lists(st.sampled_from(["a", "..", ".", "/", "\\", "C:", "~", "b c", ""]), min_size=1, max_size=6))
def test_no_edit_leaves_the_source(parts: list[str]) -> None:
    item = {"name": "t", "title": "T", "builds": [{"requirement": "r==1", "edits": [{"file": "/".join(parts)}]}]}
    item["builds"][0]["edits"][0]["find"] = "x"  # type: ignore[index]
    root = Path("/source/package")
    try:
        (spec,) = toolchains([item], "p")
    except ManifestError:
        return
    file = spec.builds[0].edits[0].file
    assert (root / file).resolve().is_relative_to(root.resolve())
