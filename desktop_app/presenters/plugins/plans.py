"""A plan as it is shown before anything is done: each change with its versions, source, size and what it needs."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.core.words import size_text
from desktop_app.presenters.plugins.words import TRUST, hash_text
from desktop_app.services.plugins.installing.models import Plan, PlanItem
from desktop_app.services.plugins.words import source_text, version_change

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One change: what it is about, from which version to which, and what there is to know about it."""

    title: str
    change: str
    summary: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class PlanWords:
    """A plan in words; `questions` have to be agreed to, `notes` are worth knowing."""

    title: str
    yes: str
    changes: tuple[PlannedChange, ...]
    questions: tuple[str, ...]
    notes: tuple[str, ...]
    trust: str = TRUST


def words_of(plan: Plan) -> PlanWords:
    """Return what is said of a plan that changes something."""
    verb = _verb(plan)
    return PlanWords(_title(plan, verb), verb, tuple(map(_change, plan.items)), plan.questions, plan.notes)


def nothing_to_do(plan: Plan) -> str:
    """Return what is said of a plan that changes nothing."""
    return " ".join(plan.notes) or "Everything is up to date."


def _verb(plan: Plan) -> str:
    if all(not each.before for each in plan.items):
        return "Install"
    if all(each.before == each.after for each in plan.items):
        return "Reinstall"
    return "Update" if all(each.before for each in plan.items) else "Install"


def _title(plan: Plan, verb: str) -> str:
    if len(plan.items) == 1:
        return f"{verb} {plan.items[0].title or plan.items[0].id}?"
    return f"{verb} {len(plan.items)} plugins?"


def _change(item: PlanItem) -> PlannedChange:
    offer = item.offer
    again = item.before and item.before == item.after
    facts = {
        "From": source_text(offer.source),
        "Made by": offer.author,
        "Licence": offer.license,
        "Size": size_text(offer.size) if offer.size else "",
        "Brings along": ", ".join(each.replace("==", " ") for each in item.requires),
        "Toolchains": ", ".join(item.toolchains),
        "SHA-256": hash_text(offer.sha256),
    }
    return PlannedChange(
        title=item.title or item.id,
        change=f"{item.after} again" if again else version_change(item.before, item.after),
        summary=offer.summary,
        facts=tuple((name, text) for name, text in facts.items() if text),
    )
