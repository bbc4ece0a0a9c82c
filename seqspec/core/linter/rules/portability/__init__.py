"""Rules on what runs elsewhere, and safely."""
