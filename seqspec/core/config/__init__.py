"""The configuration of a project: its documents, rule selection, baseline and policy."""
