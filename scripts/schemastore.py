"""The files that SchemaStore requires for a schema; most editors take their schemas from there."""

from __future__ import annotations

import json

from seqspec.core.schema.spec_schema import IDENTIFIER, VERSION
from seqspec.core.schema.value_schema import Schema
from seqspec.core.syntax.detection import DOCUMENT_ENDINGS

NAME = f"seqspec-{VERSION}"
"""The name of the schema in SchemaStore, and of the folders of its tests."""

KEYWORDS = ("deprecationMessage", "doNotSuggest", "patternErrorMessage")
"""Keywords of VS Code that SchemaStore's strict mode does not know."""


def entry() -> Schema:
    """The entry of the schema in a catalog."""
    return {
        "name": "seqspec",
        "description": "Keras Sequential model specs",
        "fileMatch": [f"*{ending}" for ending in DOCUMENT_ENDINGS],
        "url": IDENTIFIER,
        "versions": {str(VERSION): IDENTIFIER},
    }


def catalog_text() -> str:
    """A catalog with this schema only, for editors that accept custom catalogs."""
    catalog = {"$schema": "https://json.schemastore.org/schema-catalog.json", "version": 1, "schemas": [entry()]}
    return json.dumps(catalog, indent=2) + "\n"


def entry_text() -> str:
    """The entry as text."""
    return json.dumps(entry(), indent=2) + "\n"


def options_text() -> str:
    """The content of `options` in SchemaStore's `schema-validation.jsonc`."""
    return json.dumps({f"{NAME}.json": {"unknownKeywords": list(KEYWORDS)}}, indent=2) + "\n"
