"""The names of weights: what trainers put in front of them, found and taken away."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

# Wrappers of a part of a network may stand anywhere in a name; a network is never called so on purpose.
ANYWHERE = ("_orig_mod.", "_forward_module.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.", "_dp_module.")
IN_FRONT = ("module.", "model.", "net.", "network.", "_model.", "backbone.", "student.", "encoder.", "model_ema.")


def stripped(weights: Mapping[str, Any], wanted: Collection[str]) -> tuple[dict[str, Any], list[str], list[str]]:
    """Return weights under the names that a network wants, and the prefixes that were taken away and put in front."""
    names = {each: each for each in weights}
    taken: list[str] = []
    while (step := _best(names, wanted, taken)) is not None:
        prefix, names = step
        taken.append(prefix)
    put = [] if _fitting(names.values(), wanted) else _put(names, wanted)
    names = {old: "".join(put) + new for old, new in names.items()}
    return {new: weights[old] for old, new in names.items()}, taken, put


def _best(names: Mapping[str, str], wanted: Collection[str], taken: list[str]) -> tuple[str, dict[str, str]] | None:
    """Return the prefix whose removal makes most names fit, or one that must go before others can."""
    now = _fitting(names.values(), wanted)
    if now == len(wanted):
        return None
    best: tuple[int, str, dict[str, str]] | None = None
    for prefix in _candidates(names, wanted):
        changed = {old: _without(new, prefix) for old, new in names.items()}
        if len({*changed.values()}) < len(changed):
            continue
        score = _fitting(changed.values(), wanted)
        if score > now and (best is None or score > best[0]):
            best = (score, prefix, changed)
    if best:
        return best[1], best[2]
    return _peeled(names, wanted, taken)


def _peeled(names: Mapping[str, str], wanted: Collection[str], taken: list[str]) -> tuple[str, dict[str, str]] | None:
    """Return the outermost of several prefixes: each alone makes nothing fit."""
    if _fitting(names.values(), wanted) or len(taken) > 5:
        return None
    for prefix in (*ANYWHERE, *IN_FRONT):
        everywhere = any(prefix in each for each in names.values()) if prefix in ANYWHERE else False
        if everywhere or (names and all(each.startswith(prefix) for each in names.values())):
            return prefix, {old: _without(new, prefix) for old, new in names.items()}
    return None


def _candidates(names: Mapping[str, str], wanted: Collection[str]) -> Iterator[str]:
    for prefix in ANYWHERE:
        if any(prefix in each for each in names.values()) and not any(prefix in each for each in wanted):
            yield prefix
    yield from (each for each in IN_FRONT if any(name.startswith(each) for name in names.values()))
    firsts = {f"{each.partition('.')[0]}." for each in names.values() if "." in each}
    yield from sorted(firsts - {*IN_FRONT, *ANYWHERE})


def _without(name: str, prefix: str) -> str:
    return name.replace(prefix, "") if prefix in ANYWHERE else name.removeprefix(prefix)


def _put(names: Mapping[str, str], wanted: Collection[str]) -> list[str]:
    """Return what all names lack: the weights of the network within the one that is asked for."""
    firsts = {f"{each.partition('.')[0]}." for each in wanted}
    if len(firsts) != 1 or not names:
        return []
    prefix = next(iter(firsts))
    return [prefix] if _fitting([prefix + each for each in names.values()], wanted) else []


def _fitting(names: Collection[str], wanted: Collection[str]) -> int:
    return sum(each in wanted for each in names)
