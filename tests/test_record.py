"""No finding is lost or moved: the checker compared with its recorded findings (see `tests/record`)."""

import json

import pytest

from tests.nightly import rest_nightly
from tests.record import CHANGED, entries, observed

pytestmark = pytest.mark.slow
PARTS = 4


@pytest.mark.parametrize("part", rest_nightly(range(PARTS), 0))
def test_findings_are_those_of_the_record(part, tmp_path):
    changed = json.loads(CHANGED.read_text(encoding="utf-8"))
    different = []
    for number, entry in enumerate(entries()):
        if number % PARTS != part or entry.id in changed:
            continue
        if observed(entry, tmp_path) != (entry.findings, entry.outputs, entry.params):
            different.append(entry.id)
    assert different == [], "scripts/record shows the differences, and --accept REASON names intended ones"
