"""A Dense layer too wide for Acme's devices.

What it does: finds Dense layers that are wider than Acme's devices have memory for.

Why is this bad? A kernel of more than 4096 columns does not fit, and the model is rejected on delivery.
"""

from collections.abc import Iterator

from seqspec.plugins import Facts, Requires, Rule, TreeFix, Violation, set_value

_WIDEST = 4096


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for entry in facts.flat_layers:
        if entry.type == "Dense" and entry.layer.units > _WIDEST:
            path = (*entry.path, "units")
            yield Violation(
                WIDE_DENSE.name,
                f"has {entry.layer.units} units, and a device holds {_WIDEST}",
                path=path,
                help=f"write units = {_WIDEST}, or fewer",
                fix=TreeFix("make it narrower", (set_value(path, _WIDEST),)),
            )


WIDE_DENSE = Rule(
    code="ACME001",
    name="acme-wide-dense",
    severity="warning",
    requires=Requires(layers=("Dense",)),
    check=check,
    docs=__doc__,
)
