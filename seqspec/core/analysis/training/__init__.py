"""Facts about `[compile]` and `[fit]`, which rules read."""
