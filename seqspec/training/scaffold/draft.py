"""The draft of a spec for any data: a table, a series, a folder of files, or arrays."""

from __future__ import annotations

import os

from seqspec.core.api.data import TABLE_FORMATS, table_format_of, unreadable_data
from seqspec.core.api.messages import suggest
from seqspec.training.scaffold.options import ScaffoldError, ScaffoldOptions, require_file
from seqspec.training.scaffold.text import Draft


def draft(options: ScaffoldOptions) -> Draft:
    """The spec for data; raises `ScaffoldError` and `DataError`."""
    _require_data(options)
    if options.template is not None:
        from seqspec.training.scaffold.fill import draft_template

        return draft_template(options)
    if os.path.isdir(options.data):
        from seqspec.training.scaffold.folder import draft_folder

        return draft_folder(options)
    if options.data.lower().endswith((".npz", ".npy")) and options.time is None:
        from seqspec.training.scaffold.arrays import draft_arrays

        return draft_arrays(options)
    if options.time is not None or options.horizon is not None:
        from seqspec.training.scaffold.series.draft import draft_series

        options.refuse(("positive",), "a series has numbers, not classes")
        return draft_series(options)
    from seqspec.training.scaffold.table import draft_table

    options.refuse(("known",), "it is for a series, whose time column --time names")
    return draft_table(options)


def _require_data(options: ScaffoldOptions) -> None:
    """Raises `ScaffoldError` for what is not data that a source reads."""
    path = options.data
    help = unreadable_data(path)
    if "://" in path:
        raise ScaffoldError(f"{path} is a URL: {help}")
    folder = os.path.isdir(path)
    if help is not None and not folder:
        raise ScaffoldError(f"{options.name} cannot be read: {help}")
    if not os.path.exists(path):
        parent, name = os.path.split(path)
        meant = suggest(name, os.listdir(parent or ".")) if os.path.isdir(parent or ".") else None
        raise ScaffoldError(f"{path} does not exist{f'; {meant.label}' if meant is not None and meant.word else ''}")
    require_file(path)
    if folder or path.lower().endswith((".npz", ".npy")) or table_format_of(path) is not None:
        return
    tables = ", ".join(declared.suffixes[0] for declared in TABLE_FORMATS.values())
    raise ScaffoldError(f"{options.name} cannot be read: tables are {tables} files, arrays .npz or .npy")
