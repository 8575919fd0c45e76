"""The plugin for sweeps; its hooks are in `hooks.py`."""
