"""What starts the workers of a run that several processes train."""
