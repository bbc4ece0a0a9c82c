"""Password or key in a spec.

What it does: Detects passwords and keys in URLs, in the headers of RemoteMonitor, and in other references to external
resources.

Why is this bad? A spec is shared, committed and copied into reports. Everyone who can read it can use the secret.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [data.train]
    source = "https://ada:lovelace@example.org/prices.npz"

Use instead:
    -source = "https://ada:lovelace@example.org/prices.npz"
    +source = "https://example.org/prices.npz"

Confidence: high: a user and password before the host, a key in the query string, an authorization header, and known
prefixes of cloud keys.

References:
    CWE-798, hard-coded credentials
"""

from seqspec.core.analysis.files import PATH_ARGUMENTS
from seqspec.core.analysis.secrets import is_key
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.linter.rules import Facts, Findings, Requires, Violation, finding, fmt, given_arguments, rule

_PARAMETERS = frozenset(
    "token key apikey api_key access_key secret password passwd pwd sig signature access_token auth sas "
    "x-amz-signature x-amz-credential".split()
)
_HEADERS = frozenset({"authorization", "cookie", "x-api-key", "api-key", "x-auth-token", "proxy-authorization"})


@rule(
    "SEQ807",
    "error",
    graphs="all",
    any_of=(
        Requires(tables=("save",)),
        Requires(tables=("export",)),
        Requires(tables=("report",)),
        Requires(layers=("base_model",)),
        Requires(arguments=(*PATH_ARGUMENTS, "headers")),
    ),
)
def check(facts: Facts) -> Findings:
    for named in facts.files.external_paths:
        kind = _secret(named.text)
        if kind is not None:
            yield _found(kind, named.path)
    for index, stage in enumerate(facts.fit):
        for number, callback in enumerate(stage.callbacks or ()):
            given = given_arguments(callback) if isinstance(callback, KerasObject) else {}
            for header, value in (given.get("headers") or {}).items():
                if header.lower() in _HEADERS and value and "$" not in value:
                    path = (*facts.stage_path(index), "callbacks", number, "headers", header)
                    yield _found(fmt("the header {} contains a secret", header[:30]), path)


def _found(kind: str, path: tuple[str | int, ...]) -> Violation:
    return finding(
        fmt("{}, which is visible to everyone who can read the spec", kind),
        path=path,
        help="revoke it, and pass it to the training program through the environment",
    )


def _secret(text: str) -> str | None:
    _scheme, mark, rest = text.partition("://")
    host, _, tail = rest.partition("/")
    if mark and ":" in host.rpartition("@")[0]:
        return "the URL contains a password"
    query = tail.partition("?")[2] if mark else ""
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name.lower() in _PARAMETERS and value:
            return fmt("the URL contains a secret ({})", name[:30])
    for part in (text if not mark else rest).replace("/", " ").replace("=", " ").split():
        if is_key(part):
            return "it contains a secret"
    return None
