"""Exercises of notebook 22, the variational autoencoder."""

import functools
import re
from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises.core import (
    OTHER,
    NotYet,
    array,
    call,
    close,
    exercise,
    grade,
    keras_model,
    number,
    rounded,
)

# 22.1: z ~ N(0, 1), x|z ~ N(z, 0.5), x = 1.2, q = N(0.8, 1); all in nats.
LOG_P = -np.log(2 * np.pi * 1.5) / 2 - 1.2**2 / 3
EXPLAINED = -np.log(np.pi) / 2 - (0.4**2 + 1)
KL_PRIOR = 0.8**2 / 2
KL_POSTERIOR = (3 - 1 - np.log(3)) / 2
KL_TURNED = (1 / 3 - 1 + np.log(3)) / 2
KL_SD_THIRD = (9 - 1 - np.log(9)) / 2  # to N(0.8, (1/3)²)
ELBO = EXPLAINED - KL_PRIOR
SD_HALF = -np.log(2 * np.pi * 0.25) / 2 - (0.4**2 + 1) / 0.5 - KL_PRIOR  # 0.5 taken for an sd
ELBO_OF_PRIOR = -np.log(np.pi) / 2 - (1.2**2 + 1)
ELBO_BETWEEN = -np.log(np.pi) / 2 - (0.8**2 + 0.6) - (0.4**2 + 0.6 - 1 - np.log(0.6)) / 2
LOG_MEAN = -np.log(2 * np.pi * 1.5) / 2 - 0.4**2 / 3  # log E_q[p(x|z)]
DZ = 18 / 9000  # the step of the notebook's grid
NO_Q = EXPLAINED - np.log(2 * np.pi) / 2 - (0.8**2 + 1) / 2  # E_q[log p(x, z)]
ROUNDED = "correct so far, but rounded. Give four digits, or let Python compute it."


@exercise(
    "22.1",
    "Step 5 has all that you need: `stats.norm(0.8, 1)` in place of the candidates, the rest as in the cell above.",
    "ELBO = E_q[log p(x|z)] - KL(q || prior). What is lost is log p(x) - ELBO, and it cannot be negative.",
    "q = stats.norm(0.8, 1); elbo_wide = mean_under(q, log_joint - q.logpdf(z)); lost = log_p - elbo_wide",
    praise="What is lost, 0.45 nats, is the KL from this q to the posterior N(0.8, 1/3).",
)
def wide_elbo(elbo: Any, lost: Any) -> str | None:
    elbo, lost = number(elbo), number(lost)
    mistakes = [
        (EXPLAINED, "This is only the first term, E_q[log p(x|z)]. Subtract the KL to the prior."),
        (EXPLAINED + KL_PRIOR, "The KL to the prior is subtracted, not added."),
        (-ELBO, "The sign is turned: this is the negative ELBO. The ELBO itself lies below log p(x) = -1.60167."),
        (NO_Q, "This is E_q[log p(x, z)]. The ratio of step 3 has q(z) below the line: subtract log q(z)."),
        (LOG_P, "This is log p(x). A q that is not the posterior stays below it."),
        (LOG_P - KL_TURNED, "This KL is turned around: KL(posterior || q). The mean is taken under q."),
        (LOG_P - KL_PRIOR, "log p(x) minus the KL to the prior: what the bound loses is the KL to the posterior."),
        (SD_HALF, "This takes 0.5 for the sd of x given z. It is the variance: `likelihood` from above has the right sd."),
        (KL_POSTERIOR, "This is what is lost. The ELBO is log p(x) minus it."),
        (LOG_P + KL_POSTERIOR, "An ELBO is never above log p(x) = -1.60167: subtract what is lost."),
        (LOG_P - KL_SD_THIRD, "This takes 1/3 for the sd of the posterior. It is the variance: the sd is its root."),
        (KL_PRIOR, "This is the KL to the prior, one of the two terms of the ELBO."),
        (LOG_P + KL_TURNED, "This mean is taken under the posterior. It has to be taken under q itself: mean_under(q, ...)."),
        (ELBO_OF_PRIOR, "This is the ELBO of the prior, N(0, 1). Here q is N(0.8, 1)."),
        (ELBO_BETWEEN, "This is the ELBO of N(0.4, 0.6), from the table. Here q is N(0.8, 1)."),
        (LOG_MEAN, "This is the logarithm of a mean. The first term is the mean of the logarithm, E_q[log p(x|z)]; then subtract the KL to the prior."),
    ]
    if abs(elbo - ELBO / DZ) < 1:
        return "A sum over the grid needs the factor dz. `mean_under` has it."
    if not close(elbo, ELBO):
        return f"The ELBO: {ROUNDED}" if rounded(elbo, ELBO) else grade(elbo, ELBO, mistakes)
    lost_mistakes = [
        (-KL_POSTERIOR, "The ELBO is right. What is lost is log p(x) - ELBO, and it is positive."),
        (KL_PRIOR, "The ELBO is right. The second number is the KL to the prior; the loss is the KL to the posterior."),
        (KL_TURNED, "The ELBO is right. The second KL is turned around: the mean is taken under q."),
        (ELBO / LOG_P, "The ELBO is right. The distance is a difference, not a quotient."),
        (KL_SD_THIRD, "The ELBO is right. The second number takes 1/3 for the sd of the posterior; it is the variance."),
        (LOG_P - NO_Q, "The ELBO is right. For what is lost, subtract the ELBO with its log q(z)."),
        (LOG_P, "The ELBO is right. Now its distance from log p(x): the difference of the two."),
    ]
    if rounded(lost, KL_POSTERIOR) and not close(lost, KL_POSTERIOR):
        return f"What is lost: {ROUNDED}"
    return grade(lost, KL_POSTERIOR, lost_mistakes)


def _kl(mean: np.ndarray, log_var: np.ndarray) -> np.ndarray:
    return (mean**2 + np.exp(log_var) - 1 - log_var) / 2


@exercise(
    "22.2",
    "In the formula sigma^2 is exp(log_var), and ln sigma^2 is log_var itself. Code numbers add up.",
    "Compute mean^2 + exp(log_var) - 1 - log_var for each entry, then sum over the code numbers, which is axis 1.",
    "return np.sum(mean**2 + np.exp(log_var) - 1 - log_var, axis=1) / 2",
    praise="No sampling needed. The same line, with ops in place of np, is the KL in the `Draw` layer of section 4.",
)
def kl_of_batch(function: Any) -> str | None:
    rng = np.random.default_rng(3)
    mean, log_var = rng.normal(size=(4, 3)), rng.normal(-0.5, 0.8, size=(4, 3))
    terms = _kl(mean, log_var)
    with np.errstate(all="ignore"):
        result = array(call(function, mean.copy(), log_var.copy()), finite=False)
    if np.isnan(result).any():
        return "log_var may be negative: its logarithm or root is nan. It is ln sigma^2 already, and sigma^2 is exp(log_var)."
    right, sd = terms.sum(axis=1), np.exp(log_var / 2)
    if result.shape == (4, 1) and close(result.ravel(), right):
        return "Right values in shape (4, 1): for 4 images give shape (4,)."
    with np.errstate(all="ignore"):
        formulas = [
            (2 * terms, "The factor 1/2 is missing."),
            (-terms, "The sign is turned: a KL is never negative."),
            ((mean**2 + sd - 1 - log_var) / 2, "The formula has the variance, exp(log_var); exp(log_var / 2) is the sd."),
            ((mean**2 + sd**4 - 1 - log_var) / 2, "exp(log_var) is the variance already. Do not square it."),
            ((mean**2 + sd**4 - 1 - 2 * log_var) / 2, "log_var is ln sigma^2, not ln sigma: no factor 2 anywhere."),
            ((mean**2 + log_var**2 - 1 - np.log(log_var**2)) / 2, "log_var is not sigma: sigma^2 is exp(log_var)."),
            ((mean**2 + log_var**2 - 1 - log_var) / 2, "log_var is not sigma: sigma^2 is exp(log_var)."),
            ((mean**2 - 1) / 2, "log_var is no variance yet: sigma^2 is exp(log_var)."),
            (mean**2 / 2 + np.exp(log_var) - 1 - log_var, "Brackets are missing: all four terms are halved."),
            ((mean**2 + np.exp(log_var) - 1 + log_var) / 2, "ln sigma^2 is subtracted, not added."),
            ((mean**2 + np.exp(log_var) - log_var) / 2, "The -1 is missing: at mean 0 and sd 1 the KL is 0."),
            ((mean**2 + np.exp(log_var) - 1 - 2 * log_var) / 2, "ln sigma^2 is log_var itself, without a factor of 2."),
            ((mean**2 + np.exp(log_var) - 1 - log_var / 2) / 2, "ln sigma^2 is log_var itself; half of it is ln sigma."),
            ((mean**2 + np.exp(log_var) + 1 - log_var) / 2, "Minus 1, not plus: at mean 0 and sd 1 the KL is 0."),
            ((log_var**2 + np.exp(mean) - 1 - mean) / 2, "The two arguments are swapped: mean comes first, then log_var."),
            ((mean + np.exp(log_var) - 1 - log_var) / 2, "The mean is squared in the formula."),
            (mean**2 + np.exp(log_var) - 1 - log_var / 2, "Brackets are missing: all four terms are halved."),
        ]
    mistakes = [
        (terms, "This is the KL of each single code number. Add them up for each image."),
        (terms.sum(axis=0), "The sum runs over the images. Sum over the code numbers: axis=1."),
        (terms.sum(), "One number for the whole batch. Each image has its own KL: sum over axis 1 only."),
        (right.mean(), "The mean over the images comes later. Give one number for each image."),
        (terms.mean(), "One number for the whole batch, and a mean. Sum over axis 1 only."),
        (right + (terms.shape[1] - 1) / 2, "The -1 stands outside of the sum: each code number has its own -1."),
        (right + terms.shape[1] / 2 - 1, "The -1 stands outside of the sum: each code number has its own -1, and its own half."),
        (terms.mean(axis=1), "Code numbers add up: sum over axis 1, not the mean. (A mean is a smaller beta in disguise.)"),
    ]
    for wrong, message in formulas:
        seen = wrong.sum(axis=1), wrong, wrong.sum(), wrong.sum(axis=1).mean(), wrong.mean(axis=1)
        mistakes.append((*seen, message))
    shapes = f"For 4 images with 3 code numbers each give 4 numbers; this has shape {result.shape}."
    return grade(result, right, mistakes, other=OTHER if result.shape == right.shape else shapes)


def _draw(mean: Any, log_var: Any, noise: Any) -> Any:
    from keras import ops

    return mean + ops.exp(log_var / 2) * noise


@exercise(
    "22.3",
    "First the spread: the network puts out ln sigma^2. What is sigma, then?",
    "Second: what does stop_gradient do to everything that is in its brackets? Nothing here needs it.",
    "return mean + ops.exp(log_var / 2) * noise",
    praise="The noise is a constant for the gradient; mean and sd stand in plain arithmetic.",
    solution=_draw,
)
def code_draw(function: Any) -> str | None:
    import tensorflow as tf

    rng = np.random.default_rng(8)
    mean_at, log_var_at, noise_at = (rng.normal(size=(3, 2)).astype("float32") for _ in range(3))
    mean, log_var, noise = tf.Variable(mean_at), tf.Variable(log_var_at), tf.constant(noise_at)
    sd = np.exp(log_var_at / 2)
    with tf.GradientTape() as tape:
        result = call(function, mean, log_var, noise)
        is_tensor = tf.is_tensor(result) or isinstance(result, tf.Variable)
        total = tf.reduce_sum(result) if is_tensor else None
    z = array(result, finite=False)
    if np.isnan(z).any():
        return "log_var may be negative, and the root or the logarithm of a negative number is nan. The sd is exp(log_var / 2)."
    if z.shape != (3, 2):
        return f"The code has the shape of the mean, here (3, 2), and this is {z.shape}."
    slopes = tape.gradient(total, [mean, log_var]) if is_tensor else [None, None]
    stopped = [name for name, slope in zip(("mean", "log_var"), slopes, strict=True) if slope is None]
    if not close(z, mean_at + sd * noise_at, rtol=1e-4, atol=1e-5):
        if not close(array(call(function, mean, log_var, noise), finite=False), z):
            return "Two calls with the same noise give two codes. Use the argument `noise`, draw nothing new."
        return _wrong_code(z, mean_at, log_var_at, noise_at)
    if not is_tensor:
        return "Right values, but NumPy computed them, and no gradient passes through NumPy. Use ops.exp."
    if len(stopped) == 2:
        return "Right values, but no gradient reaches mean and log_var: take the stop_gradient away."
    if stopped:
        return f"Right values, but no gradient reaches {stopped[0]}. Use ops.exp, not np.exp, and no stop_gradient."
    expected = np.ones_like(mean_at), sd * noise_at / 2
    if not all(close(slope, true, rtol=1e-3, atol=1e-5) for slope, true in zip(slopes, expected, strict=True)):
        return "Right values, but the gradient is not that of mean + sd * noise. Write just this formula."
    return None


def _wrong_code(z: np.ndarray, mean: np.ndarray, log_var: np.ndarray, noise: np.ndarray) -> str:
    sd = np.exp(log_var / 2)
    mistakes = [
        (mean + sd**2 * noise, "exp(log_var) is the variance. The noise is multiplied by the sd, exp(log_var / 2)."),
        (mean + log_var * noise, "log_var is a logarithm. The sd is exp(log_var / 2)."),
        (mean + log_var / 2 * noise, "The exp is missing: the sd is exp(log_var / 2)."),
        (mean + sd**4 * noise, "exp(2 * log_var) is the variance squared. The sd is exp(log_var / 2)."),
        (mean + sd**0.5 * noise, "exp(log_var / 2) is the sd already: no root of it."),
        (mean + sd**2 / 2 * noise, "This halves the variance. The half belongs into the exp: the sd is exp(log_var / 2)."),
        (mean + np.exp(log_var / 2 * noise), "Brackets: the exp holds log_var / 2 only, the noise stands outside."),
        (mean + noise / sd, "The noise is multiplied by the sd, exp(log_var / 2), without a minus in the exp."),
        (mean + sd + noise, "The noise is multiplied by the sd, not added to it."),
        (mean + noise, "The noise has to be multiplied by the sd."),
        (mean + sd, "The noise is missing: this is no draw."),
        (mean, "The noise is missing: this is the mean, not a draw."),
        (sd * noise, "The mean is missing: these are draws around 0."),
        (mean * sd * noise, "The mean is added, not multiplied."),
        ((mean + noise) * sd, "Brackets: the sd multiplies the noise only."),
        (mean - sd * noise, "Use the noise that comes in as it is: mean + sd * noise."),
    ]
    return grade(z, mean + sd * noise, mistakes) or OTHER


MOST, TARGET = 60_000, 110  # parameters of the decoder; nats per image
INDEPENDENT = 206  # nats per image, if no pixel knows of another


@exercise(
    "22.4",
    "Most parameters of the dense decoder sit in its last layer, 256 x 784. Transposed convolutions use the same few "
    "numbers everywhere.",
    "Shapes: Dense and Reshape make (7, 7, 16) of a code. Conv2DTranspose with strides=2 and padding='same' makes "
    "(14, 14, 16), a second one with 1 kernel (28, 28, 1), and Flatten 784.",
    "The decoder: Dense(7 * 7 * 16, activation='relu'), Reshape((7, 7, 16)), Conv2DTranspose(16, 4, strides=2, "
    "padding='same', activation='relu'), Conv2DTranspose(1, 4, strides=2, padding='same'), Flatten(). Then "
    "conv = keras.Sequential([dense_nets(16, (256,))[0], Draw(), conv_decoder]) and train_vae(conv, x_few, 8).",
    praise="On digits that your network has never seen, and with far fewer weights than the dense one.",
)
def small_decoder(model: Any) -> str | None:
    model = keras_model(model)
    if message := _parts_of_vae(model):
        return message
    x = _fresh_ink()
    try:
        logits = np.asarray(model(x), dtype=float)
    except Exception as problem:
        raise NotYet("The model must take images of shape (n, 784): `keras.Input((784,))` in the encoder.") from problem
    codes = x
    for layer in model.layers[: _place_of_draw(model)]:
        codes = codes if type(layer).__name__ == "InputLayer" else layer(codes)
    kl = float(_kl(*np.split(np.asarray(codes, dtype=float), 2, axis=1)).sum(axis=1).mean())
    if logits.shape != x.shape:
        return f"The output should be 784 logits for each image, shape {x.shape}; it has shape {logits.shape}. Flatten?"
    if not np.isfinite(logits).all() or not np.isfinite(kl):
        return "The network gives nan or infinite numbers: build it anew, and train with a smaller learning rate."
    if logits.min() >= 0 and logits.max() <= 1:
        return "The outputs lie between 0 and 1, like probabilities. The loss wants logits: no sigmoid at the end."
    rebuilt = np.mean(np.sum(np.logaddexp(0, logits) - x * logits, axis=1))
    found = f"On fresh digits: reconstruction {rebuilt:.1f} + KL {kl:.1f} = {rebuilt + kl:.1f} nats. "
    if rebuilt + kl < TARGET:
        return None
    if rebuilt > INDEPENDENT + 20:
        return found + "Independent pixels have 206. Was the network trained, with `reconstruction` as its loss?"
    if kl < 1:
        return found + "The KL is nearly 0: the code says nothing. Does the gradient reach the encoder?"
    if kl > 45:
        return found + "Such a large KL means that it hardly counted in the training. Is beta 1, and is the loss a sum over the pixels?"
    found += f"Below {TARGET} is asked for: "
    if not _has_kernels(model):
        return found + "a dense decoder of this size hardly gets there. Use Conv2DTranspose."
    return found + f"train for more epochs, or give the layers more units, up to {MOST} parameters."


def _has_kernels(model: Any) -> bool:
    return any("Conv" in type(layer).__name__ or _has_kernels(layer) for layer in getattr(model, "layers", []))


def _parts_of_vae(model: Any) -> str | None:
    """What is wrong with the layers of the model, before anything is computed."""
    if _place_of_draw(model) is None:
        return "There is no `Draw()` between encoder and decoder, so this is an autoencoder without a KL."
    place = _place_of_draw(model)
    if all(type(layer).__name__ == "InputLayer" for layer in model.layers[:place]):
        return "The whole VAE is asked for: keras.Sequential([encoder, Draw(), decoder])."
    count = sum(layer.count_params() for layer in model.layers[place + 1 :])
    if count > MOST:
        return f"The decoder, all that comes after `Draw()`, has {count} parameters; at most {MOST} are allowed."
    shape = tuple(getattr(model.layers[place - 1], "output_shape", None) or model.layers[place - 1].output.shape)
    if shape[-1] != 32:
        return f"16 code numbers need 16 means and 16 log-variances, 32 outputs of the encoder; it has {shape[-1]}."
    return None


def _place_of_draw(model: Any) -> int | None:
    names = [type(layer).__name__ for layer in model.layers]
    return names.index("Draw") if "Draw" in names else None


@functools.cache
def _fresh_ink() -> np.ndarray:
    return (data.load_mnist()[1][0][::5].reshape(-1, 784) > 127).astype("float32")


RUNS = ("A", "B", "C", "D")
BETAS = (5, 0.1, 20, 1)


@exercise(
    "22.5",
    "A large beta makes information expensive. What happens to the KL then?",
    "Sort the runs by their KL, largest first: that is the order of beta, smallest first.",
    "B has the largest KL, so beta = 0.1; then D with 1, A with 5, and C, whose code says nothing, with 20.",
    praise="When information is expensive, less of it is sent: the KL falls with beta, and the reconstruction gets worse.",
)
def match_runs(betas: Any) -> str | None:
    if isinstance(betas, dict):
        if set(betas) != set(RUNS):
            return "Give the four runs in their order: [A, B, C, D]."
        betas = [betas[run] for run in RUNS]
    letters = re.sub(r"[^A-Z]", "", " ".join(map(str, betas)).upper()) if isinstance(betas, str | list | tuple) else ""
    if sorted(letters) == list(RUNS):
        return "These are the letters of the runs. Give their numbers beta, in the order A, B, C, D."
    given = tuple(array(betas).ravel())
    if len(given) != 4:
        raise NotYet(f"Four numbers are asked for, beta of A, B, C and D; this is {len(given)}.")
    if close(given, BETAS):
        return None
    if sorted(given) != sorted(BETAS):
        return "Each of 0.1, 1, 5 and 20 belongs to one run."
    if given[1] == 20 and given[2] == 0.1:
        return "The other way round: a large beta makes the KL expensive, so training keeps it small."
    if given[2] == 0.1:
        return "Run C has a KL of 0. With a tiny beta the KL hardly counts, and it would be large."
    if given[2] != 20:
        return "Run C's code says nothing at all. Which beta is large enough for that?"
    if given[1] == 1:
        return "B rebuilds best, but its KL is 63 nats. Reconstruction + KL is 132 for B and 106 for D: beta = 1 makes this sum smallest."
    return "C is right. Of two runs, the one with the smaller beta has the larger KL."
