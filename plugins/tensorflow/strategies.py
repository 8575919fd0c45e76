"""The strategies of tf.distribute by their names of today, and what is read of a script to judge one.

Source: TensorFlow 2.21, tf.distribute; every name was asked of that release.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from desktop_app.api.kit import Script

MIRRORED, SERVED = "MultiWorkerMirroredStrategy", "ParameterServerStrategy"
CODES = {
    MIRRORED: "strategy-multi-worker", SERVED: "strategy-parameter-server",
    "MirroredStrategy": "strategy-mirrored", "TPUStrategy": "strategy-tpu", "OneDeviceStrategy": "strategy-one-device",
}  # fmt: skip
ALONE = "one-machine-strategy"
"""The code of what is said of a strategy that knows one machine, where a job has several."""
OF_ONE_MACHINE = frozenset({"MirroredStrategy", "OneDeviceStrategy"})
_OLD_NAMES = {
    "ParameterServerStrategyV2": SERVED,
    "CollectiveAllReduceStrategy": MIRRORED,
    "MultiWorkerMirroredStrategyV2": MIRRORED,
}


@dataclass(frozen=True, slots=True)
class Strategy:
    """A strategy that a script makes: `name` as today, `written` as in the script."""

    name: str
    written: str
    call: ast.Call

    @property
    def is_renamed(self) -> bool:
        """Whether the script knows it by a name that TensorFlow has left behind."""
        last = self.written.rpartition(".")[2]
        return ".experimental." in self.written or ".contrib." in self.written or last in _OLD_NAMES


def strategies(script: Script) -> tuple[Strategy, ...]:
    """Return the strategies that a script makes, in its order."""
    names = (*CODES, *_OLD_NAMES)
    found = []
    for call in script.calls_of(*names):
        written = script.name_of(call.func)
        last = written.rpartition(".")[2]
        if last in names and written.startswith("tensorflow."):
            found.append(Strategy(_OLD_NAMES.get(last, last), written, call))
    return tuple(found)


def attributes(script: Script) -> Iterator[tuple[str, int]]:
    """Yield every dotted name of a script with its line."""
    for node in script.parents:
        if isinstance(node, ast.Attribute):
            name = script.name_of(node)
            if name:
                yield name, node.lineno


def function_around(node: ast.AST, script: Script) -> ast.AST | None:
    """Return the function whose body a node stands in, None for the script's own level."""
    while node in script.parents:
        node = script.parents[node]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            return node
    return None


def is_conditional(node: ast.AST, script: Script) -> bool:
    """Whether a node runs only if something is so, within its function."""
    while node in script.parents:
        node = script.parents[node]
        if isinstance(node, ast.If | ast.IfExp | ast.While | ast.ExceptHandler | ast.Match):
            return True
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            return False
    return False
