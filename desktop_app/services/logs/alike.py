"""What is the same in lines that many ranks write: the text without whose it is and when it was written.

Worked out word by word: one expression over whole lines takes ten times as long, and every line that is read passes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from desktop_app.api._log_forms import (
    AMERICAN_DATE,
    BRACKETED,
    CLOCK,
    DATE,
    EPOCH,
    GLOG_DAY,
    HOST,
    LABEL,
    MONTHS,
    NO_HOUR,
    SURE,
    ZONE,
    plain,
)

OWN = "\N{BULLET}"
_LOOKED_AT = 4096  # characters
_PREFIX = re.compile(f"(?:{'|'.join(map(plain, (*SURE, BRACKETED + ':? ?', LABEL + ' ')))})*+")
_HOST = re.compile(HOST)
_LONGEST_HOST = 70
_WHOSE = (
    "rank", "pid", "process", "proc", "worker", "local_rank", "global_rank", "node_rank", "group_rank", "port",
    "thread", "tid", "device", "gpu", "cuda", "node", "cudadev", "nvmldev", "busid", "commhash", "comm", "id",
)  # fmt: skip
_NAMED = frozenset((*_WHOSE, "ranks:", *(f"{each}:" for each in _WHOSE), *(f"{each}=" for each in _WHOSE), "=", "is"))
_has_digit = re.compile(r"\d").search
_MONTHS = frozenset(each.lower() for each in MONTHS)
_NUMBER = re.compile(r"[(\[#]?(?:0x)?(?:\d+|[\da-f]{4,})[)\],;:]*")
_STAMPS = (f"{DATE}(?:T{CLOCK})?{ZONE}?", f"{CLOCK}{ZONE}?", r"\d:\d\d:\d\d", AMERICAN_DATE, f"(?:{NO_HOUR})?{EPOCH}")
_GLOG_DAY = re.compile(r"\W{0,2}" + plain(GLOG_DAY))
_WORD = re.compile(
    r"[\[(<{\"']*(?:"
    rf"{plain('|'.join(_STAMPS))}"
    r"|0x[0-9a-fA-F]+|\d{1,3}(?:\.\d{1,3}){3}(?:[:<]\d+>?)?|[0-9a-fA-F:]*::[0-9a-fA-F:]*\]?(?::\d+)?"  # addresses
    r"|[A-Za-z][\w.-]*:\d+:\d+|\[\d{1,6}\]"  # NCCL's host:pid:tid [device]
    rf"|(?i:{'|'.join(_WHOSE)})[=:#-]?[\[(]?\d+"
    r")[\])>}\"',;:.]*"
)


@lru_cache(maxsize=8192)
def alike(text: str) -> str:
    """Return a text that is the same for lines that differ in rank, process, time and addresses alone."""
    begin = _PREFIX.match(text, _host(text)).end()  # type: ignore[union-attr]  # it matches nothing, too
    words, before = text[begin:_LOOKED_AT].split(" "), ""
    for index, word in enumerate(words):
        if not word.isalpha() and _has_digit(word) is not None and _is_own(words, index, before):
            words[index] = OWN
            if before[-4:].isdigit() and word[2:3] == ":" and _GLOG_DAY.fullmatch(before):
                words[index - 1] = OWN  # which without a time is an error's number, or a size
        if word:
            before = words[index]
    return " ".join(words) + text[_LOOKED_AT:]


def _host(text: str) -> int:
    """Return where the name of a host ends that stands before a rank."""
    found = _HOST.match(text) if ": [rank" in text[:_LONGEST_HOST] else None
    return 0 if found is None else found.end()


def _is_own(words: Sequence[str], index: int, before: str) -> bool:
    """Whether a word says whose a line is, or when it was written; its neighbours tell what a number is."""
    word = words[index]
    whole, dot, part = word.partition(".")
    if dot and part.isdigit() and whole.isdigit() and len(whole) < 10:
        return False
    name = before.lstrip("([").lower()
    if not dot and word.isdigit():
        is_thread = before == OWN and index + 1 < len(words) and words[index + 1].endswith("]")
        return is_thread or name in _NAMED or name in _MONTHS  # glog: stamp thread file:line]
    return _WORD.fullmatch(word) is not None or (name in _NAMED and _NUMBER.fullmatch(word.lower()) is not None)
