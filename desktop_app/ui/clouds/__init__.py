"""Azure ML in the window: where jobs run, connecting, compute, the outbox, models and data."""
