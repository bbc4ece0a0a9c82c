"""Rules that run over the analyzed document."""
