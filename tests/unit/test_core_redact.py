"""Secrets never reach a report."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Value
from desktop_app.core.redact import COVER, redact, without_secrets

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("https://x.blob.core.windows.net/c/f?sv=2024&sig=abc%2Fdef%3D&se=2026", "abc%2Fdef%3D"),
        ("Authorization: Bearer abcdefgh12345678", "abcdefgh12345678"),
        ("HF_TOKEN=hf_abcdefghij", "hf_abcdefghij"),
        ('{"password": "hunter2"}', "hunter2"),
        ("AccountKey=Zm9vYmFy==;EndpointSuffix=x", "Zm9vYmFy=="),
        ("train.py --api-key s3cr3t --lr 0.1", "s3cr3t"),
        ("['train.py', '--api-key', 's3cr3t', '--lr']", "s3cr3t"),
        ("https://ada:lovelace@host/simple", "lovelace"),
        ("found ghp_0123456789abcdefghij in it", "ghp_0123456789abcdefghij"),
        (f"token was {JWT}", JWT),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
    ],
)
def test_a_secret_is_covered(text: str, secret: str) -> None:
    covered = redact(text)
    assert secret not in covered
    assert COVER in covered


def test_what_stands_around_a_secret_stays() -> None:
    assert redact("a --api-key s3cr3t --lr 0.1 b") == f"a --api-key {COVER} --lr 0.1 b"
    assert redact("['--key', '--lr', '1']") == "['--key', '--lr', '1']"
    assert redact("?sv=1&sig=abc&se=2") == f"?sv=1&sig={COVER}&se=2"


def test_values_of_secret_variables_are_covered_wherever_they_stand() -> None:
    environ = {"WANDB_API_KEY": "0123456789", "HOME": "/home/ada", "MY_SECRET": "ab"}
    assert redact("sent 0123456789 from /home/ada, ab", environ) == f"sent {COVER} from /home/ada, ab"


@pytest.mark.parametrize(
    "text", ['File "train.py", line 41, in train', "tokenizer loaded", "KeyError: 'lr'", "the key is in the door"]
)
def test_plain_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


@given(st.text())
def test_covering_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


def test_settings_keep_all_but_their_secrets() -> None:
    given: Value = {"class": "train:Net", "arguments": {"hidden": 64, "hub_token": "abc123def", "max_tokens": 512}}
    covered = {"class": "train:Net", "arguments": {"hidden": 64, "hub_token": COVER, "max_tokens": 512}}
    assert without_secrets(given) == covered
