"""What a zip file is: PyTorch's, TorchScript, an exported program, Keras's, NumPy's; by what lies in it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from desktop_app.api import ModelFile, UserError
from desktop_app.services.exports.formats import pickle_heads
from desktop_app.services.exports.formats.torch_heads import torch_model

_LONGEST_TEXT = 64 * 1024 * 1024
_BOMB = 200  # times smaller than what comes out: deflate can do 1,032, models 1.1
_LARGE = 1 << 30
_OURS = ("keras", "keras_hub", "keras_cv", "keras_nlp", "tensorflow.keras", "tf_keras", "builtins")


@dataclass(frozen=True, slots=True)
class Archive:
    """An open zip with the members' names beneath its only top folder, if it has one."""

    path: Path
    zip: zipfile.ZipFile
    members: Mapping[str, zipfile.ZipInfo]

    def read(self, name: str, most: int = _LONGEST_TEXT) -> bytes:
        """Read a small member. Raises UserError where it is too large or broken."""
        info = self.members[name]
        if info.file_size > most:
            raise UserError(f"{self.path.name} can't be read: {info.filename} in it is {info.file_size:,} bytes large.")
        try:
            return self.zip.read(info)
        except Exception as error:  # noqa: BLE001 - BadZipFile, zlib.error, and what else a decompressor raises
            raise _broken(self.path, f"{info.filename}: {error}") from None


def look_at_zip(path: Path) -> ModelFile:
    """Return what a zip file is. Raises UserError where it is broken, encrypted, or no model."""
    try:
        with zipfile.ZipFile(path) as opened:
            archive = _archive(path, opened)
            return _model(archive)
    except zipfile.BadZipFile as error:
        raise _broken(path, str(error)) from None
    except (NotImplementedError, UnicodeDecodeError, ValueError) as error:
        raise _broken(path, str(error)) from None


def _broken(path: Path, why: str) -> UserError:
    return UserError(
        f"{path.name} is cut off or damaged.",
        hint="The run may have been stopped while it saved, or the copy isn't complete: copy it again, or take an "
        "earlier checkpoint.",
        details=why,
    )


def _archive(path: Path, opened: zipfile.ZipFile) -> Archive:
    infos = [each for each in opened.infolist() if not each.is_dir()]
    if not infos:
        raise UserError(f"{path.name} is an archive with nothing in it.", hint="Save the model again.")
    _refuse_encrypted(path, infos)
    _refuse_bomb(path, infos)
    return Archive(path, opened, _members(infos))


def _refuse_encrypted(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    if any(each.flag_bits & 1 for each in infos):
        raise UserError(f"{path.name} is encrypted.", hint="Unpack it with its password, and export what was in it.")


def _refuse_bomb(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    whole = sum(each.file_size for each in infos)
    packed = sum(each.compress_size for each in infos)
    if whole > _LARGE and whole > _BOMB * max(packed, 1):
        raise UserError(
            f"{path.name} would unpack to {whole / 1e9:,.1f} GB from {packed / 1e6:,.1f} MB, which no model does.",
            hint="It was not opened. Ask whoever gave it to you where it comes from.",
        )


def _members(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    tops = {parts[0] for each in infos if (parts := PurePosixPath(each.filename).parts)}
    lone = len(tops) == 1 and all("/" in each.filename for each in infos)
    return {each.filename.split("/", 1)[1] if lone else each.filename: each for each in infos}


def _model(archive: Archive) -> ModelFile:
    names = archive.members.keys()
    if "archive_format" in names or "serialized_exported_program.json" in names:
        return _exported_program(archive)
    if "constants.pkl" in names or any(each.startswith("code/") for each in names):
        return _torchscript(archive)
    if "data.pkl" in names:
        return _checkpoint(archive)
    if "config.json" in names and ("metadata.json" in names or "model.weights.h5" in names):
        return _keras(archive)
    raise _no_model(archive)


def _size(archive: Archive) -> int:
    return archive.path.stat().st_size


def _exported_program(archive: Archive) -> ModelFile:
    kind = archive.read("archive_format")[:20].decode("utf-8", "replace") if "archive_format" in archive.members else ""
    models = any(each.startswith(("models/", "serialized_exported")) for each in archive.members)
    if not models:
        raise UserError(
            f"{archive.path.name} holds a compiled program (AOTInductor), which can't be turned into ONNX.",
            hint="Export from the model itself, or from what torch.export.save wrote.",
        )
    return ModelFile("pt2", archive.path, bytes=_size(archive), facts=(("Format", kind or "pt2"),))


def _torchscript(archive: Archive) -> ModelFile:
    names = _names(archive, "data.pkl", "constants.pkl")
    code = sum(1 for each in archive.members if each.startswith("code/") and each.endswith(".py"))
    facts = (("Code files in it", str(code)),)
    return ModelFile("torchscript", archive.path, bytes=_size(archive), globals=names, facts=facts)


def _names(archive: Archive, *members: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for each in members:
        if each in archive.members:
            found.update(dict.fromkeys(pickle_heads.read_pickle_bytes(archive.read(each)).globals))
    return tuple(each for each in found if not each.startswith(("__torch__", "torch.jit")))


def _checkpoint(archive: Archive) -> ModelFile:
    head = pickle_heads.read_pickle_bytes(archive.read("data.pkl", pickle_heads.LARGEST))
    if not head.whole:
        raise _broken(archive.path, "data.pkl ends before its last instruction")
    return torch_model(archive.path, head)


def _keras(archive: Archive) -> ModelFile:
    config = _json(archive, "config.json")
    metadata = _json(archive, "metadata.json") if "metadata.json" in archive.members else {}
    facts = [("Keras", str(metadata.get("keras_version", "unknown"))), ("Saved", str(metadata.get("date_saved", "")))]
    warnings = _keras_warnings(config)
    if "model.weights.h5" not in archive.members and "model.weights.npz" not in archive.members:
        raise UserError(f"{archive.path.name} holds no weights.", hint="Save the model again with model.save().")
    shown = tuple(each for each in facts if each[1])
    return ModelFile("keras", archive.path, bytes=_size(archive), facts=shown, warnings=warnings, globals=_own(config))


def _json(archive: Archive, name: str) -> dict[str, Any]:
    try:
        value = json.loads(archive.read(name))
    except (ValueError, RecursionError) as error:
        raise _broken(archive.path, f"{name}: {error}") from None
    return value if isinstance(value, dict) else {}


def _keras_warnings(config: Any) -> tuple[str, ...]:
    layers = _lambdas(config)
    told = []
    if layers:
        told.append(
            f"It holds code of its own in {', '.join(layers)} (Lambda), which runs only if you allow it by name."
        )
    own = _own(config)
    if own:
        told.append(f"It needs classes that aren't Keras's own: {', '.join(own)}.")
    return tuple(told)


def _objects(config: Any) -> list[dict[str, Any]]:
    """Return every object of a configuration, at any depth."""
    found, waiting = [], [config]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            found.append(each)
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
    return found


def _lambdas(config: Any) -> list[str]:
    named = []
    for each in _objects(config):
        inner = each.get("config")
        if each.get("class_name") in ("Lambda", "__lambda__"):
            named.append(str(inner.get("name", "Lambda")) if isinstance(inner, dict) else "Lambda")
    return sorted(dict.fromkeys(named))


def _own(config: Any) -> tuple[str, ...]:
    """Return the classes in a Keras configuration that come from elsewhere, as module.Class."""
    found: set[str] = set()
    for each in _objects(config):
        name, module, registered = each.get("class_name"), each.get("module"), each.get("registered_name")
        foreign = isinstance(module, str) and not any(module == our or module.startswith(f"{our}.") for our in _OURS)
        if name and (foreign or (module is None and registered and ">" in str(registered))):
            found.add(f"{module or str(registered).split('>')[0]}.{name}")
    return tuple(sorted(found))


def _no_model(archive: Archive) -> UserError:
    names = [*archive.members]
    name = archive.path.name
    if all(each.endswith(".npy") for each in names):
        arrays = ", ".join(each.removesuffix(".npy") for each in names[:8])
        return UserError(
            f"{name} holds arrays ({arrays}), not a model.",
            hint=f"Give it as inputs: --inputs {name}, and the model as FILE.py:FUNCTION.",
        )
    inside = next((each for each in names if each.endswith((".pt", ".pth", ".keras", ".safetensors", ".pb"))), "")
    if inside:
        return UserError(f"{name} is a packed folder.", hint=f"Unpack it, and export {inside} from it.")
    return UserError(
        f"{name} is a zip file, but none that PyTorch or Keras wrote.",
        hint="Unpack it, and choose the model in it.",
        details="\n".join(names[:50]),
    )
