"""Sign-ins in the keyring: in pieces that Windows takes, in one step for who reads, and never anywhere else."""

from __future__ import annotations

import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.backends.azureml.gateway import keeping
from desktop_app.backends.azureml.gateway.keeping import Keeper, merged


class Ring:
    """A keyring as narrow as Windows'; `left` writes succeed before it breaks."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.left = 10_000

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        assert len(password.encode("utf-16-le")) <= 2560
        if not self.left:
            raise OSError("locked")
        self.left -= 1
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


TEXT = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=6000)


@given(TEXT, TEXT)
def test_what_is_kept_comes_back_and_nothing_is_left_over(first: str, second: str) -> None:
    ring = Ring()
    keeper = Keeper(ring, "a keyring")
    for text in (first, second):
        assert keeper.save(text)
        assert Keeper(ring, "a keyring").load() == text
    assert len(ring.entries) == 1 + (len(second) + 1199) // 1200
    keeper.forget()
    assert ring.entries == {}
    assert Keeper(ring).load() == ""


@given(st.integers(0, 6))
def test_who_breaks_off_in_the_middle_leaves_the_former(left: int) -> None:
    ring = Ring()
    Keeper(ring, "a keyring").save("former" * 500)
    ring.left = left
    keeper = Keeper(ring, "a keyring")
    written = keeper.save("later" * 1000)  # five pieces and the head
    assert written == (left == 6)
    assert Keeper(ring).load() == ("later" * 1000 if written else "former" * 500)
    assert keeper.place == ("a keyring" if written else "")


def test_a_piece_that_is_gone_means_that_nothing_is_kept() -> None:
    ring = Ring()
    Keeper(ring).save("x" * 3000)
    ring.entries.pop(next(name for name in ring.entries if name[1].endswith("/1")))
    assert Keeper(ring).load() is None


def test_without_a_keyring_nothing_is_kept() -> None:
    keeper = Keeper(None)
    assert (keeper.save("x"), keeper.load(), keeper.place) == (False, "", "")
    keeper.forget()


@pytest.mark.parametrize(
    ("module", "title"),
    [
        ("keyring.backends.Windows", "the Windows Credential Manager"),
        ("keyring.backends.macOS", "the macOS keychain"),
        ("keyring.backends.SecretService", "the system keyring (Secret Service)"),
        ("keyring.backends.fail", ""),
        ("keyring.backends.null", ""),
        ("keyrings.alt.file", ""),  # a plain file
    ],
)
def test_only_keyrings_that_encrypt_are_used(module: str, title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = type("Keyring", (Ring,), {"__module__": module})()

    class Chainer:
        pass

    for name, members in (
        ("keyring", {"get_keyring": lambda: found}), ("keyring.backends", {}),
        ("keyring.backends.chainer", {"ChainerBackend": Chainer}),
    ):  # fmt: skip
        made = types.ModuleType(name)
        vars(made).update(members)
        monkeypatch.setitem(sys.modules, name, made)
    assert Keeper.of_system().place == title


def test_a_system_without_a_message_bus_has_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert keeping._rings() == []
    assert Keeper.of_system().place == ""


STATE = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 2))


@given(STATE, STATE, STATE)
def test_each_process_keeps_what_it_did_and_learns_what_the_others_did(
    base: dict[str, int], mine: dict[str, int], theirs: dict[str, int]
) -> None:
    found = merged(base, mine, theirs)
    for name in "abcdef":
        if mine.get(name) != base.get(name):
            assert found.get(name) == mine.get(name), "what was done here"
        else:
            assert found.get(name) == theirs.get(name), "what was done there"
