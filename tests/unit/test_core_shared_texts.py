"""What many processes' variables begin with alike is written once, and nothing is lost of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core import shared_texts
from desktop_app.core.shared_texts import packed, whole
from desktop_app.worker.supervisor.plan_file import read_plan


def plan(*environments: dict[str, str]) -> dict[str, Any]:
    processes = [{"rank": rank, "environment": each} for rank, each in enumerate(environments)]
    return {"run": "r-1", "environment": {"A": "1"}, "processes": processes}


def cluster(count: int) -> dict[str, Any]:
    addresses = {"worker": [f"127.0.0.1:{20000 + each}" for each in range(count)]}
    tasks = [{"cluster": addresses, "task": {"type": "worker", "index": each}} for each in range(count)]
    return plan(*({"TF_CONFIG": json.dumps(each), "LR": "1"} for each in tasks))


def test_a_cluster_of_a_thousand_costs_a_hundredth() -> None:
    plain = cluster(1000)
    made = packed(plain)
    assert len(json.dumps(made)) < len(json.dumps(plain)) / 100
    assert whole(made) == plain


def test_a_small_plan_stays_plain() -> None:
    assert packed(cluster(16)) == cluster(16)
    assert packed({"run": "r-1"}) == {"run": "r-1"}


def test_texts_that_are_no_json_are_left_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that was parted would not be known in a bundle."""
    monkeypatch.setattr(shared_texts, "WORTH", 1)
    plain = plan({"TOKEN": "abcdef1"}, {"TOKEN": "abcdef2"})
    assert packed(plain) == plain


@pytest.mark.parametrize(
    "odd",
    [{"shared": 3}, {"shared": ["{"], "processes": None}, {"shared": ["{"], "processes": [3, {}, {"environment": 1}]}],
)
def test_a_damaged_plan_raises_nothing(odd: dict[str, Any]) -> None:
    whole(odd)


@pytest.mark.parametrize("value", [[1, "x"], [-1, "x"], ["x"], [0, 1], 7, None])
def test_a_place_that_is_not_there_stays_what_it_is(value: Any) -> None:
    odd = plan({"A": value}) | {"shared": ["{"]}
    assert whole(odd)["processes"][0]["environment"]["A"] == value


TEXTS = st.text(alphabet='{"a\\é ', max_size=6)
TABLES = st.dictionaries(st.sampled_from("AB"), TEXTS.map(lambda text: "{" + text) | TEXTS, max_size=2)


@given(st.lists(TABLES, max_size=4))
def test_whatever_is_packed_is_whole_again(tables: list[dict[str, str]]) -> None:
    plain = plan(*tables)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared_texts, "WORTH", 1)
        made = json.loads(json.dumps(packed(plain)))
    assert whole(made) == plain


@pytest.mark.parametrize("count", [3, 200])
def test_the_supervisor_reads_the_same(count: int, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(packed(cluster(count))), "utf-8")
    assert read_plan(tmp_path / "plan.json") == cluster(count)
    assert read_plan(tmp_path / "none.json") == {}
