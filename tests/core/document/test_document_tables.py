"""The tables of a document and their keys."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from seqspec.core import document
from seqspec.core.document.base_table import Table
from seqspec.core.document.tables import DOCUMENT_TABLES, OPTIONAL_TABLES, canonical_order, table_keys
from seqspec.core.language.keys import TOP_LEVEL
from seqspec.core.spec import Input, Model


def test_table_keys_are_unique_and_ordered():
    assert set(TOP_LEVEL) > OPTIONAL_TABLES and canonical_order(()) == TOP_LEVEL
    assert table_keys(("compile",))[:2] == ("optimizer", "loss") and table_keys(("fit",))[-1] == "learning_rate"
    assert canonical_order(("data", "train")) == table_keys(("data", "*"))
    assert canonical_order(("model", "layers", "[]")) is None


def test_keys_of_one_table_in_another():
    assert DOCUMENT_TABLES.home("epochs") == "fit" and DOCUMENT_TABLES.home("name") is None
    assert DOCUMENT_TABLES.misplaced("compile", ["loss", "epochs", "x-epochs", "nothing"]) == ["epochs"]
    assert DOCUMENT_TABLES.misplaced("save", ["epochs"]) == []


def test_the_keys_of_the_model_are_the_fields_of_its_classes():
    assert set(table_keys(("model",))) == set(Model.model_fields)
    assert set(table_keys(("model", "input"))) == set(Input.model_fields)


def test_every_key_of_every_table_is_on_the_page_of_keys():
    page = (Path(__file__).resolve().parents[3] / "docs" / "keys.md").read_text(encoding="utf-8")
    sections = dict(section.split("\n", 1) for section in page.split("\n## ")[1:])
    for module in iter_modules(document.__path__):
        for table in vars(import_module(f"{document.__name__}.{module.name}")).values():
            if isinstance(table, type) and issubclass(table, Table) and table.title:
                missing = [key for key in table.key_names() if f"| `{key}` |" not in sections.get(table.title, "")]
                assert not missing, table
