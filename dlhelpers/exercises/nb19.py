"""Exercises of notebook 19, flexible distributions."""

from typing import Any

import numpy as np
from scipy import stats
from scipy.special import expit, log_softmax, logsumexp, softmax

from dlhelpers.exercises.core import OTHER, NotYet, array, call, close, exercise, grade, keras_model, number

RING_TARGET = -0.4  # nats; the truth has about -0.91, the best single Gaussian about 0.78


@exercise(
    "19.1",
    "Work with logarithms throughout. The log-weights are `log_softmax(logits, axis=1)`, the log-densities come from "
    "`stats.norm.logpdf`.",
    "The log of a product is a sum: add the two, which gives one column per component. Then `logsumexp` along axis 1.",
    "return -logsumexp(log_softmax(logits, axis=1) + stats.norm.logpdf(y, means, sds), axis=1).mean()",
    praise="And it is still finite a thousand standard deviations away.",
)
def mixture_nll(function: Any) -> str | None:
    y = np.array([[0.2], [1.5], [-1.0], [3.0]])
    logits = np.array([[0.0, 1.0, -1.0], [2.0, 0.5, 0.0], [-0.5, 0.3, 0.7], [1.0, 1.0, -2.0]])
    means = np.array([[0.0, 1.0, -1.0], [1.0, 2.0, 0.5], [-1.5, 0.0, 0.4], [2.0, 3.5, 1.0]])
    sds = np.array([[0.5, 1.0, 0.3], [0.8, 0.4, 2.0], [0.6, 1.2, 0.9], [0.7, 1.5, 0.2]])
    log_w, log_p = log_softmax(logits, axis=1), stats.norm.logpdf(y, means, sds)
    each = -logsumexp(log_w + log_p, axis=1)
    with np.errstate(all="ignore"):
        result = array(call(function, y, logits, means, sds), finite=False)
        if result.shape in (each.shape, (4, 1)) and close(result.ravel(), each):
            return "These are the NLLs of the single observations. Take their mean."
        value = number(result)
        far = array(call(function, y + 1000, logits, means, sds), finite=False)
    mistakes = [
        (-each.mean(), "The minus sign is missing: the NLL is the negative log-likelihood."),
        (each.sum(), "This is the sum over the observations. Take the mean."),
        (np.exp(-each).mean(), "This is the mean density. Take the logarithm of each, and the minus sign."),
        (-logsumexp(logits + log_p, axis=1).mean(), "Logits are no log-weights yet: pass them through `log_softmax`."),
        (-logsumexp(log_p, axis=1).mean(), "The weights are missing: add the log-weights before `logsumexp`."),
        (
            -logsumexp(softmax(logits, axis=1) + log_p, axis=1).mean(),
            "The weights themselves are added to log-densities. Add their logarithms: `log_softmax`.",
        ),
        (
            -(softmax(logits, axis=1) * log_p).sum(axis=1).mean(),
            "This averages the logarithms. The densities are averaged first, and then comes the logarithm.",
        ),
        (-(log_w + log_p).mean(), "The components are to be added as densities: `logsumexp` along axis 1, not a mean."),
        (
            -(log_w + log_p).sum(axis=1).mean(),
            "A sum of logarithms is the log of a product. Use `logsumexp` along axis 1.",
        ),
        (
            -(log_w + log_p).max(axis=1).mean(),
            "This keeps the best component only. All of them contribute: `logsumexp`.",
        ),
        (
            -logsumexp(log_softmax(logits, axis=0) + log_p, axis=1).mean(),
            "The weights of each row should sum to 1: `log_softmax` along axis 1.",
        ),
        (
            -logsumexp(log_softmax(logits) + log_p, axis=1).mean(),
            "The weights of each row should sum to 1: `log_softmax` along axis 1.",
        ),
        (
            (-logsumexp(log_w + log_p), -logsumexp(log_w + log_p) / 4, -logsumexp(log_w + log_p, axis=0).mean()),
            "`logsumexp` should run along axis 1, over the components of one observation.",
        ),
        (
            -logsumexp(log_w + stats.norm.logpdf(y, means, np.sqrt(sds)), axis=1).mean(),
            "Here the sd was taken as a variance: `stats.norm.logpdf` wants the sd.",
        ),
        (
            -logsumexp(log_w + stats.norm.logpdf(y, means, sds**2), axis=1).mean(),
            "Here the sd was squared: `stats.norm.logpdf` wants the sd itself.",
        ),
        (each.mean() / np.log(10), "Use the natural logarithm."),
    ]
    flat = [(*(np.ravel(wrong)), says) for wrong, says in mistakes]
    problem = grade(value, each.mean(), flat)
    if problem is None and not np.isfinite(far).all():
        return (
            "Right for ordinary numbers, but for an observation far from all components it is not finite: the densities "
            "round to 0. Stay with logarithms, and use `logsumexp`."
        )
    if problem is None and not close(
        far.mean(), -logsumexp(log_w + stats.norm.logpdf(y + 1000, means, sds), axis=1).mean()
    ):
        return "Right for ordinary numbers, but not far from all components. Add no small constant: use `logsumexp`."
    return problem


def ring_points(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return n points of the noisy ring of exercise 19.2, x and y of shape (n, 1).

    Parameters
    ----------
    n, seed : int
        How many points, and the seed of the generator that draws them.

    Examples
    --------
    >>> x, y = ring_points(100, seed=0)
    >>> x.shape, y.shape
    ((100, 1), (100, 1))
    """
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi, (n, 1))
    return np.cos(angle), np.sin(angle) + 0.05 * rng.normal(size=(n, 1))


@exercise(
    "19.2",
    "A mixture of K components needs 3 K outputs. Two components would be enough for the ring, but they easily become "
    "twins during the training: give the head a spare one or two.",
    "Two hidden layers of 32 tanh units, then `layers.Dense(12)` for four components; compile with "
    "`heads.nll(heads.normal_mixture)` and Adam(0.01).",
    "ring_net = keras.Sequential([keras.Input((1,)), layers.Rescaling(2), layers.Dense(32, activation='tanh'), "
    "layers.Dense(32, activation='tanh'), layers.Dense(12)]), then compile as in section 2, and "
    "ring_net.fit(x_ring, y_ring, batch_size=100, epochs=30, verbose=0)",
    praise="On points that your network has never seen.",
)
def ring_net(model: Any) -> str | None:
    from dlhelpers import heads

    model = keras_model(model)
    x, y = ring_points(4000, seed=923)
    shape = getattr(model, "input_shape", None)
    if isinstance(shape, tuple) and shape[-1] not in (1, None):
        return f"The network must take one input, x, of shape (n, 1): `keras.Input((1,))`. Yours takes {shape[-1]}."
    try:
        outputs = np.asarray(model(x.astype("float32")))
    except Exception as problem:
        raise NotYet("The network must take one input, x, of shape (n, 1): `keras.Input((1,))`.") from problem
    if outputs.ndim != 2 or len(outputs) != len(x):
        return f"The outputs should have one row for each x; these have shape {outputs.shape}."
    width = outputs.shape[1]
    if width == 2:
        return "Two outputs are the mean and the sd of a single Gaussian. A mixture of K components needs 3 K outputs."
    if width % 3:
        return f"{width} outputs cannot be split into logits, means and raw sds: a mixture of K components needs 3 K."
    if width == 3:
        return "Three outputs are one component, a single Gaussian, and the ring has two answers for each x."
    if not np.isfinite(outputs).all():
        return "The outputs are NaN or infinite: build the network anew, and train with a smaller learning rate."
    if (outputs >= 0).all():
        return "No output is ever negative, but logits, means and raw sds must be able to. Which activation is on the last layer?"
    nll = heads.Predictive(heads.normal_mixture, outputs).nll(y)
    if nll < RING_TARGET:
        return None
    found = f"On 4000 new points the NLL is {nll:.2f}; below {RING_TARGET} is asked for. "
    if nll > 1.2:
        return found + "One Gaussian for all would have about 1.1. Was the network trained, with the NLL as its loss?"
    if nll > 0.7 and width == 6:
        return found + (
            "A single Gaussian can have 0.78: your two components have probably become twins. More training seldom "
            "parts them, but a spare component or two does."
        )
    if nll > 0.7:
        return found + "A single Gaussian can have 0.78. Train longer, and look at the learning curve."
    return found + "It has found both answers. Train longer, with more units, or let the learning rate fall."


def _bend(x: Any, height: Any, steep: Any, place: Any) -> tuple[Any, Any]:
    from keras import ops

    bent = ops.tanh(steep * (x - place))
    return x + height * bent, ops.log(1 + height * steep * (1 - bent**2))


def _two(result: Any, what: str) -> tuple[Any, Any]:
    try:
        first, second = result
    except Exception as problem:
        raise NotYet(f"Return two things, {what}.") from problem
    return first, second


@exercise(
    "19.3",
    "z has the shape of x. For the slope, differentiate on paper; the derivative of tanh(u) is 1 - tanh(u)².",
    "dz/dx = 1 + height · steep · (1 - tanh²). Its logarithm is the second result; use `ops.tanh` and `ops.log`.",
    "bent = ops.tanh(steep * (x - place)), then return x + height * bent, ops.log(1 + height * steep * (1 - bent**2))",
    praise="A map and the log of its slope: every flow is made of such pairs.",
    solution=_bend,
)
def bend_step(function: Any) -> str | None:
    import keras

    x, height, steep, place = np.array([[-1.0], [0.1], [0.5], [2.0]]), 1.5, 2.0, 0.3
    t = np.tanh(steep * (x - place))
    right, slope = x + height * t, 1 + height * steep * (1 - t**2)
    with np.errstate(all="ignore"):
        z, log_slope = (
            array(part, finite=False) for part in _two(call(function, x, height, steep, place), "z and its log-slope")
        )
    if close(log_slope, right) and close(z, np.log(slope)):
        return "Right parts, wrong order: first z, then the logarithm of the slope."
    about_z = [
        (height * t, "z lacks the x itself: z = x + height · tanh(...)."),
        (x + t, "z lacks the height: z = x + height · tanh(...)."),
        (x + height * np.tanh(steep * x - place), "In z the brackets are missing: steep · (x - place)."),
        (x + height * np.tanh(x - place), "z lacks the steepness inside the tanh."),
        (x - height * t, "In z the bend is added, not subtracted: otherwise the curve could turn back."),
    ]
    problem = grade(z, right, about_z, other="z is not right yet: z = x + height · tanh(steep · (x - place)).")
    if problem:
        return problem
    said = "z is right. "
    about_slope = [
        (slope, "This is the slope itself. Return its logarithm."),
        (-np.log(slope), "This is the log-slope of the way back, from z to x: the sign is turned around."),
        (np.log(slope).sum(), "Each x has a log-slope of its own; do not add them up."),
        (np.log(slope).mean(), "Each x has a log-slope of its own; do not average them."),
        (np.log(1 + height * (1 - t**2)), "The chain rule gives the slope a factor `steep`."),
        (np.log(height * steep * (1 - t**2)), "The slope of x itself is 1: it is missing in the sum."),
        (np.log(1 + steep * (1 - t**2)), "The slope lacks the factor `height`."),
        (np.log(1 + height * steep * (1 - t)), "The derivative of tanh(u) is 1 - tanh(u)²: the square is missing."),
        (np.log(1 + height * steep * (1 + t**2)), "The derivative of tanh(u) is 1 - tanh(u)², with a minus sign."),
        (1 + np.log(height * steep * (1 - t**2)), "First the sum, then the logarithm: log(1 + ...)."),
        (
            np.log(np.abs(1 - height * steep * (1 - t**2))),
            "In the slope the two parts are added: 1 + height · steep · (1 - tanh²).",
        ),
        (np.log10(slope), "Use the natural logarithm."),
        (0 * x, "A log-slope of 0 says that nothing is stretched, but the bend is steep at its place."),
    ]
    problem = grade(
        log_slope, np.log(slope), about_slope, other=said + "The log-slope is not: differentiate z on paper."
    )
    if problem:
        return problem if problem.startswith(said) else said + problem
    try:
        symbol = keras.KerasTensor((4, 1), dtype="float32")
        shapes = [tuple(part.shape) for part in function(symbol, 1.5, 2.0, 0.3)]
    except Exception as problem:
        raise NotYet(
            "The numbers are right, but Keras cannot follow NumPy: write `ops.tanh` and `ops.log` in place of NumPy's "
            "functions, so that the step can be trained."
        ) from problem
    return None if shapes == [(4, 1), (4, 1)] else OTHER


def _uncouple(z: Any, conditioner: Any) -> Any:
    from keras import ops

    new, kept = z[:, :1], z[:, 1:]
    log_scale, shift = conditioner(kept)
    return ops.concatenate([kept, (new - shift) * ops.exp(-log_scale)], axis=1)


def _beside(first: Any, second: Any) -> Any:
    return np.hstack([first, second])


@exercise(
    "19.4",
    "`couple` puts the new column first and the kept one second. Take them apart in this order.",
    "The kept column went through unchanged, so `conditioner(kept)` gives the same scale and shift again. Undo the last step first.",
    "new, kept = z[:, :1], z[:, 1:], then log_scale, shift = conditioner(kept), and "
    "return ops.concatenate([kept, (new - shift) * ops.exp(-log_scale)], axis=1)",
    praise="The conditioner itself was never inverted: it may be any network.",
    solution=_uncouple,
)
def uncouple_step(function: Any) -> str | None:
    def conditioner(kept: Any) -> tuple[Any, Any]:
        kept = np.asarray(kept)
        if kept.shape != (4, 1):
            raise NotYet(f"The conditioner takes the kept column, of shape (n, 1), and got shape {kept.shape}.")
        return np.sin(kept), kept**2 - 1.0

    x = np.array([[0.5, -1.0], [-0.3, 2.0], [1.7, 0.4], [-2.0, -0.6]])
    kept, moved = x[:, :1], x[:, 1:]
    log_scale, shift = conditioner(kept)
    new = moved * np.exp(log_scale) + shift
    z = np.hstack([new, kept])
    with np.errstate(all="ignore"):
        result = array(call(function, z.copy(), conditioner), finite=False)
    ls_new, sh_new = conditioner(new)
    mistakes = [
        (_beside(moved, kept), "The two columns are swapped: x has the kept column first."),
        (z, "This is z itself, nothing was undone."),
        (
            _beside(kept, new * np.exp(-log_scale) - shift),
            "Wrong order: the shift came last, so subtract it first, then scale.",
        ),
        (_beside(kept, (new - shift) * np.exp(log_scale)), "The scale must be divided away: exp(-log_scale)."),
        (
            _beside(kept, (new + shift) * np.exp(-log_scale)),
            "The shift was added on the way there, so subtract it here.",
        ),
        (_beside(kept, (new - shift) / log_scale), "Divide by the scale, not by its logarithm."),
        (
            _beside(kept, new * np.exp(log_scale) + shift),
            "This is the way there once more. Undo it: subtract, then divide.",
        ),
        (_beside(kept, new - shift), "The shift is undone. The scale is still in it: divide by exp(log_scale)."),
        (_beside(kept, new * np.exp(-log_scale)), "The scale is undone, the shift is still in it."),
        (_beside(kept, new), "The columns are in order again, but the moved one is not undone."),
        (
            (_beside(new, (kept - sh_new) * np.exp(-ls_new)), _beside((kept - sh_new) * np.exp(-ls_new), new)),
            "The conditioner looks at the kept column, and in z this is the second one.",
        ),
        (
            (_beside(kept, (new - sh_new) * np.exp(-ls_new)), _beside((new - sh_new) * np.exp(-ls_new), kept)),
            "The conditioner was asked about the new column. On the way there it saw the kept one: conditioner(kept).",
        ),
        (moved, "This is the moved column alone. Put the kept one before it."),
    ]
    flat = [(*wrong, says) if isinstance(wrong, tuple) else (wrong, says) for wrong, says in mistakes]
    return grade(result, x, flat)


@exercise(
    "19.5",
    "For k of 1 or more the mass is a difference of two values of the distribution function, half a count above and below.",
    "`expit((k + 0.5 - middle) / scale)` is the upper one. For k = 0 nothing is subtracted: `np.where(k == 0, ...)`.",
    "upper = expit((k + 0.5 - middle) / scale), lower = np.where(k == 0, 0, expit((k - 0.5 - middle) / scale)), "
    "return upper - lower",
    praise="The masses of 0, 1, 2, ... sum to 1, so nothing is wasted below zero.",
)
def logistic_count_mass(function: Any) -> str | None:
    k, middle, scale = np.arange(6), 1.3, 0.8

    def u(value: Any) -> Any:
        return expit((value - middle) / scale)

    lower = np.where(k == 0, 0, u(k - 0.5))
    right = u(k + 0.5) - lower
    with np.errstate(all="ignore"):
        result = array(call(function, k, middle, scale), finite=False)
        single = array(call(function, np.array([40, 0, 200]), 30.0, 4.0), finite=False)
    mistakes = [
        (u(k + 0.5) - u(k - 0.5), "For k = 0 the mass below -0.5 is wasted: a count of 0 gets everything below 0.5."),
        (u(k + 0.5), "This is the probability of at most k. Subtract that of at most k - 1."),
        (u(k) * (1 - u(k)) / scale, "This is a density at k. The mass is a difference of two distribution functions."),
        (np.where(k == 0, u(0.5), u(k)), "Both edges are needed: half a count above k, and half a count below."),
        (u(k + 1) - np.where(k == 0, 0, u(k)), "The interval should be centred at k: from k - 0.5 to k + 0.5."),
        (u(k) - np.where(k == 0, 0, u(k - 1)), "The interval should be centred at k: from k - 0.5 to k + 0.5."),
        (lower - u(k + 0.5), "The sign is turned around: upper minus lower."),
        (np.log(right), "This is the log-mass. The mass itself is asked for here."),
        (
            expit((k + 0.5 - middle) * scale) - np.where(k == 0, 0, expit((k - 0.5 - middle) * scale)),
            "Divide by the scale, do not multiply.",
        ),
        (
            expit(k + 0.5 - middle / scale) - np.where(k == 0, 0, expit(k - 0.5 - middle / scale)),
            "Brackets: the whole difference is divided by the scale, (k + 0.5 - middle) / scale.",
        ),
        (right.sum(), "One mass for each k is asked for, not their sum."),
        (np.where(k == 0, u(0.5), right / right.sum()), "The masses sum to 1 over all counts: no need to divide."),
    ]
    problem = grade(result, right, mistakes)
    edges = expit((np.array([40.5, 39.5, 0.5, 200.5, 199.5]) - 30.0) / 4.0)
    other = np.array([edges[0] - edges[1], edges[2], edges[3] - edges[4]])
    if problem is None and not close(single, other, atol=1e-9):
        return "Right for 0, 1, 2, ... in order, but `k` may hold any counts: decide by `k == 0`, not by the position."
    return problem
