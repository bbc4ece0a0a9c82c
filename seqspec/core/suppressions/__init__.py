"""Suppression comments: which diagnostics a spec asks not to report."""
