"""Takes secrets out of texts before they are written or shown: tokens, keys, passwords, signed addresses.

What a secret looks like is known by `secrets`; here more is covered: what is cut, and all that a name calls secret.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from desktop_app.api import Value
from desktop_app.core.secrets import JSON_WEB_TOKEN, PASSWORD_IN_ADDRESS, SECRETS, WANDB_KEY

COVER = "•••"
VARIABLES, SIGNED, NAMED, KEYS = "values of secret variables", "signatures", "tokens and passwords", "private keys"

# `tokenizer` is no token, `pad_token` is a word of a vocabulary, and `max_tokens: 512` counts some.
_KEY = "(?:api|access|account|storage|shared|private|signing|encryption|subscription)[_-]?key"
_VOCABULARY = "".join(f"(?<!{each}_)" for each in ("pad", "eos", "bos", "unk", "cls", "sep", "mask", "image", "next"))
_TOKEN = rf"{_VOCABULARY}token(?!i[sz]|s)"
_OTHERS = rf"secret|passw(?:or)?d|passphrase|pwd|{_KEY}|credential|connection[_-]?string"
_WORDS = rf"{_TOKEN}|{_OTHERS}"
_QUOTE = r"(?:\\{0,4}[\"'])?"  # with backslashes in JSON that stands in JSON
_ASSIGNED = rf"[\w.-]{{0,80}}{_QUOTE}[ \t]*[:=][ \t]*{_QUOTE}"
_OPTION = r"(?<![\w-])--[\w-]*(?:token|secret|password|key)"
_COUNT = r"[-+]?[\d.]|(?:true|false|none|null)\b"
# What a message or code may have there: `unexpected token: '}'`, `token=self.token`, `AzureCliCredential: …Credential`.
_NO_VALUE = r"(?:none|null|true|false)\b|(?:self|args|config|cfg|os|tokenizer)\.|\w{0,60}(?-i:Credential)\b"
_BEGINNINGS = tuple(each for secret in SECRETS for each in secret.begins)
# In quotes all of it, with spaces and commas.
_VALUE = r"""(?:(?<=")[^"\n\\]+|(?<=')[^'\n\\]+|(?:[^\s\"',;&}\\]|\\(?![\"'n]))+)"""
# A password with `@` or `/` in it, which should have been written as %40 and %2F; a port is none.
_ODD_PASSWORD_IN_ADDRESS = re.compile(r"(://[^/\s:@]*:)(?!\d{1,5}(?:/|\b))(?:[^/\s\"'<>]+|[^\s@\"'<>]{1,200})(?=@)")
_NAMES = ("secret", "passw", "passphrase", "pwd", "key", "credential", "connection")
# What must stand in a text, in small letters, for a rule to be tried: most of a log has none of it. A rule's first
# group, where it has one, stays.
_RULES = (
    # The signature of a SAS address, which `sig=11` is not; that of other clouds' addresses.
    (SIGNED, ("sig=",), re.compile(r"(?i)(\bsig=)(?!\d{1,3}\b|SIG[A-Z])[^&\s\"'<>]+")),
    (SIGNED, ("signature=",), re.compile(r"(?i)([?&](?:x-(?:amz|goog)-)?signature=)[^&\s\"'<>]+")),
    (NAMED, ("bearer",), re.compile(r"(?i)(\bbearer\s+)[A-Za-z0-9._~+/=-]{8,}")),
    (NAMED, ("basic",), re.compile(r"(?i)(\bbasic\s+)(?=[A-Za-z+/]*[\d=])[A-Za-z0-9+/=_-]{8,}")),  # no plain word
    (NAMED, ("authorization",), re.compile(r"(?i)(\bauthorization[\"']?[ \t]*[:=][ \t]*[\"']?basic\s+)[^\s\"']+")),
    (NAMED, ("token",), re.compile(rf"(?i)({_TOKEN}{_ASSIGNED})(?!{_NO_VALUE}|\d{{1,6}}\b){_VALUE}")),
    (NAMED, _NAMES, re.compile(rf"(?i)((?=[acekps])(?:{_OTHERS}){_ASSIGNED})(?!{_NO_VALUE}){_VALUE}")),
    (NAMED, ("tokens",), re.compile(rf"(?i)(tokens{_ASSIGNED})(?!{_COUNT}){_VALUE}")),
    (NAMED, ("--",), re.compile(rf"(?i)({_OPTION}[ =])\S+")),
    # The same where arguments stand as a list.
    (NAMED, ("--",), re.compile(rf"(?i)({_OPTION}[\"'],\s?[\"'])(?!-)[^\s\"']+")),
    (NAMED, ("password",), re.compile(r"(?i)(\blogin\s+\S+\s+password\s+)\S+")),  # .netrc
    (NAMED, ("://",), PASSWORD_IN_ADDRESS),
    (NAMED, ("://",), _ODD_PASSWORD_IN_ADDRESS),
    (NAMED, ("http",), re.compile(r"(?i)(\bhttps?://)[^/\s:@]{20,}(?=@)")),  # a token in the place of a name
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
_LEAST_LEFT = 8  # characters of a value that are known again where the rest of it was cut off
_SHORTEST = 6  # a value shorter than this is no secret, and covering it would make the text useless


def redact(text: str, environ: Mapping[str, str] | None = None) -> str:
    """Return `text` with every secret covered; also the values of variables in `environ` whose name says secret."""
    return redact_counted(text, secret_values(environ or {}))[0]


def redact_counted(text: str, values: Sequence[str]) -> tuple[str, Counter[str]]:
    """Return `text` without these values and any other secret, and how many of which kind were covered."""
    counts: Counter[str] = Counter()
    for value in values:
        counts[VARIABLES] += text.count(value)
        text = _without_cut(text.replace(value, COVER), value, counts)
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


def secrets_of_plan(plan: Mapping[str, Any]) -> set[str]:
    """Return the secret values among all variables and inputs that a run was given, by its plan as JSON."""
    lists = [plan.get("processes"), plan.get("launchers")]
    started = [process for each in lists if isinstance(each, list) for process in each]
    job = plan.get("job")
    tables = [plan.get("environment"), plan.get("inputs"), *(each.get("environment") for each in _objects(started))]
    tables += [each.get("environment_variables") for each in _objects([job])]
    pairs = {(str(name), value) for each in _objects(tables) for name, value in each.items() if isinstance(value, str)}
    return {value for name, value in pairs if len(value) >= _SHORTEST and _may_say(name) and is_secret(name, value)}


@cache
def _may_say(name: str) -> bool:
    """Whether a name says secret, of some values at least: thousands of ranks have the same few names."""
    return bool(_SECRET_NAME.search(name) or _SECRETS_OR_COUNT.search(name))


def _objects(found: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    return (each for each in found if isinstance(each, Mapping))


def longest_bare(text: str) -> str:
    """Return the longest part of a covered text that stands in the original as well."""
    return max(text.split(COVER), key=len).strip()


def _without_cut(text: str, value: str, counts: Counter[str]) -> str:
    """Cover what is left of a value that was cut at a line's end, or wrapped into the next: half of it at least."""
    least = max(_LEAST_LEFT, len(value) // 2)
    if len(value) <= least:
        return text
    begin, end, rest = re.escape(value[:least]), re.escape(value[-least:]), rf"\S{{0,{len(value)}}}"
    for part, rule in ((value[:least], rf"(?m){begin}{rest}$"), (value[-least:], rf"(?m)^{rest}{end}")):
        if part in text:
            text = re.sub(rule, lambda match: _covered_cut(match[0], value, counts), text)
    return text


def _covered_cut(found: str, value: str, counts: Counter[str]) -> str:
    bare = found.strip("…\"'|│\\")
    if not (value.startswith(bare) or value.endswith(bare)):
        return found
    counts[VARIABLES] += 1
    return found.replace(bare, COVER)


def _covered(match: re.Match[str], kind: str, counts: Counter[str]) -> str:
    kept = match[1] if match.re.groups else ""
    counts[kind] += match.group(0)[len(kept) :] != COVER
    return f"{kept}{COVER}"
