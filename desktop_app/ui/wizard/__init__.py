"""The job wizard: a dialog made from a plugin's forms, with a live picture and a live preview."""
