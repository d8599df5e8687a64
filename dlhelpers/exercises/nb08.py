"""Exercises of notebook 08, convolution and edges."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlhelpers.exercises.core import OTHER, NotYet, array, call, close, exercise, number

ROW, KERNEL = np.array([2.0, 5.0, 4.0, 1.0]), np.array([1.0, 0.0, -1.0])


@exercise(
    "08.1",
    hints=[
        "Lay the kernel on the first three numbers, then move it one step. How many places are there?",
        "At the first place: 1 times 2, plus 0 times 5, minus 1 times 4.",
        "answers = [2 - 4, 5 - 1]",
    ],
    praise="The left number minus the one two places to the right, at the two places where the kernel fits.",
)
def correlation_by_hand(answers: Any) -> str | None:
    values = array(answers)
    if values.size == 2 and close(values.ravel(), [-2, 4]):
        return None
    if close(values.ravel(), [2, -4]):
        return "Here the kernel was turned round, as in a true convolution. Keras lays it down as it stands."
    if close(values.ravel(), [-5, -2, 4, 4]) or close(values.ravel(), [5, 2, -4, -4]):
        return "These four answers use padding: zeros beside the row. Without padding the kernel stays inside."
    if close(values.ravel(), [2, 0, -4]) or close(values.ravel(), [2, 0, -4, 5, 0, -1]):
        return "These are the products. Add the three of one place up to one answer."
    if values.size == 6:
        return "Six answers: the kernel also hung over both ends. Without padding it stays inside of the row."
    if close(values.ravel(), [6, 6]):
        return "The sign of the last weight is lost: it is -1."
    if close(values.ravel(), [11, 10]):
        return "This only adds the numbers up. Multiply each by its weight first: 1, 0 and -1."
    if close(values.ravel(), [4, -2]):
        return "The two answers are right, and stand in the wrong order: the kernel starts at the left."
    if values.size != 2:
        return f"A kernel of 3 numbers has two places to stand in a row of 4, so two answers are asked for, not {values.size}."
    return OTHER


SIDES = [(28, 3, 0, 1), (28, 3, 1, 1), (32, 5, 2, 1), (28, 2, 0, 2), (28, 5, 0, 2), (31, 4, 1, 3), (17, 6, 2, 4)]


@exercise(
    "08.2",
    hints=[
        "With stride 1: how many steps to the right can the kernel take before it hits the end of the framed image?",
        "The frame makes the image n + 2 * padding wide, so there is room for n + 2 * padding - k steps of one pixel. "
        "With a stride, only the steps that fit in whole count. And the place where it starts is an output, too.",
        "return (n + 2 * padding - k) // stride + 1",
    ],
    praise="Steps that fit, plus the place where the kernel starts. You will need this rule with every network.",
)
def size_rule(function: Any) -> str | None:
    got = np.array([number(call(function, *case)) for case in SIDES])
    n, k, p, s = np.array(SIDES).T

    def is_rule(values: Any) -> bool:
        return close(got, values)

    room = n + 2 * p - k
    if is_rule(room // s + 1):
        return None
    if is_rule(room // s) or is_rule(room / s):
        return "The place where the kernel starts is missing: one more than the number of steps."
    if is_rule(room / s + 1):
        return "A stride that does not fit gives a fraction here. Only whole steps count: use //."
    if is_rule(-(-room // s) + 1):
        return "This rounds up. A step that does not fit in whole is not taken: round down."
    if is_rule((n + p - k) // s + 1):
        return "The frame of zeros lies on both sides: padding counts twice."
    if is_rule((n - k) // s + 1):
        return "The padding is missing."
    if is_rule(room + 1):
        return "The stride is missing: with steps of two there are about half as many."
    if is_rule((room + 1) // s) or is_rule((room + 1) / s):
        return "The 1 is for the place where the kernel starts. Add it after the division."
    if is_rule(n + 2 * p - k // s + 1) or is_rule(n + 2 * p - k / s + 1):
        return "Brackets are missing: Python divides k alone. The whole room for steps is divided by the stride."
    if is_rule(n - k + 1):
        return "This is right without padding and in steps of one. Both may be larger here."
    if is_rule((n + 2 * p) // s):
        return "The kernel has a size as well: it can move n + 2 * padding - k pixels."
    if is_rule((n - 2 * p - k) // s + 1):
        return "Padding makes the image larger: plus, not minus."
    return OTHER


@exercise(
    "08.3",
    hints=[
        "Which pixel of the old picture must stand in the middle of the new one, if everything moves to the right?",
        "Each new pixel is a copy of its left neighbour: a single weight of 1, all others 0.",
        "mover = np.array([[0, 0, 0], [1, 0, 0], [0, 0, 0]])",
    ],
    praise="The kernel looks to the left, so the picture moves to the right.",
)
def moving_kernel(kernel: Any) -> str | None:
    values = np.squeeze(array(kernel))
    if values.shape != (3, 3):
        return f"A 3 x 3 kernel is asked for; this has shape {np.shape(kernel)}."
    places = {
        (1, 2): "It moves the picture to the left. Keras does not turn the kernel round: it copies the pixel "
        "under the 1.",
        (0, 1): "It moves the picture down: each pixel is copied from the one above it.",
        (2, 1): "It moves the picture up: each pixel is copied from the one below it.",
        (1, 1): "This is the identity: the picture stays where it is.",
    }
    found = np.argwhere(values != 0)
    if len(found) == 1:
        place = tuple(int(i) for i in found[0])
        weight = values[place]
        if place == (1, 0):
            return None if close(weight, 1) else f"The place is right. With the weight {weight:g} the brightness changes."
        return places.get(place, "It moves the picture along the diagonal. Only to the right is asked for.")
    if close(values, np.eye(3)) or close(values, np.ones((3, 3))) or close(values, np.ones((3, 3)) / 9):
        return "This mixes several pixels. To move a picture, copy a single one."
    if len(found) and close(values.sum(), 0, atol=1e-6):
        return "The weights add up to 0: this finds edges. To move a picture, copy a single pixel."
    return "Exactly one weight should be 1 and all others 0: each new pixel is the copy of one old pixel."


@exercise(
    "08.4",
    hints=[
        "The result has image.shape[0] // size rows. Two loops over windows are fine: image[i*size:(i+1)*size, ...].",
        "Without loops: reshape the image to (rows, size, columns, size), so that two axes run inside of a window.",
        "return image.reshape(rows, size, columns, size).max(axis=(1, 3)), with rows = image.shape[0] // size",
    ],
    praise="A window of the image is two axes of the reshaped one. This trick is worth remembering.",
)
def pooling_function(function: Any) -> str | None:
    for seed, (rows, columns, size) in enumerate([(6, 8, 2), (6, 12, 3), (2, 3, 1)]):
        image = np.random.default_rng(seed).normal(size=(rows, columns)) - 2.0  # negative: padding with 0 shows
        blocks = image.reshape(rows // size, size, columns // size, size)
        result = array(call(function, image.copy(), size))
        if close(result, blocks.max(axis=(1, 3))):
            continue
        return _pooling_mistake(result, image, size, blocks)
    return None


def _pooling_mistake(result: np.ndarray, image: np.ndarray, size: int, blocks: np.ndarray) -> str:
    windows = np.lib.stride_tricks.sliding_window_view(image, (size, size))
    if close(result, blocks.mean(axis=(1, 3))):
        return "This is mean pooling. Max pooling keeps the largest number of each window."
    if close(result, blocks.min(axis=(1, 3))):
        return "This keeps the smallest number of each window."
    if close(result, blocks.sum(axis=(1, 3))):
        return "This adds each window up. Keep the largest number."
    if close(result, image[::size, ::size]):
        return "This takes every `size`-th pixel: a stride, but no maximum."
    if close(result, windows.max(axis=(2, 3))):
        return "The windows overlap: they move by one pixel. Move by `size`, so that they lie side by side."
    rows, columns = blocks.shape[0], blocks.shape[2]
    if close(result, windows.max(axis=(2, 3))[:rows, :columns]):
        return "The windows overlap: number i starts at pixel i. Side by side, it starts at i * size."
    if close(result, blocks.max(axis=(1, 3)).T):
        return "The result is transposed."
    if close(result, np.maximum(blocks.max(axis=(1, 3)), 0)):
        return "Negative numbers became 0: start from the window's own numbers, not from zeros."
    if result.shape == (rows, columns) and result[0, 0] == blocks[0, :, 0].max() and not result[-1].any():
        return "The last row is still 0. Does `return` stand inside of a loop?"
    if result.size == 1:
        if close(result.ravel(), [image.max()]):
            return "This is the maximum of the whole image. Each window has its own."
        return "One number came out, but each window has its own. Does `return` stand inside of the loop?"
    if result.shape == (blocks.shape[0], blocks.shape[2]):
        return "The shape is right, but a window should be `size` x `size` neighbours; check the order of the axes."
    return f"An image of {image.shape} with windows of {size} gives {blocks.shape[0], blocks.shape[2]}, not {result.shape}."


@exercise(
    "08.5",
    hints=[
        "How many weights has one kernel? It has a 5 x 5 slice for each of the 32 input channels.",
        "One kernel: 5 * 5 * 32 weights and one bias. There are 64 kernels.",
        "parameters = (5 * 5 * 32 + 1) * 64",
    ],
    praise="51 264, whether the map has 14 x 14 places or 1400 x 1400.",
)
def parameter_count(parameters: Any) -> str | None:
    value = number(parameters)
    named = {
        51_200: "These are the weights. Each of the 64 kernels has a bias, too.",
        51_201: "One bias is not enough: each of the 64 kernels has its own.",
        51_232: "A bias belongs to each kernel, not to each input channel: 64 of them, not 32.",
        1_664: "The input channels are missing: each kernel has a 5 x 5 slice for each of the 32.",
        1_600: "The input channels are missing, and so are the biases.",
        832: "This is a layer of 32 kernels on one channel. There are 64 kernels, and 32 channels go in.",
        53_248: "One bias is enough for each kernel. Its 32 slices are added up and share it.",
        801: "This is one kernel with its bias. The layer has 64 of them.",
        10_304: "5 stands for 5 x 5: each slice has 25 weights.",
        14 * 14 * 51_264: "The places share the weights: 14 x 14 plays no part.",
        14 * 14 * 51_200: "The places share the weights: 14 x 14 plays no part. The biases are missing, too.",
        10 * 10 * 64: "This is the number of outputs. The parameters do not depend on the number of places.",
    }
    if value == 51_264:
        return None
    if value in named:
        return named[value]
    if not float(value).is_integer() or value <= 0:
        raise NotYet("A number of parameters is a positive whole number.")
    return OTHER
