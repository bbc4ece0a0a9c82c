"""Formats of tables in files, one module per format, named in `seqspec.core.document.table_formats`."""
