"""Exercises of notebook 21, autoencoders."""

from typing import Any

import numpy as np

from dlhelpers.exercises.core import OTHER, NotYet, array, call, close, exercise, grade, number

PIXELS, UNITS = 784, 32


@exercise(
    "21.1",
    "Two dense layers: 784 to 32 and 32 to 784. Each has a weight for each pair, and a bias for each output.",
    "Encoder: 784·32 + 32. Decoder: 32·784 + 784. Tied weights drop the decoder's 32·784.",
    "parameters = 784 * 32 + 32 + 32 * 784 + 784; saved = 32 * 784",
    praise="50 992 parameters; tying drops one of the two weight matrices and leaves the biases alone.",
)
def hourglass_parameters(parameters: Any, saved: Any) -> str | None:
    parameters, saved = number(parameters), number(saved)
    weights = PIXELS * UNITS
    total = 2 * weights + UNITS + PIXELS
    first = [
        (2 * weights, "The biases are missing: one for each of the 32 code units and of the 784 outputs."),
        (weights + UNITS, "This is the encoder alone. The decoder has 32·784 weights and 784 biases."),
        (weights + PIXELS, "This is the decoder alone. The encoder has 784·32 weights and 32 biases."),
        (2 * (weights + UNITS), "The decoder has a bias for each of its outputs, and these are 784."),
        (2 * (weights + PIXELS), "The encoder has a bias for each of its outputs, and these are 32."),
        (weights + UNITS + PIXELS, "These are the parameters with tied weights. Untied ones are asked for first."),
    ]
    second = [
        (weights + PIXELS, "The 784 biases of the decoder remain: only the weight matrix is shared."),
        (weights + UNITS, "The 32 biases of the encoder remain: only the weight matrix is shared."),
        (total - weights, "This is what remains with tied weights. What is saved is the difference."),
        (total / 2, "Not half of everything: the biases are not shared."),
        (2 * weights, "One of the two matrices must remain."),
    ]
    exact = {"rtol": 0, "atol": 0.5}
    return grade(parameters, total, first, **exact) or grade(saved, weights, second, **exact)


@exercise(
    "21.2",
    "The mean of (a·x̃ - x)² is (a - 1)² · 1 + a² · 0.5, since x and the noise are independent.",
    "Set its derivative to zero: 2 (a - 1) + 2 a · 0.5 = 0.",
    "factor = 1 / (1 + 0.5)",
    praise="Two thirds: the noisier the number, the more it is pulled to the mean, where the data are.",
)
def best_factor(factor: Any) -> str | None:
    mistakes = [
        (1.0, "This leaves the noise in. Part of each large value is noise: shrink it."),
        (0.5, "This divides by 2. How large is the variance of the data next to that of the noise?"),
        (1 / 1.25, "0.5 is the variance already, do not square it."),
        (1 / (1 + np.sqrt(0.5)), "Variances add, standard deviations do not."),
        (1 / np.sqrt(1.5), "This brings back the variance 1, but not the smallest error."),
        (1 / 3, "This is the noise's share of the variance. Keep the share of the data."),
        (1.5, "Turned around: this makes the noise larger. Shrink it."),
        (2.0, "This is the ratio of the variances, and it makes the noise larger. A factor below 1 is asked for."),
    ]
    return grade(number(factor), 2 / 3, mistakes, rounding=True)


@exercise(
    "21.3",
    "Draw a random number between 0 and 1 for each pixel: rng.uniform(size=x.shape).",
    "Compare it with `share`: True where the pixel is kept. Times True keeps, times False gives 0.",
    "return x * (rng.uniform(size=x.shape) >= share)",
    praise="A new mask for each image, so that no pixel can be relied on.",
)
def zeroed(function: Any) -> str | None:
    x, share = np.random.default_rng(7).uniform(0.2, 1, size=(1000, 60)), 0.3
    try:
        answer = array(call(function, x, share, np.random.default_rng(8)))
    except NotYet as problem:
        if "high - low" in str(problem):
            return "`rng.uniform(x.shape)` takes the shape for the lower end. Write size=x.shape."
        raise
    if answer.shape != x.shape:
        return f"The result should have the shape of x, {x.shape}, and has {answer.shape}."
    gone = answer == 0
    if close(answer, x):
        return "Nothing was set to zero."
    if gone.all():
        return "Everything was set to zero. (`rng.integers(0, 1)` is always 0: it leaves out the upper end.)"
    if np.array_equal(gone, x < share):
        return "The pixels themselves were compared with `share`. Compare random numbers with it, one for each pixel."
    if set(np.unique(answer)) == {0.0, 1.0}:
        return "This is the mask alone. Multiply the images by it."
    if close(answer[~gone], x[~gone] / (1 - share)):
        return "These pixels were also made larger by 1 / (1 - share), as dropout does. Keep the others as they are."
    if not close(answer[~gone], x[~gone]):
        return "The pixels that are not set to zero must keep their values."
    by_image, by_pixel = gone.mean(axis=1), gone.mean(axis=0)
    if set(by_image) <= {0.0, 1.0}:
        return "Whole images were set to zero. Draw one random number for each pixel, size=x.shape."
    if set(by_pixel) <= {0.0, 1.0}:
        return "The same pixels are missing in all images. Draw a mask for each image, size=x.shape."
    if abs(gone.mean() - (1 - share)) < 0.02:
        return "This keeps the share and sets the rest to zero. Turn the comparison around."
    if abs(gone.mean() - share) > 0.02:
        return f"With share = {share}, a share of {gone.mean():.2f} was set to zero."
    other = array(call(function, x, share, np.random.default_rng(9)))
    if np.array_equal(answer, other):
        return "Another generator must give another mask: draw from the `rng` that comes in."
    if not np.array_equal(answer, array(call(function, x, share, np.random.default_rng(8)))):
        return "The same generator must give the same mask: draw from the `rng` that comes in, not from np.random."
    half = array(call(function, x, 0.5, np.random.default_rng(8)))
    if abs((half == 0).mean() - 0.5) > 0.02:
        return "With share = 0.5, half of the pixels should be zero. Use `share`, not a fixed number."
    counts = by_image.std()
    if counts < 0.02:
        return "The same number in each image: let each pixel decide for itself, with probability `share`."
    return None if counts < 0.1 else OTHER


@exercise(
    "21.4",
    "The penalty looks at h, the decoder's output at h times D. What if h is ten times smaller?",
    "ReLU(z / 10) = ReLU(z) / 10. So divide W and b by 10, and let the decoder make up for it.",
    "return W / 10, b / 10, 10 * D, c",
    praise="The penalty can be made as small as you like and nothing becomes sparse. UnitNorm forbids it.",
)
def cheated(function: Any) -> str | None:
    rng = np.random.default_rng(3)
    x, W, b = rng.normal(size=(50, 12)), rng.normal(size=(12, 8)), rng.normal(size=8)
    D, c = rng.normal(size=(8, 12)), rng.normal(size=12)
    answer = call(function, W.copy(), b.copy(), D.copy(), c.copy())
    if not isinstance(answer, (tuple, list)) or len(answer) != 4:
        return "Return four arrays: the new W, b, D and c."
    new = [array(part) for part in answer]
    for name, old, part in zip("WbDc", (W, b, D, c), new, strict=True):
        if part.shape != old.shape:
            raise NotYet(f"The new {name} should have shape {old.shape}, and has {part.shape}.")
    h, h_new = np.maximum(x @ W + b, 0), np.maximum(x @ new[0] + new[1], 0)
    same = close(h_new @ new[2] + new[3], h @ D + c, rtol=1e-4, atol=1e-5)
    ratio = h_new.sum() / h.sum()
    if same and close(ratio, 0.1):
        return None
    if same and close(ratio, 1.0):
        return "Nothing has changed yet: the penalty is still the same."
    if same and ratio > 1:
        return "The images are the same, but the codes have grown. Make h smaller, D larger."
    if same:
        return f"The images are the same. The penalty is {ratio:.2g} of what it was; a tenth is asked for."
    if close(new[0], W / 10) and close(new[1], b):
        return "ReLU(xW + b) becomes a tenth only if the bias b is divided by 10, too."
    if close(h_new, h / 10) and close(new[2], D):
        return "h is a tenth now, but the rebuilt images have changed. The decoder must make up for it."
    if close(h_new, h / 10) and close(new[3], 10 * c):
        return "c is added after the decoder's weights. Leave it as it is."
    if close(h_new, h / 10) and close(new[2], D / 10):
        return "h is ten times smaller, so D must be ten times larger."
    if close(h_new, h):
        return "The codes h are as large as before. It is they that are penalised: change W and b."
    return "The rebuilt images are not the same any more. Follow h = ReLU(xW + b) and r = hD + c."


@exercise(
    "21.5",
    "The derivative of tanh is 1 - tanh², so here ∂h_j/∂x_i = (1 - h_j²) W_ij.",
    "Square it and add up over i and j. The sum over i, the pixels, is (W**2).sum(axis=0).",
    "return ((1 - h**2) ** 2 * (W**2).sum(axis=0)).sum(axis=1)",
    praise="Only the slope of the activation changes. The rest is the same sum of squares.",
)
def tanh_penalty(function: Any) -> str | None:
    rng = np.random.default_rng(11)
    W, x = rng.normal(size=(9, 5)) * 0.4, rng.normal(size=(7, 9))
    h = np.tanh(x @ W)
    lengths, slope = (W**2).sum(axis=0), 1 - h**2
    right = (slope**2 * lengths).sum(axis=1)
    answer = array(call(function, h, W))
    if answer.size == 1 and (close(answer.ravel()[0], right.mean()) or close(answer.ravel()[0], right.sum())):
        return "This is one number for all rows together. Sum over the units only, axis=1."
    if answer.shape == h.shape and close(answer, slope**2 * lengths):
        return "These are the shares of the single units. Sum them up for each row, axis=1."
    mistakes = [
        (((h * (1 - h)) ** 2 * lengths).sum(axis=1), "h (1 - h) is the slope of the sigmoid. What is that of tanh?"),
        ((slope * lengths).sum(axis=1), "The slope must be squared as well: the norm is a sum of squares."),
        (((1 - h) ** 2 * lengths).sum(axis=1), "The slope of tanh is 1 - h², not 1 - h."),
        (((1 - np.tanh(h) ** 2) ** 2 * lengths).sum(axis=1), "h is the tanh already: its slope is 1 - h**2."),
        ((slope**2 * W.sum(axis=0) ** 2).sum(axis=1), "Square each weight first, then sum over the pixels."),
        ((slope**2 * W.sum(axis=0)).sum(axis=1), "The weights must be squared."),
        (np.sqrt(right), "This is the norm. Its square is asked for."),
        ((slope**2).sum(axis=1), "The weights are missing: (W**2).sum(axis=0) for each unit."),
        ((slope**2 * lengths).mean(axis=1), "This is the mean over the units. The norm takes the sum."),
        ((slope**2).sum(axis=1) * lengths.sum(), "Each unit has its own weights: multiply before you sum over the units."),
    ]
    if answer.shape not in {(7,), (7, 1)} and close(answer.ravel(), right):
        return OTHER
    return grade(answer.ravel(), right, mistakes)
