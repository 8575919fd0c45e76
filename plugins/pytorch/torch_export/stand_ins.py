"""Stands in for packages that a script imports for training and a toolchain lacks: horovod, wandb, lightning, …

A stand-in can be imported, subclassed and used as a decorator, and holds no value: whatever would go on with one fails
with the package's name, so that a network that needs the package is never built without it.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import inspect
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any, NoReturn


class MissingPackageError(ImportError):
    """A network can't be built without a package that the toolchain lacks."""

    def __init__(self, path: str) -> None:
        package = path.partition(".")[0]
        self.hint = f"`rankzero toolchains add pytorch {package}` adds it, if it is called so on the package index."
        super().__init__(f"it needs “{path}”, and there is no package “{package}” in this toolchain", name=package)


class StandIn:
    """Something of a package that is not there."""

    def __init__(self, path: str) -> None:
        self.__path = path

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn(f"{self.__path}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what a decorator would, or a stand-in for what a call gives."""
        decorates = len(args) == 1 and not kwargs and (inspect.isfunction(args[0]) or inspect.isclass(args[0]))
        return args[0] if decorates else StandIn(f"{self.__path}()")

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        last = self.__path.rpartition(".")[2]
        is_network = last.endswith(("Module", "Model", "Net")) and not last.endswith("DataModule")
        base = _network() if is_network else _Nothing
        others = [each for each in bases if isinstance(each, type)]
        covered = any(issubclass(each, base) or (issubclass(base, each) and each is not object) for each in others)
        return () if covered and base is not _Nothing else (base,)

    def __instancecheck__(self, instance: Any) -> bool:
        return False

    def __getitem__(self, key: Any) -> Any:  # of annotations: Float[Tensor, "batch"]
        return self

    def __or__(self, other: Any) -> Any:
        return self

    __ror__ = __or__

    def _use(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise MissingPackageError(self.__path)

    __bool__ = __len__ = __iter__ = __enter__ = __float__ = __int__ = __index__ = __contains__ = _use
    __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __truediv__ = __matmul__ = __lt__ = __gt__ = _use

    def needed(self) -> MissingPackageError:
        """Return the error that says what is missing."""
        return MissingPackageError(self.__path)


class _Nothing:
    """The base of what is no network: a trainer's callback, a data set."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...


def _network() -> type:
    """Return what stands for LightningModule and its like: a module that keeps its hyperparameters and logs nothing."""
    import torch

    class Settings(dict[str, Any]):
        __getattr__ = dict.__getitem__
        __setattr__ = dict.__setitem__

    class Network(torch.nn.Module):  # type: ignore[misc]  # torch has no types here
        def save_hyperparameters(self, *args: Any, ignore: Any = (), **kwargs: Any) -> None:
            frame = inspect.currentframe()
            given = frame.f_back.f_locals if frame and frame.f_back else {}
            ignored = {ignore} if isinstance(ignore, str) else {*ignore}
            taken = {
                name: each
                for name, each in given.items()
                if name not in ("self", "__class__", *ignored) and (not args or name in args)
            }
            taken.update(taken.pop("kwargs", {}))
            self.__dict__["hparams"] = Settings(taken)

        def log(self, *args: Any, **kwargs: Any) -> None: ...

        log_dict = log

    return Network


class _Package(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn(f"{self.__name__}.{name}")


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a stand-in for the packages that importing a script has failed without, and for no others.

    So `try: import apex` goes on as it does where the package is missing.
    """

    def __init__(self) -> None:
        self.packages: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return a spec for a package that is stood in for, and for its modules."""
        if fullname.partition(".")[0] not in self.packages:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the stand-in."""
        return _Package(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: there is nothing in it."""

    def add(self, package: str) -> bool:
        """Stand in for one more; whether that is of any use."""
        if package in self.packages or package in sys.stdlib_module_names or not package.isidentifier():
            return False
        if self not in sys.meta_path:
            sys.meta_path.append(self)
        self.packages.append(package)
        return True

    def remove(self) -> None:
        """Forget all of them."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        for name in [each for each in sys.modules if each.partition(".")[0] in self.packages]:
            del sys.modules[name]
        self.packages.clear()
