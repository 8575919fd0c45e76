"""The Files page: the project tree, texts in tabs, their problems, and Run."""
