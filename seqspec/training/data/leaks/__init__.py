"""Leaks beyond equal samples: columns that give away the label, ids, groups and times, similar images."""
