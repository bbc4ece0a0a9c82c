"""The semantic comparison of two documents."""
