"""Which model is exported: its file or folder, the code that it needs, and what can be known without loading it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from desktop_app.api import ModelFile
from desktop_app.presenters.models.export import OWN_CODE, ExportDraft, Source, facts_of, refusal, source_of_text
from desktop_app.presenters.models.report import Line
from desktop_app.presenters.models.words import WARNING
from desktop_app.ui.models.parts import FactLines, MarkedLine, Section
from desktop_app.ui.models.path_line import PathLine
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import InlineMessage, label
from desktop_app.ui.widgets.calm_wheel import calm_wheel
from desktop_app.ui.widgets.layouts import drop_contents


class ModelSection(Section):
    """`chosen` carries a `Source` when another model, function or folder of code is meant; `weights` a path."""

    chosen = Signal(object)
    weights_edited = Signal(str)

    def __init__(self) -> None:
        super().__init__("")
        self.heading.setText(self.tr("Model"))
        self._source: Source | None = None
        self.path = PathLine(self.tr("Model"), files=self.tr("Choose a &file…"), folders=self.tr("Choose a f&older…"))
        self.path.line.setPlaceholderText(self.tr("A model's file or folder, or a .py file that builds it"))
        self.builder = QComboBox()
        self.typed = QLineEdit()
        self.weights = PathLine(self.tr("Weights"), files=self.tr("Choose weights…"))
        self.weights.line.setPlaceholderText(self.tr("Optional: a checkpoint for what the function builds"))
        self.code = PathLine(self.tr("Your code"), folders=self.tr("Choose the code's folder…"))
        self.code.line.setPlaceholderText(self.tr("The folder that the model's classes are imported from"))
        self.message = InlineMessage(can_close=False)
        known = self.tr(
            "PyTorch checkpoints, state_dicts and whole modules, Lightning, TorchScript, .pt2, safetensors, "
            "Hugging Face folders, Keras, TensorFlow. What it is, is looked up in the file; "
            "nothing of it is run before you export."
        )
        self.hint = label(known, "muted", wraps=True)
        self._labels: dict[QWidget, QLabel] = {}
        self._grid = QGridLayout()
        self._told: FactLines | None = None
        self._facts = QVBoxLayout()
        self._build()

    def show_source(self, draft: ExportDraft, builders: Sequence[str]) -> None:
        """Show where the model is; what it is follows once it was looked at."""
        source = self._source = draft.source
        path = source.path if source is not None else None
        self.path.show_path(str(path) if path is not None else "")
        is_python = path is not None and path.suffix == ".py"
        if is_python and source is not None:
            self.builder.clear()
            self.builder.addItems(list(builders))
            self.builder.setCurrentText(source.callable)
        self.weights.show_path(draft.weights)
        for each in (self.builder, self.weights):
            self._show_row(each, shown=is_python)
        code = source.code if source is not None else None
        self.code.show_path(str(code) if code is not None else "")
        self._show_row(self.code, shown=False)

    def show_model(self, model: ModelFile | None, forecast: str = "", *, warns: bool = False) -> None:
        """Show what the model is."""
        drop_contents(self._facts)
        self._told = None
        self.hint.setVisible(model is None)
        if model is None:
            return
        refused = refusal(model)
        self.message.hide()
        if refused is not None:
            self.message.show_error(refused)
        self._show_row(self.code, shown=model.kind in OWN_CODE and model.kind != "python")
        made: list[QWidget] = [told := FactLines(facts_of(model, "" if warns else forecast), beside=True)]
        self._told = told
        made += [
            MarkedLine(Line(WARNING, each))
            for each in (*(() if refused else model.warnings), *((forecast,) if warns else ()))
        ]
        for each in made:
            self._facts.addWidget(each)
            each.show()

    @property
    def label_width(self) -> int:
        """How wide the widest label is that is shown."""
        told = self._told.labels if self._told is not None else []
        shown = [each for each in self._labels.values() if not each.isHidden()]
        return max((each.sizeHint().width() for each in (*shown, *told)), default=0)

    def keep_label_width(self, width: int) -> None:
        """Let fields and texts begin as far right as those of another card."""
        self._grid.setColumnMinimumWidth(0, width)
        if self._told is not None:
            self._told.keep_label_width(width)

    def _show_row(self, widget: QWidget, *, shown: bool) -> None:
        widget.setVisible(shown)
        self._labels[widget].setVisible(shown)

    def _settle_path(self, text: str) -> None:
        if text:
            self.chosen.emit(source_of_text(text))

    def _settle_builder(self) -> None:
        source, name = self._source, self.builder.currentText().strip()
        if source is not None and name and name != source.callable:
            self.chosen.emit(replace(source, callable=name))

    def _settle_code(self, text: str) -> None:
        source = self._source
        if source is not None:
            code = Path(text).expanduser().absolute() if text else None
            self.chosen.emit(replace(source, code=code))

    def _build(self) -> None:
        grid = self._grid
        grid.setHorizontalSpacing(Space.L)
        grid.setVerticalSpacing(Space.S)
        grid.setColumnStretch(1, 1)
        self.builder.setAccessibleName(self.tr("Function or class that builds the model"))
        self.builder.setEditable(True)
        self.builder.setLineEdit(self.typed)
        self.builder.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.builder.setCompleter(None)  # type: ignore[arg-type]  # its own takes `Slow` for what Python calls `slow`
        calm_wheel(self.builder)
        self.typed.setAccessibleName(self.builder.accessibleName())
        self.typed.setPlaceholderText(self.tr("The function or class that builds the model, such as build"))
        rows = (
            (self.tr("File or folder"), self.path), (self.tr("Built by"), self.builder),
            (self.tr("Weights"), self.weights), (self.tr("Your code"), self.code),
        )  # fmt: skip
        for row, (text, widget) in enumerate(rows):
            self._labels[widget] = label(text, "muted")
            grid.addWidget(self._labels[widget], row, 0, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
            grid.addWidget(widget, row, 1)
        for each in (self.builder, self.weights, self.code):
            self._show_row(each, shown=False)
        self.body.addLayout(grid)
        self.body.addWidget(self.hint)
        self.body.addWidget(self.message)
        self._facts.setSpacing(Space.XS)
        self.body.addLayout(self._facts)
        self.path.settled.connect(self._settle_path)
        self.builder.activated.connect(lambda _index: self._settle_builder())
        self.typed.editingFinished.connect(self._settle_builder)
        self.code.settled.connect(self._settle_code)
        self.weights.edited.connect(self.weights_edited)
