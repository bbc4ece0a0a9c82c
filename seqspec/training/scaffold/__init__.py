"""Writes a first spec for data: `seqspec new --data`."""
