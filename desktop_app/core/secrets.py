"""Knows what a secret looks like in a text: keys, tokens, signed addresses. Says which kind it is, never the secret."""

from __future__ import annotations

import re

_KINDS = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")),
    ("the key of a storage account", re.compile(r"AccountKey=[A-Za-z0-9+/]{40,}={0,2}")),
    ("a shared access key", re.compile(r"SharedAccessKey=[A-Za-z0-9+/]{40,}={0,2}")),
    ("a signed address (SAS)", re.compile(r"[?&]sig=[A-Za-z0-9%+/=]{40,}")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})\b")),
    ("a GitLab token", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}\b")),
    ("a Hugging Face token", re.compile(r"\bhf_[A-Za-z0-9]{30,}\b")),
    ("an OpenAI key", re.compile(r"\bsk-(?:proj-)?[A-Za-z0-9_-]{32,}\b")),
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("a Slack token", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}\b")),
    ("a Google API key", re.compile(r"\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])")),
    ("a PyPI token", re.compile(r"\bpypi-[A-Za-z0-9_-]{50,}\b")),
    ("a Weights & Biases key", re.compile(r"(?i)\bwandb[_-]?(?:api[_-]?)?key\W{1,4}[0-9a-f]{40}\b")),
    ("a JSON web token", re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}")),
)  # fmt: skip


def kinds_of_secrets(text: str) -> tuple[str, ...]:
    """Return what kinds of secrets seem to stand in a text, each once, as words that fit “it holds …”."""
    return tuple(name for name, pattern in _KINDS if pattern.search(text))
