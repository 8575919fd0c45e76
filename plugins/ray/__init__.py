"""The bundled Ray plugin. It imports `desktop_app.api` and its own files, as any plugin does."""
