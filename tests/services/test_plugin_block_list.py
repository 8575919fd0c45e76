"""Plugins that are known to do harm: the list that ships, the person's own, and what is said of wrong ones."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import OutsideError, UserError
from desktop_app.places import shipped
from desktop_app.services.plugins.installing.keeping.block_list import FILE, read_block_list, update_block_list
from desktop_app.services.plugins.installing.keeping.hashes import record_files
from desktop_app.services.plugins.installing.keeping.standing import why_off
from desktop_app.services.plugins.installing.models import Installed, Source, SourceKind
from tests.helpers.rights import obeys_modes

SUM = "ab" * 32
ITEM: dict[str, Any] = {"name": "RankZero.Bad", "versions": ">=1,<1.3", "reason": "It deletes runs."}
LIST: dict[str, Any] = {"as_of": "2026-12-01", "source": "Acme's security team", "items": [ITEM]}


def write(path: Path, told: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(told if isinstance(told, str) else json.dumps(told), "utf-8")
    return path


def listed(home: Path, *items: dict[str, Any]) -> Path:
    write(home / FILE, {**LIST, "items": items})
    return home


def test_the_list_that_ships_is_dated_and_can_be_read(tmp_path: Path) -> None:
    found = read_block_list(tmp_path)
    assert found.complaints == ()
    assert date.fromisoformat(found.as_of) >= date(2026, 11, 22)
    told = json.loads((shipped("resources") / "catalogues" / "blocked_plugins.json").read_text("utf-8"))
    assert len(found.items) == len(told["items"])
    assert all(each.reason for each in found.items)


@pytest.mark.parametrize(
    ("names", "version", "blocked"),
    [
        (("rankzero-bad", "bad"), "1.2.9", True),
        (("rankzero_bad", "bad"), "1.2rc1", True),
        (("rankzero-bad", "bad"), "1.3", False),
        (("rankzero-bad", "bad"), "0.9", False),
        (("rankzero-good", "bad"), "1.2", False),
        (("other", "rankzero-bad"), "1.2", True),
        (("rankzero-bad", "bad"), "no version", True),
    ],
)
def test_a_version_is_blocked_by_name(tmp_path: Path, names: tuple[str, str], version: str, blocked: bool) -> None:
    why = read_block_list(listed(tmp_path, ITEM)).why(*names, version)
    said = "It is on the list of blocked plugins: It deletes runs (Acme's security team, 2026-12-01)."
    assert why == (said if blocked else "")


def test_a_file_is_blocked_by_its_hash_whatever_it_is_called(tmp_path: Path) -> None:
    found = read_block_list(listed(tmp_path, {"sha256": [SUM.upper()], "reason": "Stolen."}))
    assert found.why("any", "thing", "1", SUM)
    assert not found.why("any", "thing", "1", "cd" * 32)
    assert not found.why("any", "thing", "1")


def test_a_name_with_hashes_blocks_these_files_alone(tmp_path: Path) -> None:
    found = read_block_list(listed(tmp_path, {"name": "bad", "sha256": SUM, "reason": "Stolen."}))
    assert found.why("bad", "bad", "1", SUM)
    assert not found.why("bad", "bad", "1", "cd" * 32)


def test_without_a_range_all_versions_are_blocked(tmp_path: Path) -> None:
    item = {"name": "bad", "reason": "Bad", "source": "CVE-1", "as_of": "2026-01-02"}
    found = read_block_list(listed(tmp_path, item))
    assert found.why("bad", "x", "99").endswith(": Bad (CVE-1, 2026-01-02).")


WRONG: dict[str, tuple[object, str]] = {
    "no json": ("{", "it is no JSON"),
    "a list": ([], "it lacks its list of items"),
    "no items": ({"as_of": "2026-12-01"}, "it lacks its list of items"),
    "another key": ({**LIST, "blocked": []}, "it has an unknown key “blocked”"),
    "no day": ({"items": []}, "it lacks the day that it is of"),
    "half a day": ({**LIST, "as_of": "2026-12"}, "it lacks the day that it is of"),
    "number for a day": ({**LIST, "as_of": 3}, "it has a as_of that is no text"),
    "item is a text": ({**LIST, "items": ["bad"]}, "its item 1 is no table"),
    "another key of one": ({**LIST, "items": [ITEM, {**ITEM, "version": "1"}]}, "its item 2 has an unknown key"),
    "no reason": ({**LIST, "items": [{"name": "bad"}]}, "its item 1 lacks its reason"),
    "nobody": ({**LIST, "items": [{"reason": "x"}]}, "its item 1 has neither a name nor a sha256"),
    "no name": ({**LIST, "items": [{"name": "a b", "reason": "x"}]}, "its item 1 has “a b” for a name"),
    "no range": ({**LIST, "items": [{**ITEM, "versions": "old"}]}, "its item 1 has “old” for versions"),
    "no hash": ({**LIST, "items": [{"sha256": ["12"], "reason": "x"}]}, "its item 1 has a sha256 that is none"),
    "deep": ("[" * 100_000, "it is no JSON"),
}  # fmt: skip


@pytest.mark.parametrize(("told", "reason"), WRONG.values(), ids=WRONG)
def test_a_wrong_list_is_refused_with_its_fault_and_changes_nothing(tmp_path: Path, told: object, reason: str) -> None:
    home = listed(tmp_path / "plugins", ITEM)
    before = (home / FILE).read_bytes()
    with pytest.raises(UserError) as caught:
        update_block_list(write(tmp_path / "new.json", told), home)
    assert caught.value.message.startswith("“new.json” is no list of blocked plugins: ")
    assert reason in caught.value.message
    assert (home / FILE).read_bytes() == before


@pytest.mark.parametrize(("told", "reason"), WRONG.values(), ids=WRONG)
def test_a_list_that_was_damaged_later_is_complained_of_and_the_shipped_one_holds(
    tmp_path: Path, told: object, reason: str
) -> None:
    write(tmp_path / FILE, told)
    found = read_block_list(tmp_path)
    (complaint,) = found.complaints
    assert reason in complaint
    assert found.as_of == read_block_list(tmp_path / "nowhere").as_of


def test_a_list_is_updated_from_a_file(tmp_path: Path) -> None:
    home = tmp_path / "plugins"
    done = update_block_list(write(tmp_path / "new.json", "\ufeff" + json.dumps(LIST)), home)
    assert (done.count, done.as_of, done.before) == (1, "2026-12-01", "")
    assert read_block_list(home).why("rankzero-bad", "bad", "1.1")
    later = {**LIST, "as_of": "2026-12-02", "items": []}
    assert update_block_list(write(tmp_path / "new.json", later), home).before == "2026-12-01"
    assert not read_block_list(home).why("rankzero-bad", "bad", "1.1")


def test_the_list_in_the_guide_is_one(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "installing-plugins.md").read_text("utf-8")
    (told,) = re.findall(r"^~~~json\n(.*?)^~~~", guide, re.DOTALL | re.MULTILINE)
    assert update_block_list(write(tmp_path / "new.json", told), tmp_path).count == 2
    assert read_block_list(tmp_path).why("rankzero-acme", "acme", "1.3")
    assert not read_block_list(tmp_path).why("rankzero-acme", "acme", "1.3.1")


def test_an_older_list_is_said_and_stays_out(tmp_path: Path) -> None:
    home = listed(tmp_path / "plugins", ITEM)
    with pytest.raises(
        UserError, match=r"This list is of 2026-11-30; the one in use is newer, of 2026-12-01"
    ) as caught:
        update_block_list(write(tmp_path / "old.json", {**LIST, "as_of": "2026-11-30", "items": []}), home)
    assert FILE in caught.value.hint
    assert read_block_list(home).why("rankzero-bad", "bad", "1.1")


def test_a_damaged_list_is_replaced(tmp_path: Path) -> None:
    write(tmp_path / "plugins" / FILE, "{")
    update_block_list(write(tmp_path / "new.json", LIST), tmp_path / "plugins")
    assert read_block_list(tmp_path / "plugins").complaints == ()


@obeys_modes
def test_a_file_that_is_not_there_and_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There is no file .*none\.json\."):
        update_block_list(tmp_path / "none.json", tmp_path)
    new = write(tmp_path / "new.json", LIST)
    home = listed(tmp_path / "plugins")
    home.chmod(0o500)
    with pytest.raises(OutsideError, match="can't be put in place"):
        update_block_list(new, home)
    with pytest.raises(OutsideError):
        update_block_list(tmp_path, home)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(st.sampled_from(["as_of", "items", "name", "sha256", "versions", "reason"]), each, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_nothing_but_a_sentence_is_raised(tmp_path_factory: pytest.TempPathFactory, told: object) -> None:
    home = tmp_path_factory.getbasetemp() / "any"
    write(home / "new.json", {"as_of": "2026-12-01", "items": [told]})
    try:
        update_block_list(home / "new.json", home)
    except UserError as error:
        said = error.message
    else:
        said = "."
    assert said.endswith(".")


def installed(tmp_path: Path) -> Installed:
    lib = tmp_path / "acme@1.0-1234" / "lib"
    (lib / "acme").mkdir(parents=True)
    for name in ("hooks.py", "a.py", "b.py", "c.py"):
        (lib / "acme" / name).write_text("")
    record_files(lib.parent)
    return Installed("acme", "1.0", "rankzero-acme", Source(SourceKind.INDEX, "https://x"), lib / "acme", lib, "acme")


def test_an_installed_plugin_is_off_while_it_is_blocked(tmp_path: Path) -> None:
    plugin = installed(tmp_path)
    assert why_off(plugin, read_block_list(tmp_path)) is None
    off = why_off(plugin, read_block_list(listed(tmp_path, {"name": "rankzero-acme", "reason": "It deletes runs."})))
    assert off is not None
    assert off.problem == "blocked"
    assert off.reason.endswith("It deletes runs (Acme's security team, 2026-12-01). Update it or remove it.")


def test_an_installed_plugin_is_off_when_its_files_were_changed(tmp_path: Path) -> None:
    plugin = installed(tmp_path)
    (plugin.folder / "hooks.py").write_text("changed")
    off = why_off(plugin, read_block_list(tmp_path))
    assert off is not None
    assert (off.problem, off.details) == ("changed", "acme/hooks.py")
    assert off.reason == (
        "Its files are not as they were installed: acme/hooks.py. Look at them (rankzero plugins verify acme), "
        "install it again, or enable it as it is now."
    )
    for each in plugin.folder.iterdir():
        each.write_text("changed")
    off = why_off(plugin, read_block_list(tmp_path))
    assert off is not None
    assert "acme/a.py, acme/b.py, acme/c.py and 1 more" in off.reason
    (plugin.folder.parents[1] / "files.json").unlink()
    off = why_off(plugin, read_block_list(tmp_path))
    assert off is not None
    assert "The record of its files is missing" in off.reason
