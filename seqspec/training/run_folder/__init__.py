"""The folder of a run: its files, its checkpoints and the environment it was trained in."""
