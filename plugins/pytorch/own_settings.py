"""What a person may choose of this plugin: which wizard comes first, and what every new job begins with."""

from __future__ import annotations

from desktop_app.api import Choice, Field, FieldKind, FormSpec
from desktop_app.api.kit import pages

from . import deepspeed_wizard, wizard


def form() -> FormSpec:
    """Return the questions."""
    offered = (*wizard.wizards(), deepspeed_wizard.wizard())
    first = Field(
        "first",
        "First of the wizards",
        FieldKind.CHOICE,
        default=offered[0].name,
        choices=tuple(Choice(each.name, each.title, each.summary) for each in offered),
        help="The one that you use most; the others follow.",
    )
    return pages.job_settings(first)
