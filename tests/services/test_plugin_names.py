"""Which names are so like another plugin's that somebody could take one for the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.services.plugins.installing.looking.names import confusable, looks_like

BUNDLED = {
    "pytorch": "PyTorch",
    "tensorflow": "TensorFlow",
    "horovod": "Horovod",
    "modern": "Modern",
    "rankzero-ray": "Ray",
    "rankzero-deepspeed": "DeepSpeed",
}
IDS = st.from_regex(r"[a-z][a-z0-9]{0,12}(-[a-z0-9]{1,6}){0,2}", fullmatch=True)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("py-torch", "pytorch"), ("PyTorch", "pytorch"), ("pyt0rch", "pytorch"), ("tens0rf1ow", "tensorflow"),
        ("pytroch", "pytorch"), ("pytorchh", "pytorch"), ("pytorc", "pytorch"), ("horovad", "horovod"),
        ("modem", "modern"), ("рytorсh", "pytorch"), ("pytorch2", "pytorch"), ("ｐｙｔｏｒｃｈ", "pytorch"),
        ("r-ay", "rankzero-ray"), ("ray", "rankzero-ray"), ("deapspeed", "rankzero-deepspeed"), ("pytörch", "pytorch"),
    ],
)  # fmt: skip
def test_confusable(name: str, other: str) -> None:
    assert confusable(name, "Something else", BUNDLED) == (
        f"“{name}” is easily taken for “{other}”, which is another plugin."
    )


@pytest.mark.parametrize(
    "name", ["acme", "rey", "rankzero-acme", "pytorch-lightning", "jax", "keras", "torch-elastic", "tensor"]
)
def test_other_names(name: str) -> None:
    assert confusable(name, name.title(), BUNDLED) == ""


def test_members_of_a_family_are_told_apart_by_their_numbers() -> None:
    assert confusable("acme-llm-3", "Acme 3", {"acme-llm-2": "Acme 2"}) == ""


@pytest.mark.parametrize("title", ["PyTorch", "Py Torch", "РуТоrсh", "PYT0RCH", "horovod"])
def test_titles_too(title: str) -> None:
    assert "which is another plugin" in confusable("acme", title, BUNDLED)


def test_a_plugin_is_not_confused_with_itself() -> None:
    assert confusable("pytorch", "PyTorch", {"pytorch": "PyTorch"}) == ""


@given(IDS, IDS)
def test_it_does_not_matter_which_comes_first(one: str, two: str) -> None:
    assert looks_like(one, two) == looks_like(two, one)
    assert looks_like(one, one)


@given(IDS.filter(lambda each: len(each.replace("-", "")) >= 7), st.data())
def test_every_single_slip_is_seen(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.sampled_from("qxz"))
    other = data.draw(st.sampled_from([name[:place] + name[place + 1 :], name[:place] + letter + name[place:]]))
    digits = name[place].isdigit() and other != name[:place] + letter + name[place:]
    assert looks_like(name, other) or digits
