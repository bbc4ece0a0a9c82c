"""The linter: which rules run, how they run, and how they are explained."""
