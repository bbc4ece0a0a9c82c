"""What Acme adds to seqspec."""
