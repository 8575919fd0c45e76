"""What job wizards share: pages and their notes, answers, the job that they make, and reading a training script.

Part of the public API, for bundled plugins and others alike. A name's module is imported when it is first asked for.
The modules `answers`, `pages`, `notes` and `jobs` are imported whole (`from desktop_app.api.kit import pages`).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop_app.api.kit import answers, jobs, notes, pages
    from desktop_app.api.kit.argparse_options import find_arguments, types_given
    from desktop_app.api.kit.kinds import JobKind
    from desktop_app.api.kit.presets import Presets, Retired, name_in, reference_to
    from desktop_app.api.kit.said import error, info, warning
    from desktop_app.api.kit.script_tree import Script, Variable
    from desktop_app.api.kit.v1_said import v1_notes
    from desktop_app.api.kit.v1_words import V1Words, parse_v1

_MODULES = {
    "argparse_options": "find_arguments types_given",
    "kinds": "JobKind",
    "presets": "Presets Retired name_in reference_to",
    "said": "error info warning",
    "script_tree": "Script Variable",
    "v1_said": "v1_notes",
    "v1_words": "V1Words parse_v1",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


__all__ = [
    "JobKind",
    "Presets",
    "Retired",
    "Script",
    "V1Words",
    "Variable",
    "answers",
    "error",
    "find_arguments",
    "info",
    "jobs",
    "name_in",
    "notes",
    "pages",
    "parse_v1",
    "reference_to",
    "types_given",
    "v1_notes",
    "warning",
]
