"""`load`: checks a source and returns it as a `Spec`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seqspec.core.check.check import Check, CheckSettings
from seqspec.core.diagnostics.errors import SpecError
from seqspec.core.frontends.frontend import Source
from seqspec.core.spec import Spec
from seqspec.core.syntax.limits import LIMITS, Limits


def load(
    source: Source, *, vars: Mapping[str, object] | None = None, settings: Sequence[str] = (), limits: Limits = LIMITS
) -> Spec:
    """Reads and checks a spec.

    Args:
        source: A path, a spec as a dict, or a `Spec`.
        vars: Values for the variables of the spec.
        settings: Further values in the syntax of `--set`.
        limits: Bounds on the size of what is read.

    Raises:
        SpecError: The check finds an error; see `report`.
    """
    check = Check.of(source, vars=vars, settings=settings, options=CheckSettings(limits=limits))
    if not check.validation.ok:
        raise SpecError(check.validation)
    return Spec.of(check.spec)
