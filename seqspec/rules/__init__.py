"""What Keras takes and what trains badly: one rule a file, told from facts alone."""
