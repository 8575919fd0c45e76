"""Whether the parts of an environment go together: frameworks, CUDA, the GPUs of a VM size, Horovod, the base image.

What a conda file says by itself is checked by `core/rules/conda.py`; here is what needs the image and the job as well.
Sources: framework release notes and wheel metadata as the catalogues say; what is general knowledge only warns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from desktop_app.core.environments import Environment
from desktop_app.core.rules.conda import Package, packages_in
from desktop_app.core.rules.facts import Facts, Release, Size
from desktop_app.core.rules.notes import Notes
from desktop_app.core.rules.values import Path, mapping

_TORCH = ("torch", "pytorch", "pytorch-gpu")
_TENSORFLOW = ("tensorflow", "tensorflow-gpu", "tensorflow-cpu")
_COMPILED = ("horovod", "apex", "flash-attn", "deepspeed", "mmcv-full", "detectron2", "pytorch3d")
_WITHOUT_CONDA = re.compile(
    r"^(?:docker\.io/)?(?:library/)?(?:nvcr\.io/nvidia/cuda|nvidia/cuda|ubuntu|debian|python|alpine)(?=[:@]|$)"
)


@dataclass(frozen=True, slots=True)
class Architecture:
    """The releases of CUDA that build for GPUs of one compute capability; `last_cuda` is empty while they all do."""

    capability: str
    gpus: str = ""
    first_cuda: str = ""
    last_cuda: str = ""
    confidence: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """What an environment is to run in: the VM size, and how its processes are started; empty where not known."""

    size: Size | None = None
    launch: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the checks look at: the environment, its packages by name, and what it is to run in."""

    environment: Environment
    setting: Setting
    facts: Facts
    architecture: Callable[[str], Architecture | None]
    notes: Notes
    path: Path = ()
    packages: Mapping[str, Package] = field(default_factory=dict)

    def first(self, names: tuple[str, ...]) -> Package | None:
        """Return the first package of one of these names."""
        return next((self.packages[each] for each in names if each in self.packages), None)

    def release(self, line: str, package: Package | None) -> Release | None:
        """Return what is known of the release that a package is pinned to."""
        return self.facts.release(f"{line} {_minor(package.pinned)}") if package and package.pinned else None


def parts_of(
    environment: Environment,
    setting: Setting,
    facts: Facts,
    architecture: Callable[[str], Architecture | None],
    notes: Notes,
) -> Parts:
    """Return an environment taken apart; of a curated one the packages that are known."""
    data = environment.data
    path: Path = ("conda_file",) if "conda_file" in data else ()
    listed = list(packages_in(path, mapping(data["conda_file"]) if path else data))
    if not listed:
        known = [each.written.replace(" ", "==", 1) if each.spec else each.name for each in environment.packages]
        listed = list(packages_in(path, {"dependencies": [{"pip": list(known)}]}))
    packages = {each.name: each for each in reversed(listed)}
    return Parts(environment, setting, facts, architecture, notes, path, packages)


def check(parts: Parts) -> None:
    """Check everything; each finding is one sentence."""
    _image(parts)
    _python(parts)
    _gpus(parts)
    _compiled(parts)
    _tensorflow(parts)
    _companions(parts)
    _numpy(parts)
    _horovod(parts)
    _v1(parts)


def _image(parts: Parts) -> None:
    image, has_conda = parts.environment.image, "conda_file" in parts.environment.data
    if has_conda and _WITHOUT_CONDA.match(image):
        message = f"The image {image} brings no conda, which installs the conda file: take a base image of Azure ML's."
        parts.notes.warning("image-without-conda", ("image",), message)
    listed = parts.packages.values()
    of_conda = [each for each in listed if not each.is_pip]
    if of_conda and any(each.is_pip for each in listed) and "pip" not in parts.packages:
        message = "Add pip to the dependencies: conda else takes a pip of its own choice for the packages under pip."
        parts.notes.info("pip-not-listed", (*parts.path, "dependencies"), message)


def _python(parts: Parts) -> None:
    if any(not each.is_pip for each in parts.packages.values()) and "python" not in parts.packages:
        message = "Say which Python is meant, such as python=3.11: conda else takes its newest."
        parts.notes.warning("python-not-pinned", (*parts.path, "dependencies"), message)


def _gpus(parts: Parts) -> None:
    """Compare the GPUs of the VM size with the CUDA that the framework, or else the image, brings."""
    size = parts.setting.size
    known = parts.architecture(size.capability) if size is not None and size.capability else None
    if size is None or known is None:
        return
    torch = parts.first(_TORCH)
    cuda, bringer = _cuda_of_torch(torch, parts), f"torch {torch.pinned}" if torch else ""
    if not cuda:
        cuda, bringer = parts.environment.cuda, f"The image {parts.environment.image}"
    if not cuda or (torch is None and not parts.first(_TENSORFLOW) and not parts.environment.cuda):
        return
    path = torch.path if torch is not None and bringer.startswith("torch") else ("image",)
    if known.last_cuda and _numbers(cuda) > _numbers(known.last_cuda):
        message = (
            f"{bringer} brings CUDA {cuda}, which no longer serves the GPUs of {size.name} ({known.gpus}): take one "
            f"built with CUDA {known.last_cuda} or below."
        )
        parts.notes.by(known.confidence)("gpu-does-not-fit", path, message, None)
    elif known.first_cuda and _numbers(cuda) < _numbers(known.first_cuda):
        message = (
            f"{bringer} brings CUDA {cuda}, which does not know the GPUs of {size.name} ({known.gpus}) yet: take one "
            f"built with CUDA {known.first_cuda} or later."
        )
        parts.notes.warning("gpu-does-not-fit", path, message)


def _cuda_of_torch(torch: Package | None, parts: Parts) -> str:
    """Return the CUDA that torch is built with: as its version says, or that of the index's wheels."""
    if torch is None:
        return ""
    local = re.search(r"\+cu(\d+)(\d)\b", torch.written)
    if local:
        return f"{local[1]}.{local[2]}"
    release = parts.release("torch", torch)
    return release.default_cuda if release is not None and torch.is_pip else ""


def _compiled(parts: Parts) -> None:
    """Speak of packages that are compiled with the image's CUDA, where torch was built with another."""
    torch, cuda = parts.first(_TORCH), parts.environment.cuda
    release, compiled = parts.release("torch", torch), parts.first(_COMPILED)
    if torch is None or release is None or not cuda or compiled is None or parts.environment.curated:
        return
    built = _cuda_of_torch(torch, parts) or release.default_cuda
    if built and built.split(".")[0] != cuda.split(".")[0]:
        message = (
            f"{compiled.name} is compiled with the image's CUDA {cuda}, but torch {torch.pinned} was built with "
            f"CUDA {built}: take an image with CUDA {built}."
        )
        parts.notes.warning("cuda-does-not-fit", compiled.path, message)


def _tensorflow(parts: Parts) -> None:
    tensorflow, cuda = parts.first(_TENSORFLOW), parts.environment.cuda
    release = parts.release("tensorflow", tensorflow)
    if tensorflow is None or release is None or not release.cuda or "and-cuda" in tensorflow.written:
        return
    wanted = release.cuda[-1]
    if cuda and _major(cuda) != _major(wanted):
        message = (
            f"tensorflow {tensorflow.pinned} needs CUDA {wanted}, but the image has {cuda}: its GPUs would not be "
            "found. Take another image."
        )
        parts.notes.by(release.confidence)("cuda-does-not-fit", tensorflow.path, message, None)


def _companions(parts: Parts) -> None:
    torch, tensorflow = parts.first(_TORCH), parts.first(_TENSORFLOW)
    audio = parts.packages.get("torchaudio")
    if torch and audio and torch.pinned and audio.pinned:
        major, minor = (*_numbers(torch.pinned), 0)[:2]
        wanted = f"{0 if major == 1 else major}.{minor}"
        if _minor(audio.pinned) != wanted:
            message = f"Write torchaudio {wanted}, which belongs to torch {torch.pinned}."
            parts.notes.warning("torchaudio-does-not-fit", audio.path, message)
    if tensorflow and tensorflow.pinned:
        _keras(tensorflow, parts)


def _keras(tensorflow: Package, parts: Parts) -> None:
    version = _numbers(tensorflow.pinned)[:2]
    keras, legacy = parts.packages.get("keras"), parts.packages.get("tf-keras")
    if keras and keras.pinned and (_numbers(keras.pinned) >= (3,)) != (version >= (2, 16)):
        wanted = "3" if version >= (2, 16) else f"2.{version[1]}" if len(version) > 1 else "2"
        message = f"Write keras {wanted}: that is what tensorflow {tensorflow.pinned} goes with, not {keras.pinned}."
        parts.notes.warning("keras-does-not-fit", keras.path, message)
    if legacy and legacy.pinned and _numbers(legacy.pinned)[:2] != version:
        message = f"Write tf-keras {_minor(tensorflow.pinned)}, which belongs to tensorflow {tensorflow.pinned}."
        parts.notes.warning("keras-does-not-fit", legacy.path, message)


def _numpy(parts: Parts) -> None:
    """Speak of NumPy 2 with a framework that was compiled against NumPy 1 (torch below 2.3, tensorflow below 2.18)."""
    numpy = parts.packages.get("numpy")
    for names, below in ((_TORCH, (2, 3)), (_TENSORFLOW, (2, 18))):
        package = parts.first(names)
        if package is None or not package.pinned or _numbers(package.pinned)[:2] >= below:
            continue
        if numpy is not None and not numpy.admits("2.0") and not _is_from(numpy, 2):
            continue
        if numpy is None and (names is _TENSORFLOW or parts.environment.curated):
            continue  # tensorflow says so itself, and of a curated one not all is known
        message = f"Write numpy<2: {package.name} {package.pinned} was compiled against NumPy 1."
        path = numpy.path if numpy is not None else package.path
        parts.notes.warning("numpy-does-not-fit", path, message)


def _is_from(package: Package, major: int) -> bool:
    return bool(package.pinned) and _numbers(package.pinned)[0] >= major


def _horovod(parts: Parts) -> None:
    horovod = parts.packages.get("horovod")
    if horovod is not None and not parts.environment.curated:
        message = (
            "horovod has no wheels: it is compiled when the image is built, and finds only a framework that is "
            "installed before it. A Dockerfile with two steps, or the environment tensorflow-2.16-cuda12, has it."
        )
        parts.notes.info("horovod-is-compiled", horovod.path, message)
        tensorflow = parts.first(_TENSORFLOW)
        if tensorflow is not None and tensorflow.pinned and _numbers(tensorflow.pinned)[:2] > (2, 16):
            message = f"horovod is not known to build with tensorflow {tensorflow.pinned}: 2.16 is the last that does."
            parts.notes.warning("horovod-does-not-fit", horovod.path, message)
    is_mpi = parts.setting.launch == "mpi" and parts.environment.origin != "build"
    if (
        horovod is None
        and is_mpi
        and not parts.packages.get("mpi4py")
        and (parts.packages or parts.environment.curated)
    ):
        message = (
            f"The job starts its processes by MPI, but {parts.environment.title} is not known to have Horovod or "
            "mpi4py: add what the script uses, or start it with distribution type pytorch."
        )
        parts.notes.warning("horovod-missing", ("image",), message)


def _v1(parts: Parts) -> None:
    found = parts.packages.get("azureml-defaults")
    if found is not None and not parts.environment.curated:
        message = "Take mlflow and azureml-mlflow in place of azureml-defaults, which belongs to SDK v1."
        parts.notes.info("v1-package", found.path, message)


def _minor(version: str) -> str:
    return ".".join(version.split("+", maxsplit=1)[0].split(".")[:2])


def _major(version: str) -> str:
    return version.split(".", maxsplit=1)[0]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"\d+", version.split("+", maxsplit=1)[0]))[:2]
