"""An export that is being prepared: what the model is, the exporter's questions, inputs, and where the file goes."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.api import (
    MODEL_KINDS,
    Diagnostic,
    Field,
    FieldKind,
    FormSpec,
    ModelFile,
    OnnxExporter,
    Severity,
    UserError,
    Value,
)
from desktop_app.core.exports.report import ExportReport
from desktop_app.core.words import plural, size_text
from desktop_app.presenters.models.inputs import InputRow, problem_of, rows_of_specs, specs_of
from desktop_app.presenters.models.questions import STRANGERS, never_let_in
from desktop_app.presenters.models.words import listed, short_path, text_of
from desktop_app.services.exports.orders import ExportOrder
from desktop_app.services.exports.routing import Offer

PICKLED = frozenset({"torch", "torch-module"})
TAKES_WEIGHTS = frozenset({"python"})
OWN_CODE = frozenset({"python", "torch", "torch-module", "safetensors", "keras", "hdf5", "tf-checkpoint"})
"""Kinds whose classes may be in the person's own code."""
_USUAL = frozenset({
    "collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_tensor", "torch.Size",
})  # fmt: skip
TEXTS = frozenset({".yml", ".yaml", ".json", ".md", ".txt", ".toml", ".csv", ".log", ".ini", ".cfg"})
"""What is no model, told by its ending alone: it can only be left to others so, never taken for a model."""
_BUILDERS = ("build", "make", "create", "get_model", "network", "model")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model comes from, before it is looked at."""

    path: Path
    callable: str = ""
    code: Path | None = None
    scripts: tuple[str, ...] = ()
    run: str = ""
    title: str = ""
    """What the run is called, which the ONNX file is named after."""
    home: Path | None = None
    """The folder of the run's job file, where it still is."""


def source_of_text(text: str) -> Source:
    """Return the model that a text means: a path, or `FILE.py:FUNCTION`."""
    file, colon, function = text.strip().rpartition(":")
    named = colon and file.lower().endswith(".py") and all(part.isidentifier() for part in function.split("."))
    path = Path(file if named else text.strip()).expanduser().absolute()
    return Source(path, function if named else "")


@dataclass
class ExportDraft:
    """What a person has filled in so far; nothing of it is lost on the way to the verdict and back."""

    source: Source | None = None
    model: ModelFile | None = None
    offers: Sequence[Offer] = ()
    exporter: str = ""
    form: FormSpec = field(default_factory=FormSpec)
    answers: dict[str, Value] = field(default_factory=dict)
    weights: str = ""
    rows: list[InputRow] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    output: str = ""
    overwrite: bool = False
    former: str = ""
    """What an export that is done again has written: the file is to lie beside it, under a name that is not there."""
    forecast: str = ""
    may_not_fit: bool = False

    def means(self, source: Source) -> bool:
        """Whether a source is the very model of the draft: what was filled in then goes for it, too."""
        mine = self.source
        return mine is not None and (mine.path, mine.callable) == (source.path, source.callable)

    @property
    def offer(self) -> Offer | None:
        """The exporter that is chosen, else the best."""
        chosen = (each for each in self.offers if each[1].id == self.exporter)
        return next(chosen, self.offers[0] if self.offers else None)

    def take(self, model: ModelFile, offers: Sequence[Offer]) -> None:
        """A model was looked at: keep what was answered for another of the same kind."""
        if self.model is not None and self.model.kind != model.kind:
            self.answers.clear()
            self.exporter = ""
        self.model, self.offers = model, offers

    def value(self, asked: Field) -> Value:
        """Return the answer to a question."""
        return self.answers.get(asked.name, asked.default)

    def answer(self, name: str, value: Value) -> None:
        """Keep an answer; none leaves the question open."""
        if value in (None, ""):
            self.answers.pop(name, None)
        else:
            self.answers[name] = value

    def notes(self, name: str) -> tuple[Diagnostic, ...]:
        """Return what there is to say of an answer."""
        asked = next((each for each in self.form.fields if each.name == name), None)
        said = problem_with(asked, self.value(asked)) if asked is not None else ""
        return (Diagnostic(Severity.ERROR, "answer", said, name),) if said else ()

    def problem(self) -> str:
        """Return why the export can't begin yet; empty where it can."""
        if self.model is None:
            return "Choose a model first."
        if refused := refused_names(self.model):
            return f"{self.model.path.name} asks for {refused[0]}, and is not exported."
        if self.offer is None:
            if self.model.kind == "onnx":
                return (
                    "This is ONNX already: “Open an ONNX file…” shows its graph, and makes smaller and faster versions."
                )
            return f"No plugin that is switched on exports this: {kind_text(self.model)}."
        said = (problem_with(each, self.value(each)) for each in self.form.fields)
        return next(filter(None, said), "") or problem_of(self.rows) or self._output_problem()

    @property
    def is_there(self) -> bool:
        """Whether there is a file already where the export is to go. Asks the disk."""
        return bool(self.output.strip()) and Path(self.output.strip()).expanduser().is_file()

    def output_problem(self) -> str:
        """Return what is wrong with where the file goes, one that is there and not to be replaced among it."""
        if self.is_there and not self.overwrite:
            return f"{Path(self.output.strip()).name} is there already: choose another name, or replace it."
        return self._output_problem()

    def _output_problem(self) -> str:
        path = Path(self.output.strip()).expanduser()
        if not self.output.strip() or path.is_dir():
            return "Say which file to write, such as model.onnx."
        if not path.is_absolute():
            return "Write where the file goes from the root on, or choose it with …."
        return "" if path.parent.is_dir() else f"There is no folder {path.parent}."

    def order(self) -> ExportOrder:
        """Return the export as it is asked for. Raises UserError where `problem` says why not."""
        problem = self.problem()
        if problem or self.model is None or self.offer is None:
            raise UserError(problem or "Choose a model first.")
        info, exporter = self.offer
        return ExportOrder(
            model=self.model,
            output=Path(self.output.strip()).expanduser(),
            exporter=exporter.id,
            plugin=info.id,
            weights=Path(self.weights).expanduser() if self.weights.strip() else None,
            inputs=specs_of(self.rows, self.files),
            options={each.name: self.value(each) for each in self.form.fields if self._is_told(each)},
            overwrite=self.overwrite,
            run=self.source.run if self.source is not None else "",
        )

    def _is_told(self, asked: Field) -> bool:
        return not asked.disabled and self.value(asked) not in (None, "", {})


def problem_with(asked: Field, value: Value) -> str:
    """Return what is wrong with an answer."""
    if asked.disabled:
        return ""
    if asked.required and value in (None, "", {}):
        return f"“{asked.title}” is missing."
    if asked.kind in (FieldKind.INTEGER, FieldKind.NUMBER) and isinstance(value, int | float):
        low, high = asked.minimum, asked.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            return f"“{asked.title}” must be {_between(low, high)}."
    return ""


def source_of(report: ExportReport) -> Source | None:
    """Return where the model of a report came from; None where the report doesn't say."""
    told = report.model
    path = text_of(told.get("path"))
    if not path:
        return None
    code, scripts = text_of(told.get("code")), told.get("scripts")
    names = tuple(map(str, scripts)) if isinstance(scripts, list | tuple) else ()
    where = Path(code) if code else None
    return Source(Path(path), text_of(told.get("callable")), where, names, text_of(told.get("run")))


def again(report: ExportReport) -> ExportDraft:
    """Return a draft that says what a report's export said; the model has to be looked at anew."""
    told = report.model
    options, inputs = told.get("options"), told.get("inputs")
    rows, files = rows_of_specs(map(str, inputs) if isinstance(inputs, list | tuple) else ())
    return ExportDraft(
        source=source_of(report),
        exporter=report.exporter,
        answers=dict(options) if isinstance(options, Mapping) else {},
        weights=text_of(told.get("weights")),
        rows=rows,
        files=files,
        former=report.output,
    )


def proposed_output(model: ModelFile, source: Source, folder: Path, former: str = "") -> Path:
    """Return a file that is not there yet: where a `former` export wrote its own, else beside the model. Blocks.

    What a run left goes to `folder`, named after the run: its own folder is no place where one looks for a file.
    """
    if former and Path(former).parent.is_dir():
        place, stem = Path(former).parent, Path(former).stem
        counted = re.fullmatch(r"(.+)-\d{1,3}", stem)
        if counted is not None and (place / f"{counted[1]}.onnx").exists():
            stem = counted[1]
    else:
        place = folder if source.run else model.path.parent
        stem = _named_after(source.title, model.path.name if model.path.is_dir() else model.path.stem)
    names = (f"{stem}{'' if number == 1 else f'-{number}'}.onnx" for number in range(1, 1000))
    return next((place / each for each in names if not (place / each).exists()), place / f"{stem}.onnx")


def _named_after(title: str, stem: str) -> str:
    """Return the stem of a file for what a run of that title left."""
    run = re.sub(r"[^\w.-]+", "-", title).strip("-.")
    return stem if not run or run in stem else run if stem in run else f"{run}-{stem}"


def may_be_model(path: Path) -> bool:
    """Whether exporting is worth being offered: what a file is, is looked into once it was asked for."""
    if path.is_dir():
        return any((path / name).exists() for name in ("saved_model.pb", "config.json", "MLmodel"))
    return path.suffix.lower() not in TEXTS


def kind_text(model: ModelFile) -> str:
    """Return what a model is, in words."""
    return MODEL_KINDS.get(model.kind, model.kind)


def facts_of(model: ModelFile, forecast: str = "") -> list[tuple[str, str]]:
    """Return what is known of a model without running anything of it."""
    size = [size_text(model.bytes) if model.bytes else "", plural(model.parameters, "parameter")
            if model.parameters else ""]  # fmt: skip
    pairs = (
        ("What it is", kind_text(model)),
        ("Size", ", ".join(filter(None, size))),
        *model.facts,
        ("Asks to import", _few([each for each in model.globals if not _is_usual(each)])),
        ("Memory", forecast),
    )
    return [(label, text) for label, text in pairs if text]


def refused_names(model: ModelFile) -> list[str]:
    """Return the names for which a file is refused: its pickle would run programs or reach files."""
    return [each for each in model.globals if never_let_in(each)] if model.kind in PICKLED else []


def refusal(model: ModelFile) -> UserError | None:
    """Return why a file is not exported, whatever is answered; None where it may be."""
    names = refused_names(model)
    if not names:
        return None
    return UserError(
        f"{model.path.name} would run code as it is loaded: it asks for {_few(names)}. No model needs that, and "
        "it is never let in.",
        hint=f"Nothing of it was run. {STRANGERS}",
    )


def told_of_pickle(error: UserError) -> UserError:
    """Return why a file is no model, with what a pickle can do where it is one."""
    if "pickle" not in f"{error.message} {error.details}".lower() or STRANGERS in error.hint:
        return error
    return UserError(error.message, hint=f"{error.hint} {STRANGERS}".strip(), details=error.details)


def notice(model: ModelFile, exporter: OnnxExporter | None) -> str:
    """Return what exporting does that one should know before: code is run."""
    where = f" in {short_path(model.code)}" if model.code is not None and model.kind in OWN_CODE else ""
    code = f"the code{where} and " if where else ""
    kept = f" in the toolchain {exporter.toolchain}" if exporter is not None else ""
    return (
        f"Exporting runs {code}what came with the model, in a process of its own{kept}. "
        "That is not a sandbox: export only what you trust."
    )


def builders_in(path: Path) -> list[str]:
    """Return the functions and classes of a Python file that may build a model, likeliest first. Blocks."""
    try:
        body = ast.parse(path.read_bytes(), path.name).body
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = [each for each in body if isinstance(each, ast.FunctionDef | ast.ClassDef) and each.name[:1] != "_"]
    likely = [each.name for each in found if any(word in each.name.lower() for word in _BUILDERS)]
    classes = [each.name for each in found if isinstance(each, ast.ClassDef) and each.bases]
    return list(dict.fromkeys((*likely, *classes, *(each.name for each in found))))


def _is_usual(name: str) -> bool:
    """Whether every file with weights alone asks for the name."""
    return name in _USUAL or (name.startswith("torch.") and name.endswith("Storage"))


def _few(names: Sequence[str]) -> str:
    more = f"{len(names) - 6} more" if len(names) > 6 else ""
    return listed((*names[:6], more))


def _between(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return f"at least {low:g}" if low is not None else f"at most {high:g}"
    return f"from {low:g} to {high:g}"
