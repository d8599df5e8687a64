"""Exercises of notebook 08, convolution and edges."""

from typing import Any

import numpy as np

from dlhelpers.exercises.core import OTHER, array, call, close, exercise, grade, number
from dlhelpers.exercises.formulas import convolution_parameters

ROW, KERNEL = np.array([2.0, 5.0, 4.0, 1.0]), np.array([1.0, 0.0, -1.0])


@exercise(
    "08.1",
    "Lay the kernel on the first three numbers, then move it one step. How many places are there?",
    "At the first place: 1 times 2, plus 0 times 5, minus 1 times 4.",
    "answers = [2 - 4, 5 - 1]",
    praise="The left number minus the one two places to the right, at the two places where the kernel fits.",
)
def correlation_by_hand(answers: Any) -> str | None:
    values = array(answers).ravel()
    mistakes = [
        ([2, -4], "Here the kernel was turned round, as in a true convolution. Keras lays it down as it stands."),
        ([-5, -2, 4, 4], [5, 2, -4, -4], "These four answers use padding: zeros beside the row. Without padding the kernel stays inside."),
        ([2, 0, -4], [2, 0, -4, 5, 0, -1], "These are the products. Add the three of one place up to one answer."),
        ([6, 6], "The sign of the last weight is lost: it is -1."),
        ([11, 10], "This only adds the numbers up. Multiply each by its weight first: 1, 0 and -1."),
        ([4, -2], "The two answers are right, and stand in the wrong order: the kernel starts at the left."),
    ]
    other = OTHER
    if values.size == 6:
        other = "Six answers: the kernel also hung over both ends. Without padding it stays inside of the row."
    elif values.size != 2:
        other = f"A kernel of 3 numbers has two places to stand in a row of 4, so two answers are asked for, not {values.size}."
    return grade(values, [-2, 4], mistakes, other=other)


SIDES = [(28, 3, 0, 1), (28, 3, 1, 1), (32, 5, 2, 1), (28, 2, 0, 2), (28, 5, 0, 2), (31, 4, 1, 3), (17, 6, 2, 4)]


@exercise(
    "08.2",
    "With stride 1: how many steps to the right can the kernel take before it hits the end of the framed image?",
    "The frame makes the image n + 2 * padding wide, so there is room for n + 2 * padding - k steps of one pixel. "
    "With a stride, only the steps that fit in whole count. And the place where it starts is an output, too.",
    "return (n + 2 * padding - k) // stride + 1",
    praise="Steps that fit, plus the place where the kernel starts. You will need this rule with every network.",
)
def size_rule(function: Any) -> str | None:
    got = np.array([number(call(function, *case)) for case in SIDES])
    n, k, p, s = np.array(SIDES).T
    room = n + 2 * p - k
    mistakes = [
        (room // s, room / s, "The place where the kernel starts is missing: one more than the number of steps."),
        (room / s + 1, "A stride that does not fit gives a fraction here. Only whole steps count: use //."),
        (-(-room // s) + 1, "This rounds up. A step that does not fit in whole is not taken: round down."),
        ((n + p - k) // s + 1, "The frame of zeros lies on both sides: padding counts twice."),
        ((n - k) // s + 1, "The padding is missing."),
        (room + 1, "The stride is missing: with steps of two there are about half as many."),
        ((room + 1) // s, (room + 1) / s, "The 1 is for the place where the kernel starts. Add it after the division."),
        (n + 2 * p - k // s + 1, n + 2 * p - k / s + 1, "Brackets are missing: Python divides k alone. The whole room for steps is divided by the stride."),
        (n - k + 1, "This is right without padding and in steps of one. Both may be larger here."),
        ((n + 2 * p) // s, "The kernel has a size as well: it can move n + 2 * padding - k pixels."),
        ((n - 2 * p - k) // s + 1, "Padding makes the image larger: plus, not minus."),
    ]
    return grade(got, room // s + 1, mistakes)


@exercise(
    "08.3",
    "Which pixel of the old picture must stand in the middle of the new one, if everything moves to the right?",
    "Each new pixel is a copy of its left neighbour: a single weight of 1, all others 0.",
    "mover = np.array([[0, 0, 0], [1, 0, 0], [0, 0, 0]])",
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
    "The result has image.shape[0] // size rows. Two loops over windows are fine: image[i*size:(i+1)*size, ...].",
    "Without loops: reshape the image to (rows, size, columns, size), so that two axes run inside of a window.",
    "return image.reshape(rows, size, columns, size).max(axis=(1, 3)), with rows = image.shape[0] // size",
    praise="A window of the image is two axes of the reshaped one. This trick is worth remembering.",
)
def pooling_function(function: Any) -> str | None:
    for seed, (rows, columns, size) in enumerate([(6, 8, 2), (6, 12, 3), (2, 3, 1)]):
        image = np.random.default_rng(seed).normal(size=(rows, columns)) - 2.0  # negative: padding with 0 shows
        if message := _pooling_mistake(array(call(function, image.copy(), size)), image, size):
            return message
    return None


def _pooling_mistake(result: np.ndarray, image: np.ndarray, size: int) -> str | None:
    rows, columns = image.shape[0] // size, image.shape[1] // size
    blocks = image.reshape(rows, size, columns, size)
    right, overlapping = blocks.max(axis=(1, 3)), np.lib.stride_tricks.sliding_window_view(image, (size, size)).max(axis=(2, 3))
    mistakes = [
        (blocks.mean(axis=(1, 3)), "This is mean pooling. Max pooling keeps the largest number of each window."),
        (blocks.min(axis=(1, 3)), "This keeps the smallest number of each window."),
        (blocks.sum(axis=(1, 3)), "This adds each window up. Keep the largest number."),
        (image[::size, ::size], "This takes every `size`-th pixel: a stride, but no maximum."),
        (overlapping, "The windows overlap: they move by one pixel. Move by `size`, so that they lie side by side."),
        (overlapping[:rows, :columns], "The windows overlap: number i starts at pixel i. Side by side, it starts at i * size."),
        (right.T, "The result is transposed."),
        (np.maximum(right, 0), "Negative numbers became 0: start from the window's own numbers, not from zeros."),
    ]
    if result.shape == right.shape and result[0, 0] == right[0, 0] and not result[-1].any():
        other = "The last row is still 0. Does `return` stand inside of a loop?"
    elif result.size == 1 and close(result.ravel(), [image.max()]):
        other = "This is the maximum of the whole image. Each window has its own."
    elif result.size == 1:
        other = "One number came out, but each window has its own. Does `return` stand inside of the loop?"
    elif result.shape == right.shape:
        other = "The shape is right, but a window should be `size` x `size` neighbours; check the order of the axes."
    else:
        other = f"An image of {image.shape} with windows of {size} gives {right.shape}, not {result.shape}."
    return grade(result, right, mistakes, other=other)


@exercise(
    "08.5",
    "How many weights has one kernel? It has a 5 x 5 slice for each of the 32 input channels.",
    "One kernel: 5 * 5 * 32 weights and one bias. There are 64 kernels.",
    "parameters = (5 * 5 * 32 + 1) * 64",
    praise="51 264, whether the map has 14 x 14 places or 1400 x 1400.",
)
def parameter_count(parameters: Any) -> str | None:
    value = number(parameters)
    mistakes = [
        *convolution_parameters(5, 32, 64),
        (832, "This is a layer of 32 kernels on one channel. There are 64 kernels, and 32 channels go in."),
        (14 * 14 * 51_264, "The places share the weights: 14 x 14 plays no part."),
        (14 * 14 * 51_200, "The places share the weights: 14 x 14 plays no part. The biases are missing, too."),
        (10 * 10 * 64, "This is the number of outputs. The parameters do not depend on the number of places."),
    ]
    whole = value.is_integer() and value > 0
    return grade(value, 51_264, mistakes, rtol=0, other=OTHER if whole else "A number of parameters is a positive whole number.")
