"""Formats of tables in files, one module per format, named in `seqspec.core.document.sources.TABLE_FORMATS`."""
