"""What asks Azure: the children that talk to it, paths and hosts, pages, long-running operations."""
