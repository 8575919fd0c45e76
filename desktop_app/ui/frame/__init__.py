"""The window's frame: the row at the top, the navigation at the left, the row at the bottom, the actions."""
