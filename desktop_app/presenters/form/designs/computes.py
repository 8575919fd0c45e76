"""Computes: clusters, instances, Kubernetes, attached machines, Spark pools."""

from __future__ import annotations

from desktop_app.presenters.form.design import Box, Design, Line, Part, Table, Tree, When, choices, line
from desktop_app.presenters.form.designs.common import DESCRIPTION, IDENTITY, TAGS
from desktop_app.presenters.form.model import Control

_TYPES = choices(
    ("amlcompute", "Cluster"), ("computeinstance", "Compute instance"), ("kubernetes", "Kubernetes"),
    ("virtualmachine", "Virtual machine"), ("synapsespark", "Spark pool"),
)  # fmt: skip
_CLUSTER = When("type", ("amlcompute",))
_INSTANCE = When("type", ("computeinstance",))
_ATTACHED = When("type", ("virtualmachine", "synapsespark", "kubernetes"))
_KUBERNETES = When("type", ("kubernetes",))
_SIZED = When("type", ("amlcompute", "computeinstance"))
_TIERS = choices(("dedicated", "Dedicated"), ("low_priority", "Low priority: cheaper, may be taken away"))
COMPUTE = Design((
    Part("", (
        line("Name", "name", placeholder="3 to 24 letters, digits and -"),
        Line("Type", (Box("type", "Type", Control.CHOICE, "type", choices=_TYPES),)),
        line("Size", "size", Control.SUGGEST, offers="sizes", note="size", placeholder="Standard_DS3_v2", when=_SIZED,
             help="The VM size of each node."),
        Line("Nodes", (
            Box("min_instances", "At least", Control.INTEGER, "0", "at least", minimum=0),
            Box("max_instances", "At most", Control.INTEGER, "4", "at most", minimum=0),
        ), "With 0 at least, nothing is paid while nothing runs.", when=_CLUSTER),
        Line("Idle time", (
            Box("idle_time_before_scale_down", "Idle time", Control.INTEGER, "120", "seconds", minimum=0),
        ), "How long a node waits for the next job before it is given back.", when=_CLUSTER),
        Line("Tier", (Box("tier", "Tier", Control.CHOICE, "Dedicated (default)", choices=_TIERS),), when=_CLUSTER),
        Line("Idle time", (
            Box("idle_time_before_shutdown_minutes", "Idle time", Control.INTEGER, "never shut down", "minutes",
                minimum=15),
        ), "It is shut down after so many minutes without use.", when=_INSTANCE),
        Tree("schedules", "Schedules", "When it starts and stops by itself.", when=_INSTANCE),
        Tree("setup_scripts", "Set-up scripts", when=_INSTANCE),
        line("Resource", "resource_id", placeholder="/subscriptions/…", when=_ATTACHED,
             help="The Azure resource that is attached."),
        line("Namespace", "namespace", placeholder="default", when=_KUBERNETES),
        Tree("ssh_settings", "SSH", when=When("type", ("amlcompute", "computeinstance", "virtualmachine"))),
        line("Location", "location", placeholder="the workspace's"),
    )),
    Part("Network and identity", (
        Line("Public IP", (Box("enable_node_public_ip", "Public IP", Control.BOOLEAN, "Yes (default)"),), when=_SIZED),
        Tree("network_settings", "Network", when=_SIZED),
        IDENTITY,
    )),
    Part("About", (DESCRIPTION, TAGS, Table("properties", "Properties", "property", when=_KUBERNETES))),
))  # fmt: skip
