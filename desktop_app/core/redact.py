"""Takes secrets out of texts before they are written or shown: tokens, keys, passwords, signed addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping

COVER = "•••"

_WORDS = "token|secret|passw(?:or)?d|pwd|(?:api|access|account)[_-]?key|credential|connection[_-]?string"
_NAME = rf"(?:[\w.-]*(?:{_WORDS})[\w.-]*)"
_RULES = (
    re.compile(r"(?i)(\bsig=)[^&\s\"'<>]+"),  # the signature of a SAS address
    re.compile(r"(?i)(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(rf"(?i)(\b{_NAME}[\"']?\s*[:=]\s*[\"']?)[^\s\"',;&}}]+"),
    re.compile(r"(?i)(--[\w-]*(?:token|secret|password|key)[ =])\S+"),
    re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)"),  # user:password@host
    re.compile(r"()\b(?:ghp|gho|ghs|hf|sk|xox[abp]|glpat|pypi)[_-][A-Za-z0-9_-]{16,}"),
    re.compile(r"()\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),  # a JSON web token
    re.compile(r"()-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL),
)
_SECRET_NAME = re.compile(rf"(?i){_NAME}")
_SHORTEST = 6  # a value shorter than this is no secret, and covering it would make the text useless


def redact(text: str, environ: Mapping[str, str] | None = None) -> str:
    """Return `text` with every secret covered; also the values of variables in `environ` whose name says secret."""
    for name, value in (environ or {}).items():
        if len(value) >= _SHORTEST and _SECRET_NAME.fullmatch(name):
            text = text.replace(value, COVER)
    for rule in _RULES:
        text = rule.sub(lambda match: f"{match.group(1)}{COVER}", text)
    return text
