"""Differences between a declaration of the catalog and the Keras class of the same name, by `inspect.signature`."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import keras

from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.diagnostics.violation import UNSET
from tests.fields import default_of, since_of

KERAS = tuple(int(part) for part in keras.__version__.split(".")[:2])
_BASE = ("activity_regularizer", "trainable", "dtype", "autocast", "name")


def is_available(since: str | None) -> bool:
    """Whether something that came with Keras `since` exists in the installed one."""
    return since is None or tuple(map(int, since.split("."))) <= KERAS


def signature_differences(
    declared: type[KerasObject], keras_class: Any, left_out: Iterable[str] = (), extra: Iterable[str] = ()
) -> list[str]:
    """Every difference in argument names, defaults and required arguments.

    `left_out` are arguments of Keras that a document cannot give, `extra` those that the language adds; both with
    reasons in the caller's table.
    """
    parameters = dict(inspect.signature(keras_class.__init__).parameters)
    parameters.pop("self")
    takes_base = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    # What a constructor hands on in **kwargs: the arguments of its bases, and those that it takes out of them unnamed.
    handed_on = {*_BASE, *getattr(declared, "through_kwargs", ())}
    for base in keras_class.__mro__[1:]:
        if "__init__" in vars(base) and base.__module__.startswith("keras"):
            handed_on.update(inspect.signature(base.__init__).parameters)
    theirs = {name: p.default for name, p in parameters.items() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
    ours = {
        name: default_of(argument)
        for name, argument in declared.model_fields.items()
        if is_available(since_of(argument))
    }
    found = []
    found += [f"{declared.__name__} lacks {name}" for name in theirs if name not in ours and name not in left_out]
    found += [
        f"{declared.__name__} invents {name}"
        for name in ours
        if name not in theirs and name not in extra and not (takes_base and name in handed_on)
    ]
    for name, default in theirs.items():
        if name not in ours or name in _BASE:
            continue
        mine = ours[name]
        if default is inspect.Parameter.empty:
            if mine is not UNSET:
                found.append(f"{declared.__name__}.{name} is required in Keras")
        elif mine is UNSET:
            found.append(f"{declared.__name__}.{name} is optional in Keras: {default!r}")
        elif _plain(mine) != _plain(default) or type(_plain(mine)) is not type(_plain(default)):
            found.append(f"{declared.__name__}.{name} defaults to {default!r} in Keras, {mine!r} here")
    return found


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
