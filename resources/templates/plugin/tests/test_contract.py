"""What Rank Zero wants of every plugin."""

from desktop_app.api.testing import PluginContract


class TestContract(PluginContract):
    """A test for each thing that is wanted; each says what to do where it fails."""
