"""The names that identifiers have."""

from __future__ import annotations

import re

_ID_NAME = re.compile(
    r"(^|[\W_])(id|no|nr|num|number|key|index|idx|uuid|guid|row|rownames?|rowid|ref|réf)$|^unnamed"
    # Kundennr and klantnummer, N° client, número de pedido.
    r"|(nr|n[ou]mmer)\.?$|^(n[°º]|n[uú]m[eé]ro|c[óo]digo|codice|identifiant)([\W_]|$)"
)
"""Searched in names of lower case."""


def is_id_name(name: str) -> bool:
    """Whether the name is one that ids have, such as `customer_id` or `row`."""
    return bool(_ID_NAME.search(name.lower())) or name.endswith(("Id", "ID"))
