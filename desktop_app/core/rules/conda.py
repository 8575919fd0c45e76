"""Conda files: packages that can't be installed together, in spellings that conda and pip read.

Sources: Python versions of the wheels on the package index; conda's and pip's specifier syntax (PEP 440, MatchSpec).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from desktop_app.api import Value
from desktop_app.core.rules.facts import SURE, Facts, Release
from desktop_app.core.rules.notes import Notes, change
from desktop_app.core.rules.values import Path, slip_of

_SPEC = re.compile(
    r"(?:[\w.-]+::)?(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?P<rest>.*)$",
    re.DOTALL,
)
_PIN = re.compile(r"(?P<sign>===?|~=|=|>=|<=|!=|<|>)\s*v?(?P<version>\d+(?:\.\d+)*)")
_MIXED = re.compile(r"=>|=<|>==|<==|={4,}|><|<>")
_KEYS = ("name", "channels", "dependencies", "prefix", "variables", "platforms")
_TORCH = frozenset({"torch", "pytorch", "pytorch-gpu", "pytorch-cpu"})
_TENSORFLOW = frozenset({"tensorflow", "tensorflow-gpu", "tensorflow-cpu"})
_CHANNELS = frozenset({
    "conda-forge", "defaults", "anaconda", "pytorch", "pytorch-nightly", "nvidia", "bioconda", "fastai", "intel", "r",
    "rapidsai", "huggingface", "main", "free", "microsoft", "xformers", "dglteam", "pyg", "plotly", "esri",
})  # fmt: skip
_OF_PIP = {"pytorch": "torch", "sklearn": "scikit-learn", "opencv": "opencv-python", "cv2": "opencv-python"}
_OF_CONDA = {"torch": "pytorch"}
_V1 = frozenset({"azureml-core", "azureml-sdk", "azureml-train", "azureml-train-core", "azureml-pipeline"})


@dataclass(frozen=True, slots=True)
class Package:
    """A package as a conda file asks for it; `pins` are (sign, version) pairs."""

    name: str
    path: Path
    written: str
    pins: tuple[tuple[str, str], ...] = ()
    is_pip: bool = False

    @property
    def pinned(self) -> str:
        """The version that is asked for exactly, at least in its first numbers; empty where there is none."""
        return next((version for sign, version in self.pins if sign in {"=", "==", "===", "~="}), "")

    def admits(self, release: str) -> bool:
        """Whether a release, by its first two numbers, may be taken."""
        return all(_holds(sign, _numbers(version), _numbers(release)) for sign, version in self.pins)


def check(path: Path, data: Mapping[str, Value], facts: Facts, notes: Notes, *, eased: bool = False) -> None:
    """Check a conda file, of its own or within an environment; `eased` makes warnings of its errors."""
    before = notes.eased
    notes.eased = before or eased
    for key in ("channels", "dependencies"):
        if isinstance(data.get(key), str):
            fix = change("Write a list", (*path, key), [data[key]])
            notes.error(
                "wrong-type", (*path, key), f"Write a list at {key}: each item on a line of its own, after “- ”.", fix
            )
    _keys(path, data, notes)
    packages = list(packages_in(path, data))
    for each in packages:
        _spelling(each, notes)
    _twice(packages, notes)
    _channels((*path, "channels"), data.get("channels"), notes)
    by_name = {each.name: each for each in reversed(packages)}
    _python(by_name, facts, notes)
    _frameworks(by_name, facts, notes)
    notes.eased = before


def _keys(path: Path, data: Mapping[str, Value], notes: Notes) -> None:
    """Say which keys are misspelt: conda passes by what it does not know."""
    groups: list[tuple[Path, Mapping[str, Value], tuple[str, ...]]] = [(path, data, _KEYS)]
    for index, each in enumerate(_list(data.get("dependencies"))):
        if isinstance(each, dict):
            groups.append(((*path, "dependencies", index), each, ("pip",)))
    for home, group, known in groups:
        for key in group:
            meant = None if key in known else slip_of(key, known)
            if meant is not None and meant not in group:
                fix = change(f"Rename to {meant}", (*home, meant), group[key], (*home, key))
                notes.error("unknown-key", (*home, key), f"“{key}” is not read here: write “{meant}”.", fix)


def packages_in(path: Path, data: Mapping[str, Value]) -> Iterator[Package]:
    """Yield every package that is asked for by its name."""
    for index, each in enumerate(_list(data.get("dependencies"))):
        here = (*path, "dependencies", index)
        if isinstance(each, str):
            yield from _package(each, here, is_pip=False)
        elif isinstance(each, dict):
            for nth, line in enumerate(_list(each.get("pip"))):
                if isinstance(line, str):
                    yield from _package(line, (*here, "pip", nth), is_pip=True)


def names_in(data: Mapping[str, Value]) -> set[str]:
    """Return the names of all packages."""
    return {each.name for each in packages_in((), data)}


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _package(line: str, path: Path, *, is_pip: bool) -> Iterator[Package]:
    plain = line.partition(" #")[0].partition(";")[0].strip()
    if not plain or plain.startswith(("-", ".", "/", "#")) or "://" in plain or " @ " in plain or "{" in plain:
        return
    found = _SPEC.fullmatch(plain)
    if found is None:
        return
    pins = tuple((each["sign"], each["version"]) for each in _PIN.finditer(found["rest"]))
    if not pins and not is_pip and (spaced := re.match(r"\d+(?:\.\d+)*", found["rest"])):
        pins = (("=", spaced[0]),)
    name = re.sub(r"[._]+", "-", found["name"].lower())
    yield Package(name, path, plain, pins, is_pip)


def _spelling(package: Package, notes: Notes) -> None:
    name = package.name
    single = (
        package.is_pip and re.search(r"[\w\]]\s*=\s*\d", package.written) and not re.search("[=!<>~]=", package.written)
    )
    if _MIXED.search(package.written):
        message = f"Write a comparison that can be read at {name}, such as {name}>=1.2: “{package.written}” is none."
        notes.error("package-spelling", package.path, message)
    elif package.written.rstrip().endswith((",", "=", ">", "<")):
        message = f"Finish “{package.written}” or remove its last sign: nothing follows it."
        notes.error("package-spelling", package.path, message)
    elif not _is_possible(package):
        message = f"Write a range that has versions in it at {name}: “{package.written}” has none."
        notes.error("package-spelling", package.path, message)
    elif single:
        written = re.sub(r"\s*=\s*", "==", package.written, count=1)
        message = f"Write {written}: pip takes two equals signs."
        notes.error("package-spelling", package.path, message, change(f"Write {written}", package.path, written))
    elif package.is_pip and name in _OF_PIP:
        _renamed(package, _OF_PIP[name], "pip", notes)
    elif not package.is_pip and name in _OF_CONDA:
        _renamed(package, _OF_CONDA[name], "conda", notes)
    elif name in _V1:
        message = f"Leave {name} out if the script can do without it: SDK v1 has had no support since 2026-06-30."
        notes.info("v1-package", package.path, message)


def _is_possible(package: Package) -> bool:
    """Whether there is room between the least and the most version that are asked for."""
    least = [(_numbers(version), sign) for sign, version in package.pins if sign in {">", ">="}]
    most = [(_numbers(version), sign) for sign, version in package.pins if sign in {"<", "<="}]
    return all(low < high or (low == high and (a, b) == (">=", "<=")) for low, a in least for high, b in most)


def _renamed(package: Package, meant: str, tool: str, notes: Notes) -> None:
    rest = package.written[len(package.name) :]
    written = f"{meant}{rest if meant in {'torch', 'pytorch'} else ''}"
    message = f"Write {meant}: that is the package's name for {tool}."
    notes.warning("package-name", package.path, message, change(f"Write {written}", package.path, written))


def _twice(packages: list[Package], notes: Notes) -> None:
    seen: dict[str, Package] = {}
    for each in packages:
        first = seen.setdefault(each.name, each)
        if first is each:
            continue
        if first.pins == each.pins or not (first.pinned and each.pinned):
            message = f"{each.name} stands here twice: keep one of them."
            notes.warning("package-twice", each.path, message)
        else:
            message = f"{each.name} is asked for as {first.pinned} and as {each.pinned}: keep one of them."
            (notes.error if first.is_pip == each.is_pip else notes.warning)("package-twice", each.path, message)


def _channels(path: Path, channels: Value, notes: Notes) -> None:
    for index, each in enumerate(_list(channels)):
        if not isinstance(each, str) or each in _CHANNELS or "/" in each or "." in each:
            continue
        plain = each.lower().replace("_", "-").replace(" ", "-")
        near = {known.replace("-", ""): known for known in _CHANNELS}.get(plain.replace("-", ""))
        meant = near or {"conda-froge": "conda-forge", "condaforge": "conda-forge", "default": "defaults"}.get(plain)
        if meant:
            message = f"“{each}” is no channel of packages: write {meant}."
            notes.warning("unknown-channel", (*path, index), message, change(f"Write {meant}", (*path, index), meant))


def _python(by_name: Mapping[str, Package], facts: Facts, notes: Notes) -> None:
    package = by_name.get("python")
    slip = next((each for name, each in by_name.items() if name != "python" and slip_of(name, ("python",))), None)
    if package is None and slip is not None and not slip.is_pip:
        written = f"python{slip.written[len(slip.name) :]}"
        message = f"Write {written}: there is no package “{slip.name}”."
        notes.warning("package-name", slip.path, message, change(f"Write {written}", slip.path, written))
    minor = _minor(package.pinned) if package else ""
    known = facts.release(f"python {minor}") if minor else None
    if package is not None and known is not None and known.ended:
        message = f"Take a Python that is kept up, such as 3.11: Python {minor} has had no mending since {known.ends}."
        notes.info("retired-python", package.path, message)


def _frameworks(by_name: Mapping[str, Package], facts: Facts, notes: Notes) -> None:
    torch = next((by_name[each] for each in sorted(_TORCH) if each in by_name), None)
    tensorflow = next((by_name[each] for each in sorted(_TENSORFLOW) if each in by_name), None)
    python = by_name.get("python")
    for package, line in ((torch, "torch"), (tensorflow, "tensorflow")):
        if package is not None and python is not None:
            _fits_python(package, line, python, facts, notes)
    vision = by_name.get("torchvision")
    if torch is not None and vision is not None:
        _fits_torchvision(torch, vision, facts, notes)
    horovod = by_name.get("horovod")
    if horovod is not None and torch is not None and torch.pinned and _numbers(torch.pinned) >= (2, 1):
        message = (
            f"horovod does not build with torch {torch.pinned}: take torch below 2.1, or torch's own distribution."
        )
        notes.warning("horovod-does-not-fit", horovod.path, message)


def _fits_python(package: Package, line: str, python: Package, facts: Facts, notes: Notes) -> None:
    minor = _minor(python.pinned)
    if "." not in minor or not package.pins:
        return
    known = list(_releases(line, facts))
    admitted = [each for each in known if package.admits(each.version)]
    if not admitted or any(minor in each.python for each in admitted):
        return
    if package.is_pip is False and line == "tensorflow":
        return  # conda builds TensorFlow for Pythons that have no wheels
    pythons = admitted[-1].python
    version = package.pinned or " and ".join(f"{sign}{version}" for sign, version in package.pins)
    message = f"{package.name} {version} does not install on Python {minor}: take Python {pythons[0]} to {pythons[-1]}."
    sure = all(each.confidence in SURE for each in admitted)
    (notes.error if sure else notes.warning)("python-does-not-fit", package.path, message)


def _releases(line: str, facts: Facts) -> Iterator[Release]:
    for major, most in ((1, 16), (2, 30)):
        for minor in range(most):
            found = facts.release(f"{line} {major}.{minor}")
            if found is not None:
                yield found


def _fits_torchvision(torch: Package, vision: Package, facts: Facts, notes: Notes) -> None:
    release = facts.release(f"torch {_minor(torch.pinned)}") if torch.pinned else None
    if release is None or not release.torchvision or not vision.pins or vision.admits(release.torchvision):
        return
    message = f"Write torchvision {release.torchvision}, which belongs to torch {torch.pinned}."
    sure = release.confidence in SURE and vision.pinned
    (notes.error if sure else notes.warning)("torchvision-does-not-fit", vision.path, message)


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in version.split(".") if each.isdigit())


def _holds(sign: str, wanted: tuple[int, ...], release: tuple[int, ...]) -> bool:
    """Whether some release with these first numbers is admitted: 2.0 by <2.0.1 and by >2.0.0, not by <2.0."""
    low, high = (*release, 0, 0), (*release, 999, 999)
    bound = (*wanted, 0, 0, 0, 0)[:4]
    if sign in {"=", "==", "==="}:
        return release[: len(wanted)] == wanted[: len(release)]
    if sign == "~=":
        return high >= bound and release[: len(wanted) - 1] == wanted[:-1][: len(release)]
    if sign in {">=", ">"}:
        return high >= bound
    if sign == "<":
        return low < bound
    return sign != "<=" or low <= bound
