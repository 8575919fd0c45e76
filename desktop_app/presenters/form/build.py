"""Makes the form of a file: designed by hand for the kinds that people write most, a tree for all others."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.api import Diagnostic, Value
from desktop_app.documents.kinds import KINDS
from desktop_app.documents.shapes import Shape
from desktop_app.presenters.form.designed import designed_sections
from desktop_app.presenters.form.designs import DESIGNS
from desktop_app.presenters.form.findings import with_findings
from desktop_app.presenters.form.model import FormFacts, FormModel, Section
from desktop_app.presenters.form.openers import with_openers
from desktop_app.presenters.form.tree import tree_rows

NO_FACTS = FormFacts()


def form_for(kind: str, shape: Shape | None, data: Value, diagnostics: Sequence[Diagnostic] = (),
             facts: FormFacts = NO_FACTS) -> FormModel:  # fmt: skip
    """Return the form of a file that says `data`; takes milliseconds for thousands of lines."""
    design = DESIGNS.get(kind)
    if design is not None and isinstance(data, dict | None):
        model = FormModel(kind, title_of(kind), designed_sections(design, shape, data, facts))
    else:
        model = FormModel(kind, title_of(kind), (Section("", tree_rows(data, shape), is_tree=True),))
    return with_findings(with_openers(model, data, facts), diagnostics)


def title_of(kind: str) -> str:
    """Return what a person calls a kind."""
    info = KINDS.get(kind)
    return info.title if info else "YAML"
