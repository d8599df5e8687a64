"""The network trained on ImageNet: its numbers are the published ones, and a bad file is one clear error."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from dlhelpers import data, pretrained
from tools.data import imagenet

REFERENCE = Path(__file__).with_name("imagenet_logits.csv")  # from float32 weights; columns china and flower


@pytest.fixture(scope="module")
def network():
    return pretrained.load_imagenet_network()


@pytest.fixture(scope="module")
def photographs():
    return np.concatenate([pretrained.preprocess(photo) for photo in data.load_photographs().values()])


def test_logits_are_those_of_the_float32_weights(network, photographs):
    expected = np.loadtxt(REFERENCE, delimiter=",", skiprows=1).T
    logits = network.predict(photographs, verbose=0)
    assert logits.shape == (2, 1000) and np.abs(logits - expected).max() < 0.05
    assert [pretrained.IMAGENET_CLASSES[best] for best in logits.argmax(axis=1)] == ["palace", "daisy"]


def test_it_names_what_the_subjects_are(network):
    subjects = data.load_subject_photographs()
    logits = network.predict(np.concatenate([pretrained.preprocess(s) for s in subjects.values()]), verbose=0)
    best = {name: pretrained.IMAGENET_CLASSES[row.argmax()] for name, row in zip(subjects, logits, strict=True)}
    assert best["cat"] in ("Egyptian cat", "tabby", "tiger cat") and best["coffee"] == "espresso"
    assert best["rocket"] in ("missile", "projectile")


def test_it_is_a_plain_functional_model(network):
    import keras

    assert network.count_params() == 4_631_000 and type(network) is not keras.Sequential
    kinds = {type(layer).__name__ for layer in network.layers}
    assert kinds == {"InputLayer", "Conv2D", "DepthwiseConv2D", "ReLU", "Add", "GlobalAveragePooling2D", "Dense"}
    assert network.get_layer("maps").output.shape == (None, 7, 7, 1280)
    assert network.get_layer("features").output.shape == (None, 1280)
    ends = [network.get_layer(f"block{stage}a").output.shape for stage in range(1, 8)]
    assert [shape[1] for shape in ends] == [112, 56, 28, 14, 14, 7, 7]
    assert network.get_layer("logits").activation is keras.activations.linear


def test_smaller_images_need_no_other_weights(network):
    small = pretrained.load_imagenet_network(96)
    assert small.get_layer("maps").output.shape == (None, 3, 3, 1280)
    assert all((a == b).all() for a, b in zip(small.get_weights(), network.get_weights(), strict=True))


@pytest.mark.parametrize("size", [0, 100, 1024, 224.0, True, "224", None])
def test_sizes_that_do_not_fit_are_refused(size):
    with pytest.raises(ValueError, match="multiple of 32"):
        pretrained.load_imagenet_network(size)
    with pytest.raises(ValueError, match="multiple of 32"):
        pretrained.preprocess(np.full((8, 8, 3), 9), size)


def test_there_are_1000_names():
    assert len(pretrained.IMAGENET_CLASSES) == 1000 and all(pretrained.IMAGENET_CLASSES)
    assert pretrained.IMAGENET_CLASSES[0] == "tench" and pretrained.IMAGENET_CLASSES[985] == "daisy"


def test_preprocess_takes_the_central_square_and_scales():
    wide = np.zeros((4, 8, 3), "uint8")
    wide[:, 2:6] = 255
    assert pretrained.preprocess(wide, 32).shape == (1, 32, 32, 3)
    assert np.allclose(pretrained.preprocess(wide, 32), 1)
    both = pretrained.preprocess(np.stack([wide, 255 - wide]), 32)
    assert both.shape == (2, 32, 32, 3) and both.dtype == np.float32 and np.allclose(both[1], -127 / 128)
    same = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3))
    assert np.allclose(pretrained.preprocess(same, 32), (same - 127) / 128, atol=1e-3)


@pytest.mark.parametrize(
    "images, says",
    [
        (np.zeros((32, 32)), "shape"),
        (np.zeros((2, 32, 32, 1)), "shape"),
        (np.zeros((0, 32, 32, 3)), "shape"),
        (np.full((32, 32, 3), 0.5), "not scaled"),
        (np.full((32, 32, 3), -3), "not scaled"),
        (np.full((32, 32, 3), np.nan), "NaN"),
        ("cat.jpg", "numbers"),
    ],
)
def test_other_images_are_refused(images, says):
    with pytest.raises(ValueError, match=says):
        pretrained.preprocess(images)


@pytest.mark.parametrize("damage", ["truncated", "one byte", "empty", "missing"])
def test_a_broken_file_is_one_clear_error(monkeypatch, tmp_path, damage):
    raw = bytearray((data.bundled_folder() / "imagenet_network.npz").read_bytes())
    raw[1000] ^= damage == "one byte"
    short = {"truncated": raw[: len(raw) // 2], "one byte": raw, "empty": b"", "missing": None}[damage]
    if short is not None:
        (tmp_path / "imagenet_network.npz").write_bytes(short)
    monkeypatch.setattr(data, "bundled_folder", lambda: tmp_path)
    monkeypatch.setenv("DLHELPERS_CACHE", str(tmp_path / "cache"))
    with pytest.raises(data.DataError) as caught:
        pretrained.load_imagenet_network()
    text = str(caught.value)
    assert re.search("No such file" if damage == "missing" else "damaged", text) and "imagenet_network" in text


def test_weights_of_another_network_are_refused(monkeypatch):
    import io

    stream = io.BytesIO()
    np.savez(stream, weights=np.zeros(7, "float16"))
    monkeypatch.setattr(pretrained, "_read", lambda name: stream.getvalue())
    with pytest.raises(data.DataError, match="4631000 weights, and its file 7"):
        pretrained.load_imagenet_network()


def test_loading_is_quick(network):
    def seconds() -> float:
        start = time.process_time()
        pretrained.load_imagenet_network()
        return time.process_time() - start

    assert min(seconds() for _ in range(3)) < 4, "best of 3; half on a quick machine"


def test_the_module_loads_no_tensorflow():
    code = "import sys; from dlhelpers import pretrained as p; p.IMAGENET_CLASSES; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# --- how the file is made: tools/data/imagenet.py -----------------------------------------


def test_folding_gives_what_a_normalisation_after_the_convolution_gives():
    rng = np.random.default_rng(1)
    kernel, pixels = rng.normal(size=(5, 3, 1, 1)), rng.normal(size=(10, 3))
    norm = {"weight": rng.normal(size=5), "bias": rng.normal(size=5), "running_mean": rng.normal(size=5)}
    norm["running_var"] = rng.uniform(0.5, 2, 5)
    tensors = {"c.weight": kernel} | {f"n.{part}": values for part, values in norm.items()}
    folded, bias = imagenet.fold(tensors, "c", "n")
    before = pixels @ kernel[:, :, 0, 0].T
    scaled = (before - norm["running_mean"]) / np.sqrt(norm["running_var"] + imagenet.EPSILON)
    assert folded.shape == (1, 1, 3, 5)
    assert np.allclose(pixels @ folded[0, 0] + bias, norm["weight"] * scaled + norm["bias"])


def test_a_pickle_that_names_anything_else_is_refused(tmp_path):
    (tmp_path / "bad.pth").write_bytes(pickle.dumps(Path("x")))
    with pytest.raises(pickle.UnpicklingError, match="no place"):
        imagenet.read_tensors(tmp_path / "bad.pth")
