"""Reads one file of knowledge, and says where it is wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from desktop_app.api.failures import Remedy, RemedyKind
from desktop_app.api.kit.knowledge import Kind, Knowledge, KnowledgeError, Signature
from desktop_app.api.kit.knowledge_hangs import endless_pairs

FORMAT = 1
LONGEST = 400
"""Characters of a regular expression: a longer one says too much, and may take for ever."""
_CATEGORIES = """
oom-gpu oom-host missing-module missing-file missing-library user-exception syntax-error launcher-args launcher-mpi
launcher-ray collective-mismatch ddp-unused-params uneven-data device-assignment port-in-use rendezvous network
network-interface network-infiniband nccl-version nccl cuda-driver cuda hardware-gpu no-gpu shared-memory data-loader
storage-full storage-quota filesystem-race permission mount conda-solve conda-platform conda-missing pip-resolve
image-build image-build-cuda image-build-mpi image-build-pip image-pull azureml-quota azureml-preempted azureml-timeout
azureml-identity azureml-data tf-config tf-coordinator xla checkpoint shape-mismatch dtype nan killed signal
timeout-symptom-only stopped resource-limit
"""
CATEGORIES = frozenset(_CATEGORIES.split())
_CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_LOG = re.compile(r'^log = (?:"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'.*?\'\'\')[ \t]*$', re.MULTILINE | re.DOTALL)
_TEXTS = frozenset({"unless", "beside", "links", "advice", "distributions", "lines"})
_NEEDED = ("code", "category", "kind", "lines", "explanation")
_KNOWN = frozenset(Signature.__dataclass_fields__) - {"file"}
_HOLE = re.compile(r"\{(\w+)\}")


def read_knowledge(path: Path, *, with_logs: bool = True) -> Knowledge:
    """Return what one file knows. Raises KnowledgeError for what does not fit the format."""
    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text if with_logs else _LOG.sub("", text))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise KnowledgeError(f"{path.name} can't be read: {error}") from error
    if data.get("format") != FORMAT:
        raise KnowledgeError(f"{path.name}: `format = {FORMAT}` is missing at the top.")
    found = data.get("signature", [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise KnowledgeError(f"{path.name}: a signature begins with [[signature]].")
    odd = set(data) - {"format", "version", "signature"}
    if odd:
        raise KnowledgeError(f"{path.name}: there is no key “{min(odd)}” at the top.")
    signatures = tuple(_signature(each, path, text) for each in found)
    return Knowledge(signatures, {path.name: str(data.get("version", ""))})


def troubles_of(signature: Signature) -> list[str]:
    """Return what is wrong with a signature beyond its form: expressions, holes in texts, a missing log."""
    found = [*_expressions(signature), *_holes(signature)]
    if not signature.log.strip():
        found.append("log: it has no test log: log = '''…'''")
    elif not signature.shown.strip():
        found.append("shown: it does not say which line of its log is shown: shown = '…'")
    return found


def _signature(data: Mapping[str, Any], path: Path, text: str) -> Signature:
    def fail(why: str) -> KnowledgeError:
        code = data.get("code", "?")
        at = text.find(f'"{code}"')
        where = f"{path.name}:{text.count(chr(10), 0, at) + 1}" if at >= 0 else path.name
        return KnowledgeError(f"{where}: {code}: {why}.")

    for key in _NEEDED:
        if not data.get(key):
            raise fail(f"“{key}” is missing")
    odd = set(data) - _KNOWN
    if odd:
        raise fail(f"there is no key “{min(odd)}”")
    values: dict[str, Any] = {key: _value(key, value, fail) for key, value in data.items()}
    signature = Signature(**values, file=path.name)
    for key, each in expressions_of(signature):
        if len(each) > LONGEST:
            raise fail(f"{key}: a regular expression is longer than {LONGEST} characters: {each[:40]}…")
    return signature


def _value(key: str, value: Any, fail: Callable[[str], KnowledgeError]) -> Any:
    if key in _TEXTS:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise fail(f"“{key}” is a list of texts")
        return tuple(value)
    special = {"kind": _kind, "category": _category, "code": _code, "rerun": _rerun, "remedy": _remedy}
    if key in special:
        return special[key](value, fail)
    wanted = {"certainty": (int, float), "rank": (int,)}.get(key, (str,))
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise fail(f"“{key}” has a value of the wrong kind")
    if isinstance(value, int | float) and key == "certainty" and not 0 <= value <= 1:
        raise fail("certainty is a number from 0 to 1")
    return value


def _kind(value: Any, fail: Callable[[str], KnowledgeError]) -> Kind:
    if value not in list(Kind):
        raise fail(f"kind is one of {', '.join(Kind)}, not “{value}”")
    return Kind(value)


def _category(value: Any, fail: Callable[[str], KnowledgeError]) -> str:
    if not isinstance(value, str) or value not in CATEGORIES:
        near = ", ".join(get_close_matches(str(value), sorted(CATEGORIES), cutoff=0.4))
        raise fail(f"there is no category “{value}”{f', but {near}' if near else ''}")
    return value


def _code(value: Any, fail: Callable[[str], KnowledgeError]) -> str:
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise fail("a code is in kebab-case: small letters, digits, dashes")
    return value


def _rerun(value: Any, fail: Callable[[str], KnowledgeError]) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise fail("rerun is a table of variables, such as {NCCL_DEBUG = 'INFO'}")
    return value


def _remedy(value: Any, fail: Callable[[str], KnowledgeError]) -> Remedy:
    if not isinstance(value, dict) or value.get("kind") not in list(RemedyKind):
        raise fail(f"remedy is a table with a kind ({', '.join(RemedyKind)}) and a value")
    return Remedy(RemedyKind(value["kind"]), str(value.get("value", "")))


def expressions_of(signature: Signature) -> Iterator[tuple[str, str]]:
    """Yield the regular expressions of a signature, each with its key."""
    for key in ("lines", "unless", "beside"):
        yield from ((key, each) for each in getattr(signature, key) if each)
    if signature.shows:
        yield "shows", signature.shows


def _expressions(signature: Signature) -> list[str]:
    found = []
    for key, each in expressions_of(signature):
        try:
            if re.compile(each).search("") is not None:
                found.append(f"{key}: this expression matches everything: {each}")
            pairs = endless_pairs(each)
            found += [f"{key}: two parts without end side by side may take for ever: {it}" for it in pairs]
        except re.error as error:
            found.append(f"{key}: this is no regular expression: {each}: {error}")
    return found


def _holes(signature: Signature) -> list[str]:
    named = {"rank"}
    for each in (*signature.lines, signature.shows):
        try:
            named |= set(re.compile(each).groupindex)
        except re.error:
            continue
    texts = [("explanation", signature.explanation), *(("advice", each) for each in signature.advice)]
    texts += [("remedy", signature.remedy.value)] if signature.remedy else []
    holes = [(key, hole) for key, text in texts for hole in _HOLE.findall(text) if hole not in named]
    return [f"{key}: no expression has a group named “{hole}”" for key, hole in dict.fromkeys(holes)]
