"""A job on its way to a workspace: planned, its files gathered, held in the outbox, sent once."""
