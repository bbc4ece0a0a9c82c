"""The built-in rules, one module per rule, in one package per area."""
