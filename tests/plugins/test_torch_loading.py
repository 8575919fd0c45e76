"""Loading PyTorch models in their toolchain: what is found, what is said of it, and what is refused."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.places import shipped
from tests.helpers.torch_loading import Loading, loading

pytestmark = pytest.mark.torch
OF_WHOLE = [f"torch.nn.modules.{each}" for each in ("activation.ReLU", "container.Sequential", "linear.Linear")]


@pytest.fixture(scope="module")
def files(torch_toolchain: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loading]:
    folder = tmp_path_factory.mktemp("torch") / "code"
    folder.mkdir()
    with loading(torch_toolchain, folder) as served:
        yield served


SAMPLES = shipped("resources") / "samples" / "digits" / "src"


def said(notes: list[str], *parts: str) -> bool:
    """Whether one sentence has all parts."""
    return any(all(part in note for part in parts) for note in notes)


def test_weights_with_the_class_that_was_named(files: Loading) -> None:
    found = files.load("plain.pt", cls="train:Net")
    assert found["class"] == "train:Net"
    assert not found["training"]
    assert said(found["notes"], "eval()")
    assert said(found["notes"], "lacks horovod")
    assert not any(found["keys"][each] for each in ("missing", "unexpected", "stripped"))


@pytest.mark.parametrize("name", ["plain.pt", "legacy.pt", "plain.safetensors", "uncounted.pt"])
def test_the_only_class_that_fits_is_found(files: Loading, name: str) -> None:
    found = files.load(name, "safetensors" if name.endswith("safetensors") else "torch")
    assert found["class"] == "train:build_network"
    assert said(found["notes"], "fit what train:build_network builds")
    assert (found["keys"]["left_out"] == ["b.num_batches_tracked"]) == (name == "uncounted.pt")


def test_the_script_that_ran_comes_first_and_others_are_not_imported(files: Loading) -> None:
    found = files.load("plain.pt", scripts=("train.py", "lit.py", "loose.py"))
    assert found["class"] == "train:build_network"
    assert said(found["notes"], "lacks horovod, which")
    later = files.load("lightning.ckpt", scripts=("train.py", "lit.py"))
    assert said(later["notes"], "lacks lightning, which")


def test_without_scripts_the_folder_is_looked_through_for_layers_of_those_names(files: Loading) -> None:
    refused = files.refused("plain.pt", scripts=())
    assert refused.ask["kind"] == "class"
    assert {each["name"] for each in refused.ask["candidates"]} == {
        "loose:Loose", "train:build_network", "train:Net", "train:Sized",
    }  # fmt: skip
    assert [each["name"] for each in refused.ask["candidates"] if not each["fits"]] == ["train:Sized"]


def test_prefixes_and_what_was_around_the_weights_are_shown(files: Loading) -> None:
    found = files.load("ddp.pt")
    assert set(found["keys"]["stripped"]) == {"module.", "_orig_mod."}
    assert found["keys"]["found_at"] == "model_state_dict"
    assert said(found["notes"], "module.", "_orig_mod.", "taken away")


def test_lightning_with_the_arguments_that_it_saved(files: Loading) -> None:
    found = files.load("lightning.ckpt", scripts=("lit.py",))
    assert found["class"] == "lit:Lit"
    assert said(found["notes"], "hidden=7")
    inner = files.load("inner.pt", cls="lit:Lit", arguments={"hidden": "7"})
    assert inner["keys"]["added"] == ["model."]


def sized(files: Loading, under: str = "", key: str = "model", *, namespace: bool = False, **values: object) -> str:
    """Write weights whose network needs hidden=6 and classes=3; return the file."""
    path = str(files.folder.parent / "sized" / "sized.pt")
    files.call("save_sized", path=path, key=key, under=under, values=values, namespace=namespace)
    return path


@pytest.mark.parametrize("under", ["args", "config", "cfg", "hparams", "hyper_parameters"])
@pytest.mark.parametrize("namespace", [False, True])
def test_arguments_saved_with_the_weights_build_the_class_that_names_them(
    files: Loading, under: str, namespace: bool
) -> None:
    path = sized(files, under, "state_dict", namespace=namespace, hidden=6, classes=3, lr=0.1)
    allowed = ["argparse.Namespace"] if namespace else []
    for more in ({"scripts": ["sized.py"]}, {"cls": "sized:Net"}):
        found = files.load(path, code=files.folder.parent / "sized", allowed=allowed, **more)
        assert found["class"] == "sized:Net"
        assert said(found["notes"], "saved with the weights were used: hidden=6, classes=3.")


def test_saved_arguments_may_be_sorted_or_taken_whole_or_lack_one(files: Loading) -> None:
    code = files.folder.parent / "sized"
    path = sized(files, "config", optimiser={"lr": 0.1}, model={"hidden": 6, "classes": 3})
    assert said(files.load(path, cls="sized:Net", code=code)["notes"], "hidden=6, classes=3")
    path = sized(files, "args", namespace=True, hidden=6, classes=3)
    found = files.load(path, cls="whole:Whole", code=code, allowed=["argparse.Namespace"])
    assert said(found["notes"], "args=Namespace(hidden=6, classes=3)")
    path = sized(files, "args", hidden=6, epochs=3)
    refused = files.refused(path, cls="sized:Net", code=code)
    assert str(refused) == "sized:Net needs the argument “classes”."
    found = files.load(path, cls="sized:Net", code=code, arguments={"classes": "3"})
    assert said(found["notes"], "were used: hidden=6.")


def test_a_class_that_only_lacks_arguments_may_fit_and_is_asked_for_first(files: Loading) -> None:
    refused = files.refused(sized(files), scripts=["sized.py"], code=files.folder.parent / "sized")
    assert [(each["name"], each["fits"]) for each in refused.ask["candidates"]] == [
        ("sized:Net", True), ("sized:other", False), ("sized:Other", False),
    ]  # fmt: skip
    assert refused.ask["candidates"][0]["why"] == "may fit: it needs the arguments “hidden” and “classes”"
    assert "sized:Net may fit: it needs the arguments “hidden” and “classes”." in str(refused)
    assert "None of sized:other, sized:Other fits." in str(refused)


def test_settings_in_a_class_that_the_toolchain_lacks_are_asked_for_and_used(files: Loading) -> None:
    names = files.refused("attributes.ckpt", scripts=("lit.py",)).ask["names"]
    assert names == ["lightning_fabric.utilities.data.AttributeDict"]
    found = files.load("attributes.ckpt", scripts=("lit.py",), allowed=names)
    assert said(found["notes"], "hidden=7")


def test_a_script_that_would_train_gives_its_classes(files: Loading) -> None:
    found = files.load("plain.pt", scripts=("loose.py",))
    assert found["class"] == "loose:Loose"
    assert said(found["notes"], "loose.py would train")


def test_what_differs_in_kind_is_said(files: Loading) -> None:
    assert said(files.load("half.pt")["notes"], "float16", "float32")
    assert said(files.load("nan.pt")["notes"], "NaN", "a.bias")


def test_what_does_not_fit_is_refused_by_name(files: Loading) -> None:
    missing = files.refused("missing.pt", cls="train:Net")
    assert "missing in the file: a.bias" in str(missing)
    shapes = files.refused("plain.pt", cls="train:Net", arguments={"hidden": "8"})
    assert "a.weight is 16×4 (the network's 8×4)" in str(shapes)
    more = files.refused("more.pt", cls="train:Net")
    assert "unknown to the network: loss_fn.weight" in str(more)
    left = files.load("more.pt", cls="train:Net", ignore="loss_fn.")
    assert left["keys"]["left_out"] == ["loss_fn.weight"]


def test_a_class_that_needs_arguments_asks_for_them(files: Loading) -> None:
    refused = files.refused("plain.pt", cls="train:Sized")
    assert "“width” and “name”" in str(refused)
    assert refused.ask["kind"] == "arguments"
    assert [(each["name"], each["required"], each["annotation"]) for each in refused.ask["parameters"]] == [
        ("width", True, "int"), ("name", True, "str"), ("depth", False, "int"),
    ]  # fmt: skip


def test_names_that_are_nearly_right(files: Loading) -> None:
    assert files.refused("plain.pt", cls="train:Nett").hint == "Did you mean Net?"
    assert files.refused("plain.pt", cls="trian:Net").hint == "Did you mean train?"
    assert files.refused("plain.pt", cls="train:Net", arguments={"hiden": 3}).hint == "Did you mean hidden?"


def test_names_that_weights_do_not_need_are_asked_for(files: Loading) -> None:
    refused = files.refused("namespace.pt")
    assert (refused.ask["kind"], refused.ask["names"]) == ("unsafe-globals", ["argparse.Namespace"])
    assert len(refused.ask["sha256"]) == 64
    assert files.load("namespace.pt", allowed=["argparse.Namespace"])["keys"]["found_at"] == "model"
    names = files.refused("numpy.pt").ask["names"]
    assert files.load("numpy.pt", allowed=names)["class"] == "train:build_network"


@pytest.mark.parametrize("name", ["evil.pt", "evil_legacy.pt", "evil.pt2"])
def test_what_would_run_a_command_is_refused_whatever_is_allowed(files: Loading, name: str) -> None:
    kind = "pt2" if name.endswith("pt2") else "torch"
    refused = files.refused(name, kind, allowed=["posix.system", "os.system", "nt.system"])
    assert refused.final
    assert ".system" in str(refused)
    assert not (files.folder / "owned").exists()


def test_one_rank_of_a_network_that_was_spread_over_several(files: Loading) -> None:
    with zipfile.ZipFile(files.folder / "evil.pt") as old, zipfile.ZipFile(files.folder / "fsdp.pt", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"posix\nsystem", b"torch.distributed.tensor\nDTensor"))
    assert "one rank's part" in str(files.refused("fsdp.pt"))


def test_whole_modules(files: Loading) -> None:
    assert sorted(files.refused("whole.pt", "torch-module").ask["names"]) == OF_WHOLE
    assert files.load("whole.pt", "torch-module", allowed=OF_WHOLE)["kind"] == "torch-module"
    names = files.refused("whole_net.pt").ask["names"]
    assert files.load("whole_net.pt", allowed=names)["class"] == "train:Net"
    assert "torch.save(model.state_dict()" in files.refused("whole_legacy.pt", allowed=OF_WHOLE).hint


@pytest.mark.parametrize("kind", ["pt2", "torch"])
def test_an_exported_program_tells_its_inputs(files: Loading, kind: str) -> None:
    found = files.load("program.pt2", kind)
    assert [(each["dtype"], each["shape"]) for each in found["specs"]] == [("float32", ["batch", 4])]
    assert said(found["notes"], "is running it")


@pytest.mark.parametrize("kind", ["torchscript", "torch"])
def test_torchscript_is_code(files: Loading, kind: str) -> None:
    assert said(files.load("script.pt", kind)["notes"], "TorchScript is code")


def test_folders_of_transformers(files: Loading) -> None:
    found = files.load("bert", "huggingface")
    assert found["class"] == "transformers:BertForMaskedLM"
    assert "cls.predictions.decoder.weight" in found["keys"]["tied"]
    assert "modeling_x" in str(files.refused("remote", "huggingface"))
    assert "classifier.weight" in str(files.refused("headless", "huggingface"))


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_damaged_ends_in_a_sentence(files: Loading, seed: int) -> None:
    names = ["plain.pt", "legacy.pt", "plain.safetensors", "program.pt2", "namespace.pt"]
    assert files.call("damage", folder=str(files.folder), names=names, seed=seed, times=10) == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.pt", b"", "0 bytes"),
        ("text.pt", b"hello " * 30, "no checkpoint"),
        ("pickle.pt", b"\x80\x04}.", "torch.save did not write"),
        ("keras.h5", b"\x89HDF\r\n\x1a\n" + b"\0" * 100, "Keras"),
        ("short_plain.pt", None, "not whole"),
        ("short_legacy.pt", None, "not whole"),
        ("short_plain.safetensors", None, "no whole safetensors"),
        ("tensor.pt", None, "holds a Tensor"),
        ("nothing.pt", None, "it has epoch"),
        ("gone.pt", None, "There is no file"),
    ],
)
def test_what_is_no_checkpoint(files: Loading, name: str, content: bytes | None, words: str) -> None:
    if content is not None:
        (files.folder / name).write_bytes(content)
    assert words in str(files.refused(name))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import tensorflow", "TensorFlow in line 1 of code.py"),
        ("import sys\nsys.exit(3)", "sys.exit(3) in line 2 of code.py"),
        ("def build():\n    x = 1\n    return x / 0", "in line 3 of code.py (`return x / 0`): ZeroDivisionError"),
        ("def build(:", "line 1 of code.py"),
        ("def build():\n    print('hello')\n    return 3", "gave a int"),
        ("import wandb\ndef build():\n    return wandb.load()", "no package “wandb”"),
        ("import wandb\nclass build:\n    def __init__(self):\n        self.x = wandb.size + 1", "no package “wandb”"),
        ("def build():\n    raise MemoryError", "more memory than there is in line 2"),
        ("def build(width):\n    return None", "needs the argument “width”"),
        ("import torch\ndef build():\n    return torch.nn.Linear(2, 2).cuda()", "in line 3 of code.py"),
        ("x = 1", "Which part of code.py"),
    ],
)
def test_code_that_goes_wrong_names_its_line(files: Loading, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "code.py").write_text(text)
    assert words in str(files.refused(str(tmp_path / "code.py"), "python", code=tmp_path))


def test_which_part_of_a_file_is_asked_for_and_answered(files: Loading) -> None:
    text = (
        "from torch import nn\nclass One(nn.Linear): pass\nclass Two(nn.Module): pass\nclass Three(nn.Module): pass\n"
    )
    (files.folder / "parts.py").write_text(text)
    refused = files.refused("parts.py", "python")
    assert [each["name"] for each in refused.ask["candidates"]] == ["parts:Two", "parts:Three"]
    assert files.load("parts.py", "python", cls="parts:Two")["class"] == "parts:Two"


def test_code_that_gives_inputs_and_takes_weights(files: Loading) -> None:
    text = "import torch\nfrom train import Net\ndef build():\n    return Net(), torch.ones(2, 4)\n"
    (files.folder / "given.py").write_text(text)
    found = files.load("given.py", "python", weights=str(files.folder / "ddp.pt"))
    assert (found["class"], found["example"]) == ("given:build", "tuple")
    assert set(found["keys"]["stripped"]) == {"module.", "_orig_mod."}


def test_nothing_is_left_in_the_folder_of_the_code(files: Loading) -> None:
    files.load("plain.pt", cls="train:Net")
    assert not [*files.folder.rglob("__pycache__")]


def test_code_that_was_changed_is_read_again(files: Loading, tmp_path: Path) -> None:
    for width in (3, 5):
        (tmp_path / "again.py").write_text(
            f"from torch import nn\ndef build():\n    return nn.Linear({width}, {width})"
        )
        found = files.load(str(tmp_path / "again.py"), "python", code=tmp_path, scripts=())
        assert found["parameters"] == width * (width + 1)


@pytest.mark.parametrize("script", ["train.py", "train_horovod_pytorch.py", "train_deepspeed.py", "train_ray.py"])
def test_the_samples_weights_find_their_network(files: Loading, script: str) -> None:
    found = files.load("digits.pt", scripts=(script, "train_mpi.py"), code=SAMPLES)
    assert found["class"] == f"{script.removesuffix('.py')}:make_network"


@pytest.mark.parametrize("name", ["mlflow", "mlflow/data/model.pth"])
def test_a_folder_of_mlflow_tells_its_inputs(files: Loading, name: str) -> None:
    found = files.load(name, allowed=OF_WHOLE)
    assert [(each["dtype"], each["shape"]) for each in found["specs"]] == [("float32", ["batch", 4])]
