"""The words in the names of columns."""

import re
import unicodedata


def words_of(name: str) -> str:
    """The words of the name of a column, in lower case and without accents: customerId is "customer id"."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", plain)
    return re.sub(r"[^a-z0-9]+", " ", spaced.lower()).strip()
