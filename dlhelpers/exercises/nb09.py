"""Exercises of notebook 09, a convolutional network on handwritten digits."""

import functools
from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises.core import NotYet, array, call, exercise, grade, keras_model, last_activation, number
from dlhelpers.exercises.formulas import convolution_parameters


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
        return "These are rows of 784 pixels, as for a dense layer. A convolution needs the picture."
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
    if np.allclose(1 - x[..., 0], _first_images(), atol=1e-3):
        return "Black and white have changed places. Ink stays 1 and paper 0."
    if np.allclose(x[..., 0], _first_images().swapaxes(1, 2), atol=1e-3):
        return "The images lie on their side: rows and columns have changed places. Add an axis, and keep the others."
    if not np.allclose(x[..., 0], _first_images(), atol=1e-3):
        return "The shape is right, but these are not the first 1000 training images, divided by 255."
    if kind != np.float32:
        return f"The type is {kind}. Networks work in float32; it needs half of the memory of float64."
    return None


@functools.cache
def _first_images() -> np.ndarray:
    return data.load_mnist()[0][0][:1000] / 255


@exercise(
    "09.2",
    "One kernel is as deep as its input has channels. How many numbers is that?",
    "A kernel has 3 * 3 * 32 weights and one bias. There are 64 of them.",
    "3 * 3 * 32 * 64 + 64",
    praise="18 496, whatever the size of the image.",
)
def parameters_of_second_layer(count: Any) -> str | None:
    mistakes = [
        *convolution_parameters(3, 32, 64),
        (320, "320 are the first layer's, with one grey channel. Here are 64 kernels, and each sees all 32 channels."),
        (320 + 18496, "These are both layers. The second one alone is asked for."),
    ]
    return grade(number(count), 18496, mistakes, rtol=0)


@exercise(
    "09.3",
    "Without padding a kernel of side 5 fits at 32 - 5 + 1 places. Pooling halves.",
    "32 becomes 28, then 14. Now the kernel of side 3, then pooling again.",
    "side = ((32 - 5 + 1) // 2 - 3 + 1) // 2",
    praise="32, 28, 14, 12, 6.",
)
def last_side(side: Any) -> str | None:
    mistakes = [
        (8, "This is with padding: 32, 16, 8. Without it each convolution takes a rim away."),
        (7, "The second convolution shrinks its maps as well: 14 becomes 12 before it is pooled."),
        (12, "This is the side before the last pooling."),
        (5, "A kernel of side F takes F - 1 pixels, not F: 32 - 5 + 1 = 28."),
        (26, "The two poolings are missing: each halves the side."),
        (13, "One of the two poolings is missing: each halves the side."),
        (36, "This is the area, 6 x 6. The side is asked for."),
        (14, "This is the side after the first pooling. One more convolution and pooling follow."),
    ]
    return grade(number(side), 6, mistakes, rtol=0)


@exercise(
    "09.4",
    "Input((32, 32, 3)), then convolution and pooling in turn, then Dense(100) without an activation.",
    "A Dense layer behind Flatten is costly: 100 weights for each feature. Pool more before it, or use GlobalAveragePooling2D.",
    "Conv2D(16, 3), MaxPooling2D, Conv2D(32, 3), MaxPooling2D, GlobalAveragePooling2D, Dense(100): 8 388 parameters.",
    praise="Colour in, 100 logits out, and few enough parameters.",
)
def small_cnn(model: Any) -> str | None:
    model = keras_model(model)
    shape = tuple(getattr(model, "input_shape", ()) or ())
    if not shape:
        return "The model does not know the size of its images yet. Its first part says it: keras.Input."
    if shape[1:] == (32, 32, 1):
        return "The images have colour: three channels, not one."
    if shape[1:] == (32, 32):
        return "The channels are missing: Input((32, 32, 3))."
    if shape[1:] != (32, 32, 3):
        return f"The input should be (32, 32, 3), and this one is {shape[1:]}."
    kinds = [type(layer).__name__ for layer in model.layers]
    if not any("Conv" in kind for kind in kinds):
        return "There is no convolution in it."
    if not any("Pooling" in kind for kind in kinds):
        return "There is no pooling layer in it."
    x = np.random.default_rng(9).uniform(0, 1, (16, 32, 32, 3)).astype("float32")
    z = np.asarray(model(x), dtype=float)
    if z.ndim == 4:
        return "The output is still a picture. Flatten it or pool it, then a dense layer."
    if z.shape != (16, 100):
        return f"100 numbers for each image are asked for; the output has shape {z.shape[1:]}."
    if np.allclose(z.sum(axis=1), 1, atol=1e-3):
        return "These are probabilities. Logits are asked for: no softmax on the last layer."
    if z.min() >= 0:
        return "All outputs are positive, so an activation is on the last layer. A logit may be any number."
    if last_activation(model) != "linear":
        return f"On the last layer is the activation {last_activation(model)}. A logit may be any number."
    if model.count_params() > 60_000:
        largest = type(max(model.layers, key=lambda layer: layer.count_params())).__name__
        advice = "make the maps smaller before it" if largest == "Dense" else "take fewer kernels"
        return f"It has {model.count_params()} parameters, more than 60 000. The largest layer is a {largest}: {advice}."
    return None


@exercise(
    "09.5",
    "Start with an image of zeros. Which columns of the old image are still visible after the move?",
    "The axes are image, row, column, channel. The first 28 - k columns move to the place of the last ones.",
    "result = np.zeros_like(x); result[:, :, k:] = x[:, :, : 28 - k]; return result",
    praise="And for k = 0 it changes nothing, where x[:, :, :-k] would be empty.",
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
