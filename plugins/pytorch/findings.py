"""What a script does about being launched: its backend, habits of SDK v1 and of old launchers.

Sources: PyTorch, torch.distributed and torchrun documentation (2.13); Azure ML, distributed GPU training guide;
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from desktop_app.api import Diagnostic, ScriptArgument, Severity
from desktop_app.api.kit import Script, types_given

OTHER_GROUPS = frozenset({"init_device_mesh", "init_rpc", "init_distributed"})
GROUP_LIBRARIES = frozenset(
    {"accelerate", "lightning", "pytorch_lightning", "deepspeed", "transformers", "horovod", "composer", "ignite"}
    | {"colossalai", "ray", "fastai", "mmengine", "detectron2", "torchtune", "byteps"}
)


def of_any_script(script: Script) -> Iterator[Diagnostic]:
    """Findings that need no PyTorch in the script: packages that are gone, and argparse traps."""
    yield from _sdk_v1(script)
    yield from _bool_types(script)


def of_launch(script: Script, arguments: Sequence[ScriptArgument]) -> Iterator[Diagnostic]:
    """Findings about how the script becomes a rank among others."""
    yield from _process_group(script, arguments)
    yield from _local_rank(script, arguments)
    yield from _own_launches(script)


def _sdk_v1(script: Script) -> Iterator[Diagnostic]:
    if any(each.startswith("azureml.core") or each == "azureml.core" for each in script.imported):
        message = (
            "azureml.core is SDK v1, whose support ended on 2026-06-30: log with mlflow.log_metric, "
            "and write files to ./outputs instead of using Run."
        )
        yield warning("sdk-v1", message, script.import_line("azureml.core"))


def _bool_types(script: Script) -> Iterator[Diagnostic]:
    for call, flag, type_name in types_given(script):
        if type_name == "bool":
            message = (
                f"{flag} has type=bool, which takes every text for true, also False: use action='store_true' "
                "or BooleanOptionalAction."
            )
            yield warning("argparse-bool", message, call.lineno)


def _process_group(script: Script, arguments: Sequence[ScriptArgument]) -> Iterator[Diagnostic]:
    calls = list(script.calls_of("init_process_group"))
    for call in calls:
        keywords = {each.arg: each.value for each in call.keywords if each.arg}
        backend = call.args[0] if call.args else keywords.get("backend")
        yield from _backend(_backend_name(backend, script, arguments), backend is None, call.lineno)
        yield from _init_method(call.args[1] if len(call.args) > 1 else keywords.get("init_method"), script, arguments)
        yield from _rank_arguments(keywords, script, arguments)
    if not calls and not script.modules & GROUP_LIBRARIES and not script.words & OTHER_GROUPS:
        message = (
            "The script never calls torch.distributed.init_process_group: unless a module of yours does, "
            "every rank would train for itself."
        )
        yield info("no-process-group", message, script.import_line("torch"))


def _value(node: ast.expr | None, script: Script, arguments: Sequence[ScriptArgument]) -> object:
    """Return a literal, or the default of the argument that an expression such as `args.backend` names."""
    if isinstance(node, ast.Attribute):
        return next((each.default for each in arguments if each.name == node.attr), None)
    return script.literal(node)


def _rank_arguments(
    keywords: dict[str, ast.expr], script: Script, arguments: Sequence[ScriptArgument]
) -> Iterator[Diagnostic]:
    names = {each.name for each in arguments}
    given = [keywords[each] for each in ("rank", "world_size") if each in keywords]
    taken = [each for each in given if isinstance(each, ast.Attribute) and each.attr in names]
    if taken and not any(text in {"RANK", "WORLD_SIZE"} for text, _ in script.texts):
        message = (
            "The process group takes its rank and size from arguments: leave both out of init_process_group, and "
            "RANK and WORLD_SIZE say them."
        )
        yield warning("rank-argument", message, taken[0].lineno)


def _backend_name(node: ast.expr | None, script: Script, arguments: Sequence[ScriptArgument]) -> str:
    value = _value(node, script, arguments)
    if value is None and node is not None:
        name = script.name_of(node)
        value = name.rpartition(".")[2] if name.startswith("torch.distributed.Backend.") else None
    return value.lower() if isinstance(value, str) else ""


def _backend(name: str, is_absent: bool, line: int) -> Iterator[Diagnostic]:
    if is_absent:
        message = "No backend is named: PyTorch takes gloo for CPU tensors and NCCL for CUDA tensors, right everywhere."
        yield info("backend-default", message, line)
    elif name == "nccl":
        message = (
            "NCCL needs a GPU for each rank: to run on machines without GPUs too, name no backend, or "
            "'nccl' if torch.cuda.is_available() else 'gloo'."
        )
        yield info("backend-nccl", message, line)
    elif name == "gloo":
        yield info(
            "backend-gloo", "gloo runs on CPUs; on GPUs NCCL is many times faster: name no backend and get both.", line
        )
    elif name == "mpi":
        message = "PyTorch's wheels have no MPI backend: use gloo or nccl, and distribution type pytorch."
        yield warning("backend-mpi", message, line)


def _init_method(node: ast.expr | None, script: Script, arguments: Sequence[ScriptArgument]) -> Iterator[Diagnostic]:
    if node is None:
        return
    text = _value(node, script, arguments)
    if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
        text = node.values[0].value
    scheme = next((each for each in ("tcp://", "file://") if isinstance(text, str) and text.startswith(each)), None)
    if scheme:
        message = (
            f"init_method='{scheme}…' fixes where ranks meet: leave it out (env://), and MASTER_ADDR and "
            "MASTER_PORT say it."
        )
        yield warning("init-method-fixed", message, node.lineno)


def _local_rank(script: Script, arguments: Sequence[ScriptArgument]) -> Iterator[Diagnostic]:
    taken = next((each for each in arguments if each.name in {"local_rank", "local-rank"}), None)
    is_used = "local_rank" in script.words  # some parsers only swallow what the launcher of old adds
    if taken is None or not is_used or any(text == "LOCAL_RANK" for text, _ in script.texts):
        return
    message = (
        f"Only torch.distributed.launch (as --local-rank since PyTorch 2.0) and deepspeed pass {taken.flag}; torchrun "
        "and Azure ML do not: read int(os.environ['LOCAL_RANK']) instead."
    )
    yield warning("local-rank-argument", message, taken.line)


def _own_launches(script: Script) -> Iterator[Diagnostic]:
    for call in script.calls_of("spawn", "start_processes"):
        if "multiprocessing" in script.name_of(call.func) or script.name_of(call.func).startswith("mp."):
            message = (
                "The script spawns its own processes: set one process per node, or take the spawn out and let "
                "every rank be started for you."
            )
            yield warning("spawns-processes", message, call.lineno)
    for text, line in script.texts:
        if text == "torch.distributed.launch":
            message = (
                "torch.distributed.launch is deprecated: call torchrun, which passes LOCAL_RANK in the environment."
            )
            yield warning("launcher-deprecated", message, line)


def warning(code: str, message: str, line: int) -> Diagnostic:
    """Return a finding that is likely a mistake."""
    return Diagnostic(Severity.WARNING, code, message, line=line)


def info(code: str, message: str, line: int) -> Diagnostic:
    """Return a finding that is worth knowing."""
    return Diagnostic(Severity.INFO, code, message, line=line)
