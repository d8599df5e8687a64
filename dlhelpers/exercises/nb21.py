"""Exercises of notebook 21, autoencoders."""

import functools
from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises.core import OTHER, NotYet, array, call, close, exercise, grade, keras_model

PIXELS, NUMBERS = 784, 16
PCA_ERROR, MEAN_DIGIT_ERROR = 0.0269, 0.0672  # squared, per pixel, on test digits
NOISE = 0.5


@functools.cache
def _test_digits() -> np.ndarray:
    _, (images, _) = data.load_mnist()
    return images[:3000].reshape(-1, PIXELS).astype("float32") / 255


def _rebuilt(model: Any, digits: np.ndarray) -> np.ndarray:
    """What the model makes of rows of 784 pixels, as rows again; it may take them as images."""
    shape = tuple(getattr(model, "input_shape", None) or ())[1:]
    if int(np.prod(shape)) != PIXELS:
        raise NotYet(f"The input should be rows of 784 pixels, keras.Input((784,)); this model takes {shape or 'nothing yet'}.")
    out = np.asarray(model.predict(digits.reshape(-1, *shape), batch_size=1000, verbose=0), dtype=float)
    out = out.reshape(len(digits), -1)
    if out.shape[1] == NUMBERS:
        raise NotYet("This is an encoder: it returns 16 numbers. The decoder, which turns them into 784 pixels, is part of the model.")
    if out.shape[1] != PIXELS:
        raise NotYet(f"The model should return 784 pixels; it returns {out.shape[1]} numbers.")
    if not np.isfinite(out).all():
        raise NotYet("Some pixels are nan or infinite: the training went wrong. A smaller learning rate helps.")
    if out.std(axis=0).mean() < 1e-3:
        raise NotYet("It draws the same picture for every digit. Was it trained, with fit_code on x_train?")
    return out


def _mse(a: np.ndarray, b: np.ndarray) -> float:
    return float(((a - b) ** 2).mean())


def _made_for_centred(model: Any, inputs: np.ndarray, digits: np.ndarray, error: float) -> bool:
    """Whether the model does far better with the mean digit subtracted, as in section 2."""
    mean = digits.mean(axis=0)
    try:
        centred = _mse(_rebuilt(model, inputs - mean) + mean, digits)
    except NotYet:
        return False
    return centred < min(0.85 * error, 0.9 * MEAN_DIGIT_ERROR)


def _widths(model: Any) -> list[int]:
    """How many numbers each layer puts out, also those of models inside the model."""
    widths = []
    for layer in model.layers:
        if hasattr(layer, "layers"):
            widths += _widths(layer)
        elif hasattr(getattr(layer, "output", None), "shape"):
            widths.append(int(np.prod(layer.output.shape[1:])))
    return widths


def _relu_codes(model: Any) -> bool:
    """Whether a layer of at most 16 numbers is a ReLU."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            found = _relu_codes(layer)
        else:
            narrow = hasattr(layer, "units") and layer.units <= NUMBERS
            found = narrow and getattr(layer.activation, "__name__", "") == "relu"
        if found:
            return True
    return False


@exercise(
    "21.1",
    "It is the network of section 3 with 16 in place of 2. One hidden layer on each side is enough, if it is wide.",
    "784 → 256 (relu) → 16 → 256 (relu) → 784 (sigmoid), and then fit_code(model_16, x_train, epochs=3).",
    "model_16 = keras.Sequential([keras.Input((784,)), relu(256), layers.Dense(16), relu(256), "
    'layers.Dense(784, "sigmoid")]); fit_code(model_16, x_train, epochs=3)',
    praise="As many numbers as PCA and a much smaller error: the activations make the difference.",
)
def better_than_pca(model: Any) -> str | None:
    model, digits = keras_model(model), _test_digits()
    out = _rebuilt(model, digits)
    narrowest = min(_widths(model))
    if narrowest > NUMBERS:
        return f"Its narrowest layer has {narrowest} numbers. The bottleneck may have 16 at most."
    error = _mse(out, digits)
    if error < 0.004:
        return f"Its error is {error:.4f}, too small for 16 numbers. Is there a way around the bottleneck?"
    if error < 0.020:
        return None
    if _made_for_centred(model, digits, digits, error):
        return f"Its error is {error:.4f}. It seems to be trained on `centred`; here the pixels lie between 0 and 1: take x_train."
    if error > MEAN_DIGIT_ERROR:
        return f"Its error is {error:.4f}, and the mean digit alone has {MEAN_DIGIT_ERROR:.3f}. Was it trained, with fit_code on x_train?"
    if abs(error - PCA_ERROR) < 0.001:
        return f"Its error is {error:.4f}, the same as PCA's. Is there an activation in the hidden layers?"
    if _relu_codes(model):
        return (
            f"Its error is {error:.4f}, and it should be below 0.020. A ReLU in the bottleneck sets all negative codes "
            "to 0. Leave the activation away there: layers.Dense(16)."
        )
    return f"Its error is {error:.4f}, and it should be below 0.020. Hidden layers, more units or another epoch help."


@exercise(
    "21.2",
    "Put layers.GaussianNoise(0.5) in front of an autoencoder. It need not be narrow: the noise keeps it from copying.",
    "784 → GaussianNoise(0.5) → 256 (relu) → 784 (sigmoid), then fit_code(denoiser, x_train, epochs=4, batch_size=100).",
    "denoiser = keras.Sequential([keras.Input((784,)), layers.GaussianNoise(0.5), relu(256), "
    'layers.Dense(784, "sigmoid")]); fit_code(denoiser, x_train, epochs=4, batch_size=100)',
    praise="Better than any matrix can be.",
)
def denoises(model: Any) -> str | None:
    model, digits = keras_model(model), _test_digits()
    noisy = digits + NOISE * np.random.default_rng(21).normal(size=digits.shape).astype("float32")
    out = _rebuilt(model, noisy)
    error = _mse(out, digits)
    if error < 0.017:
        return None
    told = f"From noisy digits its error is {error:.4f}"
    if _mse(out, noisy) < 0.6 * _mse(noisy, digits):
        return f"{told}: it gives back much of the noise. In training the input must be noisy and the target clean."
    if _mse(_rebuilt(model, digits), digits) < min(0.02, error / 2):
        return f"{told}, though it rebuilds clean ones well. In training, did the input have noise of standard deviation 0.5, and was the target clean?"
    if _made_for_centred(model, noisy, digits, error):
        return f"{told}. It seems to be trained on `centred`; here the clean pixels lie between 0 and 1: take x_train."
    if error > MEAN_DIGIT_ERROR:
        return f"{told}, worse than the mean digit for every input. Was it trained, with fit_code on x_train?"
    halfway = _rebuilt(model, (noisy[:200] + noisy[200:400]) / 2)
    if np.abs(halfway - (out[:200] + out[200:400]) / 2).max() < 1e-3:
        return f"{told}. The network is linear, and no matrix gets below 0.017. Give its hidden layer an activation."
    if (narrowest := min(_widths(model))) < 64:
        return (
            f"{told}, and it should be below 0.017. No narrow bottleneck is needed, and this one has {narrowest} numbers: "
            "the noise already keeps the network from copying."
        )
    return f"{told}, and it should be below 0.017. A wider hidden layer or more epochs help."


@exercise(
    "21.3",
    "The threshold comes from `usual` alone. Which value do 5 % of them exceed, if rate = 0.05?",
    "It is the quantile 1 - rate of the usual errors, np.quantile(usual, 1 - rate).",
    "return errors > np.quantile(usual, 1 - rate)",
    praise="The rate of false alarms is chosen without a single anomaly. How many anomalies are caught is another matter.",
)
def alarms(function: Any) -> str | None:
    usual, errors = _errors_of_images()
    answer = call(function, errors, usual, 0.1)
    if isinstance(answer, tuple) and np.shape(answer[0]) == errors.shape:
        return f"These are {len(answer)} results. Return only the answers for the images, not the threshold."
    flags = array(answer)
    if flags.ndim == 0:
        return "This is one value. Return one answer for each image: is its error larger than the threshold?"
    if flags.shape == usual.shape:
        return "This judges the usual images. It is `errors`, those of the new images, that are compared with the threshold."
    if flags.shape != errors.shape:
        return f"The result should have the shape of `errors`, {errors.shape}; it has {flags.shape}. Return True or False for each image."
    if not set(np.unique(flags)) <= {0.0, 1.0}:
        return "Return True or False for each image, not a number: compare its error with the threshold."

    def same(wrong: np.ndarray) -> bool:
        return np.array_equal(flags, wrong)

    limit = np.quantile(usual, 0.9)
    if same(errors > limit):
        other = array(call(function, errors, usual, 0.01))
        if not np.array_equal(other, errors > np.quantile(usual, 0.99)):
            if np.array_equal(other, flags):
                return "With rate = 0.1 it is right, and with rate = 0.01 it is not. Use `rate`, not a fixed number."
            return (
                "With rate = 0.1 it is right, and with rate = 0.01 it is not. The errors follow no Gaussian: take "
                "the threshold from the errors in `usual` themselves, for any rate."
            )
        return None
    if same(errors < limit):
        return "Turned around: these are the images without an alarm. Large errors should raise it."
    if same(errors > np.quantile(usual, 0.1)) or same(errors < np.quantile(usual, 0.1)):
        return "np.quantile(usual, rate) is exceeded by all but a share `rate` of the usual images. Take 1 - rate."
    if same(errors > np.quantile(errors, 0.9)) or same(errors > np.quantile(errors, 0.1)):
        return "This threshold comes from the new images, so it flags the same share of them however strange they are. Use `usual`."
    if same(errors > np.quantile(np.concatenate([errors, usual]), 0.9)):
        return "This threshold comes from new and usual images together, so many anomalies would raise it. Use `usual` alone."
    if same(errors > np.percentile(usual, 0.9)):
        return "np.percentile counts from 0 to 100: np.percentile(usual, 100 * (1 - rate)), or np.quantile(usual, 1 - rate)."
    if same(errors > usual.max()):
        return "This threshold is the largest usual error: no usual image raises an alarm. A share `rate` of them may."
    if flags.all() or not flags.any():
        return f"It is {bool(flags.all())} for every image. Which usual error is exceeded by a share `rate` of the usual images?"
    share = (usual > errors[flags == 1].min()).mean() if np.array_equal(flags, errors >= errors[flags == 1].min()) else None
    if share is not None:
        return f"With rate = 0.1 about {share:.0%} of the usual images would raise a false alarm. Which quantile of `usual` is needed?"
    return OTHER


@functools.cache
def _errors_of_images() -> tuple[np.ndarray, np.ndarray]:
    """Errors of 4000 usual images and of 600 new ones, none of these close to a threshold."""
    rng = np.random.default_rng(13)
    usual = rng.gamma(4, 0.005, size=4000)
    new = np.concatenate([rng.gamma(4, 0.005, size=400), rng.gamma(8, 0.005, size=200)])
    limits = np.quantile(usual, [0.9, 0.99])
    return usual, new[(abs(new[:, None] - limits) > 0.0005).all(axis=1)]


@exercise(
    "21.4",
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
    if answer.size == 1 and close(answer.ravel()[0], np.sqrt(right.sum())):
        return "This is one norm for all rows together, and its root. Return the squared norm of each of the 7 rows."
    if answer.size in (1, 7) and close(answer.ravel(), np.full(answer.size, lengths.sum())):
        return "The slope of tanh is missing: each unit has the factor (1 - h²)², another one in each row."
    if answer.shape == h.shape and close(answer, slope**2 * lengths):
        return "These are the shares of the single units. Sum them up for each row, axis=1."
    if answer.shape == (5,) and close(answer, (slope**2 * lengths).sum(axis=0)):
        return "This is the sum over the rows. Each of the 7 rows has its own norm: sum over the units, axis=1."
    mistakes = [
        (((h * slope) ** 2 * lengths).sum(axis=1), "The slope of tanh is 1 - h², without a factor h: that belongs to the sigmoid."),
        (((1 + h**2) ** 2 * lengths).sum(axis=1), "The slope of tanh is 1 - h², with a minus."),
        ((h**2 * lengths).sum(axis=1), "Here the code itself is squared. Take the slope of tanh at it, 1 - h²."),
        ((slope**2 * lengths).sum(axis=1) / len(W), "This is the mean over the pixels. The norm takes the sum."),
        (((h * (1 - h)) ** 2 * lengths).sum(axis=1), "h (1 - h) is the slope of the sigmoid. What is that of tanh?"),
        ((slope * lengths).sum(axis=1), "The slope must be squared as well: the norm is a sum of squares."),
        (((1 - h) ** 2 * lengths).sum(axis=1), "The slope of tanh is 1 - h², not 1 - h."),
        (((1 - np.tanh(h) ** 2) ** 2 * lengths).sum(axis=1), "h is the tanh already: its slope is 1 - h**2."),
        ((slope**2 * W.sum(axis=0) ** 2).sum(axis=1), "Square each weight first, then sum over the pixels."),
        ((slope**2 * W.sum(axis=0)).sum(axis=1), "The weights must be squared."),
        ((slope * W.sum(axis=0)).sum(axis=1), "This adds up the derivatives themselves. The norm adds up their squares: square slope and weights."),
        (((slope @ W.T) ** 2).sum(axis=1), "This adds up the derivatives over the units before the square. Square each one first."),
        (((1 - h) ** 4 * lengths).sum(axis=1), "The slope of tanh is 1 - h², not (1 - h)²."),
        (np.sqrt(right), "This is the norm. Its square is asked for."),
        ((slope**2).sum(axis=1), "The weights are missing: (W**2).sum(axis=0) for each unit."),
        ((slope**2 * lengths).mean(axis=1), "This is the mean over the units. The norm takes the sum."),
        ((slope**2).sum(axis=1) * lengths.sum(), "Each unit has its own weights: multiply before you sum over the units."),
    ]
    if answer.shape not in {(7,), (7, 1)} and close(answer.ravel(), right):
        return OTHER
    return grade(answer.ravel(), right, mistakes)


@exercise(
    "21.5",
    "The penalty looks at h, the decoder's output at h times D. What if h is ten times smaller?",
    "ReLU(z / 10) = ReLU(z) / 10. So divide W and b by 10, and let the decoder make up for it.",
    "return W / 10, b / 10, 10 * D, c",
    praise="The penalty can be made as small as you like, and nothing becomes sparse. UnitNorm forbids it.",
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
    if close(new[0], W / 10) and not close(new[1], b / 10):
        return "ReLU(xW + b) becomes a tenth only if the bias b is divided by 10, too."
    if close(new[1], b / 10) and close(new[0], W):
        return "ReLU(xW + b) becomes a tenth only if the weights W are divided by 10, too."
    if close(h_new, h / 10) and close(new[2], D):
        return "h is a tenth now, but the rebuilt images have changed. The decoder must make up for it."
    if close(h_new, h / 10) and close(new[2], 10 * D) and not close(new[3], c):
        return "c is added after the decoder's weights. Leave it as it is."
    if close(h_new, h / 10) and close(new[2], D / 10):
        return "h is ten times smaller, so D must be ten times larger."
    if close(h_new, h):
        return "The codes h are as large as before. It is they that are penalised: change W and b."
    return "The rebuilt images are not the same any more. Follow h = ReLU(xW + b) and r = hD + c."
