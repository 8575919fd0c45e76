"""Where v1 code trains with PyTorch and Horovod: an image that holds both, as the Horovod wizard takes it.

Horovod has no wheels and is compiled after torch, which a list of packages can't do. v1 put it into its images.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from desktop_app.api import Diagnostic, Field, FieldKind, Value, WizardContext
from desktop_app.api.kit import Script, file_naming, info, warning

from .code_file import read_code
from .counts import kind_of
from .environments import is_retired_image, package_names
from .words import V1

BUILD = "build_folder"
HOW = (
    "Horovod has no wheels and is compiled after torch, which a list of packages can't do: name a folder with a "
    "Dockerfile that does both in turn, or at “Base image” an image of yours that has both."
)


def is_wanted(v1: V1, context: WizardContext) -> bool:
    """Whether the job needs both: by its packages, or by a script that imports Horovod and is started by mpirun."""
    names = package_names(v1)
    if not (v1.text("framework") == "pytorch" or "torch" in names):
        return False
    return "horovod" in names or (kind_of(v1) == "mpi" and _is_imported(v1, context))


def field_of(v1: V1, context: WizardContext) -> Field:
    """Ask for the Dockerfile's folder; one of the project that speaks of Horovod is the default."""
    why = "Azure ML builds its image once, before the first run; the packages and the base image are left out then."
    return Field(BUILD, "Dockerfile's folder", FieldKind.FOLDER, default=_folder_here(context) or None, help=why)


def environment_of(v1: V1, context: WizardContext) -> dict[str, Value] | None:
    """Return the image that holds both, None where none is named."""
    if not is_wanted(v1, context):
        return None
    folder, image = _folder(v1, context), v1.text("base_image")
    if folder:
        return {"build": {"path": folder}}
    return {"image": image} if image and not is_retired_image(image) else None


def notes(v1: V1, context: WizardContext) -> Iterator[Diagnostic]:
    """Say what is taken, and what is left out for it; or what to name."""
    folder, environment = _folder(v1, context), environment_of(v1, context)
    if environment is None:
        yield warning("no-horovod-inside", HOW, BUILD)
    elif not folder:
        message = f"{environment['image']} is taken as it is: it has to hold torch, Horovod and all other packages."
        yield info("packages-in-image", message, "base_image")
    elif not (context.folder / folder / "Dockerfile").is_file():
        yield warning("dockerfile-missing", f"There is no Dockerfile in {folder}; pick another folder.", BUILD)
    else:
        message = f"The image is built from {folder}/Dockerfile, which has to install all that the script needs."
        yield info("packages-in-image", message, BUILD)


def _folder(v1: V1, context: WizardContext) -> str:
    return v1.text(BUILD) if BUILD in v1.filled else _folder_here(context)


def _folder_here(context: WizardContext) -> str:
    return file_naming(context.folder, "environment/*/Dockerfile", "horovod").removesuffix("/Dockerfile")


def _is_imported(v1: V1, context: WizardContext) -> bool:
    path = PurePosixPath(v1.text("script").replace("\\", "/"))
    tree = read_code(context.folder / path).tree if path.suffix == ".py" else None
    return tree is not None and "horovod" in Script(tree, str(path)).modules
