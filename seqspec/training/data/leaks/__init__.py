"""Leaks beyond equal samples: columns that give away the label, ids, groups and times in random splits, similar images."""
