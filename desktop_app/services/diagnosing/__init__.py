"""Why runs failed: reads the logs of a run, or of a folder from elsewhere, asks the plugins, and judges."""
