"""Finds classes and arguments that the supported Keras versions do not all have."""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.core.catalog.keras_object import KerasObject, given_arguments
from seqspec.core.catalog.markers import Since, ValuesSince, marker
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.snippet import Setting
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.language.keras import series


def newer_than(value: object, keras: tuple[int, int], path: Path) -> Iterator[Violation]:
    """The violations for classes and arguments in a value that Keras `keras` (major, minor) lacks."""
    if isinstance(value, KerasObject):
        if value.since is not None and series(value.since) > keras:
            yield _problem(type(value).__name__, value.since, keras, path, "layer")
        for key, item in given_arguments(value).items():
            metadata = type(value).model_fields[key].metadata
            since, values = marker(metadata, Since), marker(metadata, ValuesSince)
            if since is not None and since.series > keras:
                yield _problem(key, since.version, keras, (*path, key), "key")
            elif values is not None and values.series.get(item, keras) > keras:
                yield _problem(f'{key} = "{item}"', values.versions[item], keras, (*path, key), "value")
            else:
                yield from newer_than(item, keras, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from newer_than(item, keras, (*path, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from newer_than(item, keras, (*path, key))


def _problem(subject: str, since: str, keras: tuple[int, int], path: Path, anchor: str) -> Violation:
    oldest = f"{keras[0]}.{keras[1]}"
    return Violation(
        "newer-keras",
        f"{subject} requires Keras {since}, but the spec also supports {oldest}",
        path=path,
        anchor=anchor,
        help=fmt("remove it, or write {}", Setting("keras", f">={since}")),
    )
