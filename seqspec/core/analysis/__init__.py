"""A spec to facts: shapes, weights, cost; and the report."""
