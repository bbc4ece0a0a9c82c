"""Leaks beyond equal samples: columns that reveal the label, ids, groups and times, similar images."""
