"""Source folders of plugins: where their manifest may lie, what they need, and what is said of those that can't be."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import OutsideError, UserError
from desktop_app.services.plugins.installing.looking.folders import FolderFacts, inspect_folder
from tests.helpers.rights import obeys_modes

MANIFEST = '[plugin]\nid = "acme"\nname = "Acme"\nversion = "0.1.0"\napi = "{api}"\n'
PROJECT = """
[project]
name = "rankzero-acme"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["humanize>=4", "tool @ https://acme.example/tool.whl"]

[project.entry-points."rankzero.plugins"]
acme = "acme"
"""


def project(folder: Path, *places: str, toml: str | None = PROJECT, api: str = "1") -> Path:
    """Make a project whose manifests lie in `places`."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in places:
        (folder / each).mkdir(parents=True, exist_ok=True)
        (folder / each / "plugin.toml").write_text(MANIFEST.replace("{api}", api), "utf-8")
        (folder / each / "hooks.py").write_text("raise RuntimeError('imported')\n", "utf-8")
    if toml is not None:
        (folder / "pyproject.toml").write_text(toml, "utf-8")
    return folder


@pytest.fixture
def inspect(tmp_path: Path) -> "Inspect":
    return Inspect(tmp_path / "home" / "plugins")


class Inspect:
    """Looks at folders, with a plugins' folder beside."""

    def __init__(self, plugins: Path) -> None:
        self.plugins = plugins

    def __call__(self, folder: Path) -> FolderFacts:
        return inspect_folder(folder, self.plugins)

    def refused(self, folder: Path) -> str:
        with pytest.raises(UserError) as caught:
            self(folder)
        assert caught.value.message.startswith(f"“{folder}” can't be ")
        assert caught.value.message.endswith(".")
        return caught.value.message


@pytest.mark.parametrize(
    ("place", "package", "root"), [(".", None, "."), ("acme", "acme", "."), ("src/acme", "acme", "src")]
)
def test_the_manifest_lies_in_the_folder_or_in_one_package(
    tmp_path: Path, inspect: Inspect, place: str, package: str | None, root: str
) -> None:
    folder = project(tmp_path / "work", place)
    (folder / "tests").mkdir()
    facts = inspect(folder)
    assert (facts.folder, facts.manifest.folder, facts.root) == (folder, folder / place, folder / root)
    assert (facts.package, facts.manifest.id, facts.distribution) == (package, "acme", "rankzero-acme")
    assert facts.requires == ("humanize>=4", "tool @ https://acme.example/tool.whl")
    assert (facts.requires_python, facts.notes, facts.why_not) == (">=3.11", (), "")


def test_a_project_without_pyproject_needs_nothing(tmp_path: Path, inspect: Inspect) -> None:
    facts = inspect(project(tmp_path / "work", ".", toml=None))
    assert (facts.requires, facts.distribution, facts.notes) == ((), "", ())


@pytest.mark.parametrize(
    ("places", "named"),
    [
        ((".", "acme"), "plugin.toml and acme/plugin.toml"),
        (("acme", "src/acme"), "acme/plugin.toml and src/acme/plugin.toml"),
        (("src/acme", "src/beta", "src/gamma"), "src/acme/plugin.toml and src/beta/plugin.toml"),
        (("src", "src/acme"), "src/plugin.toml and src/acme/plugin.toml"),
    ],
)
def test_two_manifests_are_both_named(tmp_path: Path, inspect: Inspect, places: tuple[str, ...], named: str) -> None:
    assert f"it has two manifests, {named};" in inspect.refused(project(tmp_path / "work", *places))


def test_hidden_folders_are_nobodys(tmp_path: Path, inspect: Inspect) -> None:
    assert inspect(project(tmp_path / "work", "acme", ".cache", "__pycache__")).package == "acme"


@pytest.mark.parametrize("places", [(), ("deep/down/acme",)])
def test_a_folder_that_is_no_plugin(tmp_path: Path, inspect: Inspect, places: tuple[str, ...]) -> None:
    said = inspect.refused(project(tmp_path / "work", *places))
    assert "there is no plugin.toml in it" in said
    assert "rankzero plugins new" in said


def test_what_is_no_folder(tmp_path: Path, inspect: Inspect) -> None:
    assert "there is no such folder" in inspect.refused(tmp_path / "none")
    (tmp_path / "file").write_text("")
    assert "it is a file" in inspect.refused(tmp_path / "file")


def test_a_folder_in_the_plugins_folder_is_found_anyway(tmp_path: Path, inspect: Inspect) -> None:
    assert "is found there without being installed" in inspect.refused(project(inspect.plugins / "acme", "."))
    (tmp_path / "link").symlink_to(inspect.plugins / "acme")
    assert "is found there without being installed" in inspect.refused(tmp_path / "link")
    assert "in which your own plugins lie" in inspect.refused(inspect.plugins)


def test_a_package_has_a_name_that_can_be_imported(tmp_path: Path, inspect: Inspect) -> None:
    assert "“my-acme” with plugin.toml is no package" in inspect.refused(project(tmp_path / "work", "my-acme"))


WRONG = {
    "[project": "its pyproject.toml is no valid TOML",
    "project = 3": "[project] in its pyproject.toml must be a table",
    "[project]\ndependencies = 'x'": "project.dependencies in its pyproject.toml must be a list of texts",
    "[project]\ndependencies = [1]": "project.dependencies in its pyproject.toml must be a list of texts",
    "[project]\ndependencies = ['a b c']": "it depends on “a b c”, which is no requirement",
    "[project]\nname = 1": "project.name in its pyproject.toml must be a text",
    "[project]\nversion = 1.0": "project.version in its pyproject.toml must be a text",
    "[project]\nrequires-python = 'new'": "it asks for Python “new”, which is no range",
    "[project]\nrequires-python = '<3.8'": "It needs Python <3.8; this program runs on Python 3.",
    "[project]\ndynamic = 'dependencies'": "project.dynamic in its pyproject.toml must be a list of texts",
    "#" * 1_000_001: "its pyproject.toml is larger than",
}


@pytest.mark.parametrize(("toml", "reason"), WRONG.items(), ids=WRONG.values())
def test_a_wrong_project_is_said(tmp_path: Path, inspect: Inspect, toml: str, reason: str) -> None:
    assert reason in inspect.refused(project(tmp_path / "work", "acme", toml=toml))


def test_a_wrong_manifest_is_said(tmp_path: Path, inspect: Inspect) -> None:
    folder = project(tmp_path / "work", "acme", api="9")
    assert "made for plugin API 9; this program has 1: a newer Rank Zero is needed" in inspect.refused(folder)
    assert inspect_folder(folder, inspect.plugins, must_fit=False).why_not.startswith("It is made for plugin API 9")
    (folder / "acme" / "hooks.py").unlink()
    assert "hooks.py with the plugin's hooks is missing" in inspect.refused(folder)


NOTED = {
    '[project]\nname = "a"\ndynamic = ["dependencies"]': "and not where it is written there",
    "[tool.poetry.dependencies]\npython = '3'": "and not where it is written there",
    PROJECT.replace("0.1.0", "0.2"): "pyproject.toml says version 0.2 and plugin.toml 0.1.0",
    PROJECT.replace('acme = "acme"', ""): "A wheel of it would not be found as a plugin",
    PROJECT.replace('acme = "acme"', 'other = "acme"'): "A wheel of it would not be found as a plugin",
    "tool = 3": "",
    "[project]\nentry-points = 3": "A wheel of it would not be found",
}


@pytest.mark.parametrize(("toml", "note"), NOTED.items(), ids=str)
def test_authors_are_told_what_a_wheel_would_lack(tmp_path: Path, inspect: Inspect, toml: str, note: str) -> None:
    notes = inspect(project(tmp_path / "work", "acme", toml=toml)).notes
    assert note in " ".join(notes)
    assert bool(note) == bool(notes)


def test_dependencies_in_an_old_place_are_noted(tmp_path: Path, inspect: Inspect) -> None:
    folder = project(tmp_path / "work", "acme", toml=None)
    (folder / "requirements.txt").write_text("humanize")
    assert inspect(folder).notes == (
        "What it needs is read from [project] dependencies in pyproject.toml alone, not from requirements.txt.",
    )


@obeys_modes
def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    folder = project(tmp_path / "work", "acme")
    folder.chmod(0o000)
    try:
        with pytest.raises(OutsideError, match=r"can't be read: Permission denied\."):
            inspect_folder(folder, tmp_path / "plugins")
    finally:
        folder.chmod(0o700)


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_project_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, toml: str) -> None:
    folder = project(tmp_path_factory.getbasetemp() / "any-project", "acme", toml=f"[project]\n{toml}")
    try:
        facts = inspect_folder(folder, folder.parent / "plugins")
    except UserError as error:
        assert error.message  # noqa: PT017 - either is right
    else:
        assert facts.package == "acme"
