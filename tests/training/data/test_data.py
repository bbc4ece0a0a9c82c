"""Sources, splits, labels, missing values and leakage, without Keras."""

import os
import subprocess
import sys
import wave

import numpy as np
import pytest

from seqspec.core.check.check import Check
from seqspec.core.document.table_formats import Dialect
from seqspec.training.data.leaks.equal_samples import shared_samples
from seqspec.training.data.prepare import prepare
from seqspec.training.data.tables.formats import base
from seqspec.training.data.tables.table_files import table_format
from seqspec.training.errors import DataError
from tests.training.specs import CLASSES, SPLIT, samples, spec, table, write_csv


def prepared(base, tree, **more):
    analysis = Check.of(tree)
    assert analysis.validation.ok, analysis.validation.diagnostics
    return prepare(analysis.spec, str(base), seed=7, **more)


def refused(base, tree, **more):
    """(rule, path) of each violation."""
    with pytest.raises(DataError) as error:
        prepared(base, tree, **more)
    return {(violation.rule, violation.path) for violation in error.value.violations}


def with_source(source, split=None, **tables):
    data = {"source": source, **({"split": split} if split else {}), **tables.pop("data", {})}
    return spec(data=data, **tables)


class TestSources:
    def test_npz(self, tmp_path):
        x, y = samples()
        np.savez(tmp_path / "d.npz", x=x, y=y, w=np.arange(len(x)))
        found = prepared(tmp_path, with_source({"type": "arrays", "path": "d.npz", "weight": "w"})).train
        assert np.array_equal(found.x, x) and np.array_equal(found.y, y)
        assert found.weight[5] == 5

    def test_strings_bytes_and_other_byte_orders(self, tmp_path):
        x, y = samples(30)
        names = np.array(CLASSES)[y]
        np.savez(tmp_path / "d.npz", x=x.astype(">f4"), y=names.astype("S"))
        np.save(tmp_path / "x.npy", x.astype(">f4"))
        np.save(tmp_path / "y.npy", names)
        for source in ("d.npz", {"type": "arrays", "path": "x.npy", "y": "y.npy"}):
            for memory in ("load", "stream"):
                tree = spec(data={"source": source, "memory": memory})
                found = prepare(Check.of(tree).spec, str(tmp_path))
                assert found.train.x.dtype == np.dtype("float32") and found.train.x.dtype.isnative
                assert np.array_equal(np.asarray(found.train.x), x) and np.array_equal(found.train.y, y)

    def test_folder_of_npy_files_and_a_single_one(self, tmp_path):
        x, y = samples()
        np.save(tmp_path / "x.npy", x)
        np.save(tmp_path / "y.npy", y)
        for source in ({"path": "."}, {"path": "x.npy", "y": "y.npy"}):
            found = prepared(tmp_path, with_source({"type": "arrays", **source})).train
            assert np.array_equal(found.x, x) and np.array_equal(found.y, y)

    def test_pickled_objects_are_not_loaded(self, tmp_path):
        np.save(tmp_path / "x.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
        tree = with_source({"type": "arrays", "path": "x.npy"})
        assert refused(tmp_path, tree) == {("data-unreadable", ("data", "source", "path"))}
        np.savez(tmp_path / "x.npz", x=np.array([{"a": 1}], dtype=object))
        tree = with_source({"type": "arrays", "path": "x.npz"})
        assert refused(tmp_path, tree) == {("data-unreadable", ("data", "source", "path"))}

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"text"])
    def test_damaged_archives(self, tmp_path, content):
        (tmp_path / "d.npz").write_bytes(content)
        tree = with_source({"type": "arrays", "path": "d.npz"})
        assert refused(tmp_path, tree) == {("data-unreadable", ("data", "source", "path"))}

    def test_arrays_of_unequal_length(self, tmp_path):
        np.savez(tmp_path / "d.npz", x=np.zeros((3, 4)), y=np.zeros(2))
        assert refused(tmp_path, with_source({"type": "arrays", "path": "d.npz"})) == {
            ("data-mismatch", ("data", "source"))
        }

    @pytest.mark.parametrize("format", ["parquet", "feather"])
    def test_formats_of_pyarrow_without_it(self, tmp_path, monkeypatch, format):
        (tmp_path / f"data.{format}").write_bytes(b"PAR1")
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(DataError, match=r"keras-seqspec\[train\]"):
            prepared(tmp_path, with_source(table(f"data.{format}")))

    @pytest.mark.needs("pyarrow")
    @pytest.mark.parametrize("format", ["parquet", "feather"])
    def test_two_columns_of_one_name(self, tmp_path, format):
        import pyarrow
        from pyarrow import feather, parquet

        x, y = samples(30)
        made = pyarrow.Table.from_arrays([*map(pyarrow.array, x.T), pyarrow.array(y)], names=[*"abca", "species"])
        write = parquet.write_table if format == "parquet" else feather.write_feather
        write(made, tmp_path / f"data.{format}")
        assert refused(tmp_path, with_source(table(f"data.{format}"))) == {
            ("data-unreadable", ("data", "source", "path"))
        }

    def test_globs_are_read_in_order(self, tmp_path):
        x, _ = write_csv(tmp_path / "b.csv", 30)
        (tmp_path / "a.csv").write_text("species,d,c,b,a\ngentoo,4,3,2,1\n")
        found = prepared(tmp_path, with_source(table("*.csv"))).train
        assert found.x[0].tolist() == [1, 2, 3, 4] and np.allclose(found.x[1:], x)
        (tmp_path / "c.csv").write_text("a,b\n1,2\n")
        assert refused(tmp_path, with_source(table("*.csv"))) == {("data-column", ("data", "source", "path"))}

    @pytest.mark.parametrize(
        ("text", "rule", "key"),
        [
            ("", "data-unreadable", "path"),
            ("a,b,c,d,species\n", "data-unreadable", "path"),
            ("a,b,c,d,species\n1,2,3\n", "data-unreadable", "path"),
            ("a,b,c,a,species\n1,2,3,4,x\n", "data-unreadable", "path"),
            ("a,b,c,d,label\n1,2,3,4,x\n", "data-column", "label"),
            ("a,b,c,e,species\n1,2,3,4,x\n", "data-column", ("features", 3)),
            ("a,b,c,d,species\n1,2,3,four,x\n", "data-values", "features"),
        ],
    )
    def test_bad_tables(self, tmp_path, text, rule, key):
        (tmp_path / "data.csv").write_text(text)
        keys = key if isinstance(key, tuple) else (key,)
        assert refused(tmp_path, with_source(table())) == {(rule, ("data", "source", *keys))}

    def test_missing_files_name_the_nearest(self, tmp_path):
        write_csv(tmp_path / "data.csv")
        with pytest.raises(DataError) as error:
            prepared(tmp_path, with_source(table("dat.csv")))
        [found] = error.value.violations
        assert (found.rule, found.path) == ("data-unreadable", ("data", "source", "path"))
        assert refused(tmp_path, with_source(table("none/*.csv"))) == {("data-unreadable", ("data", "source", "path"))}

    @pytest.mark.needs("PIL")
    def test_images(self, tmp_path):
        from PIL import Image

        for index, name in enumerate(["cat", "dog"]):
            (tmp_path / "img" / name).mkdir(parents=True)
            for number in range(3):
                pixels = np.full((6, 5, 3), 50 * index + number, np.uint8)
                Image.fromarray(pixels).save(tmp_path / "img" / name / f"{number}.png")
        layers = ["Flatten", {"type": "Dense", "units": 1, "activation": "sigmoid"}]
        more = {"target": {"kind": "binary"}, "compile": {"loss": "binary_crossentropy"}}
        source = {"type": "images", "path": "img"}
        found = prepared(tmp_path, spec(layers, (6, 5, 3), data={"source": source}, **more))
        assert found.train.x.dtype == np.uint8 and found.train.x.shape == (6, 6, 5, 3)
        assert found.train.x[:, 0, 0, 0].tolist() == [0, 1, 2, 50, 51, 52]
        assert found.train.y.tolist() == [0, 0, 0, 1, 1, 1] and found.labels.names == ["cat", "dog"]
        small = {**source, "size": [3, 3], "channels": 1}
        assert prepared(tmp_path, spec(layers, (3, 3, 1), data={"source": small}, **more)).train.x.shape == (6, 3, 3, 1)
        (tmp_path / "img" / "dog" / "torn.png").write_bytes(b"\x89PNG torn")
        with pytest.raises(DataError, match=r"dog/torn\.png"):
            prepared(tmp_path, spec(layers, (6, 5, 3), data={"source": source}, **more))

    @pytest.mark.slow
    @pytest.mark.parametrize("image", [(4, 3), (4, 8), (4, 9), (9, 3), (10, 3)])
    def test_images_are_cropped_as_keras_crops_them(self, tmp_path, image):
        """The images have the height or the width of the size, so that nothing is interpolated."""
        import keras
        from PIL import Image

        (tmp_path / "img" / "a").mkdir(parents=True)
        pixels = np.random.default_rng(0).integers(0, 256, (*image, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "img" / "a" / "0.png")
        tree = spec(["Flatten", {"type": "Dense", "units": 1}], [4, 3, 3], target=None, compile=None)
        source = {"type": "images", "path": "img", "crop_to_aspect_ratio": True}
        found = prepared(tmp_path, {**tree, "data": {"source": source}}).train.x
        [expected] = keras.utils.image_dataset_from_directory(
            str(tmp_path / "img"), label_mode=None, image_size=(4, 3), crop_to_aspect_ratio=True, verbose=False
        )
        assert np.array_equal(found, expected)

    def test_images_keep_their_aspect_ratio(self, tmp_path):
        """A wide image with a gray square in the middle: cropped, only the square remains."""
        from PIL import Image

        (tmp_path / "img" / "a").mkdir(parents=True)
        pixels = np.zeros((40, 100, 3), np.uint8)
        pixels[:, 30:70] = 128
        Image.fromarray(pixels).save(tmp_path / "img" / "a" / "0.png")
        layers = ["Flatten", {"type": "Dense", "units": 1}]

        def read(**keys):
            source = {"type": "images", "path": "img", "size": [10, 10], **keys}
            tree = spec(layers, [10, 10, 3], target=None, compile=None, data={"source": source})
            return prepared(tmp_path, tree).train.x[0, ..., 0]

        assert (read(crop_to_aspect_ratio=True) == 128).all()
        assert np.array_equal(read(crop_to_aspect_ratio=False), read()) and read()[0, 0] == 0

    @pytest.mark.needs("PIL")
    def test_images_are_turned_as_their_orientation_says(self, tmp_path):
        from PIL import Image

        (tmp_path / "img" / "a").mkdir(parents=True)
        image = Image.fromarray(np.zeros((4, 8, 3), np.uint8))
        turned = image.getexif()
        turned[0x0112] = 6
        image.save(tmp_path / "img" / "a" / "0.jpg", exif=turned)
        tree = spec(["Flatten", {"type": "Dense", "units": 1}], [8, 4, 3], target=None, compile=None)
        assert prepared(tmp_path, {**tree, "data": {"source": {"type": "images", "path": "img"}}}).train.x.shape == (
            1, 8, 4, 3,
        )  # fmt: skip

    @pytest.mark.needs("PIL")
    def test_huge_images_and_pipes_are_refused_by_name(self, tmp_path):
        from PIL import Image

        (tmp_path / "img" / "a").mkdir(parents=True)
        Image.new("1", (9000, 9000)).save(tmp_path / "img" / "a" / "huge.png")
        source = {"type": "images", "path": "img", "size": [4, 4]}
        tree = spec(["Flatten", {"type": "Dense", "units": 1}], [4, 4, 3], target=None, compile=None)
        with pytest.raises(DataError, match=r"a/huge\.png has 9,000×9,000 pixels, more than 80,000,000"):
            prepared(tmp_path, {**tree, "data": {"source": source}})
        (tmp_path / "img" / "a" / "huge.png").unlink()
        os.mkfifo(tmp_path / "img" / "a" / "pipe.png")
        with pytest.raises(DataError, match=r"a/pipe\.png: a device or a pipe, not a file"):
            prepared(tmp_path, {**tree, "data": {"source": source}})
        os.mkfifo(tmp_path / "rows.csv")
        with pytest.raises(DataError, match=r"rows\.csv is a device or a pipe, not a file"):
            prepared(tmp_path, {**tree, "data": {"source": table("rows.csv")}})

    def test_images_of_16_bits(self, tmp_path):
        from PIL import Image

        (tmp_path / "pictures" / "gray").mkdir(parents=True)
        values = (np.arange(64, dtype="uint16") * 1000).reshape(8, 8)
        Image.fromarray(values).save(tmp_path / "pictures" / "gray" / "0.png")
        tree = spec(["Flatten", {"type": "Dense", "units": 1}], [8, 8, 1], target=None,
                    data={"source": {"type": "images", "path": "pictures"}}, compile=None)  # fmt: skip
        found = prepare(Check.of(tree).spec, str(tmp_path))
        assert np.array_equal(found.train.x[0, ..., 0], values >> 8)

    @pytest.mark.parametrize("is_arrow", [True, False])
    @pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8"])
    def test_dialect(self, tmp_path, monkeypatch, encoding, is_arrow):
        cells = [
            ("Größe", "date", "city"),
            ("1.234.567,5", "31.12.2024", "Köln, 1"),
            ("-0,25", "1.2", "x"),
            ("7", "", ""),
        ]
        (tmp_path / "t.csv").write_text("\n".join(map(";".join, cells)), encoding)
        if not is_arrow:
            monkeypatch.setitem(sys.modules, "pyarrow", None)
        format = table_format("csv", Dialect(delimiter=";", decimal=",", encoding=encoding))
        names = format.names(tmp_path / "t.csv")
        [block] = format.blocks(tmp_path / "t.csv", names)
        columns = {name: values if isinstance(values, list) else values.to_pylist() for name, values in block.items()}
        assert columns == {
            "Größe": ["1234567.5", "-0.25", "7"], "date": ["31.12.2024", "1.2", None], "city": ["Köln, 1", "x", None],
        }  # fmt: skip

    def test_text(self, tmp_path):
        for name in ("good", "bad"):
            (tmp_path / "texts" / name).mkdir(parents=True)
            (tmp_path / "texts" / name / "1.txt").write_text(f"a {name} film")
        (tmp_path / "t.csv").write_text("review,mark\nfine film,good\n,bad\n")
        layers = [
            {"type": "TextVectorization", "max_tokens": 20, "output_sequence_length": 4},
            {"type": "Embedding", "input_dim": 20, "output_dim": 2},
            "GlobalAveragePooling1D",
            {"type": "Dense", "units": 1, "activation": "sigmoid"},
        ]
        more = {"target": {"kind": "binary"}, "compile": {"loss": "binary_crossentropy"}}
        shape = {"shape": [], "dtype": "string"}

        def read(source):
            return prepare(Check.of(spec(layers, shape, data={"source": source}, **more)).spec, str(tmp_path))

        found = read({"type": "text", "path": "texts"})
        assert found.train.x.tolist() == ["a bad film", "a good film"] and found.train.y.tolist() == [0, 1]
        found = read({"type": "text", "path": "t.csv", "column": "review", "label": "mark"})
        assert found.train.x.tolist() == ["fine film", ""] and found.train.y.tolist() == [1, 0]

    def test_audio(self, tmp_path):
        for name, value in (("high", 16384), ("low", -16384)):
            (tmp_path / "sounds" / name).mkdir(parents=True)
            with wave.open(str(tmp_path / "sounds" / name / "1.wav"), "wb") as file:
                file.setnchannels(1), file.setsampwidth(2), file.setframerate(8000)
                file.writeframes(np.full(5, value, "<i2").tobytes())
        layers = ["Flatten", {"type": "Dense", "units": 1, "activation": "sigmoid"}]
        more = {"target": {"kind": "binary"}, "compile": {"loss": "binary_crossentropy"}}
        source = {"type": "audio", "path": "sounds", "samples": 8}
        found = prepared(tmp_path, spec(layers, (8, 1), data={"source": source}, **more)).train
        assert found.x[:, :, 0].tolist() == [[0.5] * 5 + [0] * 3, [-0.5] * 5 + [0] * 3]

    def test_a_wav_file_that_was_cut_off(self, tmp_path):
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "cut.wav").write_bytes(b"RIFFxx")
        source = {"type": "audio", "path": ".", "samples": 4}
        with pytest.raises(DataError, match="is not a readable WAV file: it ends too early"):
            prepared(tmp_path, with_source(source))

    @pytest.mark.parametrize("memory", ["load", "stream"])
    def test_windows_with_a_gap_are_dropped(self, tmp_path, memory):
        """With `missing = "drop"`: those whose input or label is missing, and no others."""
        steps = np.arange(40.0)
        steps[[10, 33]] = np.nan
        np.save(tmp_path / "s.npy", steps)
        source = {"type": "series", "path": "s.npy", "window": 3}
        data = {"source": source, "missing": "drop", "memory": memory, "split": {"by": "time", "test": 0.25}}
        regression = {"target": {"kind": "regression"}, "compile": {"loss": "mse"}}
        tree = spec([{"type": "Dense", "units": 1}], (3,), data=data, **regression)
        found = prepared(tmp_path, tree)
        starts = [row for row in range(27) if not row <= 10 <= row + 3]
        assert found.train.x[:].tolist() == [[row, row + 1, row + 2] for row in starts]
        assert np.asarray(found.train.y[:]).reshape(-1).tolist() == [row + 3 for row in starts]
        assert len(found.sets["test"]) == 7 - 4 and found.dropped == 8
        np.save(tmp_path / "s.npy", np.full(40, np.nan))
        assert refused(tmp_path, tree) == {("data-split", ("data", "missing"))}

    def test_sets_from_python_drop_missing_values(self):
        x, y = samples(30)
        x[4, 1] = np.nan
        tree = spec(data={"missing": "drop"})
        found = prepare(Check.of(tree).spec, data={"train": (x, y), "test": (x[:10], y[:10])})
        assert (len(found.train), len(found.sets["test"]), found.dropped) == (29, 9, 2)

    @pytest.mark.parametrize("width", [1, 2, 3, 4])
    def test_audio_of_every_sample_size(self, tmp_path, width):
        """Half of full scale, and its negative, are 0.5 and -0.5 for every number of bits."""
        for name, value in (("high", 0.5), ("low", -0.5)):
            (tmp_path / "sounds" / name).mkdir(parents=True)
            raw = 128 + int(value * 128) if width == 1 else int(value * 2 ** (8 * width - 1))
            with wave.open(str(tmp_path / "sounds" / name / "1.wav"), "wb") as file:
                file.setnchannels(2), file.setsampwidth(width), file.setframerate(8000)
                file.writeframes(raw.to_bytes(width, "little", signed=width > 1) * 6)
        layers = ["Flatten", {"type": "Dense", "units": 1, "activation": "sigmoid"}]
        more = {"target": {"kind": "binary"}, "compile": {"loss": "binary_crossentropy"}}
        source = {"type": "audio", "path": "sounds", "samples": 4}
        found = prepared(tmp_path, spec(layers, (4, 1), data={"source": source}, **more)).train
        assert found.x[:, :, 0].tolist() == [[0.5] * 3 + [0], [-0.5] * 3 + [0]]

    def test_series_are_split_before_windows_are_cut(self, tmp_path):
        np.save(tmp_path / "s.npy", np.arange(100.0))
        source = {"type": "series", "path": "s.npy", "window": 5, "horizon": 2}
        split = {"by": "time", "validation": 0.2, "test": 0.2, "gap": 3}
        tree = spec(
            [{"type": "Dense", "units": 2}], (5,), data={"source": source, "split": split},
            target={"kind": "regression", "shape": [2]}, compile={"loss": "mse"},
        )  # fmt: skip
        sets = prepared(tmp_path, tree).sets
        assert {name: len(each) for name, each in sets.items()} == {"train": 54, "validation": 11, "test": 11}
        assert sets["train"].x[0].tolist() == [0, 1, 2, 3, 4] and sets["train"].y[0].tolist() == [5, 6]
        assert sets["train"].y.max() == 59 and sets["validation"].x.min() == 63
        assert sets["validation"].y.max() == 79 and sets["test"].x.min() == 83
        assert refused(tmp_path, {**tree, "data": {**tree["data"], "split": {**split, "test": 0.05}}}) == {
            ("data-split", ("data", "source", "window"))
        }

    def test_python_functions_run_only_where_allowed(self, tmp_path, monkeypatch):
        (tmp_path / "own_data_source.py").write_text(
            "import numpy as np\ndef load(n):\n    return np.ones((n, 4)), np.zeros(n, int)\n"
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        tree = with_source({"type": "python", "import": "own_data_source:load", "args": {"n": 9}})
        assert refused(tmp_path, tree) == {("data-not-allowed", ("data", "source", "import"))}
        assert "own_data_source" not in sys.modules
        assert len(prepared(tmp_path, tree, allowed=["own_data_source"]).train) == 9

    def test_data_module_imports_nothing_heavy(self, tmp_path):
        write_csv(tmp_path / "data.csv")
        script = (
            "import sys\nfrom seqspec.core.check.check import Check\n"
            "from seqspec.training.data.prepare import prepare\n"
            f"prepare(Check.of({with_source(table(), SPLIT)!r}).spec, {str(tmp_path)!r})\n"
            "assert not {'keras', 'tensorflow', 'sklearn', 'pandas'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", script], check=True)


class TestShapes:
    def test_shape_of_samples(self, tmp_path):
        np.savez(tmp_path / "d.npz", x=np.zeros((9, 5)), y=np.zeros(9))
        assert refused(tmp_path, with_source({"type": "arrays", "path": "d.npz"})) == {
            ("data-mismatch", ("model", "input"))
        }

    def test_a_last_axis_of_one_is_added(self, tmp_path):
        np.savez(tmp_path / "d.npz", x=np.zeros((9, 8, 8)), y=np.zeros(9))
        layers = ["Flatten", {"type": "Dense", "units": 3, "activation": "softmax"}]
        tree = spec(layers, (8, 8, 1), data={"source": {"type": "arrays", "path": "d.npz"}})
        assert prepared(tmp_path, tree).train.x.shape == (9, 8, 8, 1)


class TestSplits:
    def rows(self, tmp_path, split, **columns):
        write_csv(tmp_path / "data.csv", **columns)
        return prepared(tmp_path, with_source(table(), split)).rows

    def test_random(self, tmp_path):
        rows = self.rows(tmp_path, SPLIT)
        assert [len(rows[name]) for name in ("train", "validation", "test")] == [72, 24, 24]
        assert sorted(np.concatenate(list(rows.values()))) == list(range(120))
        again = self.rows(tmp_path, SPLIT)
        assert all(np.array_equal(rows[name], again[name]) for name in rows)

    def test_stratified(self, tmp_path):
        write_csv(tmp_path / "data.csv")
        found = prepared(tmp_path, with_source(table(), {**SPLIT, "stratify": True}))
        for counts in zip(*(np.bincount(found.sets[name].y) / len(found.sets[name]) for name in found.sets)):
            assert max(counts) - min(counts) < 0.05

    def test_stratify_needs_enough_of_each_class(self, tmp_path):
        lines = ["a,b,c,d,species", *["1,2,3,4,adelie"] * 9, *["1,2,3,4,gentoo"] * 2]
        (tmp_path / "data.csv").write_text("\n".join(lines))
        tree = with_source(table(), {**SPLIT, "stratify": True})
        assert refused(tmp_path, tree) == {("data-split", ("data", "split", "stratify"))}

    def test_groups_stay_together(self, tmp_path):
        groups = [f"g{number % 17}" for number in range(120)]
        rows = self.rows(tmp_path, {**SPLIT, "by": "group", "column": "who"}, who=groups)
        sets = [{groups[row] for row in chosen} for chosen in rows.values()]
        assert len(sets) == 3 and not sets[0] & sets[1] and not sets[0] & sets[2] and not sets[1] & sets[2]
        assert 60 <= len(rows["train"]) <= 84

    @pytest.mark.parametrize("dates", [False, True])
    def test_time_with_a_gap(self, tmp_path, dates):
        order = np.random.default_rng(1).permutation(120)
        when = [
            str(np.datetime64("2024-01-01") + np.timedelta64(int(day), "D")) if dates else int(day) for day in order
        ]
        rows = self.rows(tmp_path, {**SPLIT, "by": "time", "column": "when", "gap": 5}, when=when)
        assert order[rows["train"]].max() == 71
        assert (order[rows["validation"]].min(), order[rows["validation"]].max()) == (77, 95)
        assert (order[rows["test"]].min(), order[rows["test"]].max()) == (101, 119)

    def test_column(self, tmp_path):
        sets = (["train"] * 8 + ["val", "TEST"]) * 12
        rows = self.rows(tmp_path, {"by": "column", "column": "set"}, set=sets)
        assert [len(rows[name]) for name in ("train", "validation", "test")] == [96, 12, 12]
        tree = with_source(table(), {"by": "column", "column": "set"})
        write_csv(tmp_path / "data.csv", set=["train"] * 119 + ["hold-out"])
        assert refused(tmp_path, tree) == {("data-split", ("data", "split", "column"))}

    def test_a_hash_is_stable_when_rows_are_added(self, tmp_path):
        ids = [f"id{number}" for number in range(120)]
        split = {**SPLIT, "by": "hash", "column": "id"}
        home = {ids[row]: name for name, chosen in self.rows(tmp_path, split, id=ids).items() for row in chosen}
        fewer = [f"id{number}" for number in range(40, 100)]
        (tmp_path / "data.csv").write_text(
            "a,b,c,d,species,id\n"
            + "\n".join(f"1,2,3,{number},{CLASSES[number % 3]},{name}" for number, name in enumerate(fewer))
        )
        rows = prepared(tmp_path, with_source(table(), split)).rows
        assert all(home[fewer[row]] == name for name, chosen in rows.items() for row in chosen)

    def test_an_unknown_column(self, tmp_path):
        write_csv(tmp_path / "data.csv")
        tree = with_source(table(), {**SPLIT, "by": "group", "column": "who"})
        assert {rule for rule, _ in refused(tmp_path, tree)} == {"data-column"}

    def test_an_empty_set(self, tmp_path):
        (tmp_path / "data.csv").write_text("a,b,c,d,species\n1,2,3,4,x\n1,2,3,5,y\n")
        assert refused(tmp_path, with_source(table(), SPLIT)) == {("data-split", ("data", "split"))}


class TestLeakage:
    @pytest.mark.parametrize("seed", range(20))
    def test_seeded_duplicates_are_all_found_and_none_invented(self, seed):
        generator = np.random.default_rng(seed)
        dtype = [np.float32, np.float64, np.uint8, np.int64][seed % 4]
        size = [(4,), (7,), (3, 3, 1), (16,)][seed // 4 % 4]
        first = (generator.normal(size=(500, *size)) * 1000).astype(dtype)
        second = (generator.normal(size=(200, *size)) * 1000).astype(dtype)
        exact = {row.tobytes() for row in first}
        planted = generator.choice(200, size=seed, replace=False)
        second[planted] = first[generator.choice(500, size=seed)]
        expected = {row for row in range(200) if second[row].tobytes() in exact}
        pairs = shared_samples(first, second)
        assert {row for _, row in pairs} == expected >= set(planted.tolist())
        assert all(np.array_equal(first[a], second[b]) for a, b in pairs)

    def test_sample_leakage_is_a_warning(self, tmp_path):
        x, y = samples()
        np.savez(tmp_path / "d.npz", x=np.concatenate([x, x]), y=np.concatenate([y, y]))
        found = prepared(tmp_path, with_source({"type": "arrays", "path": "d.npz"}, SPLIT))
        assert {violation.rule for violation in found.warnings} == {"sample-leakage"}

    def test_samples_without_any_value_are_not_equal(self, tmp_path):
        lines = [*(f"{row},1,2,3,{CLASSES[row % 3]}" for row in range(30)), *[",,,,gentoo"] * 10]
        (tmp_path / "data.csv").write_text("\n".join(["a,b,c,d,species", *lines]))
        tree = with_source(table(), SPLIT, data={"missing": {"fill": "mean"}})
        assert not prepared(tmp_path, tree).warnings

    def test_groups_and_times_of_given_sets(self, tmp_path):
        sets = ["train"] * 80 + ["validation"] * 20 + ["test"] * 20
        clean = {"who": [str(row // 20) for row in range(120)], "when": list(range(120)), "set": sets}
        split = {"by": "column", "column": "set", "group": "who", "time": "when"}
        write_csv(tmp_path / "data.csv", **clean)
        assert not prepared(tmp_path, with_source(table(), split)).warnings
        clean["who"][110] = "0"
        clean["when"][85] = 3
        write_csv(tmp_path / "data.csv", **clean)
        warnings = prepared(tmp_path, with_source(table(), split)).warnings
        assert [(each.rule, each.path[-1]) for each in warnings] == [
            ("sample-leakage", "group"),
            ("sample-leakage", "time"),
        ]


class TestMissingValues:
    def write(self, tmp_path):
        (tmp_path / "data.csv").write_text(
            "a,b,c,d,species\n" + "\n".join(f"{row},1,2,3,{CLASSES[row % 3]}" for row in range(28))
            + "\nNA,1,2,3,gentoo\n,1,2,3,adelie\n"
        )  # fmt: skip

    def test_error_names_the_column(self, tmp_path):
        self.write(tmp_path)
        assert refused(tmp_path, with_source(table())) == {("data-values", ("data", "source"))}

    def test_drop(self, tmp_path):
        self.write(tmp_path)
        found = prepared(tmp_path, with_source(table(), data={"missing": "drop"}))
        assert len(found.train) == 28 and found.dropped == 2

    @pytest.mark.parametrize("fill", ["mean", "median", -1.0])
    def test_fills_come_from_the_training_set(self, tmp_path, fill):
        self.write(tmp_path)
        split = {"by": "time", "validation": 0.5}
        found = prepared(tmp_path, with_source(table(), split, data={"missing": {"fill": fill}}))
        expected = {"mean": 7.0, "median": 7.0}.get(fill, fill)
        assert found.fills[0] == expected and found.sets["validation"].x[-2:, 0].tolist() == [expected] * 2

    @pytest.mark.parametrize("fill", ["mean", "median", -1.0])
    def test_samples_that_are_numbers_have_one_fill(self, tmp_path, fill):
        x, y = np.arange(10.0), np.arange(10) % 3
        x[[3, 9]] = np.nan
        data = {"train": (x[:6], y[:6]), "validation": (x[6:], y[6:])}
        found = prepared(tmp_path, spec(shape=(1,), data={"missing": {"fill": fill}}), data=data)
        expected = {"mean": 2.4, "median": 2.0}.get(fill, fill)
        assert found.fills.tolist() == pytest.approx([expected])
        assert found.sets["validation"].x[:, 0].tolist() == pytest.approx([6, 7, 8, expected])

    def test_a_set_with_another_number_of_columns_is_refused(self, tmp_path):
        x, y = np.ones((6, 4)), np.arange(6) % 3
        data = {"train": (x, y), "validation": (x[:, :2], y)}
        tree = spec(data={"missing": {"fill": "mean"}})
        assert refused(tmp_path, tree, data=data) == {("data-mismatch", ("model", "input"))}

    def test_missing_labels(self, tmp_path):
        (tmp_path / "data.csv").write_text("a,b,c,d,species\n1,2,3,4,gentoo\n1,2,3,5,\n")
        tree = with_source(table(), data={"missing": {"fill": "mean"}})
        assert refused(tmp_path, tree) == {("data-values", ("data", "source"))}


class TestLabels:
    def test_names_fix_the_order(self, tmp_path):
        _, y = write_csv(tmp_path / "data.csv")
        target = {"kind": "multiclass", "classes": 3, "names": CLASSES[::-1]}
        found = prepared(tmp_path, with_source(table(), target=target))
        assert np.array_equal(found.train.y, 2 - y)

    def test_a_label_outside_the_names(self, tmp_path):
        write_csv(tmp_path / "data.csv")
        target = {"kind": "multiclass", "classes": 3, "names": ["adelie", "chinstrap", "gento"]}
        with pytest.raises(DataError) as error:
            prepared(tmp_path, with_source(table(), target=target))
        [found] = error.value.violations
        assert (found.rule, found.path) == ("data-labels", ("target", "names"))

    def test_one_hot(self, tmp_path):
        _, y = write_csv(tmp_path / "data.csv")
        target = {"kind": "multiclass", "classes": 3, "encoding": "one_hot"}
        compiled = {"loss": "categorical_crossentropy"}
        found = prepared(tmp_path, with_source(table(), target=target, compile=compiled))
        assert np.array_equal(found.train.y, np.eye(3)[y])

    def test_indices_outside_the_classes(self, tmp_path):
        x, y = samples()
        np.savez(tmp_path / "d.npz", x=x, y=y + 1)
        with pytest.raises(DataError) as error:
            prepared(tmp_path, with_source({"type": "arrays", "path": "d.npz"}))
        [found] = error.value.violations
        assert (found.rule, found.path) == ("data-labels", ("data", "source"))

    def test_more_classes_than_the_target_says(self, tmp_path):
        write_csv(tmp_path / "data.csv")
        layers = [{"type": "Dense", "units": 4, "activation": "softmax"}]
        tree = spec(layers, data={"source": table()}, target={"kind": "multiclass", "classes": 4})
        assert refused(tmp_path, tree) == {("data-labels", ("target", "classes"))}

    def test_class_counts(self, tmp_path):
        _, y = write_csv(tmp_path / "data.csv")
        found = prepared(tmp_path, with_source(table()))
        assert found.class_counts() == {"train": np.bincount(y).tolist()}


class TestArraysFromPython:
    def test_sets_by_name(self):
        x, y = samples()
        found = prepared(".", spec(), data={"train": (x[:80], y[:80]), "test": (x[80:], y[80:])})
        assert {name: len(each) for name, each in found.sets.items()} == {"train": 80, "test": 40}

    def test_strings_are_encoded(self):
        x, y = samples()
        found = prepared(".", spec(), data=(x, np.array(CLASSES)[y]))
        assert np.array_equal(found.train.y, y) and found.labels.names == CLASSES

    def test_an_unknown_set(self):
        assert refused(".", spec(), data={"train": samples(), "tset": samples()}) == {("data-split", ())}


class TestSpec:
    @pytest.mark.parametrize(
        ("data", "rule", "pointer"),
        [
            ({"source": {"type": "tabel", "path": "x.csv"}}, "bad-value", "/data/source/type"),
            ({"source": {"path": "x.csv"}}, "missing-key", "/data/source"),
            ({"source": {"type": "table", "path": "x.csv", "lable": "y"}}, "unknown-key", "/data/source/lable"),
            ({"source": {"type": "table", "path": 3}}, "wrong-type", "/data/source/path"),
            ({"source": "x.csv", "split": {"by": "random", "test": 1.5}}, "bad-value", "/data/split/test"),
            (
                {"source": "x.csv", "split": {"by": "random", "test": 0.6, "validation": 0.6}},
                "bad-value",
                "/data/split",
            ),
            ({"source": "x.csv", "split": {"by": "time", "gap": -1}}, "bad-value", "/data/split/gap"),
            ({"split": SPLIT}, "conflicting-arguments", "/data/split"),
            ({"source": "x.csv", "train": {"source": "y.csv"}}, "conflicting-arguments", "/data/train/source"),
            ({"source": "x.csv", "missing": "ignore"}, "bad-value", "/data/missing"),
            ({"source": "x.csv", "missing": {"fill": "mode"}}, "bad-value", "/data/missing/fill"),
        ],
    )
    def test_mistakes_are_found_at_their_place(self, data, rule, pointer):
        found = Check.of(spec(data=data)).validation.diagnostics
        assert (rule, pointer) in [(each.name, each.pointer) for each in found]

    def test_data_table_round_trips(self):
        tree = spec(data={"source": table(), "split": SPLIT, "missing": {"fill": "mean"}})
        assert Check.of(tree).spec.to_dict()["data"] == tree["data"]


def test_wide_tables_have_blocks_of_fewer_rows(monkeypatch):
    """16,384 rows of 1,500 columns would be 25 million values in memory."""
    monkeypatch.setattr(base, "BLOCK_VALUES", 8)
    blocks = [*base.blocks_of_rows(iter([[1, 2, 3, 4]] * 5), "abcd")]
    assert [len(block["a"]) for block in blocks] == [2, 2, 1]
    assert [*base.blocks_of_rows(iter([range(9)]), "abcdefghi")]
