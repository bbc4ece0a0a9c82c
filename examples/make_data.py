"""Writes the data of the examples that train.

    python examples/make_data.py [digits|breast_cancer|penguins|co2|tones|reviews]

Without a name everything that can be written is. digits and breast_cancer need scikit-learn, penguins palmerpenguins,
co2 statsmodels: the data is part of these packages, nothing is downloaded. tones and reviews are generated.
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
    """Atmospheric CO2 at Mauna Loa, 1958 to 2001: monthly means of weekly values, as change to the month before."""
    spec = find_spec("statsmodels")
    if spec is None or spec.origin is None:
        raise ImportError("statsmodels")
    months: dict[str, list[float]] = {}
    with open(Path(spec.origin).parent / "datasets" / "co2" / "co2.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            values = months.setdefault(row["date"][:6], [])
            if row["co2"]:
                values.append(float(row["co2"]))
    means = np.array([np.mean(values) if values else np.nan for values in months.values()])
    known = ~np.isnan(means)
    means = np.interp(np.arange(len(means)), np.flatnonzero(known), means[known])
    write("co2.csv", ["month", "change"], zip(list(months)[1:], np.diff(means).round(4).tolist()))


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


ALL = {make.__name__: make for make in (digits, breast_cancer, penguins, co2, tones, reviews)}

if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for wanted in sys.argv[1:] or ALL:
        try:
            ALL[wanted]()
            print(f"wrote {wanted}")
        except ImportError as error:
            print(f"skipped {wanted}: needs {error.name or error}")
