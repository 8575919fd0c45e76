"""What the Settings page says: toolchains and who uses which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from desktop_app.core.words import cost_text, size_text
from desktop_app.services.plugins import PluginInfo, PluginState

if TYPE_CHECKING:
    from desktop_app.api import ToolchainSpec
    from desktop_app.services.toolchains import Toolchain

_WORDS = {
    "ready": ("Ready", "completed", "mdi6.check-circle-outline"),
    "missing": ("Not made yet", "muted", "mdi6.circle-outline"),
    "incomplete": ("Unfinished", "canceled", "mdi6.progress-download"),
    "broken": ("Broken", "failed", "mdi6.close-circle-outline"),
}
_MAIN_PACKAGES = ("torch", "tensorflow", "tensorflow-cpu", "tf-keras", "horovod", "deepspeed", "ray", "mpi4py")
_CREATE = {"missing": "Create", "incomplete": "Continue", "broken": "Make anew"}


@dataclass(frozen=True, slots=True)
class ToolchainRow:
    """A toolchain as Settings shows it; `create` is the word on the button that makes it, empty where there is none."""

    name: str
    title: str
    facts: str
    word: str
    tone: str
    word_icon: str
    reason: str = ""
    create: str = ""
    can_check: bool = False
    can_remove: bool = False
    is_chosen: bool = False


def toolchain_row(toolchain: Toolchain, spec: ToolchainSpec | None = None) -> ToolchainRow:
    """Return how a toolchain is shown; `spec` says what making it would take."""
    word, tone, picture = _WORDS.get(toolchain.state, _WORDS["broken"])
    is_made = toolchain.origin == "made"
    return ToolchainRow(
        name=toolchain.name,
        title=toolchain.title,
        facts=_facts(toolchain, spec),
        word=word,
        tone=tone,
        word_icon=picture,
        reason="" if toolchain.state == "missing" else toolchain.reason,
        create=_CREATE.get(toolchain.state, "") if is_made else "",
        can_check=toolchain.state in ("ready", "broken"),
        can_remove=is_made and toolchain.state != "missing",
        is_chosen=not is_made,
    )


def toolchain_summary(toolchains: Iterable[Toolchain]) -> str:
    """Return what the status bar says: `PyTorch 2.13 toolchain`, or how many there are."""
    found = list(toolchains)
    ready = [each for each in found if each.state == "ready"]
    if not ready:
        return "No toolchain yet" if found else ""
    if len(ready) > 1:
        return f"{len(ready)} toolchains"
    first = ready[0]
    version = next((first.packages[name] for name in _MAIN_PACKAGES if name in first.packages), "")
    short = ".".join(version.partition("+")[0].split(".")[:2])
    title = first.title.removesuffix(" toolchain")
    named = title if not short or short in title else f"{title} {short}"
    return f"{named} toolchain"


def users(plugins: Iterable[PluginInfo]) -> list[PluginInfo]:
    """Return the plugins whose jobs run in a toolchain of theirs."""
    return [each for each in plugins if each.toolchains and each.state is PluginState.OK]


def checked_text(toolchain: Toolchain) -> tuple[str, str, str]:
    """Return tone, sentence and hint that say how a check went."""
    if toolchain.state == "ready":
        return "info", f"The toolchain {toolchain.title} works.", _packages(toolchain.packages)
    return "error", f"The toolchain {toolchain.title} does not work.", toolchain.reason


def plugin_python(plugin: PluginInfo, toolchains: Iterable[Toolchain]) -> tuple[str, bool]:
    """Return which Python a plugin's jobs run in, and whether the person chose it."""
    names = {each.name for each in plugin.toolchains}
    for each in toolchains:
        if each.name in names and each.origin == "chosen":
            return str(each.python), True
    if len(plugin.toolchains) == 1:
        return f"the toolchain {plugin.toolchains[0].title}", False
    named = [each.name for each in plugin.toolchains]
    return f"the one that fits: {', '.join(named[:-1])} or {named[-1]}", False


def _facts(toolchain: Toolchain, spec: ToolchainSpec | None) -> str:
    if toolchain.state in ("missing", "incomplete") and spec is not None:
        return " · ".join(filter(None, (_planned(spec), cost_text(spec.minutes, spec.size_mb))))
    size = size_text(toolchain.size) if toolchain.size else ""
    return " · ".join(each for each in (_packages(toolchain.packages), str(toolchain.python), size) if each)


def _planned(spec: ToolchainSpec) -> str:
    """Return the main packages that a toolchain will hold, and what is built for it."""
    pins = {name.replace("_", "-").lower(): version for name, _, version in
            (each.partition("==") for each in (*spec.requires, *spec.alone))}  # fmt: skip
    built = ", ".join(each.requirement.replace("==", " ") for each in spec.builds)
    return " · ".join(filter(None, (_packages(pins), f"{built}, built here" if built else "")))


def _packages(packages: Mapping[str, str]) -> str:
    named = [name for name in _MAIN_PACKAGES if name in packages] or sorted(packages)[:3]
    return ", ".join(f"{name} {packages[name]}" for name in named)
