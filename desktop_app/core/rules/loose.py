"""Files beside the job: a workspace's config.json, SDK v1's .runconfig, and what .amlignore leaves out.

Sources: azure-ai-ml's MLClient.from_config; azureml-core's runconfig schema; pathspec's reading of git's patterns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from desktop_app.api import Diagnostic, Severity, Value
from desktop_app.core.findings import nearest_key
from desktop_app.core.rules.notes import Notes, change
from desktop_app.core.rules.values import is_bound, mapping, text

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CONFIG = {
    "subscription_id": "the id of the Azure subscription",
    "resource_group": "the resource group that the workspace is in",
    "workspace_name": "the name of the workspace",
}
_FRAMEWORKS = ("Python", "PySpark", "PyTorch", "TensorFlow", "CNTK", "R")
_V1_COUNTS = (("mpi", "processCountPerNode"), ("mpi", "nodeCount"), ("tensorflow", "workerCount"), ("", "nodeCount"))


def check_config(data: Value, notes: Notes) -> None:
    """Check a workspace's config.json."""
    root = mapping(data)
    if "Id" in root and text(root["Id"]).startswith("/subscriptions/"):
        return  # the other form, which the portal gives
    for key, what in _CONFIG.items():
        given = root.get(key)
        if key not in root:
            _absent(root, key, what, notes)
        elif not text(given):
            notes.error("missing-key", (key,), f"Write {what} at {key}.")
    subscription = root.get("subscription_id")
    if text(subscription) and not is_bound(subscription) and not _GUID.fullmatch(text(subscription)):
        message = "Write the subscription's id, 32 hexadecimal digits in groups of 8-4-4-4-12, not its name."
        notes.error("guid", ("subscription_id",), message)


def _absent(root: Mapping[str, Value], key: str, what: str, notes: Notes) -> None:
    meant = nearest_key(key, [each for each in root if each not in _CONFIG])
    if meant is None:
        notes.error("missing-key", (key,), f"Add {key}: {what}.")
        return
    fix = change(f"Rename to {key}", (key,), root[meant], (meant,))
    notes.error("unknown-key", (meant,), f"Write {key}: “{meant}” is not read.", fix)


def check_runconfig(data: Value, notes: Notes) -> None:
    """Check an SDK v1 run configuration, as far as it still tells what a job would be."""
    root = mapping(data)
    for group, key in _V1_COUNTS:
        home = mapping(root.get(group)) if group else root
        count = home.get(key)
        if isinstance(count, int) and not isinstance(count, bool) and count < 1:
            path = (group, key) if group else (key,)
            notes.error("process-count", path, f"Write at least 1 at {key}, not {count}.", change("Write 1", path, 1))
    framework = text(root.get("framework"))
    if framework and framework.lower() not in {each.lower() for each in _FRAMEWORKS}:
        message = f"Write one of {', '.join(_FRAMEWORKS)} at framework, not “{framework}”."
        notes.error("unknown-value", ("framework",), message)
    if not text(root.get("script")) and not root.get("command"):
        notes.warning("missing-key", ("script",), "Add script: the file that this run configuration starts.")


def check_ignore_file(text_: str) -> list[Diagnostic]:
    """Check an .amlignore: patterns that leave out everything, or nothing by a slip."""
    found: list[Diagnostic] = []
    for number, line in enumerate(text_.splitlines(), 1):
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        message = _pattern(pattern)
        if message:
            column = line.index(pattern) + 1
            end = column + len(pattern)
            found.append(Diagnostic(Severity.WARNING, "ignore-pattern", message, "", number, column, number, end))
    return found


def _pattern(pattern: str) -> str:
    if pattern in {"*", "**", "/*", "/**", "**/*"}:
        return "This line leaves out every file, so nothing would be uploaded: name what is to be left out."
    if "\\" in pattern and "/" not in pattern and not re.search(r"\\[ #!*?\[\]\\]", pattern):
        return f"Write {pattern.replace(chr(92), '/')}: folders are parted by / here."
    if pattern.startswith("./"):
        return f"Write {pattern[1:]}: a line that begins with ./ matches nothing."
    return ""
