"""Rules on hidden layers."""
