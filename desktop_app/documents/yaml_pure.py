"""Composes a YAML text by ruamel.yaml alone: slow, strict in YAML 1.2, and good at saying what is wrong."""

from __future__ import annotations

from typing import cast

from ruamel.yaml import YAML
from ruamel.yaml.docinfo import DocInfo
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from desktop_app.documents.yaml_faults import fault_of
from desktop_app.documents.yaml_nodes import Fault, FaultError, Node, TooDeepError

_AFTER = 40  # lines read behind a fault: some show only there


def compose(text: str) -> tuple[Node | None, int]:
    """Return the first document's root and the number of documents. Raises FaultError and TooDeepError."""
    try:
        return _composed(text)
    except RecursionError:
        raise TooDeepError from None
    except YAMLError as error:
        raise FaultError(_fault(error, text)) from None


def find_fault(text: str, first: int, last: int) -> None:
    """Raise FaultError for what is wrong between two lines (from 0), if that shows without the rest of the text.

    What is read begins with a key at the margin, so that nothing before it matters; but for anchors.
    """
    lines = text.split("\n")
    while first and not (lines[first][:1].isalpha() and ":" in lines[first]):
        first -= 1
    part = "\n".join(lines[first : last + _AFTER])
    if "*" in part:
        return
    try:
        compose(part)
    except FaultError as error:
        if last + _AFTER < len(lines) and error.fault.line > last - first + 2:
            return  # where the part was cut off
        fault = error.fault._replace(line=error.fault.line + first)
        raise FaultError(fault) from None


def _composed(text: str) -> tuple[Node | None, int]:
    yaml = YAML(typ="safe", pure=True)
    composer = yaml.get_constructor_parser(text)[0].composer
    composer.warn_double_anchors = False
    root, documents = None, 0
    yaml.doc_infos.append(DocInfo())  # where ruamel notes a %YAML directive
    while composer.check_node():
        node = composer.get_node()
        root = node if documents == 0 else root
        documents += 1
    return cast("Node | None", root), documents


def _fault(error: YAMLError, text: str) -> Fault:
    """Return a fault of syntax as one sentence at the place a person would look at."""
    if isinstance(error, MarkedYAMLError):
        return fault_of(error, text)
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        message = f"Remove the character U+{error.character:04X} here: YAML does not allow it."
        return Fault(message, line, column, column + 1)
    what = str(error).splitlines()[0] if str(error) else "it is damaged"
    return Fault(f"This is no YAML: {what}.", 1, 1, 1)
