"""What the verbs of plugins say: a plan before it is done, where plugins come from, what was done; and as JSON."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop_app.api import UserError
from desktop_app.cli.plugins_asking import NotAgreedError, agreed
from desktop_app.cli.plugins_changing import joined
from desktop_app.cli.plugins_shapes import change_shape, choice_shape, plan_shape
from desktop_app.cli.plugins_words import did, history_row, plan_lines, show_rows, state_words, versions
from desktop_app.services.plugins import PluginInfo, PluginState
from desktop_app.services.plugins.installing.models import (
    Act,
    Change,
    Choice,
    Installed,
    Offer,
    Plan,
    PlanItem,
    PluginFacts,
    Source,
    SourceKind,
)
from tests.helpers.program import ROOT

INDEX = Source(SourceKind.INDEX, "https://example.org/simple")
AT = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
OFFER = Offer(
    "rankzero-acme",
    "0.4.0",
    INDEX,
    url="https://example.org/files/rankzero_acme-0.4.0-py3-none-any.whl#sha256=ab",
    sha256="ab" * 32,
    size=12_345,
    author="Jane",
    license="MIT",
    homepage="https://acme.example",
)
ITEM = PlanItem("acme", "Acme", "0.3.0", "0.4.0", OFFER, ("six==1.16",), ("pytorch",))
PLAN = Plan((ITEM,), ("Acme is code that runs as you.",), ("0.5.0 is newer, and needs Python 3.14.",), 7)


def change(act: Act, before: str = "", after: str = "", *, undone: bool = False, last: bool = False) -> Change:
    return Change(3, AT, act, "acme", "Acme", before, after, INDEX, undone, last)


def test_a_plan_says_what_from_where_how_big_by_whom_and_what_comes_along() -> None:
    assert list(plan_lines(PLAN, "Update")) == [
        "Update Acme (acme): 0.3.0 → 0.4.0",
        "  from      the package index at example.org",
        "  file      rankzero_acme-0.4.0-py3-none-any.whl, 12 kB",
        f"  sha256    {'ab' * 32}",
        "  by        Jane, MIT, https://acme.example",
        "  brings    six==1.16",
        "  needs     the toolchain pytorch, made when a job first needs it",
        "Note: 0.5.0 is newer, and needs Python 3.14.",
    ]


def test_what_nobody_knows_of_an_offer_is_left_out() -> None:
    offer = Offer("acme", "1", Source(SourceKind.WHEEL, "/w/acme.whl"), file=Path("/w/acme.whl"))
    plan = Plan((PlanItem("acme", "Acme", "", "1", offer),))
    assert list(plan_lines(plan, "Install")) == [
        "Install Acme (acme): 1",
        "  from      the file /w/acme.whl",
        "  file      acme.whl",
    ]


def test_without_a_terminal_only_yes_agrees(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert agreed(PLAN, "Update", yes=True)
    said = capsys.readouterr()
    assert said.out == ""
    assert "Acme is code that runs as you." in said.err
    assert "Go ahead?" not in said.err
    with pytest.raises(NotAgreedError, match="--yes") as refused:
        agreed(PLAN, "Update", yes=False)
    assert refused.value.exit_code == 1
    assert refused.value.ask == {"kind": "plan", "plan": plan_shape(PLAN)}


def test_several_plans_become_one_and_one_plugin_stands_in_it_once() -> None:
    other = Plan((PlanItem("other", "Other", "", "1", OFFER),), PLAN.questions, ("A note.",), 7)
    whole = joined([PLAN, other])
    assert [each.id for each in whole.items] == ["acme", "other"]
    assert whole.questions == PLAN.questions, "what is asked for both is asked once"
    assert whole.notes == (*PLAN.notes, "A note.")
    with pytest.raises(UserError, match="same plugin, “acme”"):
        joined([PLAN, PLAN])


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (change(Act.INSTALL, after="0.4.0"), "Installed Acme (acme): 0.4.0."),
        (change(Act.UPDATE, "0.3.0", "0.4.0"), "Updated Acme (acme): 0.3.0 → 0.4.0."),
        (change(Act.REMOVE, "0.4.0"), "Removed Acme (acme): 0.4.0."),
        (change(Act.DISABLE), "Disabled Acme (acme)."),
        (change(Act.PIN, after="0.4.0"), "Pinned Acme (acme): 0.4.0."),
        (change(Act.PIN, "0.4.0"), "Unpinned Acme (acme)."),
        (change(Act.UNDO, "0.4.0", "0.3.0"), "Undid Acme (acme): 0.4.0 → 0.3.0."),
        (change(Act.UNDO, "0.4.0", "0.4.0"), "Undid Acme (acme)."),
    ],
)
def test_a_change_is_a_sentence(done: Change, said: str) -> None:
    assert did(done) == said


def test_a_change_in_the_history() -> None:
    row = history_row(change(Act.UPDATE, "0.3.0", "0.4.0", last=True))
    index = "the package index at example.org"
    assert (row[0], *row[2:]) == ("3", "update", "acme", "0.3.0 → 0.4.0", index)
    assert history_row(change(Act.REMOVE, undone=True))[2] == "remove, undone"
    shape = change_shape(change(Act.REMOVE, "0.4.0", undone=True))
    assert (shape["at"], shape["act"], shape["before"], shape["after"]) == (
        "2026-11-22T06:30:00Z",
        "remove",
        "0.4.0",
        None,
    )


def test_versions() -> None:
    assert (versions("", "1"), versions("1", ""), versions("1", "2"), versions("1", "1")) == (
        "1",
        "1",
        "1 → 2",
        "1, again",
    )


def test_a_plugin_as_it_is_shown() -> None:
    info = PluginInfo("acme", "Acme", "1", "1", state=PluginState.FAILED, reason="It fell.", details="a\nb")
    facts = PluginFacts("acme", INDEX, "Agreed to.", 2048, "ab", AT, "1", ("six==1",), ("check_job",), ("x.py",))
    rows = dict(show_rows(info, facts, [change(Act.INSTALL, after="1")]))
    assert rows["State"] == state_words(info) == "failed: It fell."
    assert rows["Pinned"] == "to 1: updates leave it alone"
    assert (rows["Size"], rows["Trust"], rows["Brings"]) == ("2.0 kB", "Agreed to.", "six==1")
    assert (rows["Hooks"], rows["Changed"]) == ("check_job", "x.py")
    assert rows["History"].endswith("Installed Acme (acme): 1.")


def test_a_find_says_what_is_here_and_what_does_not_fit() -> None:
    newer = Offer("rankzero-acme", "0.5.0", INDEX, why_not="It needs Python 3.14.")
    here = Installed("acme", "0.3.0", "rankzero-acme", INDEX, Path("/x"))
    shape = choice_shape(Choice(OFFER, (newer,)), [here])
    assert (shape["version"], shape["installed"]) == ("0.4.0", "0.3.0")
    assert [each["why_not"] for each in shape["unfit"]] == ["It needs Python 3.14."]
    assert choice_shape(Choice(OFFER), [])["installed"] is None


def test_the_guide_shows_the_documents_as_they_are() -> None:
    guide = (ROOT / "docs" / "installing-plugins.md").read_text("utf-8")
    plan, changes = (json.loads(each) for each in re.findall(r"^```json\n(.*?)^```", guide, re.DOTALL | re.MULTILINE))
    (item,), ours = plan["plan"]["items"], plan_shape(PLAN)
    assert plan["plan"].keys() == ours.keys()
    assert item.keys() == ours["items"][0].keys()
    assert item["offer"].keys() == ours["items"][0]["offer"].keys()
    assert changes["changes"][0].keys() == change_shape(change(Act.INSTALL)).keys()
    assert changes["changes"][0]["act"].split("|") == [str(each) for each in Act]
