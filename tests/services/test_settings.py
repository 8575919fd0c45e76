"""Settings survive restarts, two writers and damage."""

import asyncio
import json
import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from desktop_app.api import OutsideError
from desktop_app.services.files import locked, write_atomically
from desktop_app.services.settings import Settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "settings.json"


def test_a_value_is_there_after_a_restart(path: Path) -> None:
    Settings(path).set("window.theme", {"mode": "dark", "größe": [1, 2.5, None, True]})
    assert Settings(path).get("window.theme") == {"mode": "dark", "größe": [1, 2.5, None, True]}


def test_an_unknown_key_takes_its_default(path: Path) -> None:
    assert Settings(path).get("nothing") is None
    assert Settings(path).get("nothing", 3) == 3
    assert not path.exists()


def test_none_forgets_a_key(path: Path) -> None:
    settings = Settings(path)
    settings.set("a", 1)
    settings.set("a", None)
    assert settings.get("a", "default") == "default"
    assert json.loads(path.read_text()) == {}


def test_a_value_can_not_be_changed_from_outside(path: Path) -> None:
    settings = Settings(path)
    given: list[object] = [1]
    settings.set("a", given)  # type: ignore[arg-type]
    given.append(2)
    got = settings.get("a")
    assert isinstance(got, list)
    got.append(3)
    assert settings.get("a") == [1]


def test_who_listens_hears_of_changes_alone(path: Path) -> None:
    settings, heard = Settings(path), list[str]()
    settings.changed.connect(heard.append)
    settings.set("a", 1)
    settings.set("a", 1)
    settings.set("b", None)
    assert heard == ["a"]


def test_what_another_process_sets_is_kept_and_said(path: Path) -> None:
    mine, other, heard = Settings(path), Settings(path), list[str]()
    mine.changed.connect(heard.append)
    other.set("other", 1)
    mine.set("mine", 2)
    assert heard == ["mine", "other"]
    other.reload()
    assert (other.get("mine"), other.get("other")) == (2, 1)


def _set_many(path: Path, name: str) -> None:
    settings = Settings(path)
    for number in range(20):
        settings.set(f"{name}.{number}", number)


def test_four_processes_at_once_lose_nothing(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_set_many, args=(path, f"w{n}")) for n in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join(60)
    assert len(json.loads(path.read_text())) == 80


@pytest.mark.parametrize("damage", [b"", b"{", b"[1, 2]", b"\xff\xfe\x00", b"[" * 100_000])
def test_a_damaged_file_is_kept_aside_and_said(path: Path, damage: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(damage)
    settings = Settings(path)
    assert settings.get("a", 1) == 1
    (kept,) = path.parent.glob("settings.damaged-*.json")
    assert kept.read_bytes() == damage
    assert kept.name in settings.notices[0].message
    settings.set("a", 2)
    assert Settings(path).get("a") == 2


def test_a_place_that_can_not_be_written_is_said_and_nothing_changes(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = Settings(tmp_path / "file" / "settings.json")
    with pytest.raises(OutsideError, match="can't be saved"):
        settings.set("a", 1)
    assert settings.get("a") is None


def test_a_file_that_can_not_be_read_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.mkdir()  # reading it fails for root, too
    settings = Settings(path)
    assert "can't be read" in settings.notices[0].message
    with pytest.raises(OutsideError):
        settings.set("a", 1)
    assert path.is_dir()


def test_a_write_that_fails_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "new \ud800")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    assert path.read_text() == "old"


def test_a_lock_is_held_by_one_alone(tmp_path: Path) -> None:
    with locked(tmp_path / "lock") as mine:
        assert mine is not None
        with locked(tmp_path / "lock", wait=False) as other:
            assert other is None
    with locked(tmp_path / "lock", wait=False) as again:
        assert again is not None


async def test_who_saves_in_a_thread_is_told_on_the_loop_which_waits_for_nothing(path: Path) -> None:
    settings, told = Settings(path), asyncio.Event()
    heard: list[tuple[str, threading.Thread]] = []
    settings.changed.connect(lambda key: heard.append((key, threading.current_thread())))
    settings.changed.connect(lambda _key: told.set())
    with locked(path.with_name(f".{path.name}.lock")):
        saving = asyncio.create_task(asyncio.to_thread(settings.set, "a", 1))
        assert await asyncio.wait({saving}, timeout=0.05) == (set(), {saving})
    await saving
    await asyncio.wait_for(told.wait(), 30)
    assert heard == [("a", threading.current_thread())]


def test_threads_that_set_at_once_lose_nothing(path: Path) -> None:
    settings = Settings(path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: settings.set(f"k{number}", number), range(32)))
    assert [settings.get(f"k{each}") for each in range(32)] == list(range(32))
    assert [Settings(path).get(f"k{each}") for each in range(32)] == list(range(32))
