"""Test helpers for projects that keep specs: `assert_checks` fails a test whose spec has findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from seqspec.core.analysis.report import Report
    from seqspec.core.frontends.frontend import Source

_SEVERITIES = ("error", "warning", "info")


def assert_checks(
    source: Source,
    *,
    fail_on: Literal["error", "warning", "info"] = "error",
    vars: Mapping[str, object] | None = None,
    settings: Sequence[str] = (),
    policy: Mapping[str, object] | None = None,
) -> Report:
    """Fails a test whose spec has findings; the message is what `seqspec check` prints.

    ```python
    @pytest.mark.parametrize("path", sorted(Path("models").glob("*.seqspec.toml")), ids=str)
    def test_models(path):
        assert assert_checks(path).params < 5_000_000
    ```

    Args:
        source: A path, or a spec as a dict.
        fail_on: The minimum severity that fails the test.
        vars: Values for the variables of the spec.
        settings: Further values in the syntax of `--set`, such as `"layers.head.units=5"`.
        policy: A project policy as a JSON Schema.

    Returns:
        The report, for further assertions on shapes and counts.

    Raises:
        AssertionError: The spec has findings of this severity or a higher one.
    """
    __tracebackhide__ = True
    if fail_on not in _SEVERITIES:
        raise ValueError(f"fail_on must be {', '.join(_SEVERITIES[:-1])} or {_SEVERITIES[-1]}, got {fail_on!r}")
    from seqspec.core.check.check import check

    report = check(source, vars=vars, settings=settings, policy=policy)
    failing = _SEVERITIES[: _SEVERITIES.index(fail_on) + 1]
    diagnostics = [diagnostic for diagnostic in report.diagnostics if diagnostic.severity in failing]
    if diagnostics:
        from seqspec.core.diagnostics.message import counted
        from seqspec.core.output.text import full

        count = counted(len(diagnostics), "finding")
        texts = "\n\n".join(full(diagnostic, report.line) for diagnostic in diagnostics)
        raise AssertionError(f"{report.file or 'the spec'} has {count}:\n\n{texts}")
    return report
