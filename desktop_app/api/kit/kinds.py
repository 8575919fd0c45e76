"""What is the same on all pages of one wizard, and differs from wizard to wizard."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.api.kit.presets import Presets


@dataclass(frozen=True, slots=True)
class JobKind:
    """A way to train on many processes, as the kit's pages need to know it.

    `distribution` is the job file's `distribution.type`, empty where there is none; `launcher` the program in the
    command that starts ranks by itself (`torchrun`), empty where Azure ML starts each. `frameworks` are the words of
    `ScriptScan.frameworks` of which a fitting script has one, and `module` what it imports for that. `toolchain`
    takes the environment's place on this machine. `suffix` ends default names (`digits-ddp`).
    """

    distribution: str
    presets: Presets
    frameworks: tuple[str, ...] = ()
    module: str = ""
    toolchain: str = ""
    suffix: str = ""
    launcher: str = ""
