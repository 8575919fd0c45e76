"""Takes secrets out of texts before they are written or shown: tokens, keys, passwords, signed addresses.

What a secret looks like is known by `secrets`; here more is covered: what is cut, and all that a name calls secret.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from desktop_app.api import Value
from desktop_app.core.secrets import JSON_WEB_TOKEN, PASSWORD_IN_ADDRESS, SECRETS, WANDB_KEY

COVER = "•••"
VARIABLES, SIGNED, NAMED, KEYS = "values of secret variables", "signatures", "tokens and passwords", "private keys"

# `tokenizer` is no token, and `max_tokens: 512` counts some.
_KEY = "(?:api|access|account|storage|shared|private|signing|encryption)[_-]?key"
_WORDS = rf"token(?!i[sz]|s)|secret|passw(?:or)?d|passphrase|pwd|{_KEY}|credential|connection[_-]?string"
_ASSIGNED = r"[\w.-]{0,80}[\"']?\s*[:=]\s*[\"']?"
_OPTION = r"(?<![\w-])--[\w-]*(?:token|secret|password|key)"
_COUNT = r"[-+]?[\d.]|(?:true|false|none|null)\b"
_BEGINNINGS = tuple(each for secret in SECRETS for each in secret.begins)
_VALUE = r"[^\s\"',;&}]+"
_NAMES = ("token", "secret", "passw", "passphrase", "pwd", "key", "credential", "connection")
# What must stand in a text, in small letters, for a rule to be tried: most of a log has none of it. A rule's first
# group, where it has one, stays.
_RULES = (
    (SIGNED, ("sig=",), re.compile(r"(?i)(\bsig=)[^&\s\"'<>]+")),  # the signature of a SAS address
    (NAMED, ("bearer", "basic"), re.compile(r"(?i)(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}")),
    (NAMED, _NAMES, re.compile(rf"(?i)((?=[acekpst])(?:{_WORDS}){_ASSIGNED}){_VALUE}")),
    (NAMED, ("tokens",), re.compile(rf"(?i)(tokens{_ASSIGNED})(?!{_COUNT}){_VALUE}")),
    (NAMED, ("--",), re.compile(rf"(?i)({_OPTION}[ =])\S+")),
    # The same where arguments stand as a list.
    (NAMED, ("--",), re.compile(rf"(?i)({_OPTION}[\"'],\s?[\"'])(?!-)[^\s\"']+")),
    (NAMED, ("://",), PASSWORD_IN_ADDRESS),
    (NAMED, ("http://127",), re.compile(r"(http://127\.0\.0\.1:\d+/)[0-9a-f]{24}\b")),  # a run's metrics go there
    (NAMED, ("wandb",), WANDB_KEY),
    (
        NAMED,
        tuple(each.lower() for each in _BEGINNINGS),
        re.compile(rf"\b(?:{'|'.join(_BEGINNINGS)})[A-Za-z0-9_-]{{16,}}"),
    ),
    (NAMED, ("eyj",), JSON_WEB_TOKEN),
)
_KEY_RULES = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.{0,8000}?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL),
    # What is left of a key in a text that was cut in its midst.
    re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----\r?\n)[A-Za-z0-9+/=\r\n]+"),
    re.compile(r"(?m)(?:^[A-Za-z0-9+/=]{1,80}\r?\n){1,200}(?=-----END [A-Z ]*PRIVATE KEY-----)"),
)
_SECRET_NAME = re.compile(rf"(?i){_WORDS}")
_SECRETS_OR_COUNT = re.compile(r"(?i)tokens")
_FOLDERS = ("PWD", "OLDPWD")  # where a shell stands: no password
_NUMBER = re.compile(r"[-+]?[\d.,_]+(?:e[-+]?\d+)?", re.IGNORECASE)
_SHORTEST = 6  # a value shorter than this is no secret, and covering it would make the text useless


def redact(text: str, environ: Mapping[str, str] | None = None) -> str:
    """Return `text` with every secret covered; also the values of variables in `environ` whose name says secret."""
    return redact_counted(text, secret_values(environ or {}))[0]


def redact_counted(text: str, values: Sequence[str]) -> tuple[str, Counter[str]]:
    """Return `text` without these values and any other secret, and how many of which kind were covered."""
    counts: Counter[str] = Counter()
    for value in values:
        counts[VARIABLES] += text.count(value)
        text = text.replace(value, COVER)
    small = text.lower()
    for kind, hints, rule in _RULES:
        if not any(each in small for each in hints):
            continue
        text = rule.sub(lambda match, kind=kind: _covered(match, kind, counts), text)  # type: ignore[misc]
    if "PRIVATE KEY-----" in text:
        for rule in _KEY_RULES:
            text = rule.sub(lambda match: _covered(match, KEYS, counts), text)
    return text, +counts


def is_secret(name: str, value: object) -> bool:
    """Whether what stands under a name is by that name a secret."""
    if name.upper() in _FOLDERS:
        return False
    plain = isinstance(value, bool) or _NUMBER.fullmatch(str(value))
    return bool(_SECRET_NAME.search(name) or (_SECRETS_OR_COUNT.search(name) and not plain))


def without_secrets(value: Value, name: str = "") -> Value:
    """Return settings with every value covered whose name says secret, however deep it stands."""
    if isinstance(value, dict):
        return {key: without_secrets(each, key) for key, each in value.items()}
    return COVER if isinstance(value, str) and is_secret(name, value) else value


def secret_values(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of the secrets among these variables that can be told from other text, longest first."""
    secrets = {value for name, value in environ.items() if len(value) >= _SHORTEST and is_secret(name, value)}
    return tuple(sorted(secrets, key=lambda each: (-len(each), each)))


def _covered(match: re.Match[str], kind: str, counts: Counter[str]) -> str:
    kept = match[1] if match.re.groups else ""
    counts[kind] += match.group(0)[len(kept) :] != COVER
    return f"{kept}{COVER}"
