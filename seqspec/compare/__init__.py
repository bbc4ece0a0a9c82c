"""What changed in meaning between two documents."""
