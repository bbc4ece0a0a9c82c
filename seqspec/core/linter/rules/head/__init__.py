"""Rules on the head, the loss, the metrics and the labels."""
