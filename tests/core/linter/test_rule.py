"""What rules declare about themselves."""

from seqspec.core.linter.registry import all_rules

OF_LAYERS = {"layers", "activations", "dtypes", "targets", "heads", "mismatches"}
"""The requirements that a model without known layers never meets, or meets by chance."""


def test_rules_on_settings_need_no_layers():
    """They are also reported for a model that is created elsewhere, of which no layer is known."""
    rules = [rule for rule in all_rules() if rule.graphs == "settings"]
    needed = {
        rule.name: {field for each in rule.alternatives for field, names in each._asdict().items() if names}
        for rule in rules
    }
    assert len(rules) > 10 and not {name for name, fields in needed.items() if fields & OF_LAYERS}
