"""Checks all files of the open project in a process of its own, and again what changes: check, worker, look, wire."""
