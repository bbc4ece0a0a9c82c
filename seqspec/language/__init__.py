"""A plain tree to an expanded one: variables, blocks, extends, shorthand."""
