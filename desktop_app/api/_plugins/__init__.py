"""How a plugin is read, imported and called: one way, for the host and for the test kit of plugin authors.

Private: plugin authors use `desktop_app.api.testing`.
"""

from desktop_app.api._plugins.importing import ImportedPlugin, import_plugin, unload
from desktop_app.api._plugins.manifest import Manifest, api_complaint, parse_manifest, read_manifest
from desktop_app.api._plugins.manifest_values import ManifestError
from desktop_app.api._plugins.results import GarbageError, checked

__all__ = [
    "GarbageError",
    "ImportedPlugin",
    "Manifest",
    "ManifestError",
    "api_complaint",
    "checked",
    "import_plugin",
    "parse_manifest",
    "read_manifest",
    "unload",
]
