"""Inputs known from the model itself, by its configuration or its first layer; and the question where they are not."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from rankzero_kit.errors import TaskError

from . import given as sources
from . import user_code
from .given import Given
from .structure import Leaves, frame_of

TRYING = "found by trying"
CONFIGURATION = "from the configuration"
SIDES = (8, 14, 16, 28, 32, 48, 64, 96, 128, 160, 192, 224, 256, 299, 384, 512)
LENGTHS = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4000, 8000, 16000)
BATCH, LENGTH = 2, 12
Example = dict[str, torch.Tensor]


def function(text: str) -> Callable[..., Any]:
    """Return the function that FILE.py:NAME names. Raises TaskError."""
    path, _, name = text.rpartition(":")
    if not Path(path).is_file():
        raise TaskError(
            f"There is no file {Path(path).name} in {Path(path).parent}.", "--inputs names FILE.py:FUNCTION."
        )
    code = user_code.Code.current or user_code.Code(Path(path).parent)
    found: Callable[..., Any] = user_code.attribute(code.file(Path(path)), name)
    return found


def parameters(model: Any) -> list[dict[str, Any]]:
    """Return what forward takes: name, annotation, and whether it must be given."""
    if isinstance(model, torch.jit.ScriptModule):
        return [
            {"name": each.name, "annotation": str(each.type), "required": not each.has_default_value()}
            for each in model.forward.schema.arguments[1:]
        ]
    try:
        found = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError, AttributeError):
        return []
    return [
        {
            "name": each.name,
            "annotation": "" if each.annotation is each.empty else _annotation(each.annotation),
            "required": each.default is each.empty and each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL),
        }
        for each in found
    ]


def _annotation(given: Any) -> str:
    return given if isinstance(given, str) else str(getattr(given, "__name__", given))


def given(model: Any) -> Given:
    """Return inputs that the model's configuration or its first layer tells. Raises TaskError with a question."""
    takes = parameters(model)
    said = ""
    if hasattr(model, "config") and hasattr(model, "main_input_name"):
        found, said = _first_that_runs(model, _configured(model, {each["name"] for each in takes}))
        if found is not None:
            return sources.of_example(found, model, CONFIGURATION)
    required = [each["name"] for each in takes if each["required"]]
    if len(required) == 1:
        found, said = _first_that_runs(model, ({required[0]: each} for each in _layered(model)))
        if found is not None:
            example = found if not isinstance(model, torch.jit.ScriptModule) else (*found.values(),)
            given = sources.of_example(example, model, TRYING)
            given.notes += _lucky(model, required[0], found)
            return given
    raise _question(takes, required, said)


def _lucky(model: Any, name: str, found: Example) -> list[dict[str, str]]:
    """Return the warning that an image's size is a guess, where the model takes another one as well."""
    tensor = found[name]
    sides = [*tensor.shape[2:]]
    if len(sides) < 2:
        return []
    other = tensor.new_zeros(*tensor.shape[:2], *(each + 1 for each in sides))
    if _first_that_runs(model, iter([{name: other}]))[0] is None:
        return []
    told = f"The size {'×'.join(map(str, sides))} of “{name}” was found by trying, and other sizes work too: check that"
    return [{"level": "warning", "text": f"{told} it is yours, or give --inputs (in the window: the table of inputs)."}]


def _question(takes: list[dict[str, Any]], required: list[str], said: str) -> TaskError:
    listed = ", ".join(required) or ", ".join(each["name"] for each in takes) or "nothing by name"
    why = f"nothing that was tried ran: {said}" if said else "no example came with the model"
    return TaskError(
        f"What the model takes can't be known from it: its forward() takes {listed}, and {why}.",
        f"Give each input: {required[0] if required else 'x'}=float32[batch,3,224,224].",
        ask={"kind": "inputs", "known": takes, "why": why},
    )


def _first_that_runs(model: Any, examples: Iterator[Example]) -> tuple[Example | None, str]:
    """Return the first example that the model takes, or what it said of the last."""
    said = ""
    for example in examples:
        args, kwargs = ((*example.values(),), {}) if isinstance(model, torch.jit.ScriptModule) else ((), example)
        try:
            with torch.inference_mode():
                model(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - whatever a model says of what it doesn't take
            said = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
            continue
        return example, ""
    return None, said


def _configured(model: Any, takes: set[str]) -> Iterator[Example]:
    """Yield inputs by a transformers configuration, the model's main one alone first."""
    drawn = _by_config(model.config)
    main = str(model.main_input_name)
    there = {name: each for name, each in drawn.items() if name in takes}
    if main not in there:
        return
    small = {
        name: each for name, each in there.items() if name in (main, "attention_mask" if main == "input_ids" else main)
    }
    decoder = {name: there[name] for name in ("decoder_input_ids",) if name in there}
    yield {**small, **decoder}
    yield {name: each for name, each in there.items() if not name.startswith("decoder_")}
    yield there


def _by_config(config: Any) -> Example:
    random = torch.Generator().manual_seed(0)
    text = config.get_text_config() if hasattr(config, "get_text_config") else config
    vision = getattr(config, "vision_config", None) or config
    found: Example = {}
    words = getattr(text, "vocab_size", None) or getattr(config, "vocab_size", None)
    if words:
        length = min(LENGTH, int(getattr(text, "max_position_embeddings", None) or LENGTH))
        found["input_ids"] = torch.randint(0, int(words), (BATCH, length), generator=random)
        found["attention_mask"] = torch.ones(BATCH, length, dtype=torch.int64)
        if getattr(config, "is_encoder_decoder", False):
            found["decoder_input_ids"] = torch.randint(0, int(words), (BATCH, 7), generator=random)
    side = getattr(vision, "image_size", None) or 224
    height, width = side if isinstance(side, (list, tuple)) else (side, side)
    channels = int(getattr(vision, "num_channels", None) or 3)
    found["pixel_values"] = torch.randn(BATCH, channels, int(height), int(width), generator=random)
    bins = getattr(config, "num_mel_bins", None)
    if bins:
        frames = 2 * int(getattr(config, "max_source_positions", None) or 512)
        found["input_features"] = torch.randn(BATCH, int(bins), frames, generator=random)
    sounds = (BATCH, int(config.max_length), int(bins)) if bins and hasattr(config, "max_length") else (BATCH, 16000)
    found["input_values"] = torch.randn(*sounds, generator=random)
    return found


def _layered(model: Any) -> Iterator[torch.Tensor]:
    """Yield inputs that the first layers with weights take, in the order they are defined in, smallest first."""
    seen = 0
    for each in model.modules():
        weights = [*each.parameters(recurse=False)]
        if weights and seen < 3:
            seen += 1
            yield from _for_layer(each, str(getattr(each, "original_name", type(each).__name__)), weights[0])


def _for_layer(layer: Any, kind: str, weight: torch.Tensor) -> Iterator[torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    width = int(weight.shape[-1]) if weight.ndim else 1
    groups = int(getattr(layer, "groups", 1) or 1)
    if kind in ("Embedding", "EmbeddingBag"):
        yield torch.randint(0, int(weight.shape[0]), (BATCH, LENGTH), generator=random)
        return
    for shape in _shapes(kind, weight, width, groups):
        yield torch.randn(*shape, generator=random).to(weight.dtype)


def _shapes(kind: str, weight: torch.Tensor, width: int, groups: int) -> Iterator[tuple[int, ...]]:
    channels = int(weight.shape[1]) * groups if weight.ndim > 1 else width
    if kind == "Conv1d":
        yield from ((BATCH, channels, each) for each in LENGTHS)
    elif kind in ("Conv2d", "BatchNorm2d", "GroupNorm"):
        yield from ((BATCH, channels, each, each) for each in SIDES)
    elif kind in ("Conv3d", "BatchNorm3d"):
        yield from ((BATCH, channels, each, each, each) for each in SIDES[:10])
    elif kind in ("LSTM", "GRU", "RNN", "MultiheadAttention", "TransformerEncoderLayer"):
        yield (BATCH, LENGTH, width)
    else:
        yield from ((BATCH, width), (BATCH, LENGTH, width))


def of_program(program: Any) -> Given:
    """Return what a .pt2 tells of its inputs: its own example, names, and the axes that it was exported to vary."""
    names = [*program.graph_signature.user_inputs]
    values = {node.name: node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"}
    args, kwargs = program.example_inputs or (tuple(_like(values[each]) for each in names), {})
    plain = all(isinstance(each, torch.Tensor) for each in (*args, *kwargs.values()))
    parameters = names if plain else sources.parameters_of(program.module())
    frame, leaves = frame_of(args, kwargs, parameters)
    given = Given(frame, leaves, "from the file", declared=True)
    tensors = [values[each] for each in names if isinstance(values[each], torch.Tensor)]
    _turn_symbols(given, dict(zip(leaves, tensors, strict=False)))
    return given


def _turn_symbols(given: Given, values: dict[str, torch.Tensor]) -> None:
    """Have a knob for every symbol that is a size by itself; axes that are computed from one follow it."""
    places = {
        (leaf, axis): size.node.expr
        for leaf, value in values.items()
        for axis, size in enumerate(value.shape)
        if isinstance(size, torch.SymInt) and size.node.expr.free_symbols
    }
    for (leaf, axis), expression in places.items():
        if expression.is_Symbol and str(expression) not in given.knobs:
            spots = [spot for spot, each in places.items() if each == expression]
            taken = given.names.values()
            name = "batch" if axis == 0 and "batch" not in taken else f"{leaf.replace('.', '_')}_{axis}"
            given.turn(str(expression), int(given.leaves[leaf].shape[axis]), spots, name)
    for spot in places:
        given.names.setdefault(spot, f"{spot[0].replace('.', '_')}_{spot[1]}")

    def sized(wanted: Any, number: int) -> Leaves:
        sizes = {
            spot: int(each.subs({symbol: wanted[str(symbol)] for symbol in each.free_symbols}))
            for spot, each in places.items()
        }
        return sources.resized(given.leaves, sizes)

    given.sized = sized


def _like(value: Any) -> torch.Tensor:
    shape = [int(each) if isinstance(each, int) else int(each.node.hint or 3) for each in value.shape]
    if value.dtype.is_floating_point:
        return torch.randn(shape).to(value.dtype)
    return torch.zeros(shape, dtype=value.dtype)
