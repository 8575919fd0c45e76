"""The sentence that says what a key is for: ours where there is one, else the SDK's own docstring."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

OURS = Path(__file__).with_name("descriptions.json")
_LONGEST = 200
_ROLE = re.compile(r":(?:class|attr|meth|mod|ref|paramref|func):`~?([^`<]+?)(?:\s*<[^>]*>)?`|``?([^`]+)``?")
_PARAM = re.compile(
    r"^\s*:(?:param|keyword)\s+(?P<name>\w+)\s*:(?P<text>.*?)(?=^\s*:\w|^\s*$|\Z)", re.DOTALL | re.MULTILINE
)
_ENTITIES = MappingProxyType({
    "Command": "Command", "Environment": "Environment", "AnonymousEnvironment": "Environment",
    "AzureBlob": "AzureBlobDatastore", "AzureFile": "AzureFileDatastore", "OneLake": "OneLakeDatastore",
    "AzureDataLakeGen1": "AzureDataLakeGen1Datastore", "AzureDataLakeGen2": "AzureDataLakeGen2Datastore",
    "JobSchedule": "JobSchedule", "ModelBatchDeployment": "ModelBatchDeployment",
    "AutoMLClassification": "ClassificationJob", "AutoMLRegression": "RegressionJob",
    "AutoMLForecasting": "ForecastingJob", "MPIDistribution": "MpiDistribution",
    "JobResourceConfiguration": "JobResourceConfiguration", "CommandJobLimits": "CommandJobLimits",
    "SweepJobLimits": "SweepJobLimits", "QueueSettings": "QueueSettings", "ScaleSettings": "AmlComputeSSHSettings",
})  # fmt: skip


class Words:
    """Finds the sentence of each key of a class."""

    def __init__(self) -> None:
        self._ours: dict[str, dict[str, str]] = {}
        for names, texts in json.loads(OURS.read_text("utf-8")).items():
            for name in names.split():
                self._ours.setdefault(name, {}).update(texts)
        self._texts: dict[str, dict[str, str]] = {}

    def of(self, name: str, key: str) -> str:
        """Return the sentence of a key of the class `name` (without “Schema”), or ""."""
        if text := self._ours.get(name, {}).get(key) or self._ours["*"].get(key):
            return text
        if name not in self._texts:
            self._texts[name] = dict(_documented(_ENTITIES.get(name, name)))
        return self._texts[name].get(key, "")


def _documented(name: str) -> Iterator[tuple[str, str]]:
    """Give the parameters that the docstrings of a class of that name explain; the class's own words come last."""
    for found in _classes(name):
        for each in reversed(found.__mro__):
            for doc in (each.__dict__.get("__doc__"), getattr(each.__dict__.get("__init__"), "__doc__", None)):
                for match in _PARAM.finditer(inspect.cleandoc(doc or "")):
                    if text := sentence(match["text"]):
                        yield match["name"], text


def _classes(name: str) -> Iterator[type]:
    """Give the SDK's own classes of a name, in a fixed order."""
    for module in sorted(each for each in sys.modules if each.startswith("azure.ai.ml.entities")):
        found = getattr(sys.modules[module], name, None)
        if inspect.isclass(found) and found.__module__ == module:
            yield found


def sentence(text: str) -> str:
    """Return the first sentence of a text, plain: no roles of Sphinx, no breaks."""
    flat = " ".join(_ROLE.sub(lambda found: (found[1] or found[2]).rpartition(".")[2] or found[0], text).split())
    first = re.split(r"(?<=[^.][.!?])\s+(?=[A-Z*])", flat, maxsplit=1)[0].strip()
    if not first or len(first) > _LONGEST or "~azure" in first:
        return ""
    return first if first.endswith((".", "!", "?")) else f"{first}."
