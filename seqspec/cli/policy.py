"""A house's own rules: a JSON Schema named on the command line or in the project's `pyproject.toml`."""

from __future__ import annotations

import os
from typing import Any

import click

_TABLE = b"[tool.seqspec"


def policy_of(file: str, named: str | None, read: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """The policy schema for a document: the one that the caller names, else that of its project, else None.

    A project's is `policy` in `[tool.seqspec]` of the nearest `pyproject.toml` above the document that has this table,
    relative to it. `read` keeps what was read already. Ends with status 2 where a policy cannot be read.
    """
    path = named if named is not None else _project_policy(os.path.dirname(os.path.abspath(file)))
    if path is None:
        return None
    if path not in read:
        read[path] = _read(path)
    return read[path]


def _project_policy(folder: str) -> str | None:
    while True:
        file = os.path.join(folder, "pyproject.toml")
        try:
            with open(file, "rb") as stream:
                data = stream.read()
        except OSError:
            data = b""
        if _TABLE in data:
            return _named_in(file, data)
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def _named_in(file: str, data: bytes) -> str | None:
    import tomllib

    try:
        table = tomllib.loads(data.decode("utf-8")).get("tool", {}).get("seqspec", {})
    except (ValueError, AttributeError, RecursionError) as error:
        raise click.UsageError(f"{file}: {error}")
    policy = table.get("policy") if isinstance(table, dict) else None
    if policy is None:
        return None
    if not isinstance(policy, str):
        raise click.UsageError(f"{file}: [tool.seqspec] policy names a file, got {policy!r}")
    return os.path.join(os.path.dirname(file), policy)


def _read(file: str) -> dict[str, Any]:
    import json

    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        with open(file, encoding="utf-8-sig") as stream:
            schema = json.load(stream)
        Draft202012Validator.check_schema(schema)
    except OSError as error:
        raise click.UsageError(f"policy {file}: {error.strerror or error}")
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"policy {file}: {error}")
    except SchemaError as error:
        raise click.UsageError(f"policy {file}: no valid JSON Schema: {error.message}")
    if not isinstance(schema, dict):
        raise click.UsageError(f"policy {file}: a policy is a JSON object")
    return schema
