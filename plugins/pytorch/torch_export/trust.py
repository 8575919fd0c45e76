"""Pickles without trust: which names one would import, which of them a person may allow, and which nobody may.

`weights_only` is never left. The names that a person allowed are imported and handed to it; a pickle can do with them
what they can do, so of the standard library and of PyTorch only what holds data or builds networks may be allowed.
"""

from __future__ import annotations

import _compat_pickle
import collections
import hashlib
import importlib
import importlib.util
import io
import pickletools
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from rankzero_kit.errors import TaskError

Name = tuple[Any, str]
HOLDS_DATA = {
    "argparse.Namespace", "collections.Counter", "collections.OrderedDict", "collections.defaultdict",
    "collections.deque", "copyreg._reconstructor", "datetime.date", "datetime.datetime", "datetime.time",
    "datetime.timedelta", "datetime.timezone", "decimal.Decimal", "fractions.Fraction", "functools.partial",
    "pathlib.Path", "pathlib.PosixPath", "pathlib.PurePath", "pathlib.PurePosixPath", "pathlib.PureWindowsPath",
    "pathlib.WindowsPath", "pathlib._local.PosixPath", "pathlib._local.WindowsPath", "random.Random",
    "types.SimpleNamespace", "uuid.UUID", "enum.Enum", "enum.IntEnum",
}  # fmt: skip
PLAIN = {
    "bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object", "range", "set",
    "slice", "str", "tuple",
}  # fmt: skip
OF_TORCH = (
    "torch.nn.", "torch.optim.", "torch._C._nn.", "torch.ao.nn.", "torch.distributions.", "torch.amp.",
    "torch.cuda.amp.", "torch._C._VariableFunctions", "torch.torch_version.TorchVersion", "torch._utils._rebuild",
    "torch.Generator", "torch.memory_format", "torch.finfo",
)  # fmt: skip
ACTIVATIONS = {f"torch.{each}" for each in ("relu", "sigmoid", "tanh", "softmax", "sin", "cos", "exp", "selu", "celu")}
OF_NUMPY = ("numpy.dtype", "numpy.ndarray", "numpy.random._pickle.", "numpy.dtypes.")
OF_NUMPY_CORE = {f"numpy.{core}.multiarray.{each}" for core in ("core", "_core") for each in ("scalar", "_reconstruct")}
RUNS_CODE = {
    "IPython", "_operator", "cloudpickle", "dill", "fsspec", "jinja2", "joblib", "pip", "pkg_resources", "setuptools",
    "triton", "tensorflow", "numba", "cffi", "paramiko", "requests", "httpx", "huggingface_hub", "onnx", "onnxscript",
    "wheel", "rankzero_kit",
}  # fmt: skip


def forbidden(name: str) -> str:
    """Return why a name is never let in, whatever a person says; empty where a person may decide."""
    top, _, rest = name.partition(".")
    if top in {"builtins", "__builtin__"}:
        return "" if rest in PLAIN else "it is one of Python's own functions, which weights don't need"
    if top == "torch":
        fine = name.startswith(OF_TORCH) or name in ACTIVATIONS
        return "" if fine else "it is neither a layer of PyTorch's nor an optimizer"
    if top == "numpy":
        scalar = name.count(".") == 1 and name.rstrip("0123456789_").endswith(("int", "float", "bool", "complex"))
        return "" if scalar or name.startswith(OF_NUMPY) or name in OF_NUMPY_CORE else "it holds no array"
    if top in RUNS_CODE:
        return "it can run any program"
    if top in sys.stdlib_module_names and name not in HOLDS_DATA and top != "__main__":
        return "it is a part of Python that acts on the computer, where weights are numbers alone"
    return ""


def unsafe_names(path: Path, *, members: bool = False) -> list[str]:
    """Return the names that a checkpoint would import beyond what weights may; nothing of it is run.

    With `members`, it is an archive of checkpoints and pickles, and the names are those of all of them.
    """
    import torch

    if members:
        return _of_members(path)
    try:
        return sorted(torch.serialization.get_unsafe_globals_in_checkpoint(str(path)))
    except Exception:  # noqa: BLE001 - no zip, or a pickle of a kind that torch.save doesn't write
        known = torch._weights_only_unpickler._get_allowed_globals()
        return sorted({each for each in scanned(path) if each not in known})


def sha256(path: Path) -> str:
    """Return the hash by which a permission is kept."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def refuse(path: Path, allowed: Sequence[str], *, members: bool = False) -> list[str]:
    """Return the names that were allowed and are in a checkpoint.

    Raises TaskError where it would import names that nobody allowed, or that nobody may allow.
    """
    names = unsafe_names(path, members=members)
    if any(each.startswith("torch.distributed.") for each in (*names, *([] if members else scanned(path)))):
        hint = "Save it whole in the training: get_model_state_dict with StateDictOptions(full_state_dict=True)."
        raise TaskError(f"{path.name} holds one rank's part of weights that were spread over several (FSDP).", hint)
    never = [(each, why) for each in names if (why := forbidden(each))]
    if never:
        told = "; ".join(f"{each}: {why}" for each, why in never[:5])
        hint = "Nothing of it was run. Don't load this file elsewhere either, unless you know why that name is in it."
        raise TaskError(f"{path.name} asks for names that are never let in ({told}).", hint, final=True)
    missing = [each for each in names if each not in allowed]
    if missing:
        raise asked(path, missing)
    return names


def asked(path: Path, names: Sequence[str]) -> TaskError:
    """Return the error that asks a person for names."""
    many = "names that weights don't need" if len(names) > 1 else "a name that weights don't need"
    hint = "Allow them by name if you know where this file is from: loading it then runs code of theirs."
    told = {"kind": "unsafe-globals", "names": [*names], "sha256": sha256(path)}
    return TaskError(f"{path.name} asks for {many}: {', '.join(names)}.", hint, ask=told)


def let_in(names: Sequence[str], own: Callable[[str], Any]) -> list[Name]:
    """Import what a person allowed, as torch takes it; `own` finds what is the person's code, else None."""
    found: list[Name] = []
    for name in names:
        if why := forbidden(name):
            raise TaskError(f"{name} is never let in: {why}.", final=True)
        value = own(name)
        value = _imported(name) if value is None else value
        if why := _at_home(value):
            raise TaskError(f"{name} is never let in: it is {why}.", final=True)
        found.append((_loadable(value), name))
        found += _dtypes() if name == "numpy.dtype" else []
    return found


def _at_home(value: Any) -> str:
    """Return why what a name stands for is not let in: `train.os.system` is os.system."""
    if not callable(value):
        return "no class and no function"
    home = f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"
    return home if forbidden(home) and home not in ACTIVATIONS else ""


class AsDict:
    """Makes a plain dictionary of whatever is one: weights_only fills no others."""

    def __new__(cls, *args: Any) -> Any:
        """Return the dictionary."""
        return collections.OrderedDict()


class Nothing:
    """Stands for what a person allowed and the toolchain lacks: it is beside the weights, and its content is lost."""

    named = ""

    def __new__(cls, *args: Any) -> Any:
        """Return one, whatever the real one takes."""
        return super().__new__(cls)

    def __init__(self, *args: Any) -> None: ...

    def __setstate__(self, state: Any) -> None:
        """Forget a state; raise TaskError for that of a network."""
        if isinstance(state, dict) and "_parameters" in state:
            hint = "Say which folder its code is in, or save the weights alone: torch.save(model.state_dict(), path)."
            raise TaskError(f"The file holds a network of the class {self.named}, whose code is not here.", hint)


def _loadable(value: Any) -> Any:
    is_mapping = isinstance(value, type) and issubclass(value, dict)
    return AsDict if is_mapping and value not in (dict, collections.OrderedDict, collections.Counter) else value


def _imported(name: str) -> Any:
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part, None)
        if found is not None:
            return found
    if importlib.util.find_spec(parts[0]) is None:  # a package of the training alone: lightning, omegaconf
        return AsDict if name.endswith("Dict") else type(parts[-1], (Nothing,), {"named": name})
    hint = "Was it written by another version of that package?"
    raise TaskError(f"The file asks for {name}, which can't be imported here.", hint)


def _dtypes() -> list[Name]:
    import numpy as np

    classes = (each for each in vars(np.dtypes).values() if isinstance(each, type))
    return [(each, f"numpy.dtypes.{each.__name__}") for each in classes]


def _of_members(path: Path) -> list[str]:
    import torch

    found: set[str] = set()
    with zipfile.ZipFile(path) as archive:
        for each in archive.infolist():
            with archive.open(each) as member:
                head = member.read(4)
            data = io.BytesIO(archive.read(each)) if head.startswith((b"PK", b"\x80")) else io.BytesIO()
            if head.startswith(b"PK") and is_zip(data):
                with zipfile.ZipFile(data) as inner:
                    pickles = [inner.read(name) for name in inner.namelist() if name.endswith(".pkl")]
                found.update(name for one in pickles for name in _names(io.BytesIO(one)))
            elif head.startswith(b"\x80"):
                found.update(_names(data))
    known = torch._weights_only_unpickler._get_allowed_globals()
    return sorted(found - {*known})


def scanned(path: Path) -> Iterator[str]:
    """Yield the names in a file's pickles, read as text: in a zip, or the five that came before zips."""
    if is_zip(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith("data.pkl"):
                    yield from _names(io.BytesIO(archive.read(name)))
        return
    with path.open("rb") as file:
        for _ in range(5):
            yield from _names(file)


def is_zip(file: Path | IO[bytes]) -> bool:
    """Whether a file is a zip that can be opened."""
    try:
        return zipfile.is_zipfile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return False


def _today(module: str, name: str = "") -> str:
    """Return a name of Python 2 as it is called now, as unpickling does."""
    if (module, name) in _compat_pickle.NAME_MAPPING:
        module, name = _compat_pickle.NAME_MAPPING[module, name]
    return f"{_compat_pickle.IMPORT_MAPPING.get(module, module)}.{name}"


def _names(file: IO[bytes]) -> Iterator[str]:
    texts: list[str] = []
    try:
        for code, argument, _ in pickletools.genops(file):
            if code.name in ("GLOBAL", "INST"):
                yield _today(*str(argument).split(" ", 1))
            elif code.name == "STACK_GLOBAL":
                yield _today(*texts[-2:])
            elif isinstance(argument, str):
                texts = [*texts[-1:], argument]
    except (ValueError, EOFError, MemoryError, OverflowError):
        return  # what is no pickle imports nothing
