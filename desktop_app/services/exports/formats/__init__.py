"""What a model file is, by what lies in it: a look at each format that is known, and nothing is run."""
