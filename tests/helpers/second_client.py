"""Lists and gets all that azure-mgmt-machinelearningservices 2.0.0b2 knows; run by its Python, imported by no test.

Takes the workspace's config.json and a token as JSON on standard input; prints {"group.method": [names, or the fault]}.
"""

from __future__ import annotations

import inspect
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.mgmt.machinelearningservices import MachineLearningServicesMgmtClient


class _Token:
    """A credential of one token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *_scopes: str, **_more: Any) -> AccessToken:
        return AccessToken(self._token, int(time.time()) + 3600)


def main() -> None:
    """Ask and print."""
    asked = json.loads(sys.stdin.read())
    client = MachineLearningServicesMgmtClient(_Token(asked["token"]), asked["subscription_id"], retry_total=0)
    fixed = {"resource_group_name": asked["resource_group"], "workspace_name": asked["workspace_name"]}
    fixed |= {"location": "westus", "registry_name": "azureml"}
    told: dict[str, list[str]] = {}
    for name, group in vars(client).items():
        if type(group).__name__.endswith("Operations"):
            for method, call in _readers(group):
                told[f"{name}.{method}"] = list(_asked(call, fixed, asked["names"].get(name, {})))
    print(json.dumps(told))


def _readers(group: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Return the methods that change nothing, lists first."""
    names = [each for each in dir(group) if each.startswith(("list", "get"))]
    for each in sorted(names, key=lambda each: not each.startswith("list")):
        yield each, getattr(group, each)


def _asked(call: Callable[..., Any], fixed: dict[str, str], names: dict[str, str]) -> Iterator[str]:
    parameters = inspect.signature(call).parameters.values()
    wanted = [each.name for each in parameters if each.default is each.empty and each.kind is not each.VAR_KEYWORD]
    known = {**fixed, "body": {"tail": 10}, **names}
    given = {each: known.get(each, "absent") for each in wanted}
    try:
        found = call(**given)
        several = found if hasattr(found, "next") or hasattr(found, "by_page") else [found]
        yield from (str(getattr(each, "name", None) or type(each).__name__) for each in several)
    except HttpResponseError as error:
        yield f"fault: {error.status_code} {error.message[:200]}"
    except Exception as error:  # noqa: BLE001 - whatever it can't read is told
        yield f"fault: {type(error).__name__} {error}"


if __name__ == "__main__":
    main()
