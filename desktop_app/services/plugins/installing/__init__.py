"""Installing plugins: where they come from, which version, what is asked first, and the switch to the new state."""
