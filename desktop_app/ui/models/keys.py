"""Keys that several parts of the Models page name."""

EXPORT_KEYS = "Ctrl+Shift+X"
