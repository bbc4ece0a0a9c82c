"""The part of `seqspec import` for programs."""
