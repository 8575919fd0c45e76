"""Which settings an export of a Keras or TensorFlow model has, and which values each of them may have."""

from __future__ import annotations

from typing import Any

from rankzero_kit import settings as kit

KNOWN = ("class", "arguments", "signature", "opset", "routes")
OF_PYTORCH = ("ignore", "dynamic", "use_cache")
ROUTES = ("tf2onnx", "keras-torch")
ROUTES_OF_PYTORCH = ("dynamo", "torchscript", "dynamo-fixed")
OPSETS, ANY_OPSET = (13, 20), (9, 25)


def check(request: dict[str, Any], *, loaded: bool) -> None:
    """Refuse settings that there are not. Raises TaskError.

    A file of code may turn out to be PyTorch's, with its settings, when it is `loaded`, and not before.
    """
    options = request["options"]
    open_yet = request["model"]["kind"] == "python" and not loaded
    kit.refuse_unknown(options, (*KNOWN, *OF_PYTORCH) if open_yet else KNOWN)
    kit.arguments(options)
    kit.whole(options, "opset", *(ANY_OPSET if open_yet else OPSETS))
    kit.several(options, "routes", (*ROUTES, *ROUTES_OF_PYTORCH) if open_yet else ROUTES)


def routes(request: dict[str, Any]) -> list[str]:
    """Return the routes that were asked for; none where all may be tried."""
    return kit.several(request["options"], "routes", ROUTES)
