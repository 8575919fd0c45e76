"""Runs pieces of code with azure-ai-ml, told as JSON lines; run by the SDK's Python, never imported by a test.

The names `MLClient`, `load_job`, ... of azure.ai.ml, its `entities`, `client(config)`, `json` and `pathlib` are there
from the start.
"""

from __future__ import annotations

import io
import json
import os
import pathlib
import sys
import textwrap
from contextlib import redirect_stdout
from typing import Any

import azure.ai.ml
from azure.ai.ml import MLClient, entities
from azure.identity import EnvironmentCredential


def client(config: str, **more: Any) -> MLClient:
    """Return a client of the workspace that `config.json` names, signed in by the environment."""
    return MLClient.from_config(EnvironmentCredential(), path=config, **more)


def main() -> None:
    """Answer until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    names: dict[str, Any] = {**vars(azure.ai.ml), "entities": entities, "client": client}
    names |= {"EnvironmentCredential": EnvironmentCredential, "json": json, "pathlib": pathlib}
    for line in sys.stdin:
        asked = json.loads(line)
        names.update(asked["names"])
        with redirect_stdout(io.StringIO()) as printed:
            names["printed"] = printed
            answer = _answered(textwrap.dedent(asked["code"]), names)
        answers.write(json.dumps(answer, default=str) + "\n")
        answers.flush()


def _answered(code: str, names: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"value": _run(code, names)}
    except Exception as error:  # noqa: BLE001 - whatever the SDK raises is the test's to judge
        return {"error": type(error).__name__, "message": str(error), "status": getattr(error, "status_code", None)}


def _run(code: str, names: dict[str, Any]) -> Any:
    try:
        expression = compile(code, "<test>", "eval")
    except SyntaxError:
        names.pop("result", None)
        exec(compile(code, "<test>", "exec"), names)
        return names.get("result")
    return eval(expression, names)


if __name__ == "__main__":
    main()
