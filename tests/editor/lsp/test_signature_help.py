"""Signature help inside the parentheses of a shorthand; the cursor is at `|`."""

import pytest
from pygls.workspace import PositionCodec

from seqspec.core.syntax.limits import LIMITS
from seqspec.editor.lsp.features.signature_help import signature
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.snapshot import Snapshot

C = "seqspec = 1\n[compile]\n"
L = '[model]\ninput = [8]\nlayers = [{ type = "Dense", units = 3, '
J = '{"seqspec": 1, "compile": {'


def shown(marked, file):
    offset = marked.index("|")
    text = marked.replace("|", "", 1)
    snapshot = Snapshot(text, f"/nowhere/{file}", 1, None, LIMITS)
    return signature(snapshot, PositionMap(text, PositionCodec()), offset)


@pytest.mark.parametrize(
    ("marked", "name", "active"),
    [
        (C + 'optimizer = "adam(|', "Adam", "learning_rate=0.001"),
        (C + 'optimizer = "adam(|)"', "Adam", "learning_rate=0.001"),
        (C + 'optimizer = "adam(0.1, |', "Adam", "beta_1=0.9"),
        (C + 'optimizer = "adam(0.1, 0.8|, 0.9)"', "Adam", "beta_1=0.9"),
        (C + 'optimizer = "adam(0.1, amsgrad=|', "Adam", "amsgrad=false"),
        (C + "optimizer = 'adam(weight_decay = |", "Adam", "weight_decay=none"),
        (C + "metrics = [\"F1Score(average='a,(b', |", "F1Score", "threshold=none"),
        (C + 'metrics = ["MeanIoU(2, [0, 1], |', "MeanIoU", None),
        (L + 'kernel_regularizer = "l1_l2(0.1, |', "L1L2", "l2=0.0"),
        (J + '"optimizer": "sgd(0.1, |', "SGD", "momentum=0.0"),
        (J + '"loss": "huber(|"}}', "Huber", "delta=1.0"),
    ],
)
def test_the_argument_at_the_cursor_is_active(marked, name, active):
    found = shown(marked, "x.json" if marked.startswith("{") else "x.toml")
    [one] = found.signatures
    labels = [parameter.label for parameter in one.parameters]
    assert one.label == f"{name}({', '.join(labels)})"
    if active is not None:
        assert labels[found.active_parameter] == active


@pytest.mark.parametrize("arguments", ["colour=|", ", ".join("0" * 40) + ", |"])
def test_signature_help_has_no_active_argument_for_unknown_keywords(arguments):
    """The index is outside of the list: without one, clients would highlight the first argument."""
    found = shown(C + f'optimizer = "adam({arguments}', "x.toml")
    assert found.active_parameter == len(found.signatures[0].parameters)


@pytest.mark.parametrize(
    "marked",
    [
        C + 'optimizer = "ad|am(0.1)"',
        C + 'optimizer = "adam(0.1)|"',
        C + 'optimizer = "nonesuch(|',
        C + 'optimizer = { type = "Adam", | }',
        L + 'activation = "relu", name = "a(|',
        "seqspec = 1 # adam(|",
    ],
)
def test_signature_help_is_empty_outside_calls(marked):
    assert shown(marked, "x.toml") is None
