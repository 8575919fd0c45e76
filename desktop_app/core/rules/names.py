"""Names that Azure ML refuses, and what else of a job has a limit: tags, experiment, description, inputs, outputs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from desktop_app.api import Value
from desktop_app.core.rules.bodies import Body, is_job
from desktop_app.core.rules.facts import Facts
from desktop_app.core.rules.notes import Notes, change
from desktop_app.core.rules.values import Path, is_bound, mapping, text

_ENTITIES = (
    ("onlinedeployment", "online deployment"), ("onlineendpoint", "online endpoint"),
    ("batchdeployment", "batch deployment"), ("batchendpoint", "batch endpoint"), ("component", "component"),
    ("compute", "compute"), ("computeinstance", "compute"), ("environment", "environment"),
    ("workspace", "workspace"), ("data", "data"), ("model", "model"),
)  # fmt: skip
_SHOWN = 40
_CLUSTER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,31}")
"""Names that clusters are known to have: what is written down of computes is what instances are held to."""


def check(kind: str, data: Value, facts: Facts, notes: Notes) -> None:
    """Check a document's own names, and what of a job is limited."""
    root = mapping(data)
    entity = "job" if is_job(kind) else _entity(kind)
    is_attached = entity == "compute" and text(root.get("type")).lower() not in {"", "amlcompute", "computeinstance"}
    if entity and not is_attached:
        is_instance = kind == "computeInstance" or text(root.get("type")).lower() == "computeinstance"
        entity = "compute cluster" if entity == "compute" and not is_instance else entity
        _name(("name",), root.get("name"), entity, facts, notes)
    if is_job(kind):
        _name(("experiment_name",), root.get("experiment_name"), "experiment", facts, notes)
        _name(("display_name",), root.get("display_name"), "display name", facts, notes)
        _limits(root, facts, notes)


def _entity(kind: str) -> str:
    plain = kind.lower()
    return next((entity for ending, entity in _ENTITIES if plain.endswith(ending)), "")


def _name(path: Path, given: Value, entity: str, facts: Facts, notes: Notes) -> None:
    rule = facts.name_rule(entity.removesuffix(" cluster"))
    if rule is None or not isinstance(given, str) or is_bound(given) or "$" in given:
        return
    is_lenient = entity == "compute cluster" and _CLUSTER.fullmatch(given)
    say = notes.warning if is_lenient else notes.by(rule.confidence)
    if rule.most and len(given) > rule.most:
        message = f"Shorten {path[-1]} to {rule.most} characters: it has {len(given)}."
        say("name", path, message, change("Shorten it", path, given[: rule.most]))
    elif rule.regex and not re.fullmatch(rule.regex, given):
        fixed = _mended(given)
        fits = fixed != given and re.fullmatch(rule.regex, fixed)
        fix = change(f"Write {fixed}", path, fixed) if fits else None
        shown = given if len(given) <= _SHOWN else f"{given[:_SHOWN]}…"
        message = f"“{shown}” is no name for a {entity}: use {rule.says}."
        say("name", path, message.replace(" a online", " an online"), fix)


def _mended(name: str) -> str:
    return re.sub(r"-{2,}", "-", re.sub(r"[^A-Za-z0-9_-]+", "-", name)).strip("-_")


def _limits(root: Mapping[str, Value], facts: Facts, notes: Notes) -> None:
    tags = mapping(root.get("tags"))
    most, longest, key_length = (
        facts.limit(each) for each in ("tags_per_job", "tag_value_length_job", "tag_key_length_job")
    )
    if most is not None and len(tags) > most:
        notes.error("tags", ("tags",), f"Keep at most {most} tags: here are {len(tags)}.")
    for key, value in tags.items():
        if key_length is not None and len(key) > key_length:
            notes.error("tags", ("tags", key), f"Shorten this tag's name to {key_length} characters.")
        if longest is not None and isinstance(value, str) and len(value) > longest:
            notes.error(
                "tags", ("tags", key), f"Shorten this tag's value to {longest} characters: it has {len(value)}."
            )
    length = facts.limit("description_length")
    given = text(root.get("description"))
    if length is not None and len(given) > length:
        notes.error("description", ("description",), f"Shorten the description to {length} characters.")


def check_ends(body: Body, facts: Facts, notes: Notes) -> None:
    """Check the names of a body's inputs and outputs, as its placeholders use them."""
    if body.kind == "task":
        return
    home = body.path[:-1] if body.kind == "trial" else body.path
    for group, given in (("inputs", body.inputs), ("outputs", body.outputs)):
        rule = facts.name_rule("key")
        for key in given:
            if rule is not None and not re.fullmatch(rule.regex, key):
                message = f"Write “{key}” with {rule.says}: its placeholder can't be read otherwise."
                notes.warning("name", (*home, group, key), message)
    if "default" in body.outputs:
        message = "Give this output another name: “default” is Azure ML's own, where every job's artifacts lie."
        notes.warning("default-output", (*home, "outputs", "default"), message)
