"""Which toolchain a job gets: by what its script imports, its plugin's own first, a person's choice before all."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.api import ToolchainSpec, UserError
from desktop_app.places import Places
from desktop_app.services.settings import Settings
from desktop_app.services.toolchains import Toolchain, Toolchains, choosing
from desktop_app.services.toolchains.choosing import Pair, best
from tests.helpers.made_toolchains import spec_of
from tests.helpers.wheels import write_wheel

TORCH = ToolchainSpec("pytorch", "PyTorch", "p-torch", ("torch==2",), imports=("torch",), size_mb=900, minutes=2)
DEEPSPEED = ToolchainSpec(
    "deepspeed", "DeepSpeed", "p-torch", ("torch==2", "mpi4py==4"), imports=("torch", "deepspeed")
)
HVD_TORCH = ToolchainSpec("horovod-pytorch", "HT", "p-mpi", imports=("torch", "horovod.torch"), requires=())
HVD_FLOW = ToolchainSpec(
    "horovod-tensorflow", "HF", "p-mpi", (), imports=("tensorflow", "keras", "tf_keras", "horovod.tensorflow")
)
MPI = ToolchainSpec("mpi", "MPI", "p-mpi", ("mpi4py==4",), imports=("mpi4py",))
FLOW = ToolchainSpec(
    "tensorflow", "TF", "p-flow", (), imports=("tensorflow", "keras", "tf_keras"), alone=("tf_keras==2",)
)
RAY = ToolchainSpec("ray", "Ray", "p-ray", ("ray==2", "torch==2"), imports=("ray", "torch"))
ALL = (TORCH, DEEPSPEED, HVD_TORCH, HVD_FLOW, MPI, FLOW, RAY)
NOWHERE = Path("/nowhere/bin/python")


def pairs(*ready: str, **packages: str) -> list[Pair]:
    """Return all toolchains; those that are named are ready, and have some packages more."""
    return [
        (each, Toolchain(each.name, each.title, NOWHERE, "made", "ready" if each.name in ready else "missing",
                         packages=packages if each.name in ready else {}))
        for each in ALL
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("plugin", "imports", "name"),
    [
        ("p-torch", ["torch", "numpy"], "pytorch"),
        ("p-torch", ["torch", "deepspeed"], "deepspeed"),
        ("p-mpi", ["torch", "horovod"], "horovod-pytorch"),
        ("p-mpi", ["horovod", "tensorflow", "keras"], "horovod-tensorflow"),
        ("p-mpi", ["mpi4py", "numpy"], "mpi"),
        ("p-mpi", ["deepspeed", "torch"], "deepspeed"),
        ("p-flow", ["tensorflow", "tf_keras"], "tensorflow"),
        ("p-ray", ["ray", "torch"], "ray"),
        ("p-ray", ["torch"], "ray"),
        ("p-torch", ["ray", "torch"], "ray"),
        ("p-torch", [], "pytorch"),
        ("p-mpi", ["horovod"], "horovod-pytorch"),
        ("p-mpi", ["numpy"], "mpi"),
        (None, ["tensorflow"], "tensorflow"),
    ],
)
def test_the_imports_say_which(plugin: str | None, imports: Sequence[str], name: str) -> None:
    assert best(pairs(), plugin, imports)[0].name == name


def test_of_equals_one_that_is_ready_and_never_one_that_lacks_more() -> None:
    assert best(pairs("mpi"), "p-mpi", ["numpy"])[0].name == "mpi"
    assert best(pairs("ray"), "p-torch", ["torch"])[0].name == "pytorch"
    assert best(pairs("horovod-tensorflow"), None, ["tensorflow"])[0].name == "horovod-tensorflow"
    assert best(pairs("ray"), None, ["torch"])[0].name == "ray"
    assert best(pairs("pytorch"), "p-torch", ["torch", "deepspeed"])[0].name == "deepspeed"


def test_what_was_added_counts() -> None:
    assert best(pairs("pytorch", mpi4py="4.1"), "p-torch", ["torch", "mpi4py"])[0].name == "pytorch"


def toolchains(places: Places, *specs: ToolchainSpec) -> Toolchains:
    return Toolchains(places, Settings(places.settings), lambda: specs or ALL)


async def test_a_chosen_python_wins_whatever_the_script_imports(places: Places) -> None:
    all_of = toolchains(places)
    all_of.use("p-mpi", sys.executable)
    choice = await all_of.interpreter_for("p-mpi", ["mpi4py_of_my_own"])
    assert (choice.name, choice.python) == ("horovod-pytorch", sys.executable)
    other = await all_of.interpreter_for("p-flow", ["tensorflow"])
    assert (other.name, other.python) == ("tensorflow", "")


async def test_one_that_is_not_made_says_what_it_costs(places: Places) -> None:
    (finding,) = (await toolchains(places).interpreter_for("p-torch", ["torch"])).diagnostics
    assert finding.message == (
        "The toolchain pytorch (PyTorch) is not made yet: run `rankzero toolchains create pytorch`, "
        "which takes about 2 minutes, 900 MB."
    )
    (finding,) = (await toolchains(places).interpreter_for("p-mpi", ["mpi4py"])).diagnostics
    assert finding.message.endswith("run `rankzero toolchains create mpi`.")


async def test_a_job_that_no_plugin_starts_is_told_what_is_meant_for_it(places: Places) -> None:
    choice = await toolchains(places).interpreter_for(None, ["torch"])
    assert "`rankzero toolchains create pytorch`" in choice.diagnostics[0].message
    assert (await toolchains(places).interpreter_for(None, ["json"])).name == ""


async def test_a_script_for_keras_2_in_an_environment_with_keras_3(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in os.environ if each.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    write_wheel(tmp_path, "keras", "3.15.1")
    write_wheel(tmp_path, "tf_keras", "2", files={
        "tf_keras.py": "", "tf_keras-2.dist-info/METADATA":
        "Metadata-Version: 2.1\nName: tf_keras\nVersion: 2\nRequires-Dist: tensorflow\n",
    })  # fmt: skip
    old = replace(FLOW, requires=("keras==3.15.1",), imports=("keras",), alone=())
    await toolchains(places, old).create("tensorflow", lambda _text, _part: None)
    both = (old, replace(FLOW, name="other", imports=()))
    (finding,) = (await toolchains(places, *both).interpreter_for("p-flow", ["keras", "tf_keras"])).diagnostics
    assert finding.message == (
        "The script imports tf_keras, which is Keras 2, and the toolchain tensorflow has Keras 3.15.1: "
        "run `rankzero toolchains add tensorflow tf_keras`."
    )
    added = await toolchains(places, *both).add("tensorflow", ["tf_keras"], lambda _text, _part: None)
    assert added.packages["tf-keras"] == "2"  # and not what it asks for, which is nowhere
    assert (await toolchains(places, *both).interpreter_for("p-flow", ["keras", "tf_keras"])).diagnostics == ()


def test_every_bundled_toolchain_is_declared_once_with_what_it_costs() -> None:
    names = ("pytorch", "deepspeed", "tensorflow", "horovod-pytorch", "horovod-tensorflow", "mpi", "ray")
    specs = [spec_of(name) for name in names]
    assert all(each.size_mb and each.imports and each.title for each in specs)
    assert all("==" in each for spec in specs for each in (*spec.requires, *spec.alone))
    assert {each.name for each in specs if each.builds} == {"deepspeed", "horovod-pytorch", "horovod-tensorflow"}
    with pytest.raises(UserError, match="no toolchain"):
        toolchains_of_nobody().get("pytorch")


def toolchains_of_nobody() -> Toolchains:
    places = Places(Path("/nowhere/home"), Path("/nowhere/cache"))
    return Toolchains(places, Settings(places.settings), list)


def test_a_requirement_is_known_by_its_distribution() -> None:
    spelt = ("tf_keras==2.21.0", "TF-Keras", "tf_keras[extra]>=2", "tf_keras ; python_version>'3'")
    assert {choosing.distribution_key(each) for each in spelt} == {"tf-keras"}
