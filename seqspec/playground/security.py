"""Who may connect to the playground, and of what.

Any page that a browser shows can send requests to this machine. So a request must name this machine as its host (a
foreign name that resolves to it is refused), what opens the connection must be this page itself, and it must know the
token, which only the printed address has. The token is after the `#` of that address, which no browser sends
anywhere.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

PROTOCOL = "seqspec"
"""The WebSocket subprotocol. The page offers it with another one, which is the token."""

_HOSTS = ("127.0.0.1", "localhost")
_METHODS = ("textDocument/", "completionItem/", "codeAction/", "codeLens/", "inlayHint/", "seqspec/", "$/")
_ONES = ("initialize", "initialized")

HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "font-src 'self' data:",
            "img-src 'self' data:",
            "worker-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What every answer says. Monaco writes its styles into the page, hence `unsafe-inline` for them."""


def is_own_host(host: str | None) -> bool:
    """Whether the header Host names this machine; the port may be another one where someone forwards it."""
    try:
        return host is not None and urlsplit(f"//{host}").hostname in _HOSTS
    except ValueError:
        return False


def is_own_origin(origin: str | None, host: str | None) -> bool:
    """Whether a connection is opened by the page that this host set."""
    return origin is not None and is_own_host(host) and origin == f"http://{host}"


def has_token(offered: str | None, token: str) -> bool:
    """Whether the token is among the subprotocols that are offered."""
    words = [word.strip() for word in (offered or "").split(",")]
    # A header may hold bytes that are not UTF-8.
    return any(hmac.compare_digest(word.encode("utf-8", "surrogateescape"), token.encode()) for word in words)


class Refused(Exception):
    """A message that the playground does not pass on; the text says why."""


def passed(message: object, addresses: Collection[str]) -> dict[str, object]:
    """A message as the language server gets it: about the open documents only, and without folders to look into.

    Raises:
        Refused: for anything else.
    """
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise Refused("not a JSON-RPC 2.0 message")
    if "method" not in message:
        return message
    method = message["method"]
    if not isinstance(method, str) or not (method in _ONES or method.startswith(_METHODS)):
        raise Refused(f"the method {str(method)[:80]} is not allowed")
    params = message.get("params")
    if method == "initialize":
        capabilities = params.get("capabilities") if isinstance(params, Mapping) else None
        if not isinstance(capabilities, Mapping):
            raise Refused("initialize requires capabilities")
        kept = {key: value for key, value in capabilities.items() if key in ("textDocument", "general")}
        return {**message, "params": {"processId": None, "rootUri": None, "capabilities": kept}}
    for address in _addresses(params):
        if not isinstance(address, str):
            raise Refused("a URI must be a string")
        if address not in addresses:
            raise Refused("only the page's own file is accessible")
    return message


def _addresses(value: object) -> list[object]:
    """Every address in the parameters of a message."""
    found: list[object] = []
    left = [value]
    while left:
        value = left.pop()
        if isinstance(value, Mapping):
            found += [value[key] for key in ("uri", "targetUri", "newUri", "oldUri") if key in value]
            left += value.values()
        elif isinstance(value, list):
            left += value
    return found
