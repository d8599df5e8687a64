"""Exercises of notebook 08, convolution and edges, and the bars that its network looks for."""

from typing import Any

import numpy as np

from dlhelpers.exercises.core import OTHER, array, call, close, exercise, grade, keras_model, number


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


def _slide_over(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return (np.lib.stride_tricks.sliding_window_view(image, kernel.shape) * kernel).sum(axis=(2, 3))


@exercise(
    "08.2",
    "height, width = kernel.shape, and as in section 1 there are image.shape[0] - height + 1 rows. Then two loops, over rows i and columns j.",
    "The window is image[i : i + height, j : j + width]. Multiply it by the kernel, entry by entry, and add up.",
    "out[i, j] = np.sum(image[i : i + height, j : j + width] * kernel), inside both loops; then return out.",
    praise="This is what a convolution layer computes for each of its kernels.",
    solution=_slide_over,
)
def convolution_by_loops(function: Any) -> str | None:
    rng = np.random.default_rng(8)
    for image_shape, kernel_shape in (((6, 7), (3, 3)), ((5, 8), (2, 4)), ((4, 5), (3, 3)), ((3, 5), (1, 2))):
        image, kernel = rng.normal(size=image_shape), rng.normal(size=kernel_shape)
        result = array(call(function, image, kernel), finite=False)
        right = _slide_over(image, kernel)
        if message := _convolution_mistake(result, image, kernel, right):
            return message
    return None


def _convolution_mistake(result: np.ndarray, image: np.ndarray, kernel: np.ndarray, right: np.ndarray) -> str | None:
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    size = f"A {' x '.join(map(str, image.shape))} image and a {' x '.join(map(str, kernel.shape))} kernel"
    if result.shape == right.shape and not np.isfinite(result).all():
        return "The result holds nan or infinity. Start from np.zeros, and fill in each place."
    mistakes = [
        (_slide_over(image, kernel[::-1, ::-1]), "Here the kernel was turned round, a true convolution. Lay it down as it stands."),
        (windows.sum(axis=(2, 3)), "The kernel's weights are missing: multiply the window by them before you add up."),
        (windows.mean(axis=(2, 3)), "This averages the window. Multiply it by the kernel and add up."),
        ((windows * kernel).mean(axis=(2, 3)), "np.mean divides by the size of the kernel. Add up: np.sum."),
        ((windows * kernel).max(axis=(2, 3)), "This keeps the largest product. Add all of them up."),
        (right.T, "The result is transposed: out[i, j], with i for the row."),
        (np.zeros_like(right), "All places are still 0: is `out[i, j] = ...` inside both loops?"),
    ]
    if result.shape == image.shape and result.shape != right.shape:
        other = f"{size} give {right.shape[0]} x {right.shape[1]} places: the kernel stays inside the image."
    elif result.shape == (right.shape[0] - 1, right.shape[1] - 1):
        other = f"One row and one column too few: {size} give {right.shape[0]} x {right.shape[1]} places."
    elif result.shape != right.shape:
        other = f"{size} give a result of shape {right.shape}; this one has {result.shape}."
    elif close(result[0, 0], right[0, 0]) and result.size > 1 and not result.ravel()[1:].any():
        other = "Only the first place is filled. Does `return` stand inside a loop?"
    elif close(result[0], right[0]) and len(result) > 1 and not result[1:].any():
        other = "Only the first row is filled. Does `return` stand inside the outer loop?"
    elif close(result[0, 0], right[0, 0]):
        other = "The first place is right, and others are not. The window at (i, j) starts at row i and column j."
    else:
        other = "The shape is right, and the numbers are not: window times kernel, entry by entry, then the sum."
    return grade(result, right, mistakes, other=other)


SIDES = [(28, 3, 0, 1), (28, 3, 1, 1), (32, 5, 2, 1), (28, 2, 0, 2), (28, 5, 0, 2), (31, 4, 1, 3), (17, 6, 2, 4)]


@exercise(
    "08.3",
    "With stride 1: how many steps to the right can the kernel take before it hits the end of the framed image?",
    "The frame makes the image n + 2 * padding wide, so there is room for n + 2 * padding - k steps of one pixel. "
    "With a stride, only the steps that fit in whole count. And the place where it starts is an output, too.",
    "return (n + 2 * padding - k) // stride + 1",
    praise="Steps that fit, plus the place where the kernel starts. You will use this rule for every network.",
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
        (n - k + 1, "This is right without padding and in steps of one. Both may be larger."),
        ((n + 2 * p) // s, "The kernel has a size as well: it can move n + 2 * padding - k pixels."),
        ((n - 2 * p - k) // s + 1, "Padding makes the image larger: plus, not minus."),
    ]
    return grade(got, room // s + 1, mistakes)


def bar_images(n: int, seed: int, kinds: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return noisy images, each with one bar somewhere, and the kind of each bar.

    Parameters
    ----------
    n : int
        How many images.
    seed : int
    kinds : int
        2 for horizontal (0) and vertical (1) bars; 3 for diagonal ones (2), too, which fall to the right.

    Returns
    -------
    x : float32 array, shape (n, 16, 16, 1)
        Noise of standard deviation 0.3; a bar of 5 to 8 pixels adds 1.
    y : int array, shape (n,)

    Raises
    ------
    ValueError
        If there are not 2 or 3 kinds.

    Examples
    --------
    >>> x, y = bar_images(4, seed=1)
    >>> x.shape, y.shape
    ((4, 16, 16, 1), (4,))
    """
    if kinds not in (2, 3):
        raise ValueError(f"kinds must be 2 or 3, not {kinds!r}")
    rng = np.random.default_rng(seed)
    x, y = rng.normal(scale=0.3, size=(n, 16, 16)), rng.integers(0, kinds, n)
    for image, kind in zip(x, y, strict=True):
        length = rng.integers(5, 9)
        along = np.arange(length)
        across, start, other = rng.integers(0, 16), *rng.integers(0, 17 - length, 2)
        rows, columns = [(across, start + along), (start + along, across), (start + along, other + along)][kind]
        image[rows, columns] += 1
    return x[..., None].astype("float32"), y


@exercise(
    "08.4",
    "Start from the network of this section. Three kinds of bars need three outputs. Is one kernel enough?",
    'Two or three kernels: Conv2D(3, 5, padding="same"), GlobalMaxPooling2D(), Dense(3, activation="softmax").',
    'Compile with keras.optimizers.Adam(0.03) and "sparse_categorical_crossentropy"; fit on x_three, y_three for 10 epochs.',
    praise="A hundred weights tell three kinds of bars apart, wherever they lie.",
)
def three_kinds(model: Any) -> str | None:
    model = keras_model(model)
    shape = tuple(getattr(model, "input_shape", None) or ())
    if not shape:
        return "The model does not know the size of its images yet. Its first part says it: keras.Input((16, 16, 1))."
    if shape[1:] != (16, 16, 1):
        return f"The images have the shape (16, 16, 1); the model expects {shape[1:]}."
    x, y = bar_images(1000, seed=77, kinds=3)
    out = np.asarray(model.predict(x, batch_size=500, verbose=0), dtype=float)
    if out.ndim == 4:
        return "The output is still a feature map. GlobalMaxPooling2D keeps its largest number, then a Dense layer decides."
    if out.shape != (1000, 3):
        return f"Three kinds of bars need three outputs; this network has {out.shape[-1]}."
    if not np.isfinite(out).all():
        return "The network gives nan: its training has blown up. Try a smaller learning rate."
    kinds = [type(layer).__name__ for layer in model.layers]
    if model.count_params() > 150:
        advice = " GlobalMaxPooling2D in place of Flatten leaves one number for each kernel." if "Flatten" in kinds else ""
        return f"It has {model.count_params()} parameters; at most 150 are allowed.{advice}"
    guess = out.argmax(axis=1)
    accuracy = (guess == y).mean()
    if accuracy >= 0.95:
        return None
    return f"It gets {accuracy:.0%} of fresh bars right; 95 % are asked for. {_why_bars_are_missed(model, kinds, guess, accuracy)}"


def _why_bars_are_missed(model: Any, kinds: list[str], guess: np.ndarray, accuracy: float) -> str:
    convolutions = [layer for layer in model.layers if type(layer).__name__ == "Conv2D"]
    if accuracy < 0.45:
        return "That is guessing: was it trained, on x_three and y_three?"
    if not convolutions:
        return "Without a convolution it would need one weight for each place: use Conv2D."
    if len(set(guess)) < 3:
        return "It never answers one of the three kinds: was it trained on x_three and y_three, with all three?"
    if len(convolutions) == 1 and convolutions[0].filters == 1:
        return "It has one kernel, which can look for one direction only. Give it more."
    if all(layer.padding == "valid" for layer in convolutions):
        return 'Its kernels never stand on the border, where some bars lie: padding="same".'
    if "GlobalAveragePooling2D" in kinds and not any(layer.activation.__name__ == "relu" for layer in convolutions):
        return "The mean of a feature map drowns a short bar in noise. Keep the largest number: GlobalMaxPooling2D."
    return "Train it for longer, with a larger learning rate such as 0.03, or give it another kernel."


@exercise(
    "08.5",
    "Which pixel of the old image must stand in the middle of the new one, if everything moves to the right?",
    "Each new pixel is a copy of its left neighbour: a single weight of 1, all others 0.",
    "mover = np.array([[0, 0, 0], [1, 0, 0], [0, 0, 0]])",
    praise="The kernel looks to the left, so the image moves to the right.",
)
def moving_kernel(kernel: Any) -> str | None:
    values = np.squeeze(array(kernel))
    if values.shape != (3, 3):
        return f"A 3 x 3 kernel is asked for; this has shape {np.shape(kernel)}."
    places = {
        (1, 2): "It moves the image to the left. Keras does not turn the kernel round: it copies the pixel "
        "under the 1.",
        (0, 1): "It moves the image down: each pixel is copied from the one above it.",
        (2, 1): "It moves the image up: each pixel is copied from the one below it.",
        (1, 1): "This is the identity: the image stays where it is.",
    }
    found = np.argwhere(values != 0)
    if len(found) == 1:
        place = tuple(int(i) for i in found[0])
        weight = values[place]
        if place == (1, 0):
            return None if close(weight, 1) else f"The place is right. With the weight {weight:g} the brightness changes."
        return places.get(place, "It moves the image along the diagonal. Only to the right is asked for.")
    if close(values, np.eye(3)) or close(values, np.ones((3, 3))) or close(values, np.ones((3, 3)) / 9):
        return "This mixes several pixels. To move an image, copy a single one."
    if len(found) and close(values.sum(), 0, atol=1e-6):
        return "The weights add up to 0: this finds edges. To move an image, copy a single pixel."
    return "Exactly one weight should be 1 and all others 0: each new pixel is the copy of one old pixel."


@exercise(
    "08.6",
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
