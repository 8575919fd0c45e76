"""Reads one mapping of a document field by field; what has the wrong type is said and left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from desktop_app.api import Fix, Value
from desktop_app.core.findings import Findings, nearest_key
from desktop_app.core.paths import Part, join_path

_PREVIEW = "which Azure ML gave up in 2021"
_PREVIEW_MODES = {"mount": "ro_mount", "upload": "rw_mount", "evalmount": "eval_mount"}
_KINDS = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a mapping"}


class Fields:
    """The fields of one mapping; `path` is where it lies in the document."""

    def __init__(
        self, data: Mapping[str, Value], findings: Findings, path: tuple[Part, ...] = (), *, usable: bool = True
    ) -> None:
        self.data = data
        self.findings = findings
        self.path = path
        self.usable = usable

    def know(self, keys: Iterable[str], *, but: Sequence[str] = ()) -> None:
        """Say which of the keys here are not among `keys`; of those in `but` is spoken elsewhere."""
        data = {key: value for key, value in self.data.items() if key not in but}
        self.findings.unknown_keys(data, keys, self.path)

    def group(self, key: str, *, quiet: bool = False) -> Fields:
        """Return the fields of the mapping at `key`; of an empty one where there is none."""
        value = self.data.get(key)
        if isinstance(value, dict):
            return Fields(value, self.findings, (*self.path, key))
        if value is not None and not quiet:
            self._wrong(key, "a mapping")
        return Fields({}, self.findings, (*self.path, key), usable=value is None)

    def names(self, key: str) -> tuple[str, ...]:
        """Return the keys of the mapping at `key`."""
        return tuple(self.group(key).data)

    def rest(self, *known: str, but: Mapping[str, Value] | None = None) -> dict[str, Value]:
        """Return what lies here beside the keys `known`; lists among those are kept if `but` has them."""
        kept = {key: value for key, value in (but or {}).items() if isinstance(value, list)}
        return {**{key: value for key, value in self.data.items() if key not in known}, **kept}

    def text(self, key: str) -> str | None:
        """Return the text at `key`; a number there is taken as written, and said."""
        value = self.data.get(key)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, int | float):
            text = _scalar_text(value)
            fix = Fix(f'Write "{text}"', {self._at(key): text})
            self.findings.warning(
                "wrong-type", (*self.path, key), f"Put the value of {key} in quotes: it is text.", fix
            )
            return text
        self._wrong(key, "text")
        return None

    def integer(self, key: str) -> int | None:
        """Return the whole number at `key`; one in quotes or with a fraction of zero is taken, and said."""
        value = self.data.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        number = _whole(value)
        if number is None:
            self._wrong(key, "a whole number")
            return None
        said = f"without quotes as {number}" if isinstance(value, str) else f"as {number}"
        fix = Fix(f"Write {number}", {self._at(key): number})
        message = f"Write {key} {said}: it is a whole number."
        self.findings.warning("wrong-type", (*self.path, key), message, fix)
        return number

    def texts(self, key: str) -> dict[str, str]:
        """Return the mapping at `key` with its values as text."""
        group = self.group(key)
        return {name: text for name, value in group.data.items() if (text := group.as_text(name, value)) is not None}

    def as_text(self, name: str, value: Value) -> str | None:
        """Return a scalar as text, as it is written in YAML; a list or mapping is said."""
        if isinstance(value, list | dict):
            self._wrong(name, "text")
            return None
        return "" if value is None else _scalar_text(value)

    def word(self, key: str, known: Sequence[str], *, any_case: bool = False) -> str | None:
        """Return the text at `key`, and say if it is none of the `known` words."""
        value = self.text(key)
        if value is None or value in known or (any_case and value.strip().lower() in known):
            return value
        meant = nearest_key(value, known)
        advice = f"write {meant}" if meant else f"use one of {', '.join(known)}"
        fix = Fix(f"Write {meant}", {self._at(key): meant}) if meant else None
        self.findings.error("unknown-value", (*self.path, key), f"“{value}” is no {key} here: {advice}.", fix)
        return value

    def mode(self, known: Sequence[str]) -> str | None:
        """Return the way data is delivered; the preview's words are understood, and said."""
        value = self.text("mode")
        meant = _PREVIEW_MODES.get(value.lower()) if value and value not in known else None
        if meant not in known:
            return self.word("mode", known)
        fix = Fix(f"Write {meant}", {self._at("mode"): meant})
        self.findings.error("preview-syntax", (*self.path, "mode"), f"Write {meant}, not “{value}”, {_PREVIEW}.", fix)
        return meant

    def preview_code(self) -> str | None:
        """Return the code folder, also from the preview's `code: {local_path: src}`."""
        given = self.data.get("code")
        folder = given.get("local_path") if isinstance(given, dict) else None
        if not isinstance(folder, str):
            return self.text("code")
        fix = Fix(f"Write code: {folder}", {self._at("code"): folder})
        self.findings.error(
            "preview-syntax", (*self.path, "code"), f"Write code: {folder} without local_path, {_PREVIEW}.", fix
        )
        return folder

    def preview_compute(self) -> int | None:
        """Take the preview's `compute: {target: …, instance_count: …}` apart, and return its number of nodes."""
        given = self.data.get("compute")
        if not isinstance(given, dict) or not isinstance(given.get("target"), str):
            return None
        nodes = self.group("compute").integer("instance_count")
        changes: dict[str, Value] = {"compute": given["target"]}
        if nodes is not None:
            changes["resources.instance_count"] = nodes
        message = f"Write compute: {given['target']} and the nodes in resources.instance_count, not target, {_PREVIEW}."
        self.findings.error("preview-syntax", ("compute",), message, Fix("Write it in today's form", changes))
        self.data = {**self.data, "compute": given["target"]}
        return nodes

    def preview_path(self) -> str | None:
        """Return where an input's data lies, also from the preview's `data:`."""
        given = self.data.get("data")
        if not isinstance(given, str) or "path" in self.data:
            return self.text("path")
        fix = Fix("Rename to path", {self._at("path"): given}, (self._at("data"),))
        self.findings.error("preview-syntax", (*self.path, "data"), f"Write path:, not data:, {_PREVIEW}.", fix)
        self.data = {key: value for key, value in self.data.items() if key != "data"}
        return given

    def _at(self, key: str) -> str:
        return join_path((*self.path, key))

    def _wrong(self, key: str, wanted: str) -> None:
        found = _KINDS.get(type(self.data.get(key)), "something else")
        message = f"Write {wanted} at {self._at(key)}: what stands there is {found}."
        self.findings.error("wrong-type", (*self.path, key), message)


def _scalar_text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _whole(value: Value) -> int | None:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, str) and len(value) < 20:
        text = value.strip().removeprefix("-")
        return int(value) if text.isascii() and text.isdigit() else None
    return None
