"""A project policy: a JSON Schema named on the command line or in the project's configuration."""

from __future__ import annotations

import json

from seqspec.core.language.regex import is_pattern
from seqspec.core.syntax.read import read_file

MAX_BYTES = 1 << 20
"""The maximum size of a policy."""


class PolicyError(Exception):
    """An invalid policy; the message is the reason."""


def read_policy(file: str) -> dict[str, object]:
    """Reads the policy schema in a file; raises `PolicyError` if it is unreadable or invalid."""
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import SchemaError

    # jsonschema's own validation compiles patterns that exhaust Python's memory.
    formats = FormatChecker(())
    formats.checks("regex")(lambda text: not isinstance(text, str) or is_pattern(text))
    try:
        schema = json.loads(read_file(file, MAX_BYTES).decode("utf-8"))
        Draft202012Validator.check_schema(schema, format_checker=formats)
    except OSError as error:
        raise PolicyError(str(error.strerror or error)) from error
    except (ValueError, RecursionError) as error:
        raise PolicyError(str(error)) from error
    except SchemaError as error:
        raise PolicyError(f"invalid JSON Schema: {error.message}") from error
    except Exception as error:
        # jsonschema raises various exceptions for a malformed schema.
        raise PolicyError(f"invalid JSON Schema: {type(error).__name__}") from error
    if not isinstance(schema, dict):
        raise PolicyError("a policy must be a JSON object")
    return schema
