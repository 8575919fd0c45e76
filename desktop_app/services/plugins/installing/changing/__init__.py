"""From a plan to the new state, wholly or not at all."""
