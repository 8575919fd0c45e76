"""Runs in a workspace as they are known here: states, phases, logs, metrics, trials."""
