"""Puts weights into a network, all or none: names and shapes that don't fit are told and refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rankzero_kit.errors import TaskError

from . import prefixes

# Buffers that PyTorch and transformers once kept in state_dicts or now do; none of them is learned.
COUNTERS = re.compile(
    r"(^|\.)(num_batches_tracked|position_ids|token_type_ids|masked_bias|rotary_emb\.inv_freq|n_averaged)$"
)
MOST = 6


@dataclass
class Fit:
    """How a state_dict fits a network. `shapes` are names with both shapes; `told` what is left out and harmless."""

    weights: dict[str, Any]
    where: str = ""
    stripped: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    shapes: list[tuple[str, tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    tied: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        """How many names don't fit."""
        return len(self.missing) + len(self.unexpected) + len(self.shapes)

    def document(self) -> dict[str, Any]:
        """Return it as a report has it."""
        told = {"stripped": self.stripped, "added": self.added, "found_at": self.where, "left_out": self.told}
        return {**told, "missing": self.missing, "unexpected": self.unexpected, "tied": self.tied}


def best(model: Any, found: Sequence[tuple[str, Mapping[str, Any]]], ignored: Sequence[str] = ()) -> Fit:
    """Return how the state_dict of a file fits that fits best; the first of several that fit alike."""
    return min((fit(model, where, weights, ignored) for where, weights in found), key=lambda each: each.wrong)


def fit(model: Any, where: str, weights: Mapping[str, Any], ignored: Sequence[str] = ()) -> Fit:
    """Return how some weights fit a network; nothing is changed."""
    wanted = model.state_dict()
    kept = {name: each for name, each in weights.items() if not any(name.startswith(start) for start in ignored)}
    renamed, stripped, added = prefixes.stripped(kept, wanted.keys())
    found = Fit(renamed, where, stripped, added)
    found.told = [*(each for each in weights if each not in kept)]
    lacking = [each for each in wanted if each not in renamed]
    found.tied = [*_tied(wanted, lacking, renamed)]
    found.missing = [each for each in lacking if each not in found.tied and not COUNTERS.search(each)]
    spare = [each for each in renamed if each not in wanted]
    found.unexpected = [each for each in spare if not COUNTERS.search(each)]
    found.told += [each for each in (*lacking, *spare) if COUNTERS.search(each)]
    found.shapes = [*_shapes(wanted, renamed)]
    return found


def _tied(wanted: Mapping[str, Any], lacking: Sequence[str], present: Mapping[str, Any]) -> Iterator[str]:
    """Yield names that share their numbers with one that the file has."""
    there = {_address(wanted[each]) for each in present if each in wanted}
    yield from (each for each in lacking if _address(wanted[each]) in there - {None})


def _address(tensor: Any) -> tuple[Any, ...] | None:
    try:
        return (tensor.data_ptr(), tuple(tensor.shape)) if tensor.numel() else None
    except (RuntimeError, ValueError, AttributeError):  # a lazy layer has neither yet
        return None


def _shapes(
    wanted: Mapping[str, Any], weights: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[int, ...], tuple[int, ...]]]:
    from torch.nn.parameter import is_lazy

    for name, each in weights.items():
        there: Any = wanted.get(name)
        if hasattr(there, "shape") and hasattr(each, "shape") and not is_lazy(there) and there.shape != each.shape:
            yield name, tuple(each.shape), tuple(there.shape)


def put(model: Any, found: Fit, name: str) -> None:
    """Load the weights. Raises TaskError where one does not fit; then nothing of them counts."""
    try:
        result = model.load_state_dict(found.weights, strict=False)
    except RuntimeError as error:
        if not found.shapes:
            text = " ".join(str(error).split())
            raise TaskError(f"The weights don't fit {name}: {text[:300]}.") from error
        raise misfit(found, name) from error
    # The network's own hooks may rename what older versions of it wrote: what is left after them counts.
    harmless = {*found.tied, *found.told}
    found.missing = [each for each in result.missing_keys if each not in harmless and not COUNTERS.search(each)]
    found.unexpected = [each for each in result.unexpected_keys if not COUNTERS.search(each)]
    if found.wrong:
        raise misfit(found, name)


def misfit(found: Fit, name: str) -> TaskError:
    """Return the error that tells every name that does not fit."""
    parts = []
    if found.missing:
        parts.append(f"missing in the file: {shown(found.missing)}")
    if found.unexpected:
        parts.append(f"unknown to the network: {shown(found.unexpected)}")
    if found.shapes:
        rows = [f"{each} is {_shape(file)} (the network's {_shape(there)})" for each, file, there in found.shapes]
        parts.append(f"other shapes: {shown(rows)}")
    hint = "Take the class, and the arguments, that these weights were trained with; none was left out or filled in."
    return TaskError(f"The weights don't fit {name}; {'; '.join(parts)}.", hint)


def notes(model: Any, found: Fit, many: int) -> Iterator[tuple[str, str]]:
    """Yield what a person should know of weights that fit: level and sentence."""
    if found.where:
        more = f"; there are {many - 1} more in the file" if many > 1 else ""
        yield "info", f"The weights are those under “{found.where}”{more}."
    if found.stripped:
        yield "info", f"In front of the names stood {', '.join(found.stripped)}: taken away."
    if found.added:
        yield "info", f"The names lacked {found.added[0]}, which the network has in front of all: put there."
    if found.tied:
        yield "info", f"Tied, so that one is in the file for both: {shown(found.tied)}."
    if found.told:
        yield "info", f"Left out, as it is nothing learned or was to be left out: {shown(found.told)}."
    yield from _of_numbers(model, found)


def _of_numbers(model: Any, found: Fit) -> Iterator[tuple[str, str]]:
    import torch

    wanted = model.state_dict()
    pairs = {
        (str(each.dtype)[6:], str(wanted[name].dtype)[6:])
        for name, each in found.weights.items()
        if name in wanted and isinstance(each, torch.Tensor)
    }
    for file, there in sorted(each for each in pairs if each[0] != each[1]):
        yield "info", f"Weights that are {file} in the file became {there}, as the network has them."
    wrong = [name for name, each in wanted.items() if isinstance(each, torch.Tensor) and not _finite(each)]
    if wrong:
        yield (
            "warning",
            f"There are weights that are no numbers (NaN or infinite), as if training had diverged: {shown(wrong)}.",
        )


def _finite(tensor: Any) -> bool:
    """Whether all are numbers; the sum, which a single one that is none spoils, is quicker than a look at each."""
    if not tensor.is_floating_point() or bool(tensor.sum().isfinite()):
        return True
    return bool(tensor.isfinite().all())


def shown(names: Sequence[str]) -> str:
    """Return names as a sentence lists them: the first, and how many more."""
    more = len(names) - MOST
    return ", ".join(names[:MOST]) + (f" and {more} more" if more > 0 else "")


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "a number"
