"""The bundled data are the true data, complete, quick to read and described."""

from __future__ import annotations

import gzip
import inspect
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from dlhelpers import data

FOLDER = data.bundled_folder()
LOADERS = {
    name: function
    for name, function in inspect.getmembers(data, inspect.isfunction)
    if name.startswith("load_") and name != "load_banknote_authentication"
}
TABLES = {
    "banknotes": (200, ["Length", "Left", "Right", "Bottom", "Top", "Diagonal", "Status"]),
    "movie_sentences": (8530, ["text", "label"]),
    "movie_reviews": (5000, ["text", "label"]),
    "blood_pressure": (1533, ["age", "sex", "sbp", "dbp"]),
    "engel": (235, ["income", "foodexp"]),
    "motorcycle": (133, ["times", "accel"]),
    "recreation_demand": (
        659,
        ["trips", "quality", "ski", "income", "userfee", "costC", "costS", "costH"],
    ),
    "bike_share": (
        8645,
        ["season", "mnth", "day", "hr", "holiday", "weekday", "workingday", "weathersit"]
        + ["temp", "atemp", "hum", "windspeed", "casual", "registered", "bikers"],
    ),
    "credit_default": (10_000, ["default", "student", "balance", "income"]),
    "advertising": (200, ["TV", "radio", "newspaper", "sales"]),
    "sunspots": (2820, ["year", "month", "sunspots"]),
    "air_passengers": (144, ["year", "month", "passengers"]),
}


# --- images ------------------------------------------------------------------------


def test_mnist():
    (x_train, y_train), (x_test, y_test) = data.load_mnist()
    assert x_train.shape == (60_000, 28, 28) and x_test.shape == (10_000, 28, 28)
    assert y_train.shape == (60_000,) and y_test.shape == (10_000,)
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}
    assert x_train.mean() == pytest.approx(33.3184, abs=1e-4)
    assert x_test.mean() == pytest.approx(33.7912, abs=1e-4)
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(y_train).tolist() == counts
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]


def test_cifar10():
    (x_train, y_train), (x_test, y_test) = data.load_cifar10()
    assert x_train.shape == (10_000, 32, 32, 3) and x_test.shape == (2000, 32, 32, 3)
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}
    assert np.bincount(y_train).tolist() == [1000] * 10
    assert np.bincount(y_test).tolist() == [200] * 10
    assert np.bincount(y_train[:500]).tolist() == [50] * 10
    assert x_train.mean((0, 1, 2)) == pytest.approx([125.3, 123.0, 113.9], abs=1)
    assert len(data.CIFAR10_CLASSES) == 10


def test_cifar10_images_are_distinct_and_keep_their_labels():
    (x_train, y_train), (x_test, _) = data.load_cifar10()
    both = np.concatenate([x_train, x_test]).reshape(12_000, -1)
    assert len({row.tobytes() for row in both}) >= 11_990  # the original has a few twins
    blue = [x_train[y_train == c][..., 2].mean() for c in range(10)]
    names = np.array(data.CIFAR10_CLASSES)[np.argsort(blue)]
    assert set(names[-2:]) == {"airplane", "ship"}, "sky and sea are the bluest"
    assert "frog" in names[:2] and "deer" in names[:2]


def test_photographs():
    photographs = data.load_photographs()
    assert list(photographs) == ["china", "flower"]
    for picture in photographs.values():
        assert picture.shape == (427, 640, 3) and picture.dtype == np.uint8
    assert photographs["china"].mean() == pytest.approx(143.69, abs=0.05)
    assert photographs["flower"].mean() == pytest.approx(61.90, abs=0.05)


def test_subject_photographs():
    subjects = data.load_subject_photographs()
    assert list(subjects) == ["cat", "coffee", "rocket", "astronaut"]
    for picture in subjects.values():
        assert picture.shape == (288, 288, 3) and picture.dtype == np.uint8 and picture.flags.writeable
    colours = {name: picture.mean(axis=(0, 1)) for name, picture in subjects.items()}
    assert colours["rocket"].argmax() == 2, "the evening sky is blue"
    assert colours["coffee"].argmax() == 0 and np.ptp(colours["coffee"]) > 60, "the saucer is red"


def test_photographs_are_those_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    for name, picture in data.load_photographs().items():
        other = datasets.load_sample_image(f"{name}.jpg")
        # JPEG decoders may differ in the last bits.
        assert np.abs(picture.astype(int) - other).max() <= 3


@pytest.mark.parametrize("load", [data.load_mnist, data.load_cifar10])
def test_images_may_be_changed_in_place(load):
    for split in load():
        for array in split:
            assert array.flags.writeable and array.flags.c_contiguous


# --- tables ------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_table(name):
    rows, columns = TABLES[name]
    table = getattr(data, f"load_{name}")()
    assert list(table.columns) == columns and len(table) == rows
    assert not table.isna().any().any()
    documentation = getattr(data, f"load_{name}").__doc__
    assert all(f"``{column}``" in documentation for column in columns)


def test_words_like_null_are_text(monkeypatch):
    text = gzip.compress(b"text,label\nnull,1\nNA,0\n")
    monkeypatch.setattr(data, "_read", lambda name: text)
    assert data.load_movie_sentences()["text"].tolist() == ["null", "NA"]


def test_banknotes():
    table = data.load_banknotes()
    assert table["Status"].value_counts().to_dict() == {"genuine": 100, "counterfeit": 100}
    means = table.groupby("Status").mean()
    assert means.loc["genuine"].tolist() == pytest.approx([214.969, 129.943, 129.72, 8.305, 10.168, 141.517])
    assert means.loc["counterfeit"].tolist() == pytest.approx(
        [214.823, 130.3, 130.193, 10.53, 11.133, 139.45]
    )
    assert (table.dtypes[:-1] == "float64").all()


@pytest.mark.parametrize("load", [data.load_movie_sentences, data.load_movie_reviews])
def test_movies_are_balanced_mixed_and_clean(load):
    table = load()
    assert table["label"].mean() == 0.5 and set(table["label"]) == {0, 1}
    assert table["label"][:1000].mean() == pytest.approx(0.5, abs=0.05)
    assert table["text"].is_unique and table["text"].str.len().min() > 0
    assert not table["text"].str.contains("<br|[\x00-\x1f\x80-\x9f]").any()


def test_movie_reviews_are_short():
    assert data.load_movie_reviews()["text"].str.split().str.len().max() == 121


def test_shakespeare():
    text = data.load_shakespeare()
    assert len(text) == 611_028 and len(set(text)) == 73 and text.isascii()
    for line in ("From fairest creatures we desire increase", "To be, or not to be"):
        assert line in text
    assert "Gutenberg" not in text and "\r" not in text


def test_blood_pressure():
    table = data.load_blood_pressure()
    assert (table["age"].min(), table["age"].max()) == (25, 74)
    assert table["sbp"].mean() == pytest.approx(128.618, abs=1e-3)
    assert (table["sbp"] > table["dbp"]).all()
    assert table["sex"].value_counts().to_dict() == {"female": 786, "male": 747}


def test_advertising_is_invented_and_gives_the_published_tables():
    table = data.load_advertising()
    assert "invented" in data.load_advertising.__doc__ and "invented" in data.REGISTRY["advertising"].holds
    assert table.iloc[4].tolist() == [180.8, 10.8, 58.4, 12.9]
    assert table.mean().tolist() == pytest.approx([147.0425, 23.264, 30.554, 14.0225], abs=1e-6)
    assert table.min().tolist() == [0.7, 0, 0.3, 1.6] and table.max().tolist() == [296.4, 49.6, 114, 27]
    x = np.column_stack([np.ones(200), table["TV"], table["radio"], table["TV"] * table["radio"]])
    (b, (rss,), *_), y = np.linalg.lstsq(x, table["sales"], rcond=None), table["sales"]
    assert b == pytest.approx([6.7502, 0.0191, 0.0289, 0.001086], rel=2e-3)
    assert 1 - rss / ((y - y.mean()) ** 2).sum() == pytest.approx(0.967791, abs=1e-6)


def test_other_tables_have_their_known_means():
    assert data.load_engel()["foodexp"].mean() == pytest.approx(624.150)
    assert data.load_motorcycle()["accel"].min() == -134
    trips = data.load_recreation_demand()["trips"]
    assert (trips == 0).sum() == 417 and trips.mean() == pytest.approx(2.24431, abs=1e-5)
    bikes = data.load_bike_share()
    assert (bikes["casual"] + bikes["registered"] == bikes["bikers"]).all()
    assert bikes["bikers"].sum() == 1_243_103
    credit = data.load_credit_default()
    assert (credit["default"] == "Yes").sum() == 333


@pytest.mark.parametrize("name, first, last", [("sunspots", 1749, 1983), ("air_passengers", 1949, 1960)])
def test_series_have_every_month(name, first, last):
    table = getattr(data, f"load_{name}")()
    months = table["year"] * 12 + table["month"]
    assert months.tolist() == list(range(first * 12 + 1, last * 12 + 13))


# --- files, registry, description ----------------------------------------------------


def test_files_and_registry_are_the_same_set():
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    registered = {item.file: item.bytes for item in data.REGISTRY.values() if item.url is None}
    licences = {"LICENSE-Apache-2.0.txt", "LICENSE-WordNet.txt"}
    assert set(sizes) - set(registered) == {"README.md", "registry.csv", ".gitattributes"} | licences
    assert registered == {file: sizes[file] for file in registered} and sum(sizes.values()) < 45e6


@pytest.mark.parametrize("name", LOADERS)
def test_loading_is_quick(name):
    assert min(seconds(LOADERS[name]) for _ in range(3)) < 3, "best of 3; half on a quick machine"


def seconds(function) -> float:
    """Return the processor time that one call takes; what else the machine does counts little there."""
    start = time.process_time()
    function()
    return time.process_time() - start


def test_no_pickle_in_the_course():
    source = Path(data.__file__).read_text(encoding="utf-8")
    assert "import pickle" not in source and "allow_pickle=True" not in source


def test_import_is_light():
    heavy = "{'tensorflow', 'keras', 'pandas', 'pooch', 'requests', 'PIL', 'matplotlib'}"
    code = f"import sys, dlhelpers.data; sys.exit(' '.join({heavy} & set(sys.modules)) or None)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
