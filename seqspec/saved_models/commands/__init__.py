"""How commands convert saved models."""
