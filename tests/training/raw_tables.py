"""Random tables of all kinds of columns, and their values as the inputs of a model that encodes columns itself."""

import numpy as np

from seqspec.core.document.columns import read_columns
from seqspec.training.data.encoding.categories import CategoricalEncoding, is_integer_key
from seqspec.training.data.encoding.dates import DateEncoding
from seqspec.training.data.encoding.encoder import fit_encoder
from seqspec.training.data.encoding.raw import RawReader, field_names
from seqspec.training.serving.raw_inputs import NO_INTEGER, raw_inputs

UNKNOWN_INTEGER = 987_654_321
PARTS = ["year", "month", "season", "weekday", "weekend", "hour", "elapsed"]
_DAYS = (-141_428, 2_932_896)
"""1582-10-15 and 9999-12-31 in days since 1970-01-01."""
_LEAP_DAYS = [
    "1600-02-29",
    "1896-02-29",
    "1900-02-28",
    "1900-03-01",
    "2000-02-29",
    "2000-12-31",
    "2024-02-29",
    "9999-12-31",
]
_WORDS = ["a", "ä", "b c", "Straße", "日本", "[UNK]", "[UNK]]", "e\u0301", "é", "-1", "01", "x" * 50, "a\nb"]


def random_kinds(rng):
    """`[data.columns]` with all kinds, in random order."""
    flag = bool(rng.integers(2))
    fill = {"fill": str(rng.choice(["mean", "median"])), "flag": flag}
    kinds = {
        "n 1": {"kind": "number", "scale": "standard", "missing": fill},
        "n 2": {"kind": "number", "scale": "min_max", "missing": fill},
        "n 3": {"kind": "number", "scale": "none", "missing": fill},
        "m": "number",
        "log/1": {"kind": "number", "scale": "log", "clip": [-1e30, 1e30], "missing": {"fill": 2.5}},
        "quantile": {"kind": "number", "scale": "quantile", "missing": fill},
        "clipped": {"kind": "number", "scale": "min_max", "clip": [-5, 5], "missing": {**fill, "flag": not flag}},
        "b": {"kind": "boolean", "missing": fill},
        "b2": {"kind": "boolean", "missing": {"fill": True}},
        "declared": {"kind": "category", "values": [str(word) for word in rng.choice(_WORDS, 4, replace=False)],
                     "missing": str(rng.choice(["category", "drop"]))},
        "learned": {"kind": "category", "missing": "category"},
        "top": {"kind": "category", "top": int(rng.integers(1, 6)), "missing": "category"},
        "rare": {"kind": "category", "min_count": 2, "missing": "drop"},
        "integers": {"kind": "category", "values": [0, -1, 7, 10**17], "missing": "category"},
        "some integers": {"kind": "category", "top": 3, "missing": "drop"},
        "booleans": {"kind": "category", "values": [True, False], "missing": "category"},
        "date": {"kind": "date", "parts": [str(each) for each in rng.permutation(PARTS[:6])[: rng.integers(1, 7)]],
                 "missing": fill},
        "date2": {"kind": "date", "parts": PARTS, "since": "2000-01-01", "missing": {"fill": 0.5}},
        "elapsed": {"kind": "date", "parts": ["elapsed", "month"], "since": "date", "missing": fill},
        "day": {"kind": "date", "parts": ["year", "weekday"], "missing": "drop"},
        "text": {"kind": "text", "top": int(rng.integers(1, 12))},
    }  # fmt: skip
    names = rng.permutation(list(kinds)).tolist()
    return {name: kinds[name] for name in names}


def random_table(rng, kinds, count):
    """Rows of texts, None where a value is missing."""
    # With infinity in the training set, all values of a scaled column are NaN or infinite.
    extremes = rng.choice([2, 5, 5, 5, 5, 5, 5, 6])
    scale = 10.0 ** rng.integers(-3, 7)

    def number():
        if rng.random() < 0.1:
            return str(rng.choice(["0", "-0.0", "1e30", "-1e-40", "16777217", "inf"][:extremes]))
        return repr(float(np.float32(rng.normal() * scale)))

    def moment():
        if rng.random() < 0.2:
            return f"{rng.choice(_LEAP_DAYS)}T{rng.integers(24):02}:59:59"
        day = np.datetime64(int(rng.integers(*_DAYS)), "D")
        return f"{day}T{rng.integers(24):02}:{rng.integers(60):02}:{rng.integers(60):02}"

    def word():
        return str(rng.choice(_WORDS)) if rng.random() < 0.9 else "".join(map(chr, rng.integers(33, 0x2FF, 3)))

    def integer():
        return str(rng.choice([0, -1, 7, 10**17, 3, 5, 5, 5]))

    words = ["Good,", "bad!", "Ä", "x-y", "it's", "\t", "\u00a0z"]
    cells = {
        "number": number, "boolean": lambda: str(rng.choice(["yes", "No", "1", "f"])), "date": moment,
        "text": lambda: " ".join(rng.choice(words, 5)),
    }  # fmt: skip
    table = {}
    for name, kind in read_columns(kinds).items():
        cell = cells.get(kind.kind, word)
        if "integers" in name:
            cell = integer
        elif name == "booleans":
            cell = cells["boolean"]
        table[name] = [None if rng.random() < 0.15 else cell() for _ in range(count)]
    return table


def encode_table(kinds, table, train):
    """The encoder learned from the first `train` rows, the vectors of all rows, and the raw rows with their columns."""
    reader = RawReader(read_columns(kinds))
    reader.append({name: table[name] for name in kinds})
    rows, raw = reader.finish()
    encoder = fit_encoder(raw, rows[:train])
    return encoder, np.asarray(encoder.encode(rows, raw)), rows, raw


def inputs_of(encoder, table, rows, raw, *, codes=False):
    """The values of `raw_inputs`, by name, each of shape (rows, width)."""
    found = {}
    encodings = {each.name: each for each in encoder.encodings}
    for each in raw_inputs(encoder, codes=codes):
        fields = [rows[field] for field in field_names(raw.kinds, each.column)]
        encoding = encodings[each.column]
        values = fields[0]
        if each.part == "seconds":
            values = fields[1]
        elif encoding.kind == "text":
            if codes:
                out = np.zeros((len(rows), encoding.width), np.float32)
                encoding.bind(raw.columns[each.column])(fields, out)
                values = out
            else:
                values = np.array(["" if text is None else text for text in table[each.column]], object)
        elif isinstance(encoding, CategoricalEncoding):
            values = _categories(encoding, values, raw.columns[each.column].values, codes)
        elif encoding.kind == "boolean":
            values = np.where(values < 0, np.float32(np.nan), values.astype(np.float32))
        else:
            assert encoding.kind == "number" or isinstance(encoding, DateEncoding)
        found[each.name] = np.asarray(values).reshape(len(rows), each.width)
    return found


def _categories(encoding, codes, keys, as_places):
    keys = [keys[code] if code >= 0 else None for code in codes]
    if as_places:
        places = encoding.place_of()
        missing, other = (-1 if at is None else at for at in (encoding.missing_place, encoding.other))
        return np.array([missing if key is None else places.get(key, other) for key in keys], np.int32)
    match encoding.dtype:
        case "string":
            return np.array([key or "" for key in keys], object)
        case "boolean":
            return np.array([{"true": 1, "false": 0, None: np.nan}[key] for key in keys], np.float32)
    return np.array(
        [NO_INTEGER if key is None else int(key) if is_integer_key(key) else UNKNOWN_INTEGER for key in keys]
    )


def random_encoding(seed, count=40, without=()):
    """The encoder of a random table, its vectors, and the function that returns its inputs."""
    rng = np.random.default_rng(seed)
    kinds = {name: kind for name, kind in random_kinds(rng).items() if name not in without}
    cells = random_table(rng, kinds, count)
    encoder, vectors, rows, raw = encode_table(kinds, cells, count // 2)
    return encoder, vectors, lambda codes=False: inputs_of(encoder, cells, rows, raw, codes=codes)


def difference(found, expected):
    """The largest difference, relative above 1; NaN equals NaN, and infinity infinity."""
    found, expected = (np.asarray(each, np.float64) for each in (found, expected))
    assert found.shape == expected.shape
    equal = (found == expected) | (np.isnan(found) & np.isnan(expected))
    with np.errstate(invalid="ignore"):
        gaps = np.where(equal, 0, np.abs(found - expected) / np.maximum(1, np.abs(expected)))
    return np.nan_to_num(gaps, nan=np.inf).max(initial=0)


def identity(width):
    """The model that returns its inputs."""
    import keras

    return keras.Sequential([keras.Input((width,)), keras.layers.Identity()])
