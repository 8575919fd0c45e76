"""Scans a training script: whether it trains with TensorFlow, and what is worth saying about that."""

from __future__ import annotations

from desktop_app.api import ScriptScan, ScriptSource
from desktop_app.api.kit import Script, find_arguments, gpu_findings, script_variables

from . import findings
from .strategies import ALONE

FRAMEWORK = "tensorflow"
_MODULES = frozenset({"tensorflow", "tf_keras"})
_OTHER_BACKENDS = frozenset({"torch", "jax"})


def scan(source: ScriptSource) -> ScriptScan | None:
    """Read a script from its syntax tree; None for one without TensorFlow, and one too deeply nested to parse.

    Raises SyntaxError for a script that does not parse.
    """
    try:
        script = Script(source.text, source.path)
    except (RecursionError, MemoryError):
        return None
    if not trains_with_tensorflow(script):
        return None
    return ScriptScan(
        imports=script.required_modules,
        arguments=find_arguments(script),
        frameworks=(FRAMEWORK,),
        findings=(*findings.find(script), *gpu_findings(script)),
        variables=script_variables(script),
        on_several_nodes=tuple(findings.on_several_nodes(script)),
        settles=(ALONE,) if findings.joins_nodes(script) else (),
    )


def trains_with_tensorflow(script: Script) -> bool:
    """Whether a script imports TensorFlow, or Keras without a word of another backend."""
    if script.modules & _MODULES:
        return True
    names_backend = any(text == "KERAS_BACKEND" for text, _ in script.texts)
    return "keras" in script.modules and not names_backend and not script.modules & _OTHER_BACKENDS
