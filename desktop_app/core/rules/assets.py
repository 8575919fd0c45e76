"""What is particular to some kinds: storage accounts of datastores, versions, limits of AutoML jobs, types of computes.

Sources: datastore, AutoML and compute YAML references; Azure's naming rules (storage accounts).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from desktop_app.api import Value
from desktop_app.core.rules.notes import Notes, change
from desktop_app.core.rules.values import is_bound, mapping, text, whole

_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_STORES = frozenset({"datastore", "azureBlob", "azureFile", "azureDataLakeGen2"})
_COMPUTES = frozenset({"amlcompute", "computeinstance", "virtualmachine", "synapsespark"})
_LIMITS = (
    "timeout_minutes", "trial_timeout_minutes", "max_trials", "max_concurrent_trials", "max_nodes",
    "max_cores_per_trial",
)  # fmt: skip


def check(kind: str, root: Mapping[str, Value], notes: Notes) -> None:
    """Check a file of one of these kinds; nothing for others."""
    if kind in _STORES:
        _account(text(root.get("account_name")), notes)
    elif kind == "autoMLJob":
        _limits(mapping(root.get("limits")), notes)
    elif kind == "compute":
        _compute(text(root.get("type")), notes)
    version = text(root.get("version"))
    if re.search(r"[\s/:@]", version) and not is_bound(version):
        meant = re.sub(r"[\s/:@]+", "-", version)
        message = f"Write {meant} at version: a reference can't name one with spaces, slashes, colons or @."
        notes.error("version", ("version",), message, change(f"Write {meant}", ("version",), meant))


def _account(name: str, notes: Notes) -> None:
    if not name or is_bound(name) or _ACCOUNT.fullmatch(name):
        return
    message = f"“{name}” is no storage account: their names are 3 to 24 small letters and digits."
    notes.warning("name", ("account_name",), message)


def _limits(limits: Mapping[str, Value], notes: Notes) -> None:
    for key in _LIMITS:
        count = whole(limits.get(key))
        if count is not None and count < 1 and not (key == "max_cores_per_trial" and count == -1):
            message = f"Write at least 1 at {key}, not {count}."
            notes.error("process-count", ("limits", key), message, change("Write 1", ("limits", key), 1))
    total, together = whole(limits.get("max_trials")), whole(limits.get("max_concurrent_trials"))
    if total is not None and together is not None and together > total >= 1:
        path = ("limits", "max_concurrent_trials")
        message = f"Write at most {total} at max_concurrent_trials: {together} at once is more than max_trials."
        notes.warning("process-count", path, message, change(f"Write {total}", path, total))


def _compute(kind: str, notes: Notes) -> None:
    meant = kind.lower().replace("_", "").replace("-", "")
    if meant in _COMPUTES and kind.lower() != meant:
        message = f"Write {meant} at type: Azure ML does not know “{kind}”."
        notes.error("unknown-value", ("type",), message, change(f"Write {meant}", ("type",), meant))
