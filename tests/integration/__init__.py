"""Integrations: other programs are run as their users run them."""
