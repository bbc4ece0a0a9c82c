"""The tables of a document and their keys."""

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
