"""What was typed to install a plugin: a path or a name; what can be told to be neither is refused before asking."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from packaging.utils import canonicalize_name

from desktop_app.api import UserError
from desktop_app.services.plugins.info import PluginInfo
from desktop_app.services.plugins.installing.models import Order

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ADDRESS = re.compile(r"(?i)(?:git\+)?(?:https?|ssh|git|file|ftp)://")


def is_path(order: Order) -> bool:
    """Whether a wheel or a folder was ordered; with a folder of wheels a bare name is one of those in it."""
    target = order.target
    seems = target.endswith(".whl") or any(each in target for each in (os.sep, os.altsep) if each)
    return seems or target.startswith((".", "~")) or (order.wheelhouse is None and Path(target).is_dir())


def refuse_at_once(order: Order, known: Iterable[PluginInfo]) -> None:
    """Raise UserError for an address, and for the name of a plugin that ships with the program."""
    if _ADDRESS.match(order.target):
        hint = "Download it, or clone its repository, and install the file or the folder."
        raise UserError("Plugins are not installed from addresses.", hint=hint)
    name = _NAME.match(order.target)
    if is_path(order) or name is None:
        return
    asked = canonicalize_name(name[0])
    for each in known:
        if each.source == "bundled" and asked in (each.id, each.id.removeprefix("rankzero-")):
            message = f"{each.name} ({each.id}) ships with Rank Zero, and is updated with it."
            raise UserError(message, hint=f"`rankzero plugins show {each.id}` shows it.")
