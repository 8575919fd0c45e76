"""The form beside the text: controls by path, made when they are first seen, updated in place."""
