"""The published JSON Schemas, written from the catalogue."""
