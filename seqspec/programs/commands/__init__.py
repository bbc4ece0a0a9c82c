"""What `seqspec import` does with programs."""
