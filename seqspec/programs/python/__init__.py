"""The interpreter of programs: statements, expressions, calls and control flow, without running anything."""
