"""Plugins: found by their manifests, imported when first needed, called one by one, switched on and off."""

from desktop_app.services.plugins.host import PluginHost
from desktop_app.services.plugins.info import PluginInfo, PluginState

__all__ = ["PluginHost", "PluginInfo", "PluginState"]
