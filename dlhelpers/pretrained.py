"""A network that was trained on ImageNet, a million photographs of 1000 classes; it needs no download.

EfficientNet-Lite0 as a plain functional Keras model of convolutions, ReLU6 and additions, with the published weights.
Batch normalisation is folded into the convolutions, and the weights are stored as 16-bit numbers.

    network = pretrained.load_imagenet_network()
    x = pretrained.preprocess(data.load_photographs()["flower"])
    pretrained.IMAGENET_CLASSES[network.predict(x)[0].argmax()]
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from dlhelpers import checks
from dlhelpers.data import DataError, _read

if TYPE_CHECKING:
    import keras

IMAGENET_CLASSES: tuple[str, ...]

SMALLEST, LARGEST = 32, 512  # pixels
# Of each stage of blocks: how many, size of the kernel, stride of the first, expansion, channels.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def __getattr__(name: str) -> Any:
    if name == "IMAGENET_CLASSES":  # read when it is first used
        names = tuple(_read("imagenet_classes").decode("utf-8").splitlines())
        globals()[name] = names
        return names
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_imagenet_network(size: int = 224) -> keras.Model:
    """Build EfficientNet-Lite0 and load its weights, 4.63 million numbers.

    Parameters
    ----------
    size : int
        Height and width of the images in pixels, a multiple of 32 from 32 to 512. The network was trained
        with 224; smaller images are quicker and cost accuracy.

    Returns
    -------
    keras.Model
        From images as `preprocess` returns them, shape (n, size, size, 3), to the logits of the 1000
        `IMAGENET_CLASSES`, shape (n, 1000). Layers to look into: "stem", then the end of each block, "block1a",
        "block2a" to "block7a", "maps" (the last feature maps, (n, size/32, size/32, 1280)),
        "features" (their means, (n, 1280)) and "logits".

    Raises
    ------
    DataError
        If the weights were not found or the file is damaged.
    ValueError
        If there is no such size.

    References
    ----------
    Tan and Le (2019), EfficientNet, ICML; weights as published by ML Illustrated, Apache License 2.0.

    Examples
    --------
    >>> network = pretrained.load_imagenet_network(96)
    >>> network.output_shape, network.count_params()
    ((None, 1000), 4631000)
    """
    size = _size(size)
    with np.load(io.BytesIO(_read("imagenet_network")), allow_pickle=False) as arrays:
        flat = arrays["weights"].astype("float32")
    network = _efficientnet(size)
    expected = [tuple(weight.shape) for weight in network.weights]
    cuts = np.cumsum([int(np.prod(shape)) for shape in expected])
    if flat.shape != (cuts[-1],):
        raise DataError(f"The network has {cuts[-1]} weights, and its file {flat.size}. Install dlhelpers again.")
    pieces = np.split(flat, cuts[:-1])
    network.set_weights([piece.reshape(shape) for piece, shape in zip(pieces, expected, strict=True)])
    return network


def preprocess(images: Any, size: int = 224) -> np.ndarray:
    """Cut images to their central square, resize them, and scale their colours as the network expects.

    Parameters
    ----------
    images : array_like
        One image (height, width, 3) or several (n, height, width, 3), red, green, blue, from 0 to 255.
    size : int
        Height and width of the result in pixels, as for `load_imagenet_network`.

    Returns
    -------
    float32 array, shape (n, size, size, 3)
        Colours from about -1 to 1: (colour - 127) / 128. One image becomes a batch of one.

    Raises
    ------
    ValueError
        If these are no colour images or there is no such size.

    Examples
    --------
    >>> x = pretrained.preprocess(data.load_photographs()["flower"])
    >>> x.shape
    (1, 224, 224, 3)
    """
    import tensorflow as tf

    size = _size(size)
    pixels = checks.numbers(images, "images").astype("float32")
    if pixels.ndim == 3:
        pixels = pixels[None]
    if pixels.ndim != 4 or pixels.shape[-1] != 3 or 0 in pixels.shape:
        raise ValueError(f"images must have shape (height, width, 3) or (n, height, width, 3), not {pixels.shape}")
    if pixels.min() < 0 or pixels.max() > 255 or pixels.max() <= 1:
        raise ValueError("images must have colours from 0 to 255, not scaled ones")
    side = min(pixels.shape[1:3])
    top, left = ((edge - side) // 2 for edge in pixels.shape[1:3])
    square = pixels[:, top : top + side, left : left + side]
    resized = tf.image.resize(square, (size, size), method="bicubic", antialias=True).numpy()
    return (np.clip(resized, 0, 255) - 127) / 128


def _size(size: Any) -> int:
    whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
    if not whole or size % 32 or not SMALLEST <= size <= LARGEST:
        raise ValueError(f"size must be a multiple of 32 from {SMALLEST} to {LARGEST}, not {checks.said(size)}")
    return int(size)


def _efficientnet(size: int) -> keras.Model:
    """Build the network; tools/data/imagenet.py lists the weights in the order of these layers."""
    import keras
    from keras import layers

    def convolution(x: Any, channels: int, kernel: int, stride: int, name: str) -> Any:
        x = layers.Conv2D(channels, kernel, stride, padding="same", name=f"{name}_conv")(x)
        return layers.ReLU(6, name=name)(x)

    image = keras.Input((size, size, 3), name="image")
    x = convolution(image, 32, 3, 2, "stem")
    for stage, (blocks, kernel, stride, expansion, channels) in enumerate(STAGES, start=1):
        for letter in "abcd"[:blocks]:
            name, before = f"block{stage}{letter}", x
            if expansion > 1:
                x = convolution(x, expansion * x.shape[-1], 1, 1, f"{name}_expand")
            first = letter == "a"
            x = layers.DepthwiseConv2D(kernel, stride if first else 1, padding="same", name=f"{name}_depthwise_conv")(x)
            x = layers.ReLU(6, name=f"{name}_depthwise")(x)
            x = layers.Conv2D(channels, 1, name=name if first else f"{name}_project")(x)
            if not first:
                x = layers.Add(name=name)([before, x])
    x = convolution(x, 1280, 1, 1, "maps")
    x = layers.GlobalAveragePooling2D(name="features")(x)
    return keras.Model(image, layers.Dense(1000, name="logits")(x), name="efficientnet_lite0")
