"""What an export asks on its way, in words, and the answers as it takes them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desktop_app.api import Field, FieldKind, FormSpec, Value
from desktop_app.services.exports.orders import Answer, Question

_DANGEROUS = frozenset({
    "os", "posix", "nt", "subprocess", "sys", "builtins", "importlib", "runpy", "shutil", "socket", "ctypes", "pty",
    "code", "codeop", "multiprocessing", "webbrowser", "urllib", "http", "pathlib", "tempfile", "pickle", "operator",
    "__builtin__", "commands",
})  # fmt: skip
_NEVER = _DANGEROUS - {"pathlib", "builtins", "__builtin__"}
_PLAIN = frozenset({
    "bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object", "range", "set",
    "slice", "str", "tuple",
})  # fmt: skip
_HDF5 = "hdf5"
_HARMLESS = {
    _HDF5: "Keras's older file format: Keras does not look for code in it before it loads it",
    "argparse.Namespace": "settings as they were given on the command line; it only holds values",
    "collections.OrderedDict": "a dictionary in order; it only holds values",
    "collections.defaultdict": "a dictionary with a default; it only holds values",
    "datetime.datetime": "a moment; it only holds values",
    "pathlib.PosixPath": "a path; making one reads and writes nothing",
    "pathlib.WindowsPath": "a path; making one reads and writes nothing",
    "builtins.set": "a set of values",
    "builtins.complex": "a number",
    "builtins.range": "a range of numbers",
    "builtins.slice": "a range of numbers",
}
_LIBRARIES = {
    "torch": "PyTorch", "torchvision": "torchvision", "numpy": "NumPy", "transformers": "Transformers",
    "pytorch_lightning": "Lightning", "lightning": "Lightning", "lightning_fabric": "Lightning", "keras": "Keras",
    "tensorflow": "TensorFlow", "omegaconf": "OmegaConf", "sklearn": "scikit-learn", "pandas": "pandas",
    "horovod": "Horovod", "timm": "timm",
}  # fmt: skip
_KINDS = {"int": FieldKind.INTEGER, "float": FieldKind.NUMBER, "bool": FieldKind.BOOLEAN}


@dataclass(frozen=True, slots=True)
class Name:
    """A name that a file would import, what that means, and whether it is a known way to do harm."""

    name: str
    meaning: str
    dangerous: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A class that may be the model's."""

    name: str
    fits: bool
    why: str


_INPUTS = (
    "Write a shape for each input: sizes such as 224, and a name such as batch for an axis that may vary. "
    "[] stands for a single number."
)


STRANGERS = "Don't open it with anything else, unless you know who made it: opening a pickle can run any program."


def never_let_in(name: str) -> bool:
    """Whether an exporter refuses a file for a name in its pickle, whatever a person says."""
    top, _, rest = name.partition(".")
    return top in _NEVER or (top in ("builtins", "__builtin__") and rest not in _PLAIN)


def hint_for(kind: str, hint: str) -> str:
    """Return what to do, in words of the window: a table is filled in here, and no arguments are written."""
    return _INPUTS if kind == "inputs" or "=float32[" in hint else hint


def names_in(question: Question) -> list[Name]:
    """Return the names that a file asks for, the dangerous ones first."""
    found = [_name(str(each)) for each in _list(question.ask.get("names"))]
    return sorted(found, key=lambda each: not each.dangerous)


def candidates_in(question: Question) -> list[Candidate]:
    """Return the classes that may be the model's, those that fit first."""
    rows = [each for each in _list(question.ask.get("candidates")) if isinstance(each, Mapping) and each.get("name")]
    found = [Candidate(str(each["name"]), bool(each.get("fits")), str(each.get("why") or "")) for each in rows]
    return sorted(found, key=lambda each: not each.fits)


def asks_for_names(question: Question) -> bool:
    """Whether names are to be allowed: what was allowed is remembered for the file."""
    return question.kind in ("unsafe-globals", _HDF5)


def signatures_in(question: Question) -> list[Candidate]:
    """Return the signatures of a SavedModel, one of which is exported."""
    return [Candidate(str(each), fits=True, why="") for each in _list(question.ask.get("names"))]


def form_in(question: Question) -> FormSpec:
    """Return the arguments of a class as a form."""
    rows = (each for each in _list(question.ask.get("parameters")) if isinstance(each, Mapping) and each.get("name"))
    return FormSpec(tuple(_field(each) for each in rows))


def arguments_answer(form: FormSpec, answers: Mapping[str, Value]) -> Answer:
    """Return the arguments that were given; what was left alone keeps its default in the class."""
    given: dict[str, Value] = {
        each.name: answers[each.name] for each in form.fields if answers.get(each.name) not in (None, "")
    }
    return Answer(options={"arguments": given})


def missing_arguments(form: FormSpec, answers: Mapping[str, Value]) -> list[str]:
    """Return the titles of those that must be given and aren't."""
    return [each.title for each in form.fields if each.required and answers.get(each.name) in (None, "")]


def remembered(question: Question, known: Mapping[str, Sequence[str]]) -> Answer | None:
    """Return the answer that a person gave before for the very same file; None where it asks for more than that."""
    names = {str(each) for each in _list(question.ask.get("names"))}
    allowed = set(known.get(str(question.ask.get("sha256") or ""), ()))
    return Answer(allowed=tuple(sorted(names))) if names and names <= allowed else None


def with_allowed(
    question: Question, allowed: Iterable[str], known: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """Return what is to be remembered once names were allowed for a file."""
    sha256 = str(question.ask.get("sha256") or "")
    kept = {key: [*names] for key, names in known.items()}
    if sha256:
        kept[sha256] = sorted({*kept.get(sha256, ()), *allowed})
    return kept


def _name(name: str) -> Name:
    top = name.partition(".")[0]
    if name in _HARMLESS:
        return Name(name, _HARMLESS[name])
    if not name.replace("_", "").replace(".", "").isalnum():
        return Name(name, "code that is stored in the file itself, and runs when the model is loaded")
    if top in _DANGEROUS:
        return Name(name, "can run commands or reach your files: no model needs it", dangerous=True)
    return Name(name, _origin(top))


def _origin(top: str) -> str:
    if top in _LIBRARIES:
        return f"code of {_LIBRARIES[top]}"
    if top == "__main__":
        return "a class of the script that was run; it is taken from your code"
    if top in sys.stdlib_module_names:
        return "code of Python's own library"
    return "code of your own, or of another package"


def _field(row: Mapping[str, Any]) -> Field:
    default, annotation = row.get("default"), str(row.get("annotation") or "")
    kind = _KINDS.get(annotation.partition(" ")[0].partition("|")[0].strip(), FieldKind.TEXT)
    if kind is not FieldKind.BOOLEAN and not isinstance(default, int | float | str):
        default = None
    return Field(
        name=str(row["name"]),
        title=str(row["name"]),
        kind=kind,
        default=bool(default) if kind is FieldKind.BOOLEAN else default,
        help=annotation if kind is FieldKind.TEXT else "",
        required=bool(row.get("required")) and kind is not FieldKind.BOOLEAN,
    )


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()
