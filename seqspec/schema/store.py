"""What SchemaStore, from which most editors take their schemas, wants to have of a schema beside the schema itself."""

from __future__ import annotations

import json

from seqspec.config.settings import DOCUMENT_ENDINGS
from seqspec.schema.document import IDENTIFIER, VERSION
from seqspec.schema.slots import Schema

NAME = f"seqspec-{VERSION}"
"""The name of the schema there, and of the folders of its tests."""

KEYWORDS = ("deprecationMessage", "doNotSuggest", "patternErrorMessage")
"""Keywords of VS Code that its strict mode does not know by itself."""


def entry() -> Schema:
    """The entry of a catalogue."""
    return {
        "name": "seqspec",
        "description": "Keras Sequential model specs",
        "fileMatch": [f"*{ending}" for ending in DOCUMENT_ENDINGS],
        "url": IDENTIFIER,
        "versions": {str(VERSION): IDENTIFIER},
    }


def catalog_text() -> str:
    """A catalogue of this one schema, for editors that take a catalogue of one's own."""
    catalog = {"$schema": "https://json.schemastore.org/schema-catalog.json", "version": 1, "schemas": [entry()]}
    return json.dumps(catalog, indent=2) + "\n"


def entry_text() -> str:
    """The entry alone."""
    return json.dumps(entry(), indent=2) + "\n"


def options_text() -> str:
    """What is under `options` of its `schema-validation.jsonc`."""
    return json.dumps({f"{NAME}.json": {"unknownKeywords": list(KEYWORDS)}}, indent=2) + "\n"
