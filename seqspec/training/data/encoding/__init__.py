"""The encoding of table columns as one float32 vector per row, as declared in `[data.columns]`.

Three steps, each in modules of its own:

1. `raw.RawReader` reads columns in blocks into raw rows: a structured array of one fixed-size row per sample (numbers
   as float32, categories as int32 codes, dates as int32 days and seconds), in memory or on disk, whose rows can be
   selected. Dictionaries of categories and words are in `raw.RawColumn`.
2. `encoder.fit_encoder` learns statistics, vocabularies and fills from the raw rows of the training set alone.
3. `encoder.Encoder.bind(columns)` returns the function from raw rows to the matrix (rows, width).

`Encoder.to_state()` is plain JSON, `encoding.json` in a run folder, and `Encoder.from_state()` its exact inverse::

    {"version": 1, "width": 68, "missing": ..., "columns": [
      {"name": "age", "kind": "number", "start": 0, "width": 1, ...}, ...]}

`start` and `width` are the places of a column in the vector. The other keys are those of the dataclass of its kind:

- `numbers.NumberEncoding`: float32 arithmetic in this order: `clip`, then `fill` where the value is NaN, then `scale`.
  The scales `standard` and `min_max` are `(x - mean) / max(sqrt(variance), 1e-7)`, `min_max` with the minimum as mean
  and the squared range as variance; `log` is the same of `sign(x) * log1p(abs(x))`; `quantile` is the mean over 32
  segments of `clip((x - knot) / max(width, 1e-7), 0, 1)`, `none` the value. With `flag` a second value is 1 where the
  number was missing. `low` and `high` are the training range, for warnings.
- `booleans.BooleanEncoding`: 1 or 0, `fill` where it is missing, then the flag.
- `categories.CategoryEncoding`: 1 at the place of the value in `values`; at `other` (a place, or null) for a value that
  is not listed; at `missing_place` (or null) for a missing one; else zeros. `dtype` says how `values` are compared:
  "string", "integer" or "boolean"; also a text such as "1.0" is the integer 1 (`categories.category_key`).
- `dates.DateEncoding`: the values of `dates.parts_of`; `mean` and `variance` scale each of them (0 and 1 for cycles and
  weekend); `fill` replaces each scaled value where the date is missing, then the flag. `since` is a column, or null:
  then `origin` are the days and seconds that `elapsed` starts from.
- `texts.TextEncoding`: 1 at the place of each of `words` that the text has, after `texts.words_of`.

`seqspec.training.data.table_source` reads a table for a spec; `seqspec.training.data.column_findings` is what is
reported about the columns.
"""
