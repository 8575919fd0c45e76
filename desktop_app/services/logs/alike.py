"""What is the same in lines that many ranks write: the text without whose it is and when it was written.

Worked out word by word: one expression over whole lines takes ten times as long, and every line that is read passes.
"""

from __future__ import annotations

import re
from functools import lru_cache

OWN = "\N{BULLET}"
_LOOKED_AT = 4096  # characters
_PREFIX = re.compile(
    r"(?:\[(?:rank|default)? ?\d{1,6}\]:?\s?|\[\d+, ?\d+\](?:<std(?:out|err)>)?:?\s?|\[\d{1,6}\]<std(?:out|err)>:\s?"
    r"|(?:rank ?)?\d{1,6}: |\([^()]{1,60}pid=\d+[^()]{0,60}\) )*"
)
_WHOSE = (
    "rank", "pid", "process", "proc", "worker", "local_rank", "global_rank", "node_rank", "group_rank", "port",
    "thread", "tid", "device", "gpu", "cuda", "node", "cudadev", "nvmldev", "busid", "commhash", "comm", "id",
)  # fmt: skip
_NAMED = frozenset((*_WHOSE, "ranks:", *(f"{each}:" for each in _WHOSE), *(f"{each}=" for each in _WHOSE), "=", "is"))
_DIGIT = re.compile(r"\d")
_MONTHS = frozenset(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
_NUMBER = re.compile(r"[(\[#]?(?:0x)?(?:\d+|[\da-f]{4,})[)\],;:]*")
_WORD = re.compile(
    r"[\[(<{\"']*(?:"
    r"\d{4}[-/]\d\d[-/]\d\d(?:T\d\d:\d\d:\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"  # stamps
    r"|\d\d?:\d\d:\d\d(?:[.,:]\d+)?(?:Z|[+-]\d\d:?\d\d)?|\d\d/\d\d/(?:\d{4}|\d\d)|[12]\d{9}\.\d{3,9}|[IWEF]\d{4}"
    r"|0x[0-9a-fA-F]+|\d{1,3}(?:\.\d{1,3}){3}(?:[:<]\d+>?)?|[0-9a-fA-F:]*::[0-9a-fA-F:]*\]?(?::\d+)?"  # addresses
    r"|[A-Za-z][\w.-]*:\d+:\d+|\[\d{1,6}\]"  # NCCL's host:pid:tid [device]
    rf"|(?i:{'|'.join(_WHOSE)})[=:#-]?[\[(]?\d+"
    r")[\])>}\"',;:.]*"
)


@lru_cache(maxsize=8192)
def alike(text: str) -> str:
    """Return a text that is the same for lines that differ in rank, process, time and addresses alone."""
    begin = _PREFIX.match(text).end()  # type: ignore[union-attr]  # it matches nothing, too
    words, before = text[begin:_LOOKED_AT].split(" "), ""
    for index, word in enumerate(words):
        if not word.isalpha() and _is_own(word, before, words[index + 1 : index + 2]):
            words[index] = OWN
        if word:
            before = words[index]
    return " ".join(words) + text[_LOOKED_AT:]


def _is_own(word: str, before: str, after: list[str]) -> bool:
    """Whether a word says whose a line is, or when it was written; its neighbours tell what a number is."""
    if _DIGIT.search(word) is None:
        return False
    name = before.lstrip("([").lower()
    if word.isdigit():
        is_thread = before == OWN and after and after[0].endswith("]")  # glog: stamp thread file:line]
        return is_thread or name in _NAMED or name in _MONTHS
    whole, _, part = word.partition(".")
    if part.isdigit() and whole.isdigit() and len(whole) < 10:
        return False
    return _WORD.fullmatch(word) is not None or (name in _NAMED and _NUMBER.fullmatch(word.lower()) is not None)
