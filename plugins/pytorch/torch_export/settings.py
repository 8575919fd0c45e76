"""Which settings an export of a PyTorch model has, and which values each of them may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rankzero_kit import settings as kit

KNOWN = ("class", "arguments", "ignore", "opset", "dynamic", "routes", "use_cache")
OF_KERAS = ("signature", "tf2onnx", "keras-torch")
OPSETS = (9, 25)
ROUTES = {
    "dynamo": "torch.export (dynamo)",
    "torchscript": "TorchScript",
    "dynamo-fixed": "torch.export with fixed axes",
    "torchscript-direct": "TorchScript as it is",
    "program": "the exported program itself",
}


def check(request: Mapping[str, Any], *, loaded: bool) -> None:
    """Refuse settings that there are not. Raises TaskError.

    A file of code may turn out to be another framework's, with its settings, when it is `loaded`, and not before.
    """
    options = request["options"]
    more = OF_KERAS if request["model"]["kind"] == "python" and not loaded else ()
    kit.refuse_unknown(options, (*KNOWN, *more[:1]))
    kit.arguments(options)
    opset_of(options)
    dynamic(options)
    kit.flag(options, "use_cache", usually=False)
    kit.several(options, "routes", (*ROUTES, *more[1:]))


def opset_of(options: Mapping[str, Any]) -> int | None:
    """Return the opset that was asked for. Raises TaskError for what is none."""
    return kit.whole(options, "opset", *OPSETS)


def dynamic(options: Mapping[str, Any]) -> bool:
    """Whether axes may vary."""
    return kit.flag(options, "dynamic", usually=True)


def routes(options: Mapping[str, Any]) -> list[str]:
    """Return the routes that were asked for; none where all may be tried."""
    return kit.several(options, "routes", ROUTES)
