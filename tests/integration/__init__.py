"""seqspec where it plugs in: other programs are driven as their users drive them."""
