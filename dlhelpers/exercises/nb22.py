"""Exercises of notebook 22, the variational autoencoder."""

from typing import Any

import numpy as np

from dlhelpers.exercises.core import OTHER, ROUNDED, NotYet, array, call, close, exercise, grade, number, rounded

# 22.1: z ~ N(0, 1), x|z ~ N(z, 0.5), x = 1.2, q = N(0.8, 1); all in nats.
LOG_P = -np.log(2 * np.pi * 1.5) / 2 - 1.2**2 / 3
EXPLAINED = -np.log(np.pi) / 2 - (0.4**2 + 1)
KL_PRIOR = 0.8**2 / 2
KL_POSTERIOR = (3 - 1 - np.log(3)) / 2
KL_TURNED = (1 / 3 - 1 + np.log(3)) / 2
ELBO = EXPLAINED - KL_PRIOR


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
        (EXPLAINED + KL_PRIOR, "The KL to the prior is subtracted, not added: it is a price."),
        (-ELBO, "The sign is turned: this is the negative ELBO. The ELBO itself lies below log p(x) = -1.60167."),
        (LOG_P, "This is log p(x). A q that is not the posterior stays below it."),
        (LOG_P - KL_TURNED, "This KL is turned around: KL(posterior || q). The mean is taken under q."),
        (LOG_P - KL_PRIOR, "log p(x) minus the KL to the prior: what the bound loses is the KL to the posterior."),
        (KL_POSTERIOR, "This is what is lost. The ELBO is log p(x) minus it."),
        (KL_PRIOR, "This is the KL to the prior, one of the two terms of the ELBO."),
    ]
    if not close(elbo, ELBO):
        return f"The ELBO: {ROUNDED}" if rounded(elbo, ELBO) else grade(elbo, ELBO, mistakes)
    lost_mistakes = [
        (-KL_POSTERIOR, "The ELBO is right. What is lost is log p(x) - ELBO, and it is positive."),
        (KL_PRIOR, "The ELBO is right. The second number is the KL to the prior; the loss is the KL to the posterior."),
        (KL_TURNED, "The ELBO is right. The second KL is turned around: the mean is taken under q."),
        (ELBO / LOG_P, "The ELBO is right. The distance is a difference, not a quotient."),
        (LOG_P, "The ELBO is right. Now its distance from log p(x): the difference of the two."),
    ]
    if rounded(lost, KL_POSTERIOR) and not close(lost, KL_POSTERIOR):
        return f"What is lost: {ROUNDED}"
    return grade(lost, KL_POSTERIOR, lost_mistakes)


@exercise(
    "22.2",
    "In the formula sigma^2 is exp(log_var), and ln sigma^2 is log_var itself. Code numbers add up.",
    "Compute mean^2 + exp(log_var) - 1 - log_var for each entry, then sum over the code numbers, which is axis 1.",
    "return np.sum(mean**2 + np.exp(log_var) - 1 - log_var, axis=1) / 2",
    praise="No sampling needed. The same line, with ops in place of np, is the KL of the VAE in section 6.",
)
def kl_of_batch(function: Any) -> str | None:
    rng = np.random.default_rng(3)
    mean, log_var = rng.normal(size=(4, 3)), rng.normal(-0.5, 0.8, size=(4, 3))
    terms = (mean**2 + np.exp(log_var) - 1 - log_var) / 2
    with np.errstate(all="ignore"):
        result = array(call(function, mean.copy(), log_var.copy()), finite=False)
    if np.isnan(result).any():
        return "log_var may be negative: its logarithm or root is nan. It is ln sigma^2 already, and sigma^2 is exp(log_var)."
    right, sd = terms.sum(axis=1), np.exp(log_var / 2)
    if result.shape == (4, 1) and close(result.ravel(), right):
        return "Right values in shape (4, 1): for 4 pictures give shape (4,)."
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
            ((mean + np.exp(log_var) - 1 - log_var) / 2, "The mean is squared in the formula."),
            (mean**2 + np.exp(log_var) - 1 - log_var / 2, "Brackets are missing: all four terms are halved."),
        ]
    mistakes = [
        (terms, "These are the prices of the single code numbers. Add them up for each picture."),
        (terms.sum(axis=0), "The sum runs over the pictures. Sum over the code numbers: axis=1."),
        (terms.sum(), "One number for the whole batch. Each picture has its own KL: sum over axis 1 only."),
        (right.mean(), "The mean over the pictures comes later. Give one number for each picture."),
        (terms.mean(), "One number for the whole batch, and a mean. Sum over axis 1 only."),
        (terms.mean(axis=1), "Code numbers add up: sum over axis 1, not the mean. (A mean is a smaller beta in disguise.)"),
    ]
    for wrong, message in formulas:
        seen = wrong.sum(axis=1), wrong, wrong.sum(), wrong.sum(axis=1).mean(), wrong.mean(axis=1)
        mistakes.append((*seen, message))
    shapes = f"For 4 pictures with 3 code numbers each give 4 numbers; this has shape {result.shape}."
    return grade(result, right, mistakes, other=OTHER if result.shape == right.shape else shapes)


@exercise(
    "22.3",
    "First the spread: the network puts out ln sigma^2. What is sigma, then?",
    "Second: what does stop_gradient do to everything that is in its brackets? Nothing here needs it.",
    "return mean + ops.exp(log_var / 2) * noise",
    praise="The noise is a constant for the gradient; mean and sd stand in plain arithmetic.",
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
        (mean + noise, "The noise has to be multiplied by the sd."),
        (mean + sd, "The noise is missing: this is no draw."),
        (mean, "The noise is missing: this is the mean, not a draw."),
        (mean * sd * noise, "The mean is added, not multiplied."),
        ((mean + noise) * sd, "Brackets: the sd multiplies the noise only."),
        (mean - sd * noise, "Use the noise that comes in as it is: mean + sd * noise."),
    ]
    return grade(z, mean + sd * noise, mistakes) or OTHER


RUNS = ("A", "B", "C", "D")
BETAS = (5, 0.1, 20, 1)


@exercise(
    "22.4",
    "A large beta makes information expensive. What happens to the KL then?",
    "Sort the runs by their KL, largest first: that is the order of beta, smallest first.",
    "B has the largest KL, so beta = 0.1; then D with 1, A with 5, and C, which pays nothing, with 20.",
    praise="Dear information is not bought: the KL falls with beta, and the reconstruction gets worse.",
)
def match_runs(betas: Any) -> str | None:
    if isinstance(betas, dict):
        if set(betas) != set(RUNS):
            return "Give the four runs in their order: [A, B, C, D]."
        betas = [betas[run] for run in RUNS]
    given = tuple(array(betas).ravel())
    if len(given) != 4:
        raise NotYet(f"Four numbers are asked for, beta of A, B, C and D; this is {len(given)}.")
    if close(given, BETAS):
        return None
    if sorted(given) != sorted(BETAS):
        return "Each of 0.1, 1, 5 and 20 belongs to one run."
    if given[1] == 20 and given[2] == 0.1:
        return "The other way round: beta is the price of the KL, and a high price means that little is bought."
    if given[2] == 0.1:
        return "Run C has a KL of 0. With a tiny beta the KL costs nothing worth the name, and it would be large."
    if given[2] != 20:
        return "Run C pays nothing for its code and gets nothing from it. At which price does one stop buying?"
    if given[1] == 1:
        return "B rebuilds best, but its KL is 63 nats. Reconstruction + KL is 132 for B and 106 for D: beta = 1 makes this sum smallest."
    return "C is right. Of two runs, the one with the smaller beta has the larger KL."


LOSS, KL, BETA = 127.94, 14.39, 2


@exercise(
    "22.5",
    "loss = reconstruction + beta * KL. Which of the three numbers do you not know?",
    "The negative ELBO is reconstruction + KL, with a KL that counts once.",
    "negative_elbo = (127.94 - 2 * 14.39) + 14.39",
    praise="The printed loss would have looked 14 nats worse than it is. With beta < 1 it would look too good.",
)
def elbo_from_log(value: Any) -> str | None:
    value = number(value)
    right = LOSS - (BETA - 1) * KL
    mistakes = [
        (-right, "This is the ELBO. Its negative is asked for, a cost: turn the sign."),
        (LOSS, "The loss counts the KL twice here. With another beta it cannot be compared."),
        (LOSS - BETA * KL, "This is the reconstruction alone. The ELBO has the KL as well, once."),
        (LOSS + KL, "The loss holds the KL already, and twice. Take one of them away."),
        (LOSS / BETA, "Only the KL is multiplied by beta, not the reconstruction."),
        (LOSS - KL / BETA, "The loss holds 2 times the KL. Take that away, then add the KL once."),
        (LOSS + BETA * KL, "The loss holds 2 times the KL already."),
    ]
    if close(value, right, rtol=2e-5):
        return None
    if any(close(value, round(value, places)) and abs(value - right) < 0.51 * 10**-places for places in (0, 1)):
        return "Right, but rounded: give two decimals, as the log does."
    return grade(value, right, mistakes, rtol=2e-4) or OTHER
