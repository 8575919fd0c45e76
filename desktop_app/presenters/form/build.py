"""Makes the form of a file: designed by hand for the kinds that people write most, a tree for all others."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.api import Diagnostic, Value
from desktop_app.documents.shapes import Shape
from desktop_app.presenters.editor import KIND_TITLES
from desktop_app.presenters.form.findings import with_findings
from desktop_app.presenters.form.model import FormFacts, FormModel, Section
from desktop_app.presenters.form.tree import tree_rows

NO_FACTS = FormFacts()


def form_for(kind: str, shape: Shape | None, data: Value, diagnostics: Sequence[Diagnostic] = (),
             facts: FormFacts = NO_FACTS) -> FormModel:  # fmt: skip
    """Return the form of a file that says `data`; takes milliseconds for thousands of lines."""
    model = FormModel(kind, KIND_TITLES.get(kind, "YAML"), (Section("", tree_rows(data, shape), is_tree=True),))
    return with_findings(model, diagnostics)
