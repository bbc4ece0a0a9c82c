"""A house's own rules: a JSON Schema named on the command line or in the project's configuration."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from seqspec.project.patterns import relative


def read_policy(file: str, origin: str) -> dict[str, Any]:
    """The house's policy schema; ends with status 2 where it cannot be read. `origin` is where it was named."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    shown = f"{origin}: policy {relative(file, os.getcwd()) or file}"
    try:
        with open(file, encoding="utf-8") as stream:
            schema = json.load(stream)
        Draft202012Validator.check_schema(schema)
    except OSError as error:
        raise click.UsageError(f"{shown}: {error.strerror or error}")
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"{shown}: {error}")
    except SchemaError as error:
        raise click.UsageError(f"{shown}: no valid JSON Schema: {error.message}")
    if not isinstance(schema, dict):
        raise click.UsageError(f"{shown}: a policy is a JSON object")
    return schema
