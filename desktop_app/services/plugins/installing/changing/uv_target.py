"""uv as it fills a folder: what it says becomes progress, and its failure one sentence about what can't be had."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import OutsideError, Progress, UserError
from desktop_app.core.redact import redact
from desktop_app.services.plugins.installing.finding.index import Sources
from desktop_app.services.plugins.installing.keeping.hashes import LIB
from desktop_app.services.toolchains.pip_settings import uv_environment
from desktop_app.services.toolchains.uv import Uv

_CAUSE = re.compile(r"Because (?P<why>.+?),? we can conclude")
_SMOOTHER = (
    (r"(?:,? and|,) you require .+$", ""),
    (r"was not found in the package registry", "is not in the package index"),
    (r"was not found in the provided package locations", "is not in the folder of wheels"),
    (r"all versions of (\S+) depend on", r"\1 needs"),
    (r"has no usable wheels", "has no wheel for this program's Python and machine"),
    (r"has no wheels with a matching \w+(?: \w+)* tag.*", "has no wheel for this program's Python and machine"),
)


_WHERE = frozenset({"UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX"})
_HOW = frozenset({"NATIVE_TLS", "SYSTEM_CERTS", "OFFLINE", "INSECURE_HOST", "KEYRING_PROVIDER", "HTTP_TIMEOUT"})
"""What a person may set for uv that says how an index is asked, and not which one."""


@dataclass(frozen=True, slots=True)
class Target:
    """The folder to fill for the plugin with this title, and all the places that what it needs may come from."""

    title: str
    folder: Path
    where: Sources


async def install(target: Target, arguments: Sequence[str], cache: Path, lock: int, progress: Progress) -> None:
    """Run `uv pip install`, from wheels alone: nothing of a dependency's code runs here.

    Only the places that were agreed to are asked: neither what is set for uv nor a file where this runs adds one.
    Raises OutsideError for the network and the disk, UserError in one sentence for what can't be had.
    """
    title = target.title
    into = ["--target", os.fspath(target.folder / LIB)]
    settled = ["pip", "install", "--no-config", "--only-binary", ":all:", "--link-mode", "copy", *into]
    uv = Uv(cache, lock, environment(target.where), target.folder)
    try:
        await uv.run([*settled, *arguments], f"Installing what {title} needs", progress)
    except OutsideError as error:
        if error.hint:  # the disk or the network: said already
            raise
        hint, details = "Ask its author which version fits.", redact(error.details)
        raise UserError(redact(plain(title, error)), hint=hint, details=details) from error


def environment(where: Sources, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment in which uv asks these places, in the way that pip is set to, and no others."""
    how = {key: value for key, value in environ.items() if not key.upper().startswith("UV_")}
    how |= {key: value for key, value in environ.items() if key.upper().removeprefix("UV_") in _HOW}
    made = {key: value for key, value in uv_environment(how).items() if key not in _WHERE}
    links = (each if "://" in each else Path(each).as_uri() for each in where.links)
    made["UV_FIND_LINKS"] = ",".join(links)
    if where.indexes:
        made["UV_DEFAULT_INDEX"], made["UV_EXTRA_INDEX_URL"] = where.indexes[0], " ".join(where.indexes[1:])
        made["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # pip's own way: the best version of all indexes
    else:
        made["UV_NO_INDEX"] = "1"
    return {key: value for key, value in made.items() if value or not key.startswith("UV_")}


def plain(title: str, error: OutsideError) -> str:
    """Return in one sentence which package wants what, as far as uv says it."""
    said = " ".join(error.details.split())
    match = _CAUSE.search(said)
    if not match:
        return f"What {title} needs can't be installed: {error.message}"
    asked = re.search(r"you require (.+?)(?:,|$| and )", match["why"])
    reason = match["why"]
    for pattern, words in _SMOOTHER:
        reason = re.sub(pattern, words, reason)
    wants = f"{title} needs {asked[1]}, which can't be had" if asked else f"What {title} needs can't be had"
    return f"{wants}: {reason.strip().rstrip('.')}."
