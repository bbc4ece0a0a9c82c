"""The training of a planned run, of its folds, and what is made again of a run."""
