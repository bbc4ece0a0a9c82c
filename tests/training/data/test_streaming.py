"""Streamed data: the same batches as from memory, in a bounded amount of memory."""

import gc
import tracemalloc
import wave
from functools import partial

import keras
import numpy as np
import pytest

import seqspec
from seqspec.core.check.check import Check
from seqspec.core.document.sources import SOURCES
from seqspec.core.document.table_formats import TABLE_FORMATS
from seqspec.training.data import budget, feed, folders, stored
from seqspec.training.data.labels import LabelBaseline, LabelEncoding
from seqspec.training.data.leaks import column_checks as fitted_on_everything
from seqspec.training.data.leaks import equal_samples as equal_rows
from seqspec.training.data.leaks import scan, similar_images
from seqspec.training.data.missing import fill_values
from seqspec.training.data.prepare import prepare
from seqspec.training.data.prepared import SampleSet
from seqspec.training.data.stored import Budget, Collector, StoredArray, TextCollector, chunks
from seqspec.training.data.tables.formats import base, delimited, parquet
from seqspec.training.evaluation.evaluate import evaluate_sets
from seqspec.training.evaluation.outputs import predict_outputs
from tests.nightly import rest_nightly
from tests.training.data.table_samples import write_sample
from tests.training.specs import CLASSES, SPLIT, samples, spec, table

STRATIFIED = {**SPLIT, "stratify": True}
IMAGE_LAYERS = [
    {"type": "Rescaling", "scale": 1 / 255},
    {"type": "Conv2D", "filters": 4, "kernel_size": 3},
    "GlobalAveragePooling2D",
    {"type": "Dense", "units": 2, "activation": "softmax"},
]


def write_arrays(folder):
    x, y = samples()
    np.save(folder / "x.npy", x.astype("float64"))
    np.save(folder / "y.npy", y)
    np.savez(folder / "d.npz", x=x, y=y)
    np.savez_compressed(folder / "packed.npz", x=x, y=y)


def write_tables(folder, format="csv"):
    x, y = samples()
    columns = {name: x[:, index] for index, name in enumerate("abcd")} | {"species": [CLASSES[label] for label in y]}
    write_sample(folder / f"data.{format}", columns, format)


def write_images(folder):
    from PIL import Image

    generator = np.random.default_rng(0)
    for name, low in (("dark", 0), ("light", 100)):
        (folder / "pictures" / name).mkdir(parents=True)
        for number in range(20):
            pixels = generator.integers(low, low + 100, (8, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "pictures" / name / f"{number}.png")


def write_texts(folder):
    rows = [f"{'good great' if number % 2 else 'bad dull'} film {number},{'up' if number % 2 else 'down'}"
            for number in range(60)]  # fmt: skip
    (folder / "texts.csv").write_text("\n".join(["text,label", *rows]))


def write_series(folder):
    values = np.sin(np.arange(200) / 5).round(4)
    (folder / "series.csv").write_text("day,value\n" + "".join(f"d{row},{value}\n" for row, value in enumerate(values)))


def write_audio(folder):
    generator = np.random.default_rng(0)
    for name, loud in (("soft", 1000), ("loud", 20000)):
        (folder / "clips" / name).mkdir(parents=True)
        for number in range(10):
            with wave.open(str(folder / "clips" / name / f"{number}.wav"), "wb") as clip:
                clip.setparams((1, 2, 8000, 0, "NONE", ""))
                clip.writeframes((generator.normal(0, loud, 60).clip(-32767, 32767)).astype("<i2").tobytes())


CASES = {
    "npy": (write_arrays, {"type": "arrays", "path": "x.npy", "y": "y.npy"}, {}),
    "npz": (write_arrays, {"type": "arrays", "path": "d.npz"}, {}),
    "packed": (write_arrays, {"type": "arrays", "path": "packed.npz"}, {}),
    **{name: (partial(write_tables, format=name), table(f"data.{name}", format=name), {}) for name in TABLE_FORMATS},
    "images": (write_images, {"type": "images", "path": "pictures", "crop_to_aspect_ratio": True},
               {"layers": IMAGE_LAYERS, "shape": [8, 8, 3], "target": {"kind": "multiclass", "classes": 2}}),
    "text": (write_texts, {"type": "text", "path": "texts.csv", "column": "text", "label": "label"},
             {"shape": {"shape": [], "dtype": "string"}, "target": {"kind": "multiclass", "classes": 2},
              "layers": [{"type": "TextVectorization", "max_tokens": 50, "output_mode": "multi_hot",
                          "pad_to_max_tokens": True},
                         {"type": "Dense", "units": 2, "activation": "softmax"}]}),
    "series": (write_series, {"type": "series", "path": "series.csv", "window": 6, "horizon": 2},
               {"shape": [6], "layers": [{"type": "Dense", "units": 2}], "target": {"kind": "regression", "shape": [2]},
                "compile": {"optimizer": "adam(0.01)", "loss": "mse"}}),
    "audio": (write_audio, {"type": "audio", "path": "clips", "samples": 64},
              {"shape": [64, 1], "target": {"kind": "multiclass", "classes": 2},
               "layers": [{"type": "Conv1D", "filters": 2, "kernel_size": 5}, "GlobalMaxPooling1D",
                          {"type": "Dense", "units": 2, "activation": "softmax"}]}),
}  # fmt: skip


def test_each_source_has_a_sample():
    # A function of Python returns arrays, which are not streamed.
    assert {source["type"] for _, source, _ in CASES.values()} == SOURCES.keys() - {"python"}


def tree_of(case, memory):
    _, source, more = CASES[case]
    split = {"by": "time", "train": 0.7, "validation": 0.15, "test": 0.15} if case == "series" else STRATIFIED
    return spec(**more, data={"source": source, "split": split, "memory": memory})


@pytest.mark.parametrize("case", CASES)
def test_the_same_data(tmp_path, case):
    CASES[case][0](tmp_path)
    loaded, streamed = (
        prepare(Check.of(tree_of(case, memory)).spec, str(tmp_path), seed=7) for memory in ("load", "stream")
    )
    assert not loaded.train.streams and streamed.train.streams
    for name, each in loaded.sets.items():
        other = streamed.sets[name]
        assert each.x.dtype == other.x.dtype and each.x.shape == other.x.shape
        assert np.array_equal(each.x, np.asarray(other.x)) and np.array_equal(each.y, np.asarray(other.y))
        assert np.array_equal(each.x[3:9:2], other.x[3:9:2]) and np.array_equal(each.x[-1], other.x[-1])
    assert loaded.labels == streamed.labels
    assert [each.message for each in loaded.warnings] == [each.message for each in streamed.warnings]


@pytest.mark.parametrize("case", ["npy", "csv", "images", "text", "series"])
def test_the_same_training_and_predictions(tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    CASES[case][0](tmp_path)
    runs = {memory: seqspec.train(tree_of(case, memory), runs=tmp_path / memory) for memory in ("load", "stream")}
    assert runs["stream"].history == runs["load"].history
    assert runs["stream"].evaluation == runs["load"].evaluation
    digests = [runs[memory].lock["digests"] for memory in runs]
    assert digests[0]["files"] == digests[1]["files"] and digests[0]["split"] == digests[1]["split"]
    path = CASES[case][1]["path"]
    for memory, run in runs.items():
        run.predict_file(path, f"{memory}.jsonl")
    assert (tmp_path / "stream.jsonl").read_text() == (tmp_path / "load.jsonl").read_text()
    assert not [each for each in (tmp_path / "stream").rglob("*") if each.suffix == ".tmp"]


def test_layers_adapt_to_a_stream(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_tables(tmp_path)
    layers = ["Normalization", {"type": "Dense", "units": 3, "activation": "softmax"}]
    found = {}
    for memory in ("load", "stream"):
        tree = spec(layers, data={"source": table(), "split": STRATIFIED, "memory": memory})
        found[memory] = seqspec.train(tree, runs=tmp_path / memory)
    weights = [np.concatenate([each.reshape(-1) for each in run.model.get_weights()]) for run in found.values()]
    assert np.allclose(*weights, atol=1e-5)


def test_missing_values_in_a_stream(tmp_path):
    x, y = samples()
    x[3, 1], x[70, 2] = np.nan, np.nan
    rows = [",".join("" if np.isnan(value) else repr(float(value)) for value in row) for row in x]
    (tmp_path / "data.csv").write_text(
        "\n".join(["a,b,c,d,species", *(f"{row},{'xyz'[label]}" for row, label in zip(rows, y))])
    )
    for missing in ("drop", {"fill": "mean"}, {"fill": "median"}):
        sets = []
        for memory in ("load", "stream"):
            data = {"source": table(), "split": SPLIT, "missing": missing, "memory": memory}
            sets.append(prepare(Check.of(spec(data=data)).spec, str(tmp_path), seed=7))
        assert np.array_equal(sets[0].train.x, np.asarray(sets[1].train.x))
        assert sets[0].dropped == sets[1].dropped
        assert sets[0].fills is None or np.array_equal(sets[0].fills, sets[1].fills)


def test_auto_keeps_what_fits(tmp_path, monkeypatch):
    write_arrays(tmp_path)
    tree = tree_of("npy", "auto")
    assert not prepare(Check.of(tree).spec, str(tmp_path)).train.streams
    monkeypatch.setattr(budget, "available_bytes", lambda: 700 * 2**20 + 3000)
    assert prepare(Check.of(tree).spec, str(tmp_path)).train.streams


def test_available_memory_is_what_the_tightest_limit_leaves(monkeypatch):
    files = {
        "/proc/meminfo": "MemTotal: 10 kB\nMemAvailable: 4000 kB\n",
        "/proc/self/cgroup": "4:memory:/a/b\n0::/c\n",
        "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": "3000000",
        "/sys/fs/cgroup/memory/a/memory.usage_in_bytes": "2000000",
        "/sys/fs/cgroup/memory/a/memory.stat": "cache 5\ntotal_inactive_file 500000\n",
        "/sys/fs/cgroup/c/memory.max": "max",
        "/sys/fs/cgroup/c/memory.current": "1",
    }
    monkeypatch.setattr(budget, "_text", lambda path: files.get(str(path)))
    assert budget.available_bytes() == 1_500_000
    del files["/proc/self/cgroup"]
    assert budget.available_bytes() == 4_096_000


def test_collectors_spill(tmp_path):
    for limit in (None, 0, 1000):
        rows = Collector(Budget(limit, str(tmp_path)), (4,), np.float32)
        texts = TextCollector(Budget(limit, str(tmp_path)))
        for start in range(0, 100, 10):
            rows.append(np.arange(start, start + 10)[:, None] * np.ones(4))
            texts.extend([f"é{number}" * (number % 3) for number in range(start, start + 10)])
        found, words = rows.finish(), texts.finish()
        assert isinstance(found, StoredArray) == isinstance(words, StoredArray) == (limit is not None)
        assert np.array_equal(np.asarray(found)[:, 0], np.arange(100))
        assert words[[5, 98, 3]].tolist() == ["é5é5", "é98é98", ""]
        assert np.concatenate([part for _, part in chunks(found, 64)]).shape == (100, 4)
    assert not list(tmp_path.iterdir())


def test_fills_of_images():
    from seqspec.core.document.sources import Fill

    x = np.random.default_rng(0).normal(size=(30, 4, 4, 2)).astype("float32")
    x[x > 1] = np.nan
    assert np.allclose(fill_values(x, Fill(fill="mean")), np.nanmean(x, axis=(0, 1, 2)), atol=1e-6)
    assert np.array_equal(fill_values(x, Fill(fill="median")), np.nanmedian(x, axis=(0, 1, 2)))


def test_a_full_disk_is_reported(tmp_path, monkeypatch):
    import errno

    def full(self):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Budget, "file", full)
    for case in ("csv", "images", "text", "npz"):
        folder = tmp_path / case
        folder.mkdir()
        CASES[case][0](folder)
        with pytest.raises(seqspec.DataError, match="no space left on device"):
            prepare(Check.of(tree_of(case, "stream")).spec, str(folder))


def big_table(path, rows):
    import pyarrow.csv
    import pyarrow.parquet

    generator = np.random.default_rng(0)
    columns = {f"x{number}": generator.normal(size=rows).astype("float32") for number in range(16)}
    content = pyarrow.table({**columns, "species": generator.integers(0, 3, rows)})
    write = pyarrow.csv.write_csv if path.suffix == ".csv" else pyarrow.parquet.write_table
    write(content, path)


def big_npy(path, rows):
    x = np.lib.format.open_memmap(path, "w+", "float32", (rows, 16))
    x[:] = np.arange(rows)[:, None] + np.random.default_rng(0).normal(size=16)
    np.save(path.with_name("species.npy"), np.arange(rows) % 3)


def big_texts(path, rows):
    path.write_text("text,species\n" + "".join(f"{'film ' * 40}{row},{row % 3}\n" for row in range(rows)))


def many_images(path, rows):
    from PIL import Image

    for row in range(rows):
        folder = path / "xy"[row % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 32), (row % 256, row // 256, 0)).save(folder / f"{row}.png")


def peak_bytes(work):
    """The most memory that Python and NumPy hold while something is done; twice, as tables of Python double once."""
    peaks, seldom = [], gc.get_threshold()
    # As often as in any program, not as seldom as in these tests.
    gc.set_threshold(700, 10, 10)
    for _ in range(2):
        gc.collect()
        tracemalloc.start()
        try:
            work()
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    gc.set_threshold(*seldom)
    return min(peaks)


THREE = {"target": {"kind": "multiclass", "classes": 3}}
TEXT_LAYERS = [CASES["text"][2]["layers"][0], {"type": "Dense", "units": 3, "activation": "softmax"}]
STRINGS = {"shape": {"shape": [], "dtype": "string"}, "layers": TEXT_LAYERS, **THREE}
PIXELS = {**CASES["images"][2], "shape": [32, 32, 3]}
LARGE = {
    # How it is written, the source, the spec, sizes (more than the batches in memory at once), and the bytes that a
    # sample of that many bytes may add.
    "csv": (big_table, {"type": "table", "path": "d.csv", "label": "species"},
            {"shape": [16]}, (20_000, 60_000), 64, 32),
    "parquet": (big_table, {"type": "table", "path": "d.parquet", "label": "species"},
                {"shape": [16]}, (20_000, 60_000), 64, 32),
    "npy": (big_npy, {"type": "arrays", "path": "d.npy", "y": "species.npy"},
            {"shape": [16]}, (20_000, 60_000), 64, 40),
    "text": (big_texts, {"type": "text", "path": "d.csv", "column": "text", "label": "species"},
             STRINGS, (4_000, 12_000), 250, 60),
    # 512 bytes are the thumbnail by which similar images are found, of an image of any size.
    "images": (many_images, {"type": "images", "path": "d"}, PIXELS, (1_200, 2_400), 3072, 1_000),
}  # fmt: skip


@pytest.fixture
def small_blocks(monkeypatch):
    """Small blocks, so that small data has many of them."""
    monkeypatch.setattr(stored, "CHUNK_BYTES", 2**17)
    monkeypatch.setattr(folders, "CHUNK_BYTES", 2**17)
    monkeypatch.setattr(delimited, "_BLOCK_BYTES", 2**16)
    monkeypatch.setattr(base, "BLOCK_VALUES", 2**14)
    monkeypatch.setattr(base, "BLOCK_ROWS", 2**10)
    monkeypatch.setattr(scan, "_MAX_ROWS", 2**10)
    monkeypatch.setattr(similar_images, "_CHUNK_BYTES", 2**17)
    monkeypatch.setattr(equal_rows, "_SAMPLE", 2**10)
    monkeypatch.setattr(equal_rows, "_CHUNK_ROWS", 2**10)
    monkeypatch.setattr(fitted_on_everything, "_CHUNK_ROWS", 2**10)
    # How many batches have been prefetched at the peak depends on the machine: few and small ones.
    monkeypatch.setattr(feed, "_PREFETCH_BYTES", 1)


@pytest.mark.slow
@pytest.mark.parametrize("case", rest_nightly(LARGE, "csv"))
def test_memory_does_not_grow_with_the_data(tmp_path, small_blocks, case):
    write, source, more, sizes, size, allowed = LARGE[case]
    split = {"by": "random", "train": 0.4, "validation": 0.3, "test": 0.3}
    peaks = []
    # The first one also loads what is loaded once.
    for number, count in enumerate((sizes[0] // 10, *sizes)):
        folder = tmp_path / str(number)
        folder.mkdir()
        write(folder / source["path"], count)
        checked = Check.of(spec(**more, data={"source": source, "split": split, "memory": "stream"})).spec
        peaks.append(peak_bytes(lambda folder=folder, checked=checked: prepare(checked, str(folder), seed=1)))
    grown = (peaks[2] - peaks[1]) / (sizes[1] - sizes[0])
    assert grown < allowed < size, f"{grown:.0f} bytes per sample"


@pytest.mark.slow
@pytest.mark.parametrize("case", rest_nightly(LARGE))
def test_memory_of_predictions_does_not_grow_with_the_data(tmp_path, monkeypatch, small_blocks, case):
    """From reading the file to writing the predictions."""
    from seqspec.training.prediction import predict

    monkeypatch.setattr(predict, "_BATCH_SIZE", 32)
    monkeypatch.setattr(predict, "_PART", 256)
    monkeypatch.chdir(tmp_path)
    write, source, more, sizes, size, allowed = LARGE[case]
    paths = []
    for number, count in enumerate((sizes[0] // 10, *sizes)):
        (tmp_path / str(number)).mkdir()
        write(tmp_path / str(number) / source["path"], count)
        paths.append(f"{number}/{source['path']}")
    own = {**source, "path": paths[0], **({"y": "0/species.npy"} if "y" in source else {})}
    tree = spec(**more, data={"source": own, "memory": "stream"}, fit={"epochs": 1})
    run = seqspec.train(tree, runs=tmp_path / "runs")
    peaks = [peak_bytes(lambda path=path: run.predict_file(path, "out.parquet")) for path in paths]
    grown = (peaks[2] - peaks[1]) / (sizes[1] - sizes[0])
    assert grown < allowed < size, f"{grown:.0f} bytes per sample"


def test_batches_of_predictions_are_no_larger_than_the_memory_of_training():
    from seqspec.training.prediction.predict import batch_size_for

    images, rows = np.zeros((40, 224, 224, 3), np.uint8), np.zeros((40, 30), np.float32)
    assert [batch_size_for(images, 16), batch_size_for(images, 64), batch_size_for(images, 1000)] == [16, 64, 256]
    assert [batch_size_for(rows, 16), batch_size_for(rows, 1000)] == [256, 256]


def test_predictions_need_few_batches_at_once(tmp_path, monkeypatch):
    """Keras's own predict has all batches of an execution in memory."""
    import keras

    from seqspec.training.data.feed import Feed
    from seqspec.training.data.prepared import SampleSet
    from seqspec.training.evaluation.outputs import predict_outputs

    big_npy(tmp_path / "x.npy", 4000)
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    model = keras.Sequential([keras.Input((16,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse", steps_per_execution=100)
    counts = {"read": 0, "computed": 0}
    most = [0]
    rows, predict = Feed.rows, model.predict_on_batch

    def read(self, step):
        counts["read"] += 1
        most[0] = max(most[0], counts["read"] - counts["computed"])
        return rows(self, step)

    def compute(batch):
        counts["computed"] += 1
        return predict(batch)

    monkeypatch.setattr(Feed, "rows", read)
    monkeypatch.setattr(model, "predict_on_batch", compute)
    found = predict_outputs(model, SampleSet(StoredArray.of_array(x), None), 20)
    assert counts == {"read": 200, "computed": 200} and most[0] < 25
    assert np.allclose(found, model.predict(np.array(x), verbose=0), atol=1e-5)


def test_columns_of_a_wide_parquet_file_are_read_in_sets(tmp_path, monkeypatch):
    """All columns of a group of rows at once would need several times its size."""
    import pyarrow
    import pyarrow.parquet

    monkeypatch.setattr(parquet, "_READ_BYTES", 2**20)
    monkeypatch.setattr(base, "BLOCK_VALUES", 2**14)
    generator = np.random.default_rng(0)
    content = {f"x{number}": generator.normal(size=6000).astype("float32") for number in range(100)}
    content["x7"] = pyarrow.array([None if row % 9 == 0 else row for row in range(6000)])
    content["name"] = pyarrow.array([f"p{row % 5}" for row in range(6000)]).dictionary_encode()
    file = tmp_path / "wide.parquet"
    pyarrow.parquet.write_table(pyarrow.table(content), file, row_group_size=3000)
    names = list(content)
    columns, most = {}, {}
    for limit in (None, 0):
        before = pyarrow.total_allocated_bytes()
        columns[limit], sizes = {name: [] for name in names}, []
        for block in parquet.Parquet().blocks(file, names, Budget(limit, str(tmp_path))):
            sizes.append(pyarrow.total_allocated_bytes() - before)
            for name, values in block.items():
                columns[limit][name] += values.to_pylist()
        most[limit] = max(sizes)
    assert columns[0] == columns[None] and len(columns[0]["x0"]) == 6000
    assert most[0] < 2**20 < most[None]
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float16", "float32", ">f4", "bool"])
def test_tensor_of_chosen_rows_shares_their_memory(dtype):
    whole = np.arange(60).reshape(20, 3).astype(dtype)
    rows = np.array([7, 0, -1, 7])
    chosen = stored.choose(whole, rows)
    assert np.array_equal(chosen, whole[rows])
    tensor = feed.as_tensor(chosen)
    assert np.array_equal(tensor, whole[rows])
    chosen[0, 0] = 1 - chosen[0, 0]
    assert np.array_equal(tensor, chosen) == (dtype not in (">f4", "bool"))


def test_tensor_of_rows_that_are_not_aligned_is_a_copy():
    values = np.arange(61, dtype="float32")[1:].reshape(20, 3)
    tensor = feed.as_tensor(values)
    assert np.array_equal(tensor, values)
    read_only = np.arange(6.0)
    read_only.flags.writeable = False
    assert np.array_equal(feed.as_tensor(read_only), read_only)
    assert feed.as_tensor(np.zeros((0, 3), "float32")).shape == (0, 3)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool", "float32", "float64"])
def test_sets_to_evaluate_on_are_not_copied(monkeypatch, dtype):
    values = np.arange(60).reshape(20, 3)[::-1] % 7
    x, y, weight = (stored.choose(each.astype(dtype), np.arange(20)) for each in (values, values[:, :2], values[:, 0]))
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(loss="mse")
    loss, outputs = model.evaluate(x, y, 4, sample_weight=weight, verbose=0), model.predict(x, 4, verbose=0)
    given = []

    def recorded(function, x, *arguments, **more):
        given.append(x)
        return function(x, *arguments, **more)

    for name in ("evaluate", "predict"):
        monkeypatch.setattr(model, name, partial(recorded, getattr(model, name)))
    sets = {"test": SampleSet(x, y, weight)}
    found = evaluate_sets(model, sets, LabelEncoding("regression"), 4, LabelBaseline())["test"]
    assert found["metrics"]["loss"] == loss
    assert np.array_equal(predict_outputs(model, SampleSet(x, None), 4), outputs)
    given += feed.in_order(SampleSet(x, y, weight), 4)
    for own in (x, y, weight):
        own[:] = 0
    assert [not np.any(each) for each in given] == [dtype != "bool"] * len(given)
