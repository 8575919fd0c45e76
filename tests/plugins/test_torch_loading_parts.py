"""The parts of loading a PyTorch model that need no PyTorch: names of weights, scripts by syntax, names in pickles."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rankzero_kit.errors import TaskError

from plugins.pytorch.torch_export import building, prefixes, scripts, trust, user_code
from plugins.pytorch.torch_export.stand_ins import MissingPackageError, StandIn

PART = st.sampled_from(["a", "b", "layers", "0", "1", "weight", "bias"])
NAMES = st.lists(st.lists(PART, min_size=1, max_size=3).map(".".join), min_size=1, max_size=8, unique=True)
WRAPPERS = st.lists(st.sampled_from(["module.", "_orig_mod.", "_forward_module.", "model."]), max_size=3, unique=True)


@given(NAMES, WRAPPERS)
def test_whatever_a_trainer_put_in_front_comes_off(names: list[str], wrappers: list[str]) -> None:
    weights = {"".join(wrappers) + name: number for number, name in enumerate(names)}
    found, taken, put = prefixes.stripped(weights, names)
    assert found == {name: number for number, name in enumerate(names)}
    assert sorted(taken) == sorted(wrappers)
    assert put == []


@given(NAMES, NAMES)
def test_no_weight_is_lost_or_joined_with_another(names: list[str], wanted: list[str]) -> None:
    found, _, _ = prefixes.stripped({each: each for each in names}, wanted)
    assert sorted(found.values()) == sorted(names)


def test_wrappers_of_a_part_come_off_and_others_stay() -> None:
    weights = {"encoder._orig_mod.weight": 1, "model.head": 2}
    assert prefixes.stripped(weights, ["encoder.weight", "model.head"])[0] == {"encoder.weight": 1, "model.head": 2}
    beside = {"model.weight": 1, "loss_fn.weight": 2}
    assert prefixes.stripped(beside, ["weight"])[0] == {"weight": 1, "loss_fn.weight": 2}


SCRIPT = """
import torch.nn as nn
from base import Base

class Block(nn.Module):
    def __init__(self, width, *, groups, bias=True): ...
class Net(Base):
    pass
class Deep(Block):
    pass
class Numbers(Dataset):
    pass
def build_network(depth=3):
    return Net()
def main():
    return nn.Linear(3, 4)
def train_model():
    return Net()
def load_data():
    return 3
def needs(width):
    return Net()
def plain():
    model = Deep(3).to(device)
    return model
head = nn.Sequential(nn.Linear(3, 4))
"""


def test_what_may_build_a_network_is_seen_without_running_it(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(SCRIPT)
    found = {each.name: (each.sort, each.required) for each in scripts.parts(tmp_path, ["net.py"])}
    assert found == {
        "build_network": ("function", ()),
        "plain": ("function", ()),
        "Block": ("class", ("width", "groups")),
        "Deep": ("class", ()),
        "head": ("value", ()),
    }


def test_files_that_a_script_imports_are_looked_at_too(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("from nets.small import Net\nimport numpy\n")
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "small.py").write_text("from torch import nn\nclass Net(nn.Module): pass\n")
    (tmp_path / "broken.py").write_text("def (")
    assert [each.text for each in scripts.parts(tmp_path, ["train.py", "broken.py", "gone.py"])] == ["nets.small:Net"]


@pytest.mark.parametrize(
    "name",
    [
        "posix.system", "os.system", "nt.system", "subprocess.Popen", "builtins.eval", "builtins.getattr",
        "runpy.run_path", "importlib.import_module", "multiprocessing.util.spawnv_passfds", "torch.load",
        "torch.hub.load", "torch.utils.collect_env.run", "torch.fx.graph_module.reduce_graph_module", "numpy.load",
        "operator.attrgetter", "zipfile.ZipFile", "webbrowser.open", "pip.main", "cloudpickle.loads",
        "builtins.__import__", "sys.exit", "torch._utils._import_dotted_name", "ctypes.CDLL", "pickle.loads",
        "_io.FileIO",
    ],
)  # fmt: skip
def test_names_that_act_are_never_let_in(name: str) -> None:
    assert trust.forbidden(name)
    with pytest.raises(TaskError, match="never let in"):
        trust.let_in([name], lambda _: None)


@pytest.mark.parametrize(
    "name",
    [
        "argparse.Namespace", "collections.defaultdict", "pathlib.PosixPath", "numpy.dtype",
        "numpy._core.multiarray.scalar", "numpy.float64", "torch.nn.modules.linear.Linear", "torch.optim.adam.Adam",
        "builtins.set", "train.Net", "omegaconf.dictconfig.DictConfig", "__main__.Config",
    ],
)  # fmt: skip
def test_names_that_hold_numbers_or_layers_may_be_allowed(name: str) -> None:
    assert trust.forbidden(name) == ""


def test_a_name_that_leads_elsewhere_is_seen_through() -> None:
    with pytest.raises(TaskError, match="never let in"):
        trust.let_in(["plugins.pytorch.torch_export.trust.importlib.import_module"], lambda _: None)
    with pytest.raises(TaskError, match="no class and no function"):
        trust.let_in(["plugins.pytorch.torch_export.trust.sys"], lambda _: None)
    with pytest.raises(TaskError, match="can't be imported"):
        trust.let_in(["plugins.pytorch.Thing"], lambda _: None)


def test_what_was_allowed_and_is_not_there_becomes_nothing() -> None:
    ((made, name), (mapping, _)) = trust.let_in(["nowhere.Thing", "nowhere.SomeDict"], lambda _: None)
    assert name == "nowhere.Thing"
    assert isinstance(made(1, 2), made)
    assert mapping(3) == {}
    made(1).__setstate__({"x": 1})
    with pytest.raises(TaskError, match=r"class nowhere\.Thing, whose code is not here"):
        made(1).__setstate__({"_parameters": {}})


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_names_are_read_from_pickles_of_every_kind(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "some.pt"
    path.write_bytes(pickle.dumps({"a": Path, "b": {1, 2}, "c": SimpleNamespace(x=1)}, protocol))
    found = set(trust.scanned(path))
    assert {"pathlib.Path", "types.SimpleNamespace"} <= found
    assert not any(each.startswith(("__builtin__", "copy_reg")) for each in found)


class Sized:
    def __init__(self, width: int, name: str = "7", *, deep: bool = False) -> None: ...


def test_arguments_become_what_the_signature_asks_for() -> None:
    texts = {"width": "64", "name": "12", "deep": "true"}
    assert building.fitted(Sized, "m:Sized", texts) == {"width": 64, "name": "12", "deep": True}
    assert building.takes(Sized, {"width": 3, "lr": 0.1}, {}) == {"width": 3}
    assert building.takes(Sized, {"lr": 0.1}, {"args": None}) == {}
    assert building.takes(Sized, {}, {"width": [3]}) == {"width": [3]}


def test_a_question_for_arguments_has_them_all() -> None:
    with pytest.raises(TaskError, match="needs the argument “width”") as raised:
        building.fitted(Sized, "m:Sized", {})
    assert raised.value.ask is not None
    assert [each["name"] for each in raised.value.ask["parameters"]] == ["width", "name", "deep"]


USES: list[Any] = [bool, len, list, float, lambda each: each + 1, lambda each: each < 1, lambda each: 1 in each]


@pytest.mark.parametrize("use", USES)
def test_a_stand_in_has_no_value(use: Any) -> None:
    with pytest.raises(MissingPackageError, match=r"needs “wandb\.run\.x”"):
        use(StandIn("wandb.run").x)


def test_a_stand_in_can_be_imported_subclassed_and_decorate() -> None:
    wandb = StandIn("wandb")
    base: Any = wandb.Callback

    class Own(base):  # type: ignore[misc]
        pass

    def function() -> None: ...

    assert isinstance(Own(3), Own)
    assert wandb.log(function) is function
    assert not isinstance(3, wandb.Thing)
    assert isinstance(wandb.Float[3] | None, StandIn)


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("import torch\nclass Net: pass\nSIZE = 3", False),
        ("if __name__ == '__main__':\n    main()", False),
        ("import torch\ntorch.manual_seed(3)", False),
        ("main()", True),
        ("for epoch in range(3): train(epoch)", True),
        ("for name in NAMES:\n    globals()[name] = 1", False),
        ("args = parser.parse_args()", True),
        ("dist.init_process_group()", True),
    ],
)
def test_a_file_that_begins_to_work_is_told(text: str, works: bool) -> None:
    assert user_code.works_at_once(ast.parse(text)) is works
