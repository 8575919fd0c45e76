"""What is installed, what was agreed to and what is blocked, on disk."""
