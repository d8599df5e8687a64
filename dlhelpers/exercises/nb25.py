"""Exercises of notebook 25, diffusion."""

from typing import Any

import numpy as np

from dlhelpers.exercises.core import NotYet, array, call, exercise, grade, keras_model

# The noise of the notebook: 100 steps, signal[t] and sigma[t] after t of them
SIGNAL = np.cumprod(np.sqrt(1 - np.append(0, np.linspace(0.001, 0.12, 100))))
SIGMA = np.sqrt(1 - SIGNAL**2)


def _noising_step(x: Any, beta: Any, noise: Any) -> Any:
    return np.sqrt(1 - beta) * x + np.sqrt(beta) * noise


@exercise(
    "25.1",
    "The variance of noise times c is c². Which c gives the variance beta? And which factor takes a share beta off the variance of x?",
    "Variance 1 - beta is left of x if x is multiplied by the *square root* of 1 - beta.",
    "return np.sqrt(1 - beta) * x + np.sqrt(beta) * noise",
    praise="A variance of 1 stays 1, however many steps follow.",
    solution=_noising_step,
)
def one_noising_step(function: Any) -> str | None:
    x, noise, beta = np.array([2.0, -1.0, 0.5, 3.0]), np.array([0.3, -1.2, 0.7, -0.4]), 0.19
    got = array(call(function, x.copy(), beta, noise.copy()), x.shape)
    keep, add = np.sqrt(1 - beta), np.sqrt(beta)
    mistakes = [
        (x + add * noise, "x does not shrink: its variance would grow with each step. Multiply it by the root of 1 - beta."),
        ((1 - beta) * x + beta * noise, "These are the *variances*. Multiply by their square roots."),
        ((1 - beta) * x + add * noise, "The factor of the noise is right. That of x needs a square root, too."),
        (keep * x + beta * noise, "The factor of x is right. The noise has the variance beta, so its factor is the root of beta."),
        (add * x + keep * noise, "The two factors are swapped: most of x should be left after one small step."),
        (keep * x, "The noise is missing."),
        (add * noise, "x is missing: it shrinks, but it does not vanish in one step."),
        (keep * x - add * noise, "This is as good in distribution, but the noise is *added* here: a plus sign."),
        (keep * (x + add * noise), "Only x shrinks. The noise is added after that, with its full variance beta."),
        (keep * x + add, "The noise itself is missing: multiply the root of beta by `noise`."),
        (np.sqrt(1 - beta**2) * x + beta * noise, "beta is the variance of the noise, not its sd: the factors are the roots of 1 - beta and beta."),
    ]
    other = "The new numbers are other ones. Two factors are asked for: one for x, one for the noise; both are square roots."
    if message := grade(got, keep * x + add * noise, mistakes, other=other):
        drawn = [array(call(function, x.copy(), beta, noise.copy()), x.shape) for _ in range(2)]
        return message if np.allclose(*drawn) else "The result is another one at each call. Use the array `noise` that is handed over."
    right = 0.8 * x + 0.6 * noise
    again = array(call(function, x.copy(), 0.36, noise.copy()), x.shape)
    return grade(again, right, [], other="It works for one beta only: use the argument `beta`.")


def _best_guess_coin(x: Any, a: Any, sigma: Any) -> Any:
    return np.tanh(a * x / sigma**2)


@exercise(
    "25.2",
    "First the probability p that the clean number is +1. The two densities at x are proportional to exp(-(x - a)²/(2 sigma²)) and exp(-(x + a)²/(2 sigma²)).",
    "p is the first density divided by the sum of both. The best guess is the mean of the two numbers, p · (+1) + (1 - p) · (-1) = 2 p - 1.",
    "In short: return np.tanh(a * x / sigma**2)",
    praise="In short it is tanh(a x / sigma²): one weight and a tanh. The best denoiser of a coin is a neuron.",
    solution=_best_guess_coin,
)
def best_guess_for_two_points(function: Any) -> str | None:
    x, a, sigma = np.array([-2.1, -0.4, 0.0, 0.15, 0.9, 1.6]), 0.8, 0.6
    got = array(call(function, x.copy(), a, sigma), x.shape)
    z = a * x / sigma**2
    p = 1 / (1 + np.exp(-2 * z))
    plus, minus = np.exp(-((x - a) ** 2) / (2 * sigma**2)), np.exp(-((x + a) ** 2) / (2 * sigma**2))
    near, far = (np.exp(-((x - end) ** 2) / (2 * sigma**2)) for end in (1, -1))
    mistakes = [
        (p, "This is the probability of +1. The best guess is the mean of -1 and +1 with these probabilities: 2 p - 1."),
        (1 - p, "This is the probability of -1. The best guess is a mean of -1 and +1."),
        (-np.tanh(z), "The sign is turned: a large x speaks for +1."),
        (np.sign(x), np.where(x > 0, 1, -1), np.where(x >= 0, 1, -1), "This names the likelier number. The best guess in the mean squared sense is a *mean*: near x = 0 it says about 0."),
        (x / a, "This undoes the shrinking and ignores the noise, and may lie far outside -1 and +1. Only -1 and +1 are possible."),
        (np.clip(x / a, -1, 1), np.clip(x, -1, 1), "Only -1 and +1 are possible: weigh them by their probabilities, given x."),
        (np.tanh(x / sigma**2), (near - far) / (near + far), "The signal shrank: behind x stands a · (+1) or a · (-1), so the densities are centred at a and -a."),
        (np.tanh(a * x / sigma), "Divide by the *variance*, sigma²."),
        (np.tanh(a * x), "sigma is missing: with much noise the guess should be careful."),
        (np.tanh(z / 2), 2 / (1 + np.exp(-z)) - 1, "Half of the exponent is missing: (x + a)² - (x - a)² is 4 a x, and half of that over sigma² is 2 a x / sigma²."),
        (z, 2 * z, "This is on the scale of log odds and grows without end. A tanh turns half of the log odds into a mean between -1 and +1."),
        (np.tanh(2 * z), "Twice too steep: is the 2 in 2 sigma² missing?"),
        (a * np.tanh(z), "This guesses the shrunken number, -a or a. The clean one was -1 or +1."),
        (plus - minus, "Divide by the sum of the two, so that the weights sum to 1."),
        (0 * x, "0 is the best guess before x is seen. Use x."),
    ]
    other = "The guesses are other ones: p is the share of the density around a, and the guess is p - (1 - p)."
    if message := grade(got, np.tanh(z), mistakes, other=other):
        return message
    again = array(call(function, x.copy(), 0.3, 0.95), x.shape)
    return grade(again, np.tanh(0.3 * x / 0.95**2), [], other="It works for one a and sigma only: use the arguments.")


def _step_back(x: Any, noise: Any, t: Any, s: Any) -> Any:
    clean = (x - SIGMA[t] * noise) / SIGNAL[t]
    return SIGNAL[s] * clean + SIGMA[s] * noise


@exercise(
    "25.3",
    "Solve x = signal[t] · clean + sigma[t] · noise for the clean point. Then put noise on it again, as much as belongs to step s.",
    "clean = (x - sigma[t] * noise) / signal[t]. The new x is made from `clean` and the *same* noise, with signal[s] and sigma[s].",
    "clean = (x - sigma[t] * noise) / signal[t]; return signal[s] * clean + sigma[s] * noise",
    praise="With s = 0 it returns the clean guess itself.",
    solution=_step_back,
)
def one_step_back(function: Any) -> str | None:
    rng, t, s = np.random.default_rng(8), 60, 35
    x, noise = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    got = array(call(function, x.copy(), noise.copy(), t, s), x.shape)
    clean, a, b = (x - SIGMA[t] * noise) / SIGNAL[t], SIGNAL[s], SIGMA[s]
    beta = 1 - (SIGNAL[t] / SIGNAL[t - 1]) ** 2
    mistakes = [
        (clean, "This is the guess of the clean point, all in one jump. Put the noise of step s on it again."),
        (a * clean, "The clean guess has shrunk as it should. Now add the noise of step s: sigma[s] * noise."),
        (clean + b * noise, "The clean guess must shrink: multiply it by signal[s]."),
        (x, "Nothing has changed. At which step do you use t, and at which s?"),
        (x - noise, x - SIGMA[t] * noise, "The noise is taken off. Divide by signal[t] to get the clean guess, and then go to step s."),
        (a * (x - SIGMA[t] * noise) + b * noise, "Divide by signal[t]: the point in x has shrunk, and the clean one has not."),
        (a * (x - noise) / SIGNAL[t] + b * noise, "In x the noise is multiplied by sigma[t]: take off sigma[t] * noise."),
        (a * (x + SIGMA[t] * noise) / SIGNAL[t] + b * noise, "The noise must be taken *off* x first: a minus sign."),
        (a * clean - b * noise, "The noise of step s is added again: a plus sign."),
        (a * clean + SIGMA[t] * noise, "This puts the noise of step t on again. At step s it is less: sigma[s]."),
        (a * clean + b**2 * noise, "sigma is an sd already: no square."),
        (SIGNAL[t] * clean + SIGMA[t] * noise, "This is x again. The new point belongs to step s."),
        (SIGNAL[t] * (x - b * noise) / a + SIGMA[t] * noise, "t and s are swapped: x stands at step t, and the result at step s."),
        ((x - beta / SIGMA[t] * noise) / np.sqrt(1 - beta), _step_back(x, noise, t, t - 1), "This is a single small step, from t to t - 1. Go through the clean guess to any s."),
    ]
    other = "The points are other ones. First the clean guess from x and noise at step t, then the point at step s from both."
    if message := grade(got, a * clean + b * noise, mistakes, other=other):
        again = array(call(function, x.copy(), noise.copy(), t, s), x.shape)
        return message if np.allclose(got, again) else "The result is another one at each call. This step draws nothing: use the array `noise` that is handed over."
    end = array(call(function, x.copy(), noise.copy(), 20, 0), x.shape)
    return grade(end, (x - SIGMA[20] * noise) / SIGNAL[20], [], other="It works for one t and s only: use the arguments.")


# A denoiser for nine islands

GRID = np.array([[i, j] for i in (-2.0, 0.0, 2.0) for j in (-2.0, 0.0, 2.0)])
_RING = 2 * np.column_stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)])


def _said(model: Any, x: np.ndarray, t: Any) -> np.ndarray:
    """What the network says of the noise."""
    steps = np.broadcast_to(t, (len(x),)).astype("int32")
    try:
        if len(getattr(model, "inputs", None) or "xt") != 2:
            raise ValueError("another number of inputs")
        said = np.asarray(model([x.astype("float32"), steps]), float)
    except Exception as problem:
        raise NotYet("The model should take two inputs, points of shape (n, 2) and steps of shape (n,), as `denoiser(2)` does.") from problem
    if said.shape != x.shape:
        raise NotYet(f"For {len(x)} points in the plane the output should be {x.shape}, the noise of each; it is {said.shape}.")
    return said


def _walk_back(model: Any, n: int = 1000, steps: int = 50) -> np.ndarray:
    x, walk = np.random.default_rng(21).normal(size=(n, 2)), np.linspace(100, 0, steps + 1).round().astype(int)
    for t, s in zip(walk[:-1], walk[1:], strict=True):
        x = _step_back(x, _said(model, x, t), t, s)
    return x


def _counts(points: np.ndarray, islands: np.ndarray) -> np.ndarray:
    distance = np.linalg.norm(points[:, None] - islands, axis=-1)
    good = distance.min(axis=1) < 0.3
    return np.bincount(distance.argmin(axis=1)[good], minlength=len(islands))


@exercise(
    "25.4",
    "Three lines, as for the ring: noised examples from the points, a new `denoiser(2)`, and a training to predict the noise.",
    "x_grid, noise_grid = noised(grid, seed=...), and then `fit_noise(nine, x_grid, noise_grid)`.",
    "nine = denoiser(2); fit_noise(nine, *noised(grid, 5)). If the share is too small: more epochs.",
    praise="All nine islands, and nobody told the network where they are.",
)
def nine_islands(model: Any) -> str | None:
    model, rng = keras_model(model), np.random.default_rng(22)
    losses = {}
    for name, islands in (("grid", GRID), ("ring", _RING)):
        x0 = islands[rng.integers(0, len(islands), 2000)] + rng.normal(0, 0.1, (2000, 2))
        t, noise = rng.integers(1, 101, 2000), rng.normal(size=(2000, 2))
        x = SIGNAL[t, None] * x0 + SIGMA[t, None] * noise
        said = _said(model, x, t)
        losses[name] = np.mean((said - noise) ** 2)
        if name == "grid":
            if not np.isfinite(said).all():
                return "It says nan. Was the training stopped by a learning rate that is too large?"
            if np.mean((said - x0) ** 2) < 0.9 * np.var(x0) and losses[name] > 0.9:
                return "It predicts the clean point. The target is the noise, the second part of what `noised` returns."
            if np.mean((said + noise) ** 2) < 0.9 and losses[name] > 0.9:
                return "It predicts the noise with the sign turned. The target is `noise` itself."
    if losses["grid"] > 0.9:
        return f"Its loss on new points is {losses['grid']:.2f}; always saying 0 has a loss of 1. Was it trained to predict the noise, on all of `grid`?"
    x = rng.normal(size=(200, 2))
    if np.allclose(_said(model, x, 10), _said(model, x, 90), atol=1e-6):
        return "It does not look at the step t: the same x gets the same answer at t = 10 and t = 90."
    counts = _counts(_walk_back(model), GRID)
    share, covered = counts.sum() / 1000, (counts >= 20).sum()
    if share >= 0.85 and covered == 9:
        return None
    if losses["ring"] < 0.85 * losses["grid"]:
        return f"It knows the ring and not the grid: {share:.0%} of its samples are good. Train it on the points `grid`."
    if share >= 0.85:
        return f"{share:.0%} of its samples are good, but it covers {covered} islands of 9. Was it trained on all of `grid`?"
    return f"{share:.1%} of its samples are good, and 85 % are asked for. Train it longer, on more noised examples, or make it larger."


def _guided(with_class: Any, without: Any, w: Any) -> Any:
    return without + w * (with_class - without)


@exercise(
    "25.5",
    "Start at `without` and walk in the direction of `with_class`. How far apart are the two?",
    "w = 0 must give `without`, w = 1 must give `with_class`, and w = 2 goes as far again beyond it: a straight line.",
    "return without + w * (with_class - without)",
    praise="Beyond w = 1 it exaggerates what the class changes.",
    solution=_guided,
)
def guidance(function: Any) -> str | None:
    rng, w = np.random.default_rng(9), 2.5
    c, u = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    got = array(call(function, c.copy(), u.copy(), w), c.shape)
    mistakes = [
        (c + w * (c - u), "A common convention, but here w = 1 should give `with_class`, and this goes one step further: start at `without`."),
        (w * c + (1 + w) * u, (1 + w) * c + w * u, w * c + u, "The weights do not sum to 1: for w = 0 `without` alone should be left."),
        (c + w * (u - c), u + w * (u - c), "This walks away from the class. Start at `without`, in the direction with_class - without."),
        (w * (c - u), "This is the way that is walked. Add where it starts: `without`."),
        ((c + w * u) / (1 + w), (w * c + u) / (1 + w), "This is a mean of the two and never goes beyond `with_class`. For w = 2 the result should lie outside."),
        (w * c, "`without` is missing: for w = 0 it alone should be left."),
        (c, "This is the result for w = 1. Use w."),
        (u, "This is the result for w = 0. Use w."),
        ((c + u) / 2, "This is the result for w = 1/2. Use w."),
    ]
    other = "The result is another one: it lies on the line from `without` (w = 0) through `with_class` (w = 1)."
    if message := grade(got, _guided(c, u, w), mistakes, other=other):
        return message
    again = array(call(function, c.copy(), u.copy(), 0.4), c.shape)
    return grade(again, _guided(c, u, 0.4), [], other="It works for one w only: use the argument `w`.")
