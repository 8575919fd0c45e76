"""The plugin that knows failures that no framework owns; its hooks are in `hooks.py`."""
