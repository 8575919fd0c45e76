"""What a pickle would make, read from its opcodes: nothing of it is imported, called or built."""

from __future__ import annotations

import io
import math
import pickletools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

LARGEST = 256 * 1024 * 1024  # bytes of opcodes; a checkpoint's own are a few hundred kilobytes
_LONGEST_NAME, _LONGEST_LINE = 500, 1 << 20
_TENSORS = {"torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v3"}
_WRAPPED = {"torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state"}
_WHOLE_NUMBERS = ("Byte", "Char", "Short", "Int", "Long", "Bool", "Untyped")
_MARK = object()


@dataclass(frozen=True, slots=True)
class Name:
    """Something that a pickle would import."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """What a pickle would get by calling something; `state` is what it would set on it afterwards."""

    function: Any
    arguments: Any
    state: list[Any] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of what would be called, empty where that is no plain name."""
        function = self.function
        if isinstance(function, Stored) and isinstance(function.key, tuple) and function.key[:1] == ("module",):
            function = function.key[1]  # as torch.save wrote classes before version 1.6
        return function.text if isinstance(function, Name) else ""


@dataclass(frozen=True, slots=True)
class Stored:
    """What lies beside the pickle: a tensor's storage."""

    key: Any


@dataclass(slots=True)
class PickleHead:
    """What a pickle holds, as far as its opcodes say: the names it would import, in order, and its outermost value."""

    globals: tuple[str, ...] = ()
    value: Any = None
    whole: bool = True

    @property
    def outermost(self) -> str:
        """The name of the outermost object's class; empty for a dict, a list, a number."""
        return self.value.name if isinstance(self.value, Call) else ""


def read_pickle(stream: BinaryIO) -> PickleHead:
    """Read the opcodes of one pickle. A broken one gives what came before the break, and `whole` is false."""
    machine = _Machine()
    head = PickleHead()
    try:
        for opcode, argument, _ in pickletools.genops(cast("BinaryIO", _Bounded(stream))):
            machine.step(opcode.name, argument)
        head.value = machine.result()
    except (ValueError, IndexError, TypeError, AttributeError, KeyError, EOFError, RecursionError, OverflowError):
        head.whole = False
        head.value = machine.stack[0] if machine.stack else None
    head.globals = tuple(dict.fromkeys(machine.names))
    return head


def read_pickle_bytes(data: bytes) -> PickleHead:
    """Read the opcodes of one pickle that is in memory."""
    return read_pickle(io.BytesIO(data))


class _Bounded:
    """A stream of which no more is read than a model's pickle has: a broken one may ask for terabytes at once."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = LARGEST

    def read(self, count: int) -> bytes:
        return self._taken(self._stream.read(self._most(count)))

    def readline(self) -> bytes:
        return self._taken(self._stream.readline(self._most(_LONGEST_LINE)))

    def _most(self, count: int) -> int:
        if count > self._left:
            raise ValueError("longer than a model's pickle")
        return count

    def _taken(self, data: bytes) -> bytes:
        self._left -= len(data)
        return data


class _Machine:
    """A stack machine over symbols."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.names: list[str] = []

    def step(self, opcode: str, argument: Any) -> None:
        if opcode in _PUSHES:
            self.stack.append(argument)
        elif opcode in _MADE:
            self.stack.append(_MADE[opcode]())
        elif opcode in _STEPS:
            _STEPS[opcode](self, argument)

    def result(self) -> Any:
        return self.stack[-1] if self.stack else None

    def marked(self) -> list[Any]:
        """Take everything above the last mark, and the mark."""
        at = len(self.stack) - 1
        while self.stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise IndexError("no mark")
        taken = self.stack[at + 1 :]
        del self.stack[at:]
        return taken

    def name(self, text: str) -> None:
        self.names.append(text[:_LONGEST_NAME])
        self.stack.append(Name(text))

    def call(self, function: Any, arguments: Any) -> None:
        made = _known(function, arguments)
        self.stack.append(Call(function, arguments) if made is None else made)

    def put(self, key: int) -> None:
        self.memo[key] = self.stack[-1]

    def set_items(self, target: Any, items: Iterable[tuple[Any, Any]]) -> None:
        for key, value in items:
            if isinstance(target, dict):
                target[_hashable(key)] = value


def _known(function: Any, arguments: Any) -> Any:
    """Return the plain value that some calls stand for: an ordered dict, a wrapped tensor."""
    if not isinstance(function, Name):
        return None
    if function.text in {"collections.OrderedDict", "collections.defaultdict"}:
        return {}
    if function.text in _WRAPPED and isinstance(arguments, tuple) and arguments:
        return arguments[0]
    return None


def _hashable(key: Any) -> Any:
    return key if isinstance(key, str | int | float | bytes | bool | tuple | None) and _flat(key) else f"key {id(key)}"


def _flat(key: Any) -> bool:
    return not isinstance(key, tuple) or all(isinstance(each, str | int | float | bytes | None) for each in key)


def _global(machine: _Machine, argument: Any) -> None:
    machine.name(str(argument).replace(" ", "."))


def _stack_global(machine: _Machine, _: Any) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    machine.name(f"{module}.{name}" if isinstance(name, str) and isinstance(module, str) else "a name that it computes")


def _extension(machine: _Machine, argument: Any) -> None:
    machine.name(f"copyreg extension {argument}")


def _reduce(machine: _Machine, _: Any) -> None:
    arguments, function = machine.stack.pop(), machine.stack.pop()
    machine.call(function, arguments)


def _new_with_keywords(machine: _Machine, _: Any) -> None:
    machine.stack.pop()
    _reduce(machine, _)


def _instance(machine: _Machine, argument: Any) -> None:
    arguments = tuple(machine.marked())
    _global(machine, argument)
    machine.call(machine.stack.pop(), arguments)


def _object(machine: _Machine, _: Any) -> None:
    function, *arguments = machine.marked()
    machine.call(function, tuple(arguments))


def _build(machine: _Machine, _: Any) -> None:
    state = machine.stack.pop()
    if isinstance(machine.stack[-1], Call):
        machine.stack[-1].state.append(state)


def _set_item(machine: _Machine, _: Any) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    machine.set_items(machine.stack[-1], [(key, value)])


def _set_items(machine: _Machine, _: Any) -> None:
    items = machine.marked()
    machine.set_items(machine.stack[-1], zip(items[::2], items[1::2], strict=False))


def _dict(machine: _Machine, _: Any) -> None:
    items = machine.marked()
    machine.stack.append({_hashable(key): value for key, value in zip(items[::2], items[1::2], strict=False)})


def _append(machine: _Machine, _: Any) -> None:
    value = machine.stack.pop()
    if isinstance(machine.stack[-1], list):
        machine.stack[-1].append(value)


def _extend(machine: _Machine, _: Any) -> None:
    values = machine.marked()
    if isinstance(machine.stack[-1], list):
        machine.stack[-1].extend(values)


def _of_last(count: int) -> Callable[[_Machine, Any], None]:
    def step(machine: _Machine, _: Any) -> None:
        taken = tuple(machine.stack[-count:])
        del machine.stack[-count:]
        machine.stack.append(taken)

    return step


def _stored(machine: _Machine, _: Any) -> None:
    machine.stack.append(Stored(machine.stack.pop()))


def _pop(machine: _Machine, _: Any) -> None:
    machine.stack.pop()


_PUSHES = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "STRING", "BINSTRING", "SHORT_BINSTRING",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE",
    "BINUNICODE8", "FLOAT", "BINFLOAT",
}  # fmt: skip
_MADE: Mapping[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
    "EMPTY_SET": list,
    "MARK": lambda: _MARK,
    "NEXT_BUFFER": lambda: None,
}
_STEPS: Mapping[str, Callable[[_Machine, Any], Any]] = {
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "EXT1": _extension,
    "EXT2": _extension,
    "EXT4": _extension,
    "REDUCE": _reduce,
    "NEWOBJ": _reduce,
    "NEWOBJ_EX": _new_with_keywords,
    "INST": _instance,
    "OBJ": _object,
    "BUILD": _build,
    "SETITEM": _set_item,
    "SETITEMS": _set_items,
    "DICT": _dict,
    "LIST": lambda machine, _: machine.stack.append(machine.marked()),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.marked())),
    "FROZENSET": lambda machine, _: machine.stack.append(machine.marked()),
    "TUPLE1": _of_last(1),
    "TUPLE2": _of_last(2),
    "TUPLE3": _of_last(3),
    "APPEND": _append,
    "APPENDS": _extend,
    "ADDITEMS": _extend,
    "BINPERSID": _stored,
    "PERSID": lambda machine, argument: machine.stack.append(Stored(argument)),
    "POP": _pop,
    "POP_MARK": lambda machine, _: machine.marked(),
    "DUP": lambda machine, _: machine.stack.append(machine.stack[-1]),
    "PUT": lambda machine, argument: machine.put(argument),
    "BINPUT": lambda machine, argument: machine.put(argument),
    "LONG_BINPUT": lambda machine, argument: machine.put(argument),
    "MEMOIZE": lambda machine, _: machine.put(len(machine.memo)),
    "GET": lambda machine, argument: machine.stack.append(machine.memo[argument]),
    "BINGET": lambda machine, argument: machine.stack.append(machine.memo[argument]),
    "LONG_BINGET": lambda machine, argument: machine.stack.append(machine.memo[argument]),
}


def tensors(value: Any) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the tensors in a value's dicts and lists, by dotted path."""
    found: dict[str, tuple[int, ...]] = {}
    _collect(value, (), found, set())
    return found


def _collect(value: Any, path: tuple[str, ...], found: dict[str, tuple[int, ...]], seen: set[int]) -> None:
    if len(path) > 6 or id(value) in seen:
        return
    shape = _shape(value)
    if shape is not None:
        found[".".join(path)] = shape
        return
    if isinstance(value, dict | list):
        seen.add(id(value))
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        _collect(each, (*path, str(key)), found, seen)


def _shape(value: Any) -> tuple[int, ...] | None:
    if not isinstance(value, Call) or value.name not in _TENSORS:
        return None
    size = value.arguments[2] if isinstance(value.arguments, tuple) and len(value.arguments) > 2 else None
    if not isinstance(size, tuple) or not all(type(each) is int and each >= 0 for each in size):
        return None
    return size


def parameters(value: Any) -> int:
    """Count the numbers in a state_dict's floating-point tensors, those that share a storage once."""
    counted: dict[str, int] = {}
    for number, each in enumerate(_tensor_calls(value)):
        kind, key = _storage(each)
        if not kind.startswith(_WHOLE_NUMBERS):
            counted[key or str(number)] = max(counted.get(key, 0), math.prod(_shape(each) or ()))
    return sum(counted.values())


def _tensor_calls(value: Any) -> Iterable[Call]:
    for each in value.values() if isinstance(value, dict) else ():
        if _shape(each) is not None:
            yield each


def _storage(tensor: Call) -> tuple[str, str]:
    """Return the type of a tensor's storage (FloatStorage) and its key."""
    stored = tensor.arguments[0]
    parts = stored.key if isinstance(stored, Stored) and isinstance(stored.key, tuple) else ()
    kind = parts[1].text.rsplit(".", 1)[-1] if len(parts) > 1 and isinstance(parts[1], Name) else ""
    key = parts[2] if len(parts) > 2 else ""
    return kind, str(key) if isinstance(key, str | int) else ""  # a tuple of tuples may be endless as a text
