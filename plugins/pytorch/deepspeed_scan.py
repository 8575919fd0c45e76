"""What is worth saying about a script that trains with DeepSpeed, and the arguments that DeepSpeed adds to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from desktop_app.api import Diagnostic, ScriptArgument
from desktop_app.api.kit import Script, is_in_branch, warning

FRAMEWORK = "deepspeed"
_CONFIGS = frozenset({"config", "config_params", "args"})


def uses_deepspeed(script: Script) -> bool:
    """Whether a script imports DeepSpeed."""
    return FRAMEWORK in script.modules


def added_arguments(script: Script) -> tuple[ScriptArgument, ...]:
    """Return what deepspeed.add_config_arguments(parser) adds to a parser."""
    calls = [each for each in script.calls_of("add_config_arguments") if "deepspeed" in script.modules]
    if not calls:
        return ()
    line = calls[0].lineno
    says = "DeepSpeed's configuration, a JSON file"
    return (
        ScriptArgument("--deepspeed", "deepspeed", "bool", False, "train with DeepSpeed", line=line),
        ScriptArgument("--deepspeed_config", "deepspeed_config", "str", None, says, line=line),
    )


def find(script: Script) -> Iterator[Diagnostic]:
    """Yield findings about a script that imports DeepSpeed; nothing for another one."""
    starts = [each for each in script.calls_of("initialize") if script.name_of(each.func) == "deepspeed.initialize"]
    if not starts:
        return
    for call in starts:
        given = {each.arg for each in call.keywords}
        if not given & _CONFIGS and None not in given and not call.args:
            message = "deepspeed.initialize gets no configuration: pass config=, a JSON file or a dict."
            yield warning("deepspeed-no-config", message, line=call.lineno)
    yield from _passed_by(script)
    yield from _saves(script)


def _passed_by(script: Script) -> Iterator[Diagnostic]:
    is_done_right = any(each.args for each in script.calls_of("backward"))
    for call in script.calls_of("backward"):
        if not call.args and not call.keywords and not (is_done_right and is_in_branch(call, script)):
            message = "loss.backward() passes DeepSpeed by, and ranks drift apart: call engine.backward(loss)."
            yield warning("deepspeed-backward", message, line=call.lineno)
            break
    for call in script.calls_of("DistributedDataParallel"):
        if is_in_branch(call, script):  # most likely the way without DeepSpeed
            continue
        message = "DeepSpeed averages the gradients itself: leave DistributedDataParallel out."
        yield warning("deepspeed-and-ddp", message, line=call.lineno)


def _saves(script: Script) -> Iterator[Diagnostic]:
    for call in script.calls_of("save_checkpoint"):
        if isinstance(call.func, ast.Attribute) and _asks_for_rank(call, script):
            message = (
                "engine.save_checkpoint must be called by every rank, for each saves its own part: within a question "
                "for the rank the others wait for ever."
            )
            yield warning("deepspeed-save-on-one-rank", message, line=call.lineno)


def _asks_for_rank(node: ast.AST, script: Script) -> bool:
    while node in script.parents:
        node = script.parents[node]
        if isinstance(node, ast.If) and "rank" in ast.unparse(node.test).lower():
            return True
    return False
