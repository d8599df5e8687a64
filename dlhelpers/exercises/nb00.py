"""Exercises of notebook 00, start here."""

import functools
from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises.core import OTHER, NotYet, array, call, close, exercise, grade, keras_model, number

TRAIN_MEAN, TEST_MEAN = 33.318421, 33.791224  # mean pixel of MNIST's two parts, 0 to 255
INKED = 0.191202  # share of the training pixels that are not 0


@exercise(
    "00.1",
    "Look at the shapes that section 2 printed. Which numbers belong to one image?",
    "One image has 28 rows with 28 pixels each.",
    "n_pixels = 28 * 28",
    praise="28 rows of 28 pixels: 784 numbers for one digit.",
)
def pixels_of_an_image(n: Any) -> str | None:
    mistakes = [
        (28, "28 is the height of an image in pixels. How many pixels are there in all its rows?"),
        (783, "One too few. The last pixel has the number 783 if you count from 0, so how many are there?"),
        (56, "28 + 28 adds the sides. The pixels fill a square of 28 rows and 28 columns."),
        *((images, f"{images:,} is the number of images. The question is about one of them.") for images in (60_000, 10_000, 70_000)),
        (47_040_000, 7_840_000, "These are the pixels of all images together. The question is about one image."),
    ]
    return grade(number(n), 784, mistakes, rtol=0)


@exercise(
    "00.2",
    "A NumPy array has the method .mean(). It averages over everything: images, rows and columns.",
    "x_train.mean() lies between 0 and 255. The scale from 0 to 1 needs one more step.",
    "mean_ink = x_train.mean() / 255",
    praise="Spread evenly over its paper, the ink of a digit makes it 13 % grey.",
)
def mean_brightness(mean: Any) -> str | None:
    mean, right = number(mean), TRAIN_MEAN / 255
    mistakes = [
        (TRAIN_MEAN, "33.3 is the mean on the scale from 0 to 255. Divide by 255."),
        (TEST_MEAN / 255, TEST_MEAN, "This is the mean of the test images. The test set stays untouched until the end."),
        (TRAIN_MEAN / 256, "The largest pixel is 255, not 256."),
        (INKED, "This is the share of pixels that have *any* ink. The mean also counts how much: x_train.mean()."),
        (1 - right, "This is the share of paper. Ink is 1, paper is 0."),
        ((6 * TRAIN_MEAN + TEST_MEAN) / 7 / 255, "This is the mean of all images. The test set stays untouched until the end."),
    ]
    other = "This is a sum. The mean divides it by the number of pixels." if mean > 1e6 else OTHER
    return grade(mean, right, mistakes, rounding=True, other=other)


@exercise(
    "00.3",
    "Two things happen: the type changes, and the values are divided by 255.",
    'images.astype("float32") changes the type.',
    'return images.astype("float32") / 255',
    praise="Values from 0 to 1, in half the memory of NumPy's usual float64.",
    solution=lambda images: images.astype("float32") / 255,
)
def scale(function: Any) -> str | None:
    dark = np.arange(0, 256, dtype="uint8").reshape(4, 8, 8)
    for images in (dark, dark // 4 + 20):
        if message := _scale_problem(function, images):
            return message
    return None


def _scale_problem(function: Any, images: np.ndarray) -> str | None:
    try:
        result = call(function, images.copy())
    except NotYet as problem:
        if "cast" in str(problem):
            return "`/=` cannot turn whole numbers into decimals in place. Compute a new array: images / 255."
        raise
    scaled = array(result)
    if scaled.shape != images.shape:
        return f"The shape must stay {images.shape}; your function gives {scaled.shape}. Does it use `images`?"
    if close(scaled, images):
        return "The values still go from 0 to 255. Divide by 255."
    if close(scaled, images / 256):
        return "The largest pixel is 255, not 256: full ink should become 1."
    if close(scaled, images // 255) or set(np.unique(scaled)) <= {0.0, 1.0}:
        return "All greys became 0 or 1: `//` or a whole-number type rounds. Use `/` and float32."
    if images.max() < 255 and scaled.max() == 1.0:
        return "It divides by what this batch happens to hold. All images must share one scale: divide by 255."
    if close(scaled, images / 127.5 - 1):
        return "Here paper is -1, and ink is 1. Only divide by 255, so that paper stays 0."
    if not close(scaled, images / 255):
        return OTHER
    if "float32" not in str(getattr(result, "dtype", "")):
        return 'The values are right, but the type is not float32: use .astype("float32").'
    return None


@exercise(
    "00.4",
    "Copy the cell of section 4 and call the network `better`. First change the number of epochs: 10 instead of 2.",
    'Put layers.Dense(128, activation="relu") between Flatten and the last layer.',
    "With the hidden layer and epochs=10 the network gets about 93 % right. Run the whole cell: define, compile, fit.",
    praise="Your first network reads handwriting.",
)
def better_network(model: Any) -> str | None:
    model = keras_model(model)
    shape = tuple(getattr(model, "input_shape", None) or ())
    if shape[1:] not in ((28, 28), (28, 28, 1)):
        return f"The network should take images, keras.Input((28, 28)), and this one takes {shape[1:] or 'none yet'}."
    images, labels = _unseen()
    outputs = np.asarray(model(images.reshape(-1, *shape[1:])))
    if outputs.shape != (len(labels), 10):
        return f"The last layer should have ten units, one for each digit; the output has the shape {outputs.shape}."
    if not np.isfinite(outputs).all():
        return "The outputs are nan: training has gone wrong. Build the network again, and fit it to x_small and y_small."
    accuracy = float(np.mean(outputs.argmax(axis=1) == labels))
    if accuracy < 0.3:
        return f"It gets {accuracy:.0%} right, about as many as guessing. Was it trained, with `fit`, on x_small?"
    if accuracy < 0.88:
        return f"It gets {accuracy:.1%} right, no more than the network of section 4. Add a hidden layer, or more epochs."
    if accuracy < 0.92:
        return f"It gets {accuracy:.1%} right, which is better. For 92 % it needs a hidden layer and more epochs."
    return None


@functools.cache
def _unseen() -> tuple[np.ndarray, np.ndarray]:
    """2000 images, scaled, and their labels: every fifth of the test set."""
    _, (images, labels) = data.load_mnist()
    return images[::5].astype("float32") / 255, labels[::5]
