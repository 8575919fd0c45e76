"""What is asked before code of a new source runs: once, in plain words, and nothing that isn't so is promised."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import OutsideError
from desktop_app.services.plugins.installing.keeping.trust import FILE, Trust, source_key, trust_words
from desktop_app.services.plugins.installing.models import Offer, PlanItem, Source, SourceKind
from desktop_app.services.plugins.words import WHAT_IT_IS
from tests.helpers.rights import obeys_modes

INDEX = Source(SourceKind.INDEX, "https://packages.example/simple")
HOUSE = Source(SourceKind.WHEEL, "/srv/wheels")
WHEEL = Source(SourceKind.WHEEL, "/home/a/acme-1.0-py3-none-any.whl")
FOLDER = Source(SourceKind.FOLDER, "/home/a/acme")


def item(source: Source, *, sha256: str = "ab" * 32, title: str = "Acme", requires: tuple[str, ...] = ()) -> PlanItem:
    return PlanItem("acme", title, "", "1.0", Offer("rankzero-acme", "1.0", source, sha256=sha256), requires)


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    return Trust(tmp_path / "plugins")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (INDEX, "“Acme” comes from the package index packages.example: whoever may upload"),
        (HOUSE, "“Acme” comes from the folder of wheels /srv/wheels"),
        (WHEEL, f"from the file {WHEEL.where} (SHA-256 {'ab' * 32})"),
        (FOLDER, "is taken from the folder /home/a/acme, used each time the program or a verb runs"),
    ],
    ids=lambda each: each.where if isinstance(each, Source) else "",
)
def test_each_source_is_asked_about_once_as_what_it_is(trust: Trust, source: Source, words: str) -> None:
    general, said = trust.questions([item(source)])
    assert general == WHAT_IT_IS
    assert words in said
    assert trust.questions([item(source)]) == (general, said)  # asking is not agreeing
    trust.agree([item(source)])
    assert trust.questions([item(source)]) == ()
    (agreed,) = trust.agreed()
    assert agreed.source == source
    assert agreed.at is not None
    assert trust.path.stat().st_mode & 0o777 == 0o600


def test_another_file_is_another_source_and_the_same_file_elsewhere_is_not(trust: Trust) -> None:
    trust.agree([item(WHEEL)])
    assert trust.questions([item(WHEEL, sha256="cd" * 32)])
    assert trust.questions([item(Source(SourceKind.WHEEL, "/tmp/acme-1.0-py3-none-any.whl"))]) == ()


def test_an_index_is_the_same_with_another_password_and_a_slash(trust: Trust) -> None:
    trust.agree([item(Source(SourceKind.INDEX, "https://me:secret@Packages.example/simple/"))])
    assert trust.questions([item(INDEX)]) == ()
    assert "secret" not in trust.path.read_text("utf-8")
    assert trust.questions([item(Source(SourceKind.INDEX, "https://packages.example:8443/simple"))])


def test_what_ships_and_what_goes_is_not_asked_about(trust: Trust) -> None:
    gone = PlanItem("acme", "Acme", "1.0", "", Offer("rankzero-acme", "1.0", INDEX))
    assert trust.questions([item(Source(SourceKind.BUNDLED)), gone]) == ()
    trust.agree([gone])
    assert not trust.path.exists()


def test_what_a_file_needs_comes_from_an_index_which_is_asked_about_as_well(trust: Trust) -> None:
    one = item(WHEEL, requires=("humanize>=4",))
    _, wheel, index = trust.questions([one], (INDEX.where,))
    assert "from the file" in wheel
    assert "What “Acme” needs (humanize>=4) comes from the package index packages.example" in index
    trust.agree([one], (INDEX.where,))
    assert trust.questions([item(INDEX)]) == ()
    assert {each.source for each in trust.agreed()} == {WHEEL, INDEX}


def test_each_index_that_pip_is_set_to_ask_is_asked_about(trust: Trust) -> None:
    one = item(FOLDER, requires=("humanize",))
    both = (INDEX.where, "https://me:secret@wheels.acme.example/")
    said = trust.questions([one], both)
    assert len(said) == 3, "what it is, the plugin's own source, and one paragraph for what it needs"
    assert "from the package index packages.example or the package index wheels.acme.example: whoever" in said[-1]
    trust.agree([one], both)
    assert trust.questions([one], both) == ()
    assert "secret" not in trust.path.read_text("utf-8")


def test_what_one_index_offers_may_need_what_another_has(trust: Trust) -> None:
    one = item(INDEX, requires=("humanize",))
    assert len(trust.questions([one], (INDEX.where,))) == 2
    _, plugin, needed = trust.questions([one], (INDEX.where, "https://wheels.acme.example/"))
    assert plugin.startswith("“Acme” comes from the package index packages.example:")
    assert needed.startswith("What “Acme” needs (humanize) comes from the package index wheels.acme.example:")


def test_what_comes_from_an_address_of_its_own_is_said(trust: Trust) -> None:
    one = item(FOLDER, requires=("tool @ https://me:s3cret@acme.example/tool.whl", "rich[jupyter]>=13; extra == 'a@b'"))
    _, _, address, index = trust.questions([one], (INDEX.where,))
    assert "comes from an address of its own: tool @ https://" in address
    assert "acme.example/tool.whl." in address
    assert "s3cret" not in address
    assert "needs (rich[jupyter]>=13; extra == 'a@b')" in index
    trust.agree([one], (INDEX.where,))
    assert trust.questions([one], (INDEX.where,)) == ()


def test_a_wheelhouse_asks_no_index(trust: Trust) -> None:
    assert len(trust.questions([item(HOUSE, requires=("humanize",))], (INDEX.where,))) == 2


def test_many_plugins_of_one_source_are_one_question(trust: Trust) -> None:
    assert len(trust.questions([item(INDEX), item(INDEX, title="Beta"), item(FOLDER)])) == 3


def test_what_was_agreed_to_can_be_taken_back(trust: Trust) -> None:
    trust.agree([item(INDEX), item(WHEEL)])
    key = source_key(INDEX)
    assert trust.revoke(key)
    assert not trust.revoke(key)
    assert trust.questions([item(INDEX)])
    assert trust.questions([item(WHEEL)]) == ()


def test_titles_can_say_nothing_of_their_own(trust: Trust) -> None:
    question = "".join(trust.questions([item(INDEX, title="Good\u202e\x1b[2J\n\nChecked by Rank Zero. " + "x" * 900)]))
    assert "\u202e" not in question
    assert "\x1b" not in question
    assert "\n" not in question
    assert len(question) < 800


def test_no_text_claims_more_than_is_so(trust: Trust) -> None:
    said = " ".join(
        trust.questions([item(each, requires=("a",)) for each in (INDEX, HOUSE, WHEEL, FOLDER)], (INDEX.where,))
    )
    said += " ".join(trust_words(each) for each in (INDEX, HOUSE, WHEEL, FOLDER))
    assert not {"sandbox", "safe", "secure", "verified", "isolated"} & set(said.lower().replace(".", " ").split())
    assert "nothing holds it back" in WHAT_IT_IS
    assert "nobody has checked it" in WHAT_IT_IS


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Source(SourceKind.BUNDLED), "Ships with Rank Zero"),
        (INDEX, "From the package index packages.example"),
        (WHEEL, "From a file on this machine"),
        (HOUSE, "From a folder of wheels on this machine"),
        (FOLDER, "From a folder on this machine, as you edit it"),
        (Source(SourceKind.WHEEL), "Installed beside Rank Zero, into its own Python"),
    ],
)
def test_the_list_says_where_each_comes_from(source: Source, words: str) -> None:
    assert trust_words(source) == words


@pytest.mark.parametrize("text", ["", "[]", "{", '{"sources": []}', '{"sources": {"index x": 3}}', "[" * 9000, "\0"])
def test_a_damaged_file_trusts_nobody_and_is_kept(trust: Trust, text: str) -> None:
    trust.path.parent.mkdir()
    trust.path.write_text(text, "utf-8")
    assert trust.questions([item(INDEX)])
    assert trust.agreed() == ()
    trust.agree([item(INDEX)])
    assert trust.questions([item(INDEX)]) == ()
    assert [each.read_text("utf-8") for each in trust.path.parent.glob(".trust.damaged-*")] == [text]


def test_odd_entries_are_read(trust: Trust) -> None:
    trust.path.parent.mkdir()
    told = {"sources": {"index x": {"kind": "moon", "at": "yesterday"}, "folder /a": {"kind": "folder", "where": "/a"}}}
    trust.path.write_text(json.dumps(told), "utf-8")
    assert [(each.key, each.at) for each in trust.agreed()] == [("folder /a", None), ("index x", None)]


@obeys_modes
def test_a_home_that_cannot_be_written_is_said(trust: Trust) -> None:
    trust.path.parent.mkdir(mode=0o500)
    with pytest.raises(OutsideError, match=r"can't be saved to .*\.trust\.json") as caught:
        trust.agree([item(INDEX)])
    assert caught.value.hint
    assert not (trust.path.parent / FILE).exists()


@given(st.text(), st.sampled_from(SourceKind))
def test_any_address_has_words(where: str, kind: SourceKind) -> None:
    source = Source(kind, where)
    assert trust_words(source)
    assert source_key(source) == source_key(source)
