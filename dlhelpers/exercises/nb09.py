"""Exercises of notebook 09, a convolutional network on handwritten digits."""

import functools
from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises.core import NotYet, array, call, exercise, grade, keras_model


@exercise(
    "09.1",
    "Three things change: the shape, the type and the range of the values.",
    "x[..., None] or x[:, :, :, None] adds an axis of length 1 at the end; astype and a division do the rest.",
    'images = x_raw[:1000, :, :, None].astype("float32") / 255',
    praise="One grey channel at the end, as a convolution wants it.",
)
def images_with_channel(images: Any) -> str | None:
    kind = np.asarray(images).dtype
    x = array(images)
    if x.shape[-2:] == (28, 28) and x.ndim == 3:
        return "The channel is missing. A grey image has one: add an axis at the end."
    if x.ndim == 2 and x.shape[1] == 784:
        return "These are rows of 784 pixels, as for a dense layer. A convolution needs the image."
    if x.ndim == 4 and x.shape[1:] == (1, 28, 28):
        return "The channel comes first here. In Keras on TensorFlow it comes last."
    if x.ndim == 4 and x.shape[::3] == (1, len(x)) or x.shape[:1] == (1,):
        return "The new axis is the first one. It belongs at the end."
    if x.shape[1:] != (28, 28, 1):
        return f"The shape should be (1000, 28, 28, 1), and this one is {x.shape}."
    if len(x) != 1000:
        return f"The first 1000 images are asked for; these are {len(x)}."
    if x.max() > 1:
        return "The grey values still go up to 255. Divide by 255."
    if x.max() < 0.5:
        return "The values are too small: divide by 255 once."
    if len(np.unique(x)) == 2:
        return "Only 0 and 1 are left: // or a type of whole numbers throws the grey away. Divide with /, to float32."
    first, last, tests = _images()
    if np.allclose(1 - x[..., 0], first, atol=1e-3):
        return "Black and white have changed places. Ink stays 1 and paper 0."
    if np.allclose(x[..., 0], first.swapaxes(1, 2), atol=1e-3):
        return "The images lie on their side: rows and columns have changed places. Add an axis, and keep the others."
    if np.allclose(x[..., 0], tests, atol=1e-3):
        return "These are test images. The first 1000 of the training set are in x_raw."
    if np.allclose(x[..., 0], last, atol=1e-3):
        return "These are the *last* 1000 images. The first ones are x_raw[:1000]."
    if not np.allclose(x[..., 0], first, atol=1e-3):
        return "The shape is right, but these are not the first 1000 training images, divided by 255."
    if kind != np.float32:
        return f"The type is {kind}. Networks work in float32; it needs half of the memory of float64."
    return None


@functools.cache
def _images() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The first 1000 training images, the last 1000, and the first 1000 test images."""
    (train, _), (test, _) = data.load_mnist()
    return train[:1000] / 255, train[-1000:] / 255, test[:1000] / 255


@exercise(
    "09.2",
    "Without padding, a kernel of side k can stand at n - k + 1 places along a side of n.",
    "One kernel has kernel * kernel * channels weights and one bias. The layer has `kernels` of them.",
    "return side - kernel + 1, kernels * (kernel * kernel * channels + 1)",
    praise="With these two rules you can check any CNN on paper.",
)
def layer_rules(function: Any) -> str | None:
    cases = [(28, 1, 5, 16), (12, 16, 3, 32), (32, 3, 1, 7)]
    got = [array(call(function, *case)) for case in cases]
    if any(one.shape != (2,) for one in got):
        return "Return two numbers, `side, parameters`, for the output's side and the number of parameters."
    n, c, k, m = np.array(cases).T
    found, side, parameters = np.array(got), n - k + 1, m * (k * k * c + 1)
    if np.allclose(found, np.stack([parameters, side], axis=1)):
        return "Right numbers, wrong order: first the side, then the parameters."
    sides = [
        (n, "The side is that of a layer with padding. Without it, each layer takes a rim away."),
        (n - k, "The side is one too small: a kernel of side n fits once into an image of side n."),
        (n - 2 * k + 2, "The side is too small: a kernel of side k takes k - 1 pixels in all, not on each end."),
        (side**2, "The side is asked for, not the number of places."),
    ]
    counts = [
        (m * k * k * c, "The parameters lack the biases: each kernel has one."),
        (m * k * k * c + 1, "One bias is not enough: each kernel has its own."),
        (m * k * k * c + c, "A bias belongs to each kernel, not to each input channel."),
        (m * (k * k * c + c), "Each kernel has one bias for all of its slices."),
        (m * (k * k + 1), "The parameters lack the input channels: each kernel has a slice for each of them."),
        (m * (k * c + 1), "A kernel of side k has k times k weights for each channel, not k."),
        (k * k * c + 1, "These are the parameters of one kernel. The layer has `kernels` of them."),
        (m * (k * k * c + 1) * side**2, "All places share the weights: the parameters do not depend on the side."),
    ]
    return grade(found[:, 0], side, sides, other="The side of the output is another one: n - k + 1.") or grade(
        found[:, 1], parameters, counts, rtol=0, other="The side is right, and the number of parameters is another one."
    )


@exercise(
    "09.3",
    "Copy the network of section 2. Which layer has most of its parameters, and what makes it so large?",
    "Fewer kernels, such as 8 and 16, and no hidden dense layer: the ten outputs right after Flatten.",
    "Conv2D(8, 5, relu), MaxPooling2D, Conv2D(16, 5, relu), MaxPooling2D, Flatten, Dense(10): 5994 parameters. Train 6 epochs.",
    praise="Far fewer parameters than the dense network, and fewer errors.",
)
def small_cnn(model: Any) -> str | None:
    model = keras_model(model)
    if message := _shape_of_digits(model):
        return message
    kinds = [type(layer).__name__ for layer in model.layers]
    if not any("Conv" in kind for kind in kinds):
        return "There is no convolution in it."
    if model.count_params() > 20_000:
        largest = type(max(model.layers, key=lambda layer: layer.count_params())).__name__
        advice = "make the maps smaller or fewer before it, or drop the hidden dense layer" if largest == "Dense" else "take fewer kernels"
        return f"It has {model.count_params()} parameters, more than 20 000. The largest layer is a {largest}: {advice}."
    x, y = _fresh_digits()
    accuracy = _accuracy(model, x, y)
    if accuracy >= 0.965:
        return None
    if _accuracy(model, 255 * x, y) > max(0.8, accuracy + 0.05):
        return "It was trained on pixels from 0 to 255. Use x_train, which goes from 0 to 1."
    if accuracy < 0.2:
        return f"It gets {accuracy:.0%} of fresh digits right, which is guessing. Was it trained, with from_logits matching its last layer?"
    return f"It gets {accuracy:.1%} of fresh digits right; 96.5 % are asked for. Train for more epochs, or on all of x_train."


def _shape_of_digits(model: Any) -> str | None:
    shape = tuple(getattr(model, "input_shape", None) or ())
    if not shape:
        return "The model does not know the size of its images yet. Its first part says it: keras.Input((28, 28, 1))."
    if shape[1:] != (28, 28, 1):
        return f"The digits have the shape (28, 28, 1); the model expects {shape[1:]}."
    if tuple(model.output_shape)[1:] != (10,):
        if len(model.output_shape) == 4:
            return "The output is still a stack of feature maps. Flatten it, then a dense layer."
        return f"Ten numbers for each digit are asked for; the output has shape {tuple(model.output_shape)[1:]}."
    return None


@functools.cache
def _fresh_digits() -> tuple[np.ndarray, np.ndarray]:
    x, y = data.load_mnist()[1]
    return x[::4, ..., None].astype("float32") / 255, y[::4]


def _accuracy(model: Any, x: np.ndarray, y: np.ndarray) -> float:
    z = np.asarray(model.predict(x, batch_size=500, verbose=0), dtype=float)
    if not np.isfinite(z).all():
        raise NotYet("The network gives nan: its training has blown up. Try a smaller learning rate.")
    return float((z.argmax(axis=1) == y).mean())


def _shuffle(x: Any, order: Any) -> Any:
    return x.reshape(len(x), 784)[:, order].reshape(x.shape)


@exercise(
    "09.4",
    "Indexing with a list of positions reorders a row: row[order]. Your images are not rows yet.",
    "x.reshape(len(x), 784) makes a row of each image; [:, order] reorders all rows in the same way.",
    "return x.reshape(len(x), 784)[:, order].reshape(x.shape)",
    praise="All images are shuffled in the same way, so nothing is lost but the neighbours.",
    solution=_shuffle,
)
def shuffled_pixels(function: Any) -> str | None:
    rng = np.random.default_rng(9)
    x, order = rng.uniform(0.1, 1, (5, 28, 28, 1)).astype("float32"), rng.permutation(784)
    result = array(call(function, x, order))
    if result.shape != x.shape:
        return f"Images of shape {x.shape} went in, {result.shape} came out. Bring the rows back to the shape of images."
    mistakes = [
        (x, "The images came back as they were. Reorder their pixels."),
        (x.reshape(5, 784)[:, np.argsort(order)].reshape(x.shape), "This puts the pixels back, as argsort does: take them from `order` itself."),
    ]
    columns = x.swapaxes(1, 2)
    by_columns = _shuffle(columns, order)
    mistakes.append((by_columns, by_columns.swapaxes(1, 2), "Here the pixels are counted column by column. Count row by row, as reshape does."))
    rows = result.reshape(5, 784)
    right = _shuffle(x, order)
    if np.allclose(result, right):
        other_order = rng.permutation(784)
        return None if np.allclose(array(call(function, x, other_order)), _shuffle(x, other_order)) else "Use the order that comes in."
    same_pixels = np.allclose(np.sort(rows, axis=1), np.sort(x.reshape(5, 784), axis=1))
    if np.allclose(np.sort(result.ravel()), np.sort(x.ravel())) and not same_pixels:
        return "Pixels have wandered from one image into another: shuffle within each image, [:, order]."
    other = "Each image holds its own pixels, but not in the order that came in. Is it the same order for all, from `order`?"
    return grade(result, right, mistakes, rtol=1e-5, other=other if same_pixels else "Some pixels are lost or doubled: each should appear once.")


def _right_by(x: Any, k: int) -> Any:
    result = np.zeros_like(x)
    result[:, :, k:] = x[:, :, : 28 - k]
    return result


@exercise(
    "09.5",
    "Start with an image of zeros. Which columns of the old image are still visible after the move?",
    "The axes are image, row, column, channel. The first 28 - k columns move to the place of the last ones.",
    "result = np.zeros_like(x); result[:, :, k:] = x[:, :, : 28 - k]; return result",
    praise="And for k = 0 it changes nothing, where x[:, :, :-k] would be empty.",
    solution=_right_by,
)
def move_right(function: Any) -> str | None:
    x = np.random.default_rng(4).uniform(0.1, 1, (3, 28, 28, 1)).astype("float32")

    def wanted(k: int) -> Any:
        return np.pad(x, ((0, 0), (0, 0), (k, 0), (0, 0)))[:, :, :28]

    result = array(call(function, x, 4))
    if result.shape != x.shape:
        return f"Images of shape {x.shape} went in, {result.shape} came out. The size must stay."
    covered = x.copy()
    covered[:, :, :4] = 0
    mistakes = [
        (np.roll(x, 4), "Without an axis, np.roll takes all images as one long row: what leaves comes in one row below."),
        (covered, "Nothing has moved: the zeros only cover the first k columns."),
        (np.concatenate([x[:, :, :4], x[:, :, :24]], axis=2), "The first k columns still hold the old image, not zeros."),
        (np.roll(x, 4, axis=2), "What leaves on the right comes back on the left: np.roll goes round. Let zeros come in."),
        (np.roll(x, 4, axis=1), "np.roll goes round, and axis 1 is the rows: it moves down. Columns are axis 2."),
        (np.roll(x, -4, axis=2), "It moves to the left, and what leaves comes back."),
        (np.pad(x, ((0, 0), (4, 0), (0, 0), (0, 0)))[:, :28], "It moves down: axis 1 is the rows. Columns are axis 2."),
        (np.pad(x, ((0, 0), (0, 0), (0, 4), (0, 0)))[:, :, 4:], "It moves to the left."),
        (x, "Nothing has moved."),
    ]
    if message := grade(result, wanted(4), mistakes, rtol=1e-5, atol=1e-8):
        return message
    for k in (0, 1, 27):
        try:
            moved = array(call(function, x, k))
        except NotYet:
            moved = np.empty(0)
        if moved.shape == x.shape and np.allclose(moved, wanted(4)):
            return "It moves by 4 pixels whatever k is. Use the k that comes in."
        if moved.shape != x.shape or not np.allclose(moved, wanted(k)):
            reason = " A slice such as :-k is empty for 0; use : 28 - k." if k == 0 else ""
            return f"Right for 4 pixels, wrong for k = {k}.{reason}"
    return None


@exercise(
    "09.6",
    "What the architecture does not give, data can. Which images has the network never seen?",
    "Cut x_train into five parts and move part k by k pixels with right_by; put them together again with np.concatenate.",
    "parts = [right_by(x_train[k::5], k) for k in range(5)]; labels likewise; then a CNN, compile, and fit for 6 epochs.",
    praise="The training data taught what the architecture does not know.",
)
def robust_cnn(model: Any) -> str | None:
    model = keras_model(model)
    if message := _shape_of_digits(model):
        return message
    x, y = _fresh_digits()
    reached = [_accuracy(model, _right_by(x, k), y) for k in range(5)]
    if min(reached) >= 0.95:
        return None
    if max(reached) < 0.2:
        return f"It gets {reached[0]:.0%} of digits in their place right, which is guessing. Was it trained, with the right labels?"
    if reached[0] < 0.9 < max(reached):
        return f"Moved digits are fine now, but only {reached[0]:.0%} of those that have not moved are right. Show it both."
    if reached[0] - reached[-1] > 0.1:
        worst = int(np.argmin(reached))
        return f"Moved by {worst} pixels, only {reached[worst]:.0%} of the digits are right. Did the training show such digits?"
    return f"The worst of the five shifts has {min(reached):.1%} of fresh digits right; 95 % are asked for. Train for more epochs."
