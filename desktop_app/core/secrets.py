"""Knows what a secret looks like in a text: keys, tokens, signed addresses. Says which kind it is, never the secret.

All patterns take time that grows with the text and no faster: where one could begin anew within what it just read, it
looks behind itself first.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Secret(NamedTuple):
    """A kind of secret, as words that fit “it holds …”. A token is known by how it `begins`.

    The first group of the pattern, where it has one, is not secret itself.
    """

    kind: str
    pattern: re.Pattern[str]
    begins: tuple[str, ...] = ()


JSON_WEB_TOKEN = re.compile(r"(?<![\w-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")
WANDB_KEY = re.compile(r"(?i)(\bwandb[_-]?(?:api[_-]?)?key\W{1,4})[0-9a-f]{40}\b")
PASSWORD_IN_ADDRESS = re.compile(r"(://[^/\s:@]*:)([^/\s@]+)(?=@)")
"""user:password@host; the second group is the password."""
PASSWORD_OPTION = re.compile(
    r"(?<![\w-])(--?[\w-]*(?:password|passwd|secret|api[_-]?key|access[_-]?key|auth[_-]?token)[ =])([^\s$<{-][^\s${]*)"
)
"""Of a command line; the second group is the password."""
BARE_STORAGE_KEY = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==(?![A-Za-z0-9+/=])")
"""A storage account's key with nothing around it: in files of other programs that is as often a checksum."""

SECRETS = (
    Secret("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")),
    Secret("the key of a storage account", re.compile(r"(AccountKey=)[A-Za-z0-9+/]{40,}={0,2}")),
    Secret("a shared access key", re.compile(r"(SharedAccessKey=)[A-Za-z0-9+/]{40,}={0,2}")),
    Secret("a signed address (SAS)", re.compile(r"([?&]sig=)[A-Za-z0-9%+/=]{40,}")),
    Secret(
        "a GitHub token",
        re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})\b"),
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    ),
    Secret("a GitLab token", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}\b"), ("glpat-",)),
    Secret("a Hugging Face token", re.compile(r"\bhf_[A-Za-z0-9]{30,}\b"), ("hf_",)),
    Secret("an OpenAI key", re.compile(r"\bsk-(?:proj-)?[A-Za-z0-9_-]{32,}\b"), ("sk-",)),
    Secret(
        "a Stripe key",
        re.compile(r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{20,}\b"),
        ("sk_live_", "rk_live_", "sk_test_", "rk_test_"),
    ),
    Secret("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), ("AKIA", "ASIA")),
    Secret(
        "a Slack token",
        re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}\b"),
        ("xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-"),
    ),
    Secret("a Google API key", re.compile(r"\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"), ("AIza",)),
    Secret("a PyPI token", re.compile(r"\bpypi-[A-Za-z0-9_-]{50,}\b"), ("pypi-",)),
    Secret("a Weights & Biases key", WANDB_KEY),
    Secret("a JSON web token", JSON_WEB_TOKEN),
)
"""Each kind strictly, so that what only looks like it is left alone."""


def kinds_of_secrets(text: str) -> tuple[str, ...]:
    """Return what kinds of secrets seem to stand in a text, each once."""
    return tuple(each.kind for each in SECRETS if each.pattern.search(text))
