"""Secrets are covered and counted, in time that grows with the text and no faster."""

from __future__ import annotations

import time

import pytest

from desktop_app.core.redact import COVER, is_secret, redact
from desktop_app.services.redaction import Redactor, secrets_of


@pytest.mark.parametrize(
    "text",
    [
        "tokenizer: bert-base", "max_tokens: 512", "tokens_per_second=1234.5", "TOKENIZERS_PARALLELISM=false",
        "use_tokens: true",
    ],
)  # fmt: skip
def test_what_only_counts_tokens_is_no_secret(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("text", ["HF_TOKENS=abc", "STORAGE_KEY: abc", "passphrase = abc", "my.private-key=abc"])
def test_more_names_that_say_secret(text: str) -> None:
    assert "abc" not in redact(text)


def test_names() -> None:
    assert is_secret("DB_PASSWORD", 12345678)
    assert not is_secret("PWD", "/home/ada")
    assert not is_secret("max_tokens", 512)


def test_a_secret_counts_once() -> None:
    redactor = Redactor(["hunter22"])
    assert redactor("HF_TOKEN=hunter22 and sig=abc") == f"HF_TOKEN={COVER} and sig={COVER}"
    assert redactor.told() == "signatures (1 ×), values of secret variables (1 ×)"
    assert redactor("HF_TOKEN=hunter22") == f"HF_TOKEN={COVER}"
    assert redactor.counts["values of secret variables"] == 2


def test_secrets_of_every_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "from-my-shell")
    plan = {
        "environment": {"A_TOKEN": "of-the-run", "B": "plain-text"},
        "job": {"environment_variables": {"C_SECRET": "of-the-job"}},
        "inputs": {"api_key": "of-an-input"},
        "processes": [{"environment": {"D_PWD": "of-a-rank"}}, "odd"],
    }
    found = set(secrets_of(plan, {"mark": "the-mark"}))
    assert found >= {"of-the-run", "of-the-job", "of-an-input", "of-a-rank", "from-my-shell", "the-mark"}
    assert "plain-text" not in found
    assert secrets_of({"processes": None, "job": []}, {}) is not None


@pytest.mark.parametrize(
    "text",
    [
        "eyJ-" * 100_000,
        "-" * 400_000,
        "a.b-" * 100_000,
        "://a" * 100_000,
        "PRIVATE KEY-----\n" + "ok\n" * 100_000,
        "token" * 80_000,
        'secret="a' * 50_000,
        "://a:b@" * 60_000,
        "login a password " * 20_000,
        "Credential=" * 40_000,
        "hunter2-and-" * 40_000 + " x",
    ],
    ids=[
        "JWT",
        "dashes",
        "dots",
        "addresses",
        "lines",
        "tokens",
        "quotes",
        "passwords",
        "netrc",
        "credentials",
        "halves",
    ],
)
def test_hostile_texts_take_no_longer_than_others(text: str) -> None:
    begun = time.process_time()
    Redactor(["hunter22", "hunter2-and-more-of-it"])(text)
    assert time.process_time() - begun < 10, "what grows with the square takes minutes"
