"""Keys that a class of azure-ai-ml accepts though it has no field to load for them: its hooks take them out first."""

from __future__ import annotations

from azure.ai.ml._schema._datastore.credentials import BaseTenantCredentialSchema
from azure.ai.ml._schema._deployment.online.resource_settings_schema import ResourceSettingsSchema
from azure.ai.ml._schema.assets.asset import AnonymousAssetSchema
from azure.ai.ml._schema.core.schema import PathAwareSchema
from marshmallow import Schema

from installer.schemas.nodes import Node

_IGNORED: Node = {"readOnly": True}


def hidden_keys(schema: Schema) -> dict[str, Node]:
    """Return the further keys that a schema accepts; those marked readOnly come from Azure and are ignored."""
    keys: dict[str, Node] = {}
    if isinstance(schema, PathAwareSchema):
        ignored = [field.data_key or name for name, field in schema.fields.items() if field.dump_only]
        keys |= {key: dict(_IGNORED) for key in ignored if key != "$schema"}
    if isinstance(schema, AnonymousAssetSchema):
        keys |= {"name": dict(_IGNORED), "version": dict(_IGNORED)}
    if isinstance(schema, BaseTenantCredentialSchema):
        keys["authority_uri"] = {"type": "string"}
    if isinstance(schema, ResourceSettingsSchema):
        keys["nvidia.com/gpu"] = {"type": "string"}
    return keys
