"""Online endpoints as tables, a deployment as a form, calls divided between deployments, and trying one out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desktop_app.api import Asset, Deployment, Endpoint, Headroom, SizeOffer
from desktop_app.core.words import plural
from desktop_app.presenters.clouds.compute import size_name

HEADERS = ("Endpoint", "State", "Calls go to", "Callers use", "Address")
PART_HEADERS = ("Deployment", "State", "Calls", "Model", "Machines")
NO_CODE = {"mlflow_model": "MLflow", "triton_model": "Triton"}
"""The models that are served without code, by the service's word."""
USUAL_SIZE = "Standard_DS3_v2"
COSTS = "It costs from when it stands until it is deleted, also while nobody calls it."
_AUTH = {"key": "a key", "aml-token": "an Azure ML token", "aad-token": "a Microsoft Entra token"}
_NAME = re.compile(r"[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,30}[a-zA-Z0-9]")
_RESERVE = 1.2
"""Azure keeps a fifth on top of a deployment's machines for upgrades, and counts it against the quota (its docs,
"Virtual machine quota allocation for deployment")."""
_SAMPLES = {
    "mlflow_model": """\
{
  "input_data": {
    "columns": ["x0", "x1"],
    "index": [0],
    "data": [[0.0, 1.0]]
  }
}
""",
    "triton_model": """\
{
  "inputs": [
    {"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [[0.0, 1.0]]}
  ]
}
""",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its cells in the order of its headers, the icon and colour of its state, and more to say of it."""

    cells: tuple[str, ...]
    icon: str
    role: str
    tip: str = ""


def endpoint_row(endpoint: Endpoint) -> Row:
    """Return an endpoint's row."""
    picture, role, word = _state(endpoint.state)
    calls = ", ".join(f"{each.name} {each.traffic} %" for each in endpoint.deployments if each.traffic)
    none = "nobody yet" if endpoint.deployments else "–"
    return Row(
        (endpoint.name, word, calls or none, _AUTH.get(endpoint.auth, endpoint.auth), endpoint.url or "–"),
        picture, role,
    )  # fmt: skip


def deployment_row(deployment: Deployment) -> Row:
    """Return a deployment's row."""
    picture, role, word = _state(deployment.state)
    machines = f"{deployment.count} × {size_name(deployment.vm_size) or '?'}"
    cells = (deployment.name, word, f"{deployment.traffic} %", deployment.model or "–", machines)
    return Row(cells, picture, role, "Its log says why." if role == "failed" else "")


def _state(state: str) -> tuple[str, str, str]:
    small = state.lower()
    if small == "succeeded":
        return "mdi6.check-circle-outline", "completed", "Ready"
    if small in ("failed", "canceled"):
        return "mdi6.close-circle-outline", "failed", state
    return "mdi6.progress-wrench", "preparing", state


def delete_text(endpoint: Endpoint) -> str:
    """Return what deleting an endpoint means."""
    served = plural(len(endpoint.deployments), "deployment")
    ends = f"Its {served} and its address go with it; who calls it gets no answer any more."
    return f"{ends} The models stay registered. This can't be undone."


def is_idle(deployment: Deployment) -> bool:
    """Whether a deployment may be deleted alone: nobody is sent to it."""
    return not deployment.traffic


# ----- a new deployment


def servable(models: Sequence[Asset]) -> list[Asset]:
    """Return the models that may be served without code; of those in a long list the type is not always known."""
    return [each for each in models if each.type in NO_CODE or not each.type]


def model_text(model: Asset) -> str:
    """Return what the list of models says: `digits:3 – MLflow`."""
    kind = NO_CODE.get(model.type)
    return f"{model.name}:{model.version} – {kind}" if kind else f"{model.name}:{model.version}"


def suggested_name(model: str, taken: Sequence[str]) -> str:
    """Return a name for a new endpoint of a model (`NAME:VERSION`): endpoints' names are one for a whole region."""
    plain = re.sub(r"[^a-z0-9]+", "-", model.partition(":")[0].lower()).strip("-")
    start = (plain if plain[:1].isalpha() else f"m-{plain}")[:26].strip("-") or "model"
    name, number = f"{start}-ep", 2
    while name in taken:
        name, number = f"{start}-ep{number}", number + 1
    return name


def name_complaint(name: str) -> str:
    """Return what is wrong with an endpoint's name; empty where nothing is."""
    if len(name) <= 32 and _NAME.fullmatch(name):
        return ""
    return "An endpoint's name has 3 to 32 letters, digits and single dashes, and begins with a letter."


def at_endpoint(name: str, endpoints: Sequence[Endpoint]) -> str:
    """Return what becomes of what the endpoint serves now."""
    found = next((each for each in endpoints if each.name == name), None)
    if found is None:
        return "A new endpoint is made, which callers use with a key. Its name must be free in the whole region."
    used = [each.name for each in found.deployments if each.traffic]
    if not used:
        return f"{name} is there already. Once the model stands, every call goes to it."
    before = " and ".join(used)
    return f"{name} is there already: once the model stands, every call goes to it. {before} stays, and costs."


def sizes(offers: Sequence[SizeOffer]) -> list[SizeOffer]:
    """Return the sizes as they are offered for serving: the usual one first, then without GPUs, small ones first."""
    return sorted(offers, key=lambda each: (each.name != USUAL_SIZE, bool(each.gpus), each.vcpus, each.name.lower()))


def with_reserve(count: int) -> int:
    """Return how many machines are counted against the quota for so many that serve."""
    return math.ceil(count * _RESERVE)


def room_text(room: Headroom, count: int) -> tuple[str, str]:
    """Return (tone, sentence) on whether so many machines fit into the quota."""
    counted = with_reserve(count)
    extra = f" Azure counts {plural(counted, 'machine')}, to have room for upgrades." if counted != count else ""
    if room.fits:
        return "success", f"The quota of {room.family or room.size} is enough.{extra}"
    said = room.says or f"{room.possible} of {counted} machines fit into the quota of {room.family}."
    return "warning", f"{said}{extra}"


# ----- calls


def parts_complaint(parts: Mapping[str, int]) -> str:
    """Return what is wrong with a division of calls; empty where nothing is."""
    total = sum(parts.values())
    return "" if total in (0, 100) else f"The parts add up to {total} %. They make 100 %, or 0 % for no calls at all."


def parts_note(parts: Mapping[str, int]) -> str:
    """Return what a division of calls means."""
    return "" if any(parts.values()) else "Nobody gets an answer then, unless a call names its deployment."


def takes_calls(deployment: Deployment) -> bool:
    """Whether calls can be sent to a deployment."""
    return deployment.state.lower() == "succeeded"


def sample(endpoint: Endpoint, models: Sequence[Asset]) -> str:
    """Return what an endpoint may be tried with, in the form that its kind of model takes."""
    served = {each.model for each in sorted(endpoint.deployments, key=lambda each: each.traffic)}
    types = [each.type for each in models if f"{each.name}:{each.version}" in served and each.type in _SAMPLES]
    bare = endpoint.url.rstrip("/").count("/") == 2  # Triton's clients add paths of their own
    kind = types[-1] if types else "triton_model" if bare else "mlflow_model"
    return _SAMPLES[kind]


def json_complaint(text: str) -> str:
    """Return what keeps a text from being JSON; empty where nothing does."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"This is no JSON: {error.msg} at line {error.lineno}, column {error.colno}."
    except RecursionError:
        return "This is nested too deeply."
    return ""


def answer_text(answer: str) -> str:
    """Return an answer as it is read: JSON with its lines, anything else as it came."""
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        return answer
    return json.dumps(found, indent=2, ensure_ascii=False) if isinstance(found, dict | list) else answer
