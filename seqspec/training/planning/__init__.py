"""What a run will do: its options, placement, folds and checks, decided before it starts."""
