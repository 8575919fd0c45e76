"""Azure ML: the same jobs in a workspace; everything that talks to the service lives in a child process."""
