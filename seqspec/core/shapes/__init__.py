"""Pure arithmetic on sizes and shapes."""
