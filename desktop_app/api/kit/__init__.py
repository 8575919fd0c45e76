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
    from desktop_app.api.kit.failures import Known, explain_last, explain_line, explain_lines, last_exceptions
    from desktop_app.api.kit.gpu_use import NEEDS_GPU, gpu_findings
    from desktop_app.api.kit.kinds import JobKind
    from desktop_app.api.kit.knowledge import Knowledge, Signature
    from desktop_app.api.kit.knowledge_loading import load_knowledge
    from desktop_app.api.kit.knowledge_match import explain_by
    from desktop_app.api.kit.log_lines import LogLines, Writer, lines_of
    from desktop_app.api.kit.packages import file_naming, lacks_package, packages_of
    from desktop_app.api.kit.presets import Presets, Retired, name_in, reference_to
    from desktop_app.api.kit.said import error, info, warning
    from desktop_app.api.kit.script_tree import Script, Variable
    from desktop_app.api.kit.spread_words import spread_words
    from desktop_app.api.kit.v1_said import v1_notes
    from desktop_app.api.kit.v1_words import V1Words, parse_v1
    from desktop_app.api.kit.variable_use import is_in_branch, merged_variables, script_variables
    from desktop_app.api.kit.variables import SETTERS, VariableSetter, launcher_in, setters_of, variable_findings

_MODULES = {
    "argparse_options": "find_arguments types_given",
    "failures": "Known explain_last explain_line explain_lines last_exceptions",
    "gpu_use": "NEEDS_GPU gpu_findings",
    "kinds": "JobKind",
    "knowledge": "Knowledge Signature",
    "knowledge_loading": "load_knowledge",
    "knowledge_match": "explain_by",
    "log_lines": "LogLines Writer lines_of",
    "packages": "file_naming lacks_package packages_of",
    "presets": "Presets Retired name_in reference_to",
    "said": "error info warning",
    "script_tree": "Script Variable",
    "spread_words": "spread_words",
    "variable_use": "is_in_branch merged_variables script_variables",
    "v1_said": "v1_notes",
    "v1_words": "V1Words parse_v1",
    "variables": "SETTERS VariableSetter launcher_in setters_of variable_findings",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}


_WHOLE = frozenset({"answers", "jobs", "notes", "pages"})


def __getattr__(name: str) -> object:
    if name in _WHOLE:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_WHOLE})


__all__ = [
    "NEEDS_GPU",
    "SETTERS",
    "JobKind",
    "Knowledge",
    "Known",
    "LogLines",
    "Presets",
    "Retired",
    "Script",
    "Signature",
    "V1Words",
    "Variable",
    "VariableSetter",
    "Writer",
    "answers",
    "error",
    "explain_by",
    "explain_last",
    "explain_line",
    "explain_lines",
    "file_naming",
    "find_arguments",
    "gpu_findings",
    "info",
    "is_in_branch",
    "jobs",
    "lacks_package",
    "last_exceptions",
    "launcher_in",
    "lines_of",
    "load_knowledge",
    "merged_variables",
    "name_in",
    "notes",
    "packages_of",
    "pages",
    "parse_v1",
    "reference_to",
    "script_variables",
    "setters_of",
    "spread_words",
    "types_given",
    "v1_notes",
    "variable_findings",
    "warning",
]
