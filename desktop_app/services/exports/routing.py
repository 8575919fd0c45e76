"""Which exporter a model gets, and what it builds on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from desktop_app.api import MODEL_KINDS, ModelFile, OnnxExporter, UserError
from desktop_app.services.plugins.info import PluginInfo

Offer = tuple[PluginInfo, OnnxExporter]


def fitting(offers: Sequence[Offer], model: ModelFile, imported: frozenset[str] = frozenset()) -> list[Offer]:
    """Return the exporters that accept a model's kind, best first: whose toolchain has what the model's code imports.

    Among equals, one with less beside that comes first, and one that builds on no other.
    """
    whole = [(info, resolved(each, offers)) for info, each in offers if model.kind in each.kinds]

    def distance(pair: Offer) -> tuple[int, int, bool]:
        has = _modules(*pair)
        return -len(has & imported), len(has - imported), bool(pair[1].builds_on)

    return sorted((pair for pair in whole if pair[1].module is not None), key=distance)


def _modules(info: PluginInfo, exporter: OnnxExporter) -> frozenset[str]:
    """Return the top-level modules that an exporter's toolchain is there for."""
    spec = next((each for each in info.toolchains if each.name == exporter.toolchain), None)
    return frozenset(each.partition(".")[0] for each in spec.imports) if spec is not None else frozenset()


def resolved(exporter: OnnxExporter, offers: Sequence[Offer]) -> OnnxExporter:
    """Return an exporter with the file of tasks of the one that it builds on."""
    if exporter.module is not None or not exporter.builds_on:
        return exporter
    base = next((each for _, each in offers if each.id == exporter.builds_on), None)
    return exporter if base is None else replace(exporter, module=base.module)


def chosen(found: Sequence[Offer], model: ModelFile, exporter: str = "", plugin: str = "") -> Offer:
    """Return, of those that fit, the one that was asked for, else the best. Raises UserError where there is none."""
    named = [pair for pair in found if (not exporter or pair[1].id == exporter) and _is_from(pair[0], plugin)]
    if named:
        return named[0]
    what = MODEL_KINDS.get(model.kind, model.kind)
    if found:
        names = ", ".join(f"{each.id} ({info.name})" for info, each in found)
        raise UserError(f"“{exporter or plugin}” can't export this: {what}.", hint=f"These can: {names}.")
    raise UserError(f"No plugin that is switched on exports this: {what}.", hint="`rankzero plugins list` shows them.")


def other_for(found: Sequence[Offer], tried: OnnxExporter, module: str) -> OnnxExporter | None:
    """Return another exporter than the one that was tried, whose toolchain has what the model turned out to need."""
    others = (each for info, each in found if each.id != tried.id and module in _modules(info, each))
    return next(others, None)


def _is_from(info: PluginInfo, plugin: str) -> bool:
    return not plugin or plugin.lower() in (info.id, info.id.removeprefix("rankzero-"), info.name.lower())
