"""The person's own layers and models: registered by their scripts, or found there by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rankzero_kit.errors import TaskError

from . import code
from .trust import Found


def of_own_code(found: Found, request: dict[str, Any]) -> Found:
    """Return what a file names, with what lies in the person's own folder told apart from what is foreign."""
    root = request["model"].get("code") or ""
    mine = [each for each in found.foreign if root and _file(root, each.rpartition(".")[0]).is_file()]
    found.foreign = [each for each in found.foreign if each not in mine]
    found.custom = [*found.custom, *mine]
    return found


def _file(root: str, module: str) -> Path:
    return Path(root) / (module.replace(".", "/") + ".py")


def found_in_scripts(request: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Return classes by the names that a model has for them. Raises TaskError with those that no script has."""
    import keras

    root, scripts = request["model"].get("code") or "", list(request.get("scripts") or ())
    wanted = str(request["options"].get("class") or "").partition(":")[0]
    if wanted:
        scripts.insert(0, wanted if wanted.endswith(".py") else wanted.replace(".", "/") + ".py")
    own = [f"{each.rpartition('.')[0].replace('.', '/')}.py" for each in names if ">" not in each and "." in each]
    files = [Path(root) / each for each in dict.fromkeys([*own, *scripts])] if root else []
    modules = [code.imported(each) for each in files if each.is_file()]
    found = {name: own for name in names if (own := _own(name, modules)) is not None}
    known = keras.saving.get_custom_objects()
    missing = [each for each in names if each not in found and each not in known]
    if missing:
        raise TaskError(
            f"The model has parts of your own: {', '.join(missing)}.",
            "Name the folder of their code and the class, as module:Class.",
            ask={"kind": "class", "candidates": [], "missing": missing},
        )
    return {**found, **{name.rpartition(">")[2].rpartition(".")[2]: each for name, each in found.items()}}


def _own(name: str, modules: list[Any]) -> Any:
    import keras

    registered = keras.saving.get_registered_object(name)
    if registered is not None:
        return registered
    plain = name.rpartition(">")[2].rpartition(".")[2]
    return next((getattr(each, plain) for each in modules if hasattr(each, plain)), None)
