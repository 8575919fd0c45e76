"""Plugins as JSON: what stands in the documents of the verbs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from desktop_app.services.plugins import PluginInfo, PluginState
from desktop_app.services.plugins.info import Failure
from desktop_app.services.plugins.installing.changing.accepting import Accepted
from desktop_app.services.plugins.installing.models import (
    Change,
    Choice,
    Installed,
    Offer,
    Plan,
    PlanItem,
    PluginFacts,
    Source,
)

KINDS = ("wizards", "exporters", "environments", "backends")
"""What `contributes` has in the list of plugins; `plugins show` has whatever a plugin says of itself as well."""


def list_shape(plugins: Iterable[PluginInfo]) -> dict[str, Any]:
    """Return all plugins as `plugins list` prints them."""
    return {"plugins": [plugin_shape(each) for each in plugins]}


def plugin_shape(plugin: PluginInfo) -> dict[str, Any]:
    """Return a plugin as `plugins list` prints it."""
    return {
        "name": plugin.id,
        "title": plugin.name,
        "version": plugin.version,
        "api": plugin.api,
        "enabled": plugin.state is not PluginState.DISABLED,
        "source": str(plugin.source),
        "status": plugin.state.value,
        "reason": plugin.reason or None,
        "last_failure": _failure_shape(plugin.last_failure),
        "summary": plugin.summary,
        "contributes": {kind: list(plugin.contributes.get(kind, ())) for kind in KINDS},
    }


def _failure_shape(failure: Failure | None) -> dict[str, Any] | None:
    if failure is None:
        return None
    return {"reason": failure.reason, "hook": failure.hook or None, "at": failure.at or None}


def edits_shape(accepted: Accepted | None) -> dict[str, Any]:
    """Return what was accepted of a plugin that was edited, as `plugins verify` prints it."""
    files = list(accepted.files) if accepted else []
    return {"accepted": files, "accepted_at": _time(accepted.at) if accepted else None}


def whole_shape(plugin: PluginInfo, facts: PluginFacts, changes: Iterable[Change]) -> dict[str, Any]:
    """Return a plugin as `plugins show` prints it."""
    shape = plugin_shape(plugin)
    said = {kind: list(names) for kind, names in plugin.contributes.items()}
    return {
        **shape,
        "contributes": {**shape["contributes"], **said},
        "author": plugin.author or None,
        "license": plugin.license or None,
        "homepage": plugin.homepage or None,
        "problem": plugin.problem or None,
        "folder": str(plugin.folder) if plugin.folder else None,
        "toolchains": [each.name for each in plugin.toolchains],
        "details": plugin.details or (plugin.last_failure.details if plugin.last_failure else "") or None,
        "from": source_shape(facts.source),
        "trust": facts.trust or None,
        "size": facts.size,
        "sha256": facts.sha256 or None,
        "installed": _time(facts.installed),
        "pinned": facts.pinned or None,
        "requires": list(facts.requires),
        "hooks": list(facts.hooks),
        "changed": list(facts.changed),
        "editable": facts.editable,
        "changes": [change_shape(each) for each in changes],
    }


def source_shape(source: Source) -> dict[str, Any]:
    """Return where a plugin comes from."""
    return {"kind": str(source.kind), "where": source.where or None}


def offer_shape(offer: Offer) -> dict[str, Any]:
    """Return a version that could be had."""
    return {
        "distribution": offer.distribution,
        "version": offer.version,
        "source": source_shape(offer.source),
        "url": offer.url or None,
        "file": str(offer.file) if offer.file else None,
        "sha256": offer.sha256 or None,
        "size": offer.size,
        "requires_python": offer.requires_python or None,
        "api": offer.api or None,
        "summary": offer.summary,
        "author": offer.author or None,
        "license": offer.license or None,
        "homepage": offer.homepage or None,
        "why_not": offer.why_not or None,
    }


def choice_shape(choice: Choice, installed: Iterable[Installed]) -> dict[str, Any]:
    """Return what a search found: the version that fits, those that are newer and don't, and the one that is here."""
    here = [each.version for each in installed if each.distribution == choice.best.distribution]
    return {
        **offer_shape(choice.best),
        "installed": here[0] if here else None,
        "unfit": [offer_shape(each) for each in choice.unfit],
    }


def plan_shape(plan: Plan) -> dict[str, Any]:
    """Return what would be done."""
    return {
        "items": [_item_shape(each) for each in plan.items],
        "questions": list(plan.questions),
        "notes": list(plan.notes),
        "complaints": list(plan.complaints),
    }


def _item_shape(item: PlanItem) -> dict[str, Any]:
    return {
        "name": item.id,
        "title": item.title,
        "before": item.before or None,
        "after": item.after or None,
        "offer": offer_shape(item.offer),
        "requires": list(item.requires),
        "toolchains": list(item.toolchains),
    }


def change_shape(change: Change) -> dict[str, Any]:
    """Return a change as the history has it."""
    return {
        "number": change.number,
        "at": _time(change.at),
        "act": str(change.act),
        "name": change.id,
        "title": change.title,
        "before": change.before or None,
        "after": change.after or None,
        "source": source_shape(change.source) if change.source else None,
        "undone": change.undone,
        "can_undo": change.can_undo,
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
