"""A check of a valid spec creates no messages and computes nothing that only a finding needs."""

from __future__ import annotations

import sys

import seqspec
from seqspec.core.diagnostics.message import Message

LAYERS = [
    {"type": "Rescaling", "scale": "1/255"},
    {"type": "Conv2D", "filters": 32, "kernel_size": 3, "activation": "relu"},
    {"type": "BatchNormalization"},
    {"type": "MaxPooling2D"},
    {"type": "GlobalAveragePooling2D"},
    {"type": "Dropout", "rate": 0.5},
    {"type": "Dense", "units": 10, "activation": "softmax"},
]
TREE = {"seqspec": 1, "model": {"input": [64, 64, 3], "layers": LAYERS}}


def test_a_clean_check_writes_no_messages(monkeypatch):
    def refuse(cls, *parts):
        raise AssertionError(f"a message without a finding: {parts}")

    assert seqspec.check(TREE).diagnostics == []
    monkeypatch.setenv("SEQSPEC_TRACEBACK", "1")
    monkeypatch.setattr(Message, "__new__", refuse)
    assert seqspec.check(TREE).diagnostics == []


def test_a_warm_check_needs_few_calls():
    """Bounds the work without a clock: calls of Python functions, 738 with Python 3.11 when this was written."""
    seqspec.check(TREE)
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        seqspec.check(TREE)
    finally:
        sys.setprofile(None)
    assert calls < 850
