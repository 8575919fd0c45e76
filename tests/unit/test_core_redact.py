"""Secrets never reach a report."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Value
from desktop_app.core.redact import COVER, longest_bare, redact, without_secrets

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
        ("postgres://ada:love/lace@host:5432/db", "love/lace"),
        ("https://0123456789abcdef0123@sentry.example/4", "0123456789abcdef0123"),
        ("GET https://b.example/k?X-Amz-Date=2&X-Amz-Signature=5d672d79c15b13162d", "5d672d79c15b13162d"),
        (r'{"error": "{\\"token\\": \\"abc123def\\"}"}', "abc123def"),
        ('connect(password="two words, and; signs")', "words"),
        ("{'HF_TOKEN': 'a b', 'LR': '1'}", "a b"),
        ("machine api.example login user password 0123456789abcdef", "0123456789abcdef"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("Server=tcp:x,1433;User Id=u;Password=p4ss;Encrypt=True", "p4ss"),
        ("password: 12345", "12345"),
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
    "text",
    [
        'File "train.py", line 41, in train',
        "tokenizer loaded",
        "KeyError: 'lr'",
        "the key is in the door",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "md5 = XrY7u+Ae7tCTyyK7j1rNww==",
        "use as `pad_token` `(tokenizer.pad_token = tokenizer.eos_token e.g.)`",
        "    token = os.environ['HF_TOKEN']",
        "IndexError: token: 50257 is out of range",
        "pad_token_id: 0",
        "Attempted credentials:\n\tManagedIdentityCredential: ManagedIdentityCredential unavailable",
        "Enter password:\nTraceback (most recent call last):",
        "basic functionality is missing",
        "rank 3 ended with sig=9, sig=SIGSEGV",
        "tcp://10.0.0.1:29500/x@y, git@host:a/b.git",
        "abfss://training-data-of-2026@account.dfs.example/part",
    ],
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


def test_of_a_value_that_was_cut_or_wrapped_no_half_stays() -> None:
    environ = {"MY_API_KEY": "abcdefgh-ijklmnop-qrstuvwx"}
    assert redact("key abcdefgh-ijklmnop…\nnext", environ) == f"key {COVER}…\nnext"
    assert redact("│ key abcdefgh-ijklm\nnop-qrstuvwx │", environ) == f"│ key {COVER}\nnop-qrstuvwx │"
    assert redact("key abcd\nefgh-ijklmnop-qrstuvwx │", environ) == f"key abcd\n{COVER} │"
    assert redact("abcdefgh-ijklmnope of others", environ) == "abcdefgh-ijklmnope of others"


def test_the_longest_bare_part_stands_in_the_original() -> None:
    text = "ValueError: https://ada:lovelace@host/simple is no index"
    assert longest_bare(redact(text)) in text
    assert longest_bare("") == ""
