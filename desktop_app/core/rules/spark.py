"""Spark jobs: the configuration, the VM sizes and the modes without which Azure ML refuses them.

Sources: Spark job YAML reference; azure-ai-ml 1.35.2's checks of a Spark job.
"""

from __future__ import annotations

from collections.abc import Mapping

from desktop_app.api import Value
from desktop_app.core.rules.bodies import Body
from desktop_app.core.rules.notes import Notes, change
from desktop_app.core.rules.values import is_bound, mapping, text, whole

_NEEDED = ("driver.cores", "driver.memory", "executor.cores", "executor.memory")
_SIZES = tuple(f"standard_e{cores}s_v3" for cores in (4, 8, 16, 32, 64))


def check(kind: str, body: Body, notes: Notes) -> None:
    """Check a Spark job or step; components get what they lack from their step."""
    is_spark = (body.kind == "job" and kind == "sparkJob") or (
        body.kind == "step" and text(body.data.get("type")).lower() == "spark"
    )
    if not is_spark:
        return
    _configuration(body, mapping(body.data.get("conf")), notes)
    size = text(body.resources.get("instance_type"))
    if size and not is_bound(size) and size.lower() not in _SIZES:
        message = f"Take one of the sizes that Spark runs on: {', '.join(_SIZES)}; not “{size}”."
        notes.error("spark-size", (*body.resources_path, "instance_type"), message)
    for group, given in (("inputs", body.inputs), ("outputs", body.outputs)):
        for name, each in given.items():
            path = (*body.path, group, name, "mode")
            mode = text(mapping(each).get("mode"))
            if mode and mode.lower() != "direct":
                message = f"Write direct: a Spark job reads and writes its data in place, not by {mode}."
                notes.error("mode", path, message, change("Write direct", path, "direct"))


def _configuration(body: Body, conf: Mapping[str, Value], notes: Notes) -> None:
    is_dynamic = str(conf.get("spark.dynamicAllocation.enabled", "")).lower() == "true"
    needed = _NEEDED if is_dynamic else (*_NEEDED, "executor.instances")
    for each in needed:
        dotted, plain = f"spark.{each}", each.replace(".", "_")
        key = dotted if dotted in conf else plain
        place = (*body.path, "conf", key) if "conf" in body.data and key in conf else None
        given = conf.get(key, body.data.get(plain))
        if given is None and "component" not in body.data:
            where = (*body.path, "conf") if "conf" in body.data else body.path
            notes.error("spark-conf", where, f"Add {dotted} to conf: a Spark job needs it.")
        elif place and whole(given) is not None and whole(given) == 0:
            notes.error("process-count", place, f"Write at least 1 at {key}, not 0.", change("Write 1", place, 1))
