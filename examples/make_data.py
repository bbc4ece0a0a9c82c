"""Writes the data of the examples that train.

    python examples/make_data.py [digits|breast_cancer|penguins|co2|faces|tones|reviews|backbone]

Without a name everything that can be written is, except backbone, which trains for a minute or two. digits and
breast_cancer need scikit-learn, penguins palmerpenguins, co2 statsmodels, faces and backbone scikit-image: the data is
part of these packages, nothing is downloaded. tones and reviews are generated.
"""

import csv
import sys
import wave
from importlib.util import find_spec
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent / "data"


def digits() -> None:
    """1,797 handwritten digits of 8 × 8 gray levels from 0 to 16."""
    from sklearn.datasets import load_digits

    data = load_digits()
    np.savez_compressed(HERE / "digits.npz", x=data.images.astype("uint8")[..., None], y=data.target.astype("int32"))


def breast_cancer() -> None:
    """569 tumors with 30 measurements: malignant or benign."""
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    names = [name.replace(" ", "_") for name in data.feature_names]
    rows = ([*row, data.target_names[label]] for row, label in zip(data.data.tolist(), data.target))
    write("breast_cancer.csv", [*names, "diagnosis"], rows)


def penguins() -> None:
    """344 penguins of three species, some of them with missing measurements."""
    spec = find_spec("palmerpenguins")
    if spec is None or spec.origin is None:
        raise ImportError("palmerpenguins")
    text = (Path(spec.origin).parent / "data" / "penguins.csv").read_text(encoding="utf-8")
    (HERE / "penguins.csv").write_text(text, encoding="utf-8")


def co2() -> None:
    """Atmospheric CO2 at Mauna Loa, 1958 to 2001: the change of the monthly mean of weekly values, ppm.

    Five months were not measured, so that 8 changes are missing.
    """
    spec = find_spec("statsmodels")
    if spec is None or spec.origin is None:
        raise ImportError("statsmodels")
    months: dict[str, list[float]] = {}
    with open(Path(spec.origin).parent / "datasets" / "co2" / "co2.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            values = months.setdefault(f"{row['date'][:4]}-{row['date'][4:6]}", [])
            if row["co2"]:
                values.append(float(row["co2"]))
    means = np.array([np.mean(values) if values else np.nan for values in months.values()])
    changes = zip(list(months)[1:], np.diff(means).round(4).tolist())
    write("co2.csv", ["month", "change"], ((month, change) for month, change in changes if not np.isnan(change)))


def faces() -> None:
    """200 gray images of 25 × 25 pixels, one folder per class: 100 faces (Labeled Faces in the Wild) and 100 others."""
    from PIL import Image

    images = np.load(skimage_data() / "lfw_subset.npy")
    for number, image in enumerate(images):
        folder = HERE / "faces" / ("face" if number < 100 else "other")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray((255 * image).astype("uint8")).save(folder / f"{number % 100:03d}.png")


def backbone() -> None:
    """Weights for MobileNetV2 (alpha 0.35) without a download: trained to tell from which of 16 photos a crop is."""
    import keras
    from PIL import Image

    keras.utils.set_random_seed(0)
    generator = np.random.default_rng(0)
    names = "astronaut brick camera cell chelsea coffee coins grass gravel hubble_deep_field ihc moon motorcycle_left "
    names += "page retina rocket"
    crops, labels = [], []
    for label, name in enumerate(names.split()):
        [file] = skimage_data().glob(f"{name}.*")
        photo = Image.open(file).convert("RGB")
        for _ in range(80):
            side = int(generator.integers(64, min(photo.size) // 2))
            left, top = (int(generator.integers(0, length - side)) for length in photo.size)
            crop = np.asarray(photo.resize((64, 64), box=(left, top, left + side, top + side)))
            # Neither colour nor brightness tells the photos apart.
            gray = crop.mean(axis=-1, keepdims=True).repeat(3, axis=-1)
            crops.append(np.clip(gray * generator.uniform(0.6, 1.4) + generator.uniform(-40, 40), 0, 255))
            labels.append(label)
    x = np.stack(crops).astype("float32") / 127.5 - 1
    base = keras.applications.MobileNetV2(
        input_shape=(64, 64, 3), alpha=0.35, include_top=False, weights=None, pooling="avg"
    )
    for layer in base.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            # So few steps are not enough for averages over a thousand of them.
            layer.momentum = 0.9
    model = keras.Sequential([base, keras.layers.Dropout(0.2), keras.layers.Dense(label + 1, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], steps_per_execution=10)
    model.fit(x, np.array(labels), batch_size=64, epochs=8, verbose=2)
    base.save_weights(HERE / "backbone.weights.h5")


def skimage_data() -> Path:
    """The folder of the images of scikit-image."""
    spec = find_spec("skimage")
    if spec is None or spec.origin is None:
        raise ImportError("scikit-image")
    return Path(spec.origin).parent / "data"


def tones() -> None:
    """300 clips of a quarter of a second: sine, square or noise, at random pitches, with noise."""
    generator = np.random.default_rng(0)
    time = np.arange(2000) / 8000
    for kind in ("sine", "square", "noise"):
        folder = HERE / "tones" / kind
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(100):
            pitch, phase = generator.uniform(200, 800), generator.uniform(0, 6)
            clean = np.sin(2 * np.pi * pitch * time + phase)
            sound = {"sine": clean, "square": np.sign(clean), "noise": generator.normal(0, 0.5, len(time))}[kind]
            sound = generator.uniform(0.3, 0.9) * sound + generator.normal(0, 0.05, len(time))
            with wave.open(str(folder / f"{number:03d}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


def reviews() -> None:
    """1,000 generated reviews: the opinion is in a few words among many neutral ones, and negation turns it around."""
    generator = np.random.default_rng(0)
    words = {"good": ["great", "lovely", "superb", "moving"], "bad": ["dull", "awful", "tedious", "shallow"]}
    neutral = "the a film plot actor scene music story was in with of and camera ending long new old two".split()
    rows = []
    for number in range(1000):
        opinion = ["bad", "good"][number % 2]
        other = ["good", "bad"][number % 2]
        said = [*generator.choice(words[opinion], 2)] if number % 5 else ["not_" + generator.choice(words[other])] * 2
        text = [*generator.choice(neutral, generator.integers(8, 20)), *said]
        generator.shuffle(text)
        rows.append([" ".join(text), opinion])
    write("reviews.csv", ["review", "opinion"], rows)


def write(name: str, header: list[str], rows: object) -> None:
    """One CSV file."""
    with open(HERE / name, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])  # type: ignore[misc]


ALL = {make.__name__: make for make in (digits, breast_cancer, penguins, co2, faces, tones, reviews, backbone)}
SLOW = {"backbone"}

if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for wanted in sys.argv[1:] or [name for name in ALL if name not in SLOW]:
        try:
            ALL[wanted]()
            print(f"wrote {wanted}")
        except ImportError as error:
            print(f"skipped {wanted}: needs {error.name or error}")
