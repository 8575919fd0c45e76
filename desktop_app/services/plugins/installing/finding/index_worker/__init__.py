"""What asks package indexes: a child in the program's own Python, started by path; nothing of the house is in it."""
