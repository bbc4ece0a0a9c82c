"""A house's own rules: a JSON Schema named on the command line or in the project's configuration."""

from __future__ import annotations

import json
from typing import Any


class PolicyError(Exception):
    """A policy that cannot be used; the message says why."""


def read_policy(file: str) -> dict[str, Any]:
    """The policy schema of a file; raises `PolicyError` where it cannot be read or is none."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        with open(file, encoding="utf-8") as stream:
            schema = json.load(stream)
        Draft202012Validator.check_schema(schema)
    except OSError as error:
        raise PolicyError(str(error.strerror or error)) from error
    except (ValueError, RecursionError) as error:
        raise PolicyError(str(error)) from error
    except SchemaError as error:
        raise PolicyError(f"invalid JSON Schema: {error.message}") from error
    if not isinstance(schema, dict):
        raise PolicyError("a policy must be a JSON object")
    return schema
