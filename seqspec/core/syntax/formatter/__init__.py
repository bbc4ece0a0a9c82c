"""The formatter: values with their comments and literals, and the canonical text of both formats."""
