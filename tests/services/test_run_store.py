"""The store tells who listens which runs are different, and nobody else."""

import dataclasses

import pytest

from desktop_app.api import RunStatus
from desktop_app.services.run_store import RunStore
from tests.helpers.snapshots import snapshot


@pytest.fixture
def heard(store: RunStore) -> list[frozenset[str]]:
    told: list[frozenset[str]] = []
    store.changed.connect(told.append)
    return told


@pytest.fixture
def store() -> RunStore:
    return RunStore()


def test_new_and_different_runs_are_told_at_once(store: RunStore, heard: list[frozenset[str]]) -> None:
    store.update([snapshot("a"), snapshot("b")])
    store.update([snapshot("a"), snapshot("b", RunStatus.COMPLETED)])
    assert heard == [{"local://a", "local://b"}, {"local://b"}]


def test_the_same_again_is_no_news(store: RunStore, heard: list[frozenset[str]]) -> None:
    store.update([snapshot("a")])
    assert store.update([snapshot("a")]) == frozenset()
    assert store.update([]) == frozenset()
    assert len(heard) == 1


def test_a_run_is_found_by_its_handle(store: RunStore) -> None:
    store.update([snapshot("a")])
    assert store.get("local://a") == snapshot("a")
    assert store.get("local://b") is None


def test_a_removed_run_is_told_once(store: RunStore, heard: list[frozenset[str]]) -> None:
    store.update([snapshot("a")])
    store.remove("local://a")
    store.remove("local://a")
    assert heard[1:] == [{"local://a"}]
    assert not store.runs


def test_the_runs_can_be_looked_at_but_not_written(store: RunStore) -> None:
    store.update([snapshot("a")])
    with pytest.raises(TypeError):
        store.runs["x"] = snapshot("x")  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        store.runs["local://a"].reason = "x"  # type: ignore[misc]
