"""A linear layer in a safetensors file becomes ONNX. Runs in the toolchain, where numpy and onnx are."""

import json
import time
from pathlib import Path

import numpy as np
import onnx
from rankzero_kit.cases import read_case, write_case
from rankzero_kit.errors import TaskError


def prepare(*, request, report):
    """Read the layer, and write down what it answers to three batches."""
    report("Reading the layer", 0.0)
    weight, bias = layer(request)
    ends = [{"name": "x", "dtype": "float32", "shape": ["batch", weight.shape[1]], "origin": "weights"}]
    out = {"name": "y", "dtype": "float32", "shape": ["batch", weight.shape[0]]}
    return {
        "inputs": ends,
        "outputs": [out],
        "cases": [case(Path(request["folder"]), batch, weight, bias) for batch in (2, 3, 1)],
        "routes": [{"name": "gemm", "title": "One Gemm", "function": "export_gemm"}],
        "notes": [],
        "parameters": weight.size + bias.size,
        "trace": None,
        "bench": "bench",
    }


def export_gemm(*, request, route, prepared, report):
    """Write the layer as one Gemm node."""
    report("Writing the model", None)
    weight, bias = layer(request)
    opset = int(request["options"].get("opset") or 18)
    helper = onnx.helper
    x, y = (
        helper.make_tensor_value_info(each["name"], onnx.TensorProto.FLOAT, each["shape"])
        for each in (*prepared["inputs"], *prepared["outputs"])
    )
    kept = [onnx.numpy_helper.from_array(weight, "weight"), onnx.numpy_helper.from_array(bias, "bias")]
    node = helper.make_node("Gemm", ["x", "weight", "bias"], ["y"], "linear", transB=1)
    graph = helper.make_graph([node], "linear", [x], [y], kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, Path(request["folder"]) / "gemm.onnx")
    return {"path": "gemm.onnx", "cures": [], "notes": [], "opset": opset}


def bench(*, request, case, rounds, warmup, report):
    """Time the layer in numpy."""
    report("Timing numpy", None)
    weight, bias = layer(request)
    x = read_case(Path(request["folder"]) / f"cases/{case}.npz")[0]["x"]
    seconds = []
    for number in range(warmup + rounds):
        start = time.perf_counter()
        x @ weight.T + bias
        if number >= warmup:
            seconds.append(time.perf_counter() - start)
    return {"seconds": seconds, "threads": 1, "peak_bytes": x.nbytes + weight.nbytes}


def case(folder, batch, weight, bias):
    """Draw a batch, and write it with the layer's answer, also in float64."""
    x = np.random.default_rng(batch).standard_normal((batch, weight.shape[1])).astype("float32")
    exact = x.astype("float64") @ weight.T.astype("float64") + bias
    file = f"cases/{batch}.npz"
    write_case(folder / file, {"x": x}, {"y": x @ weight.T + bias}, {"y": exact})
    return {"file": file, "sizes": {"batch": batch}, "origin": "drawn"}


def layer(request):
    """Return weight (out × in) and bias. Raises TaskError for a file that is no linear layer in float32."""
    tensors = read_safetensors(Path(request["model"]["path"]))
    weight = tensors.get("weight")
    if weight is None or weight.ndim != 2 or tensors.keys() - {"weight", "bias"}:
        raise TaskError(
            "This is no linear layer.", "Its file holds “weight” (out × in), “bias” if there is one, no more."
        )
    return weight, tensors.get("bias", np.zeros(weight.shape[0], "float32"))


def read_safetensors(path):
    """Return the float32 tensors of a file: the header's length, the header as JSON, then the numbers."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    found = {}
    for name, told in header.items():
        if name != "__metadata__":
            if told["dtype"] != "F32":
                raise TaskError(f"“{name}” is {told['dtype']}, not float32.", "Save the layer in float32.")
            first, last = told["data_offsets"]
            found[name] = np.frombuffer(data[start + first : start + last], "<f4").reshape(told["shape"])
    return found
