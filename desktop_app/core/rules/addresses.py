"""Addresses: labels and versions of what is registered, computes, and where data lies.

Sources: core YAML syntax (azureml: and azureml:// addresses); data concepts (supported paths).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from desktop_app.api import Value
from desktop_app.core.findings import nearest_key
from desktop_app.core.rules.bodies import Body
from desktop_app.core.rules.notes import Notes, change
from desktop_app.core.rules.values import Path, is_bound, mapping, text

_LABELLED = re.compile(r"(?P<name>azureml:[^:@/\s]+)(?P<mark>[:@])(?P<which>[^:@/\s]+)", re.IGNORECASE)
_IN_REGISTRY = re.compile(
    r"(?P<name>azureml://registries/[^/]+/[a-z]+/[^/@:\s]+)(?P<mark>[:@])(?P<short>[^/\s]+)"
    r"(?:/(?:versions|labels)/(?P<which>[^/\s]+))?/?",
    re.IGNORECASE,
)
"""An address in a registry with a version or a label behind the name, as only short references have it."""
_REGISTRY = re.compile(r"^azureml:/{1,3}(?!registries/)regist[a-z]*/", re.IGNORECASE)
_NUMBER = re.compile(r"\d[\w.-]*")
_STORE = re.compile(r"azureml:/*(?P<kind>[A-Za-z_]+)/(?P<name>[^/]+)(?:/(?P<part>[^/]+))?(?P<rest>/.*)?")
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):(?P<rest>.*)", re.DOTALL)
_KINDS = frozenset({
    "datastores", "jobs", "registries", "subscriptions", "locations", "models", "data", "environments", "components",
    "feature_store", "connections",
})  # fmt: skip
_SCHEMES = frozenset({
    "azureml", "https", "http", "wasbs", "abfss", "abfs", "adl", "file", "wasb", "s3", "dbfs", "hdfs", "git", "runs",
    "models", "mlflow-artifacts",
})  # fmt: skip


def check(body: Body, notes: Notes) -> None:
    """Check the environment and compute of what runs something, and where its inputs and outputs lie."""
    _label((*body.path, "environment"), body.data.get("environment"), notes)
    if body.compute:
        _compute(body.compute_path, body.compute, notes)
    home = body.path[:-1] if body.kind in {"trial", "task"} else body.path
    for group, given in (("inputs", body.inputs), ("outputs", body.outputs)):
        for name, each in given.items():
            check_path((*home, group, name, "path"), mapping(each).get("path"), notes)


def check_file(kind: str, root: Mapping[str, Value], notes: Notes) -> None:
    """Check the addresses of a file that runs nothing."""
    if kind in {"data", "model", "dataImport"}:
        check_path(("path",), root.get("path"), notes)
    elif kind.lower().endswith("deployment"):
        for key in ("environment", "model", "compute"):
            given = root.get(key)
            (_compute if key == "compute" else _label)((key,), given, notes)


def check_path(path: Path, given: Value, notes: Notes) -> None:
    """Check where data lies."""
    written = text(given)
    if not written or is_bound(written):
        return
    _label(path, written, notes)
    store = _STORE.fullmatch(written) if written.lower().startswith("azureml:/") else None
    scheme = _SCHEME.fullmatch(written)
    if store is not None and not store["kind"].lower().startswith("regist"):
        _stored(path, written, store, notes)
    elif store is None and scheme is not None and len(scheme["scheme"]) > 1:
        _scheme(path, scheme, notes)


def _stored(path: Path, written: str, store: re.Match[str], notes: Notes) -> None:
    kind, part = store["kind"], store["part"] or ""
    meant = kind if kind in _KINDS else nearest_key(kind.lower(), sorted(_KINDS)) or ""
    if not meant:
        return
    right = part
    if meant == "datastores" and part != "paths":
        right = "paths" if part.lower() in {"path", "pats", "paths", "patsh"} else ""
    slashes = "azureml://" if not written.startswith("azureml:/subscriptions") else "azureml:/"
    if meant == "datastores" and not right and part:
        written_so = f"{slashes}datastores/{store['name']}/paths/{part}{store['rest'] or ''}"
    else:
        written_so = f"{slashes}{meant}/{store['name']}{f'/{right}' if right else ''}{store['rest'] or ''}"
    if written_so != written and (meant != kind or meant == "datastores"):
        message = f"Write {written_so}: “{written}” leads nowhere."
        notes.error("address", path, message, change(f"Write {written_so}", path, written_so))


def _scheme(path: Path, found: re.Match[str], notes: Notes) -> None:
    scheme = found["scheme"].lower()
    if scheme in _SCHEMES or "/" in scheme:
        return
    near = nearest_key(scheme, sorted(_SCHEMES))
    if near:
        meant = f"{near}:{found['rest']}"
        message = f"Write {near}: for {found['scheme']}: here, which names no place."
        notes.error("address", path, message, change(f"Write {meant}", path, meant))


def _label(path: Path, given: Value, notes: Notes) -> None:
    """`@4`, `:latest` and `@newest`: a number is a version, latest is a label, and there is no other."""
    _in_registry(path, text(given), notes)
    found = _LABELLED.fullmatch(text(given))
    if found is None or is_bound(given):
        return
    which = found["which"]
    if found["mark"] == "@" and _NUMBER.fullmatch(which):
        meant, why = f"{found['name']}:{which}", "a version stands behind a colon"
    elif found["mark"] == ":" and which.lower() == "latest":
        meant, why = f"{found['name']}@latest", "latest is a label, which stands behind an @"
    elif found["mark"] == "@" and which != "latest" and nearest_key(which.lower(), ["latest"]):
        meant, why = f"{found['name']}@latest", "there is no other label"
    else:
        return
    notes.error("label", path, f"Write {meant}: {why}.", change(f"Write {meant}", path, meant))


def _in_registry(path: Path, given: str, notes: Notes) -> None:
    """`…/environments/NAME@latest` and `azureml://registry/…`: how what is in a registry is addressed."""
    if is_bound(given):
        return
    meant = _REGISTRY.sub("azureml://registries/", given)
    why = "what is shared by registries is addressed so"
    found = _IN_REGISTRY.fullmatch(meant)
    if found is not None:
        which = found["short"]
        how = "labels" if which.lower() == "latest" or (found["mark"] == "@" and not which.isdigit()) else "versions"
        meant = f"{found['name']}/{how}/{'latest' if how == 'labels' else which}"
        why = "in a registry, a version or label stands behind a slash"
    if meant != given:
        notes.error("address", path, f"Write {meant}: {why}.", change(f"Write {meant}", path, meant))


def _compute(path: Path, given: Value, notes: Notes) -> None:
    written = text(given)
    found = re.fullmatch(r"azureml:(?:/{2})?(?P<name>[^:@/]+)(?P<which>[:@][^/]*)?", written, re.IGNORECASE)
    if found is None or is_bound(written):
        return
    name = re.sub(r"\s+", "-", found["name"].strip())
    meant = f"azureml:{name}"
    if meant == written:
        return
    why = "a compute has no version" if found["which"] else "that is how a compute is named"
    notes.error("compute", path, f"Write {meant}: {why}.", change(f"Write {meant}", path, meant))
