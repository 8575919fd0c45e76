"""Hand-written helpers and fakes that the suites share."""
