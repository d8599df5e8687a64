"""Exercises of notebook 91, probability."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dlhelpers.exercises.core import NotYet, array, call, close, exercise, grade, number


def _slips(apply: Callable, slips: list) -> list:
    """Mistakes for `grade`: each slip is one wrong function or several, and at the end the message."""
    return [(*[apply(function) for function in functions], says) for *functions, says in slips]


# Discrete


def _draw(p: np.ndarray, u: np.ndarray) -> np.ndarray:
    return (np.asarray(u)[:, None] >= np.cumsum(p)[:-1]).sum(axis=1)


_RULERS = [np.array([0.5, 0.2, 0.3]), np.array([0.1, 0.0, 0.25, 0.6, 0.05])]
_UNIFORM = (np.arange(40) * 0.618034 + 0.013) % 1


def _drawn(function: Any) -> np.ndarray:
    return np.concatenate([array(function(p, _UNIFORM), finite=False).reshape(-1)[: len(_UNIFORM)] for p in _RULERS])


_DRAW_SLIPS = [
    (lambda p, u: _draw(p, u) + 1, "Each number is too large by 1: values are counted from 0."),
    (lambda p, u: _draw(p, u) - 1, "Each number is too small by 1: below p[0] the first value is meant, number 0."),
    (lambda p, u: (u[:, None] >= p).sum(axis=1), "Compare u with the *running sum* of p, `np.cumsum(p)`: the pieces lie end to end."),
    (lambda p, u: np.searchsorted(p, u), lambda p, u: np.searchsorted(np.sort(p), u), "Search in the running sum, `np.cumsum(p)`, and not in p itself."),
    (lambda p, u: (u * len(p)).astype(int), "This makes all values equally likely. The pieces should be as long as the probabilities."),
    (lambda p, u: len(p) - 1 - _draw(p, u), "The order is turned round: u just above 0 means the first value."),
    (lambda p, u: _draw(p[::-1], u), "The pieces lie in the reverse order: p[0] comes first."),
    (lambda p, u: np.full(len(u), p.argmax()), "This always takes the likeliest value. A draw must sometimes take the others."),
    (lambda p, u: np.abs(u[:, None] - p).argmin(axis=1), "This looks for the probability closest to u. The place of u on the ruler counts."),
    (lambda p, u: np.abs(u[:, None] - np.cumsum(p)).argmin(axis=1), "This looks for the nearest edge. The piece in which u lies counts."),
    (lambda p, u: np.cumsum(p)[_draw(p, u)], "These are the ends of the pieces. Asked for is the number of the piece, 0, 1, ..."),
    (lambda p, u: p[_draw(p, u)], "These are probabilities. Asked for is the number of the value, 0, 1, ..."),
]


@exercise(
    "91.1",
    "Where does each piece of the ruler end? `np.cumsum(p)` is the running sum of p.",
    "u lies in piece k if k of the ends are at or below it. So count the ends that are at or below u, for each u.",
    "return np.searchsorted(np.cumsum(p), u, side='right'), or (u[:, None] >= np.cumsum(p)).sum(axis=1)",
    praise="Every random letter, word or picture in this course is drawn like this.",
    solution=_draw,
)
def draw_values(function: Any) -> str | None:
    for p in _RULERS:
        got = array(call(function, p.copy(), _UNIFORM.copy()), finite=False)
        if got.shape == (len(_UNIFORM), len(p)):
            return "This has a column for each value. Asked for is one number for each u."
        if got.size != len(_UNIFORM):
            return f"For {len(_UNIFORM)} numbers u there should be as many results, and this has shape {got.shape}."
    mistakes = _slips(_drawn, _DRAW_SLIPS)
    other = "For p = (0.5, 0.2, 0.3), u below 0.5 means 0, u from 0.5 to 0.7 means 1, and the rest means 2. Yours are others."
    found = _drawn(lambda p, u: call(function, p.copy(), u.copy()))
    return grade(found, _drawn(_draw), mistakes, rtol=0, other=other)


# Continuous


def _bell(x: Any, mean: float = 0.0, sd: float = 1.0) -> Any:
    return np.exp(-(((np.asarray(x) - mean) / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi))


_AREAS = [
    (lambda x: _bell(x, sd=0.1), -0.1, 0.25),
    (lambda x: np.exp(-np.asarray(x)), 0.5, 3.0),
    (lambda x: 2.0 + 0.0 * np.asarray(x), 0.1, 0.3),
    (lambda x: _bell(x, 2.0, 3.0), -1.0, 8.0),
]


def _integral(f: Callable, a: float, b: float, n: int = 20_000) -> float:
    middle = a + (np.arange(n) + 0.5) * (b - a) / n
    return float(f(middle).mean() * (b - a))


def _areas_of(function: Any) -> np.ndarray:
    return np.array([number(call(function, *case)) for case in _AREAS])


_INTEGRAL_SLIPS = [
    (lambda f, a, b: f(b) - f(a), "A density is the height. What you subtract at the ends is its *area* up to there, which you do not have."),
    (lambda f, a, b: f(b), lambda f, a, b: f(a), "This is a height at one end. Asked for is the area in between."),
    (lambda f, a, b: _integral(f, a, b) / (b - a), "This is the mean height. Times the width, b - a, it is the area."),
    (
        lambda f, a, b: max(f(np.linspace(a, b, 2001))) * (b - a),
        lambda f, a, b: f((a + b) / 2) * (b - a),
        lambda f, a, b: (f(a) + f(b)) / 2 * (b - a),
        "One rectangle is too coarse for a curve: cut it into many strips.",
    ),
    (lambda f, a, b: -_integral(f, a, b), "The sign is turned round."),
    (lambda f, a, b: 1 - _integral(f, a, b), "This is the area outside."),
]


@exercise(
    "91.2",
    "Cut the range from a to b into many thin strips, say 1000, and add up their areas.",
    "x = np.linspace(a, b, 1001) are the edges. A strip has the area height times width.",
    "x = np.linspace(a, b, 1001), then: return density(x).mean() * (b - a)",
    praise="With a fine enough ruler any density gives its probabilities.",
)
def area_below(function: Any) -> str | None:
    found = _areas_of(function)
    right = np.array([_integral(*case) for case in _AREAS])
    if close(found, right, rtol=0.004):
        return None
    if close(found, right, rtol=0.2):
        return "Nearly: use more strips, 1000 or so, and mind that all have the same width."
    ratio = found / right
    if np.all(ratio > 3) and close(found * [b - a for _, a, b in _AREAS], found[0] / right[0] * right * (_AREAS[0][2] - _AREAS[0][1]), rtol=0.02):
        return "The heights are added up, but not multiplied by the width of a strip."
    return grade(found, right, _slips(_areas_of, _INTEGRAL_SLIPS), rtol=0.004)


def _tables() -> list[np.ndarray]:
    rng = np.random.default_rng(6)
    found = [rng.uniform(0.05, 1, size=shape) for shape in ((2, 3), (3, 3), (4, 2))]
    return [table / table.sum() for table in found]


def _conditional(joint: np.ndarray) -> np.ndarray:
    return joint / joint.sum(axis=1, keepdims=True)


@exercise(
    "91.3",
    "For each x, a row of the table holds the right proportions already. What must its sum become?",
    "Divide each row by its sum, the marginal P(x). `joint.sum(axis=1, keepdims=True)` keeps the sums as a column.",
    "return joint / joint.sum(axis=1, keepdims=True)",
    solution=_conditional,
    praise="Cut out a row and scale it to 1: that is all that conditioning is.",
)
def conditional_table(function: Any) -> str | None:
    for joint in _tables():
        got = array(call(function, joint.copy()), finite=False)
        wrong = [
            (joint / joint.sum(axis=0), "This is P(x | y): the columns sum to 1. For P(y | x) each *row* sums to 1."),
            (joint, "This is the joint table. Each row must be divided by its own sum."),
            (joint.sum(axis=1), joint.sum(axis=1)[:, None], "This is the marginal P(x). Divide the table by it."),
            (joint.sum(axis=0), joint.sum(axis=0)[None], "This is the marginal P(y)."),
            (_conditional(joint).T, "Right numbers, but transposed: keep a row for each x."),
            (np.exp(joint) / np.exp(joint).sum(axis=1, keepdims=True), "No softmax: these are probabilities already, so divide by the sum."),
            (joint / joint.max(axis=1, keepdims=True), "Divide by the *sum* of the row, and not by its largest entry."),
            (joint * joint.sum(axis=1, keepdims=True), "Divide by the marginal: multiplying makes the way back, from conditional to joint."),
            (joint / (joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)), "This compares with independence. Divide by the sum of the row alone."),
        ]
        if joint.shape[0] == joint.shape[1]:
            wrong.append((joint / joint.sum(axis=1), "The sums went to the columns instead of the rows: keep them as a column with `keepdims=True`."))
        if got.shape != joint.shape and not any(close(got, value) for *values, _ in wrong for value in values):
            return f"The table should keep its shape {joint.shape}, and this one has {got.shape}."
        if says := grade(got, _conditional(joint), wrong, other="The rows are other ones. Each row of P(y | x) is a row of the table, divided by its sum."):
            return says
    return None


def _posterior(prior: Any, likelihoods: Any) -> np.ndarray:
    joint = np.asarray(prior) * np.asarray(likelihoods)
    return joint / joint.sum()


_BELIEFS = [
    (np.array([0.001, 0.999]), np.array([0.99, 0.01])),
    (np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.5, 0.25])),
    (np.array([0.25, 0.25, 0.25, 0.25]), np.array([0.0, 0.9, 0.2, 0.4])),
]


def _beliefs(function: Any) -> np.ndarray:
    found = []
    for prior, likelihoods in _BELIEFS:
        got = array(function(prior, likelihoods), finite=False)
        if got.shape != prior.shape:
            raise NotYet(f"For {len(prior)} hypotheses there are {len(prior)} probabilities, and this has shape {got.shape}.")
        found.append(got)
    return np.concatenate(found)


_BAYES_SLIPS = [
    (lambda p, q: p * q, "These are the products, prior times likelihood. They do not sum to 1 yet: divide by their sum."),
    (lambda p, q: q / q.sum(), "The prior is missing: a rare disease stays rare."),
    (lambda p, q: q, "These are the likelihoods, as they came in."),
    (lambda p, q: p, "This is the prior, unchanged."),
    (lambda p, q: (p + q) / (p + q).sum(), "Multiply prior and likelihood: a sum does not know that both must hold."),
    (lambda p, q: p * q / q.sum(), "Divide by the sum of the *products*: that is the probability of the data."),
    (lambda p, q: p / (p * q).sum(), lambda p, q: q / (p * q).sum(), "Prior *times* likelihood belongs above the fraction line."),
    (lambda p, q: np.exp(p * q) / np.exp(p * q).sum(), "No softmax: the products are divided by their sum."),
    (lambda p, q: p * q / (p * q).max(), "Divide by the sum of the products, and not by the largest."),
]


@exercise(
    "91.4",
    "Of a million people, how many are sick *and* positive? How many healthy *and* positive? Then take shares.",
    "Multiply entry by entry, prior * likelihoods. What do you divide by to make the sum 1?",
    "joint = prior * likelihoods, then: return joint / joint.sum()",
    praise="Bayes' rule in two lines, for any number of hypotheses.",
    solution=_posterior,
)
def bayes(function: Any) -> str | None:
    found = _beliefs(lambda p, q: call(function, p.copy(), q.copy()))
    other = "The posterior is another one: prior times likelihood for each hypothesis, divided by the sum of these products."
    return grade(found, _beliefs(_posterior), _slips(_beliefs, _BAYES_SLIPS), other=other)


@exercise(
    "91.5",
    "The standard error is sd / √n. Set it to 0.05 and solve for n.",
    "n = variance / 0.05², with the variance 35/12 of a die. And a whole number of rolls.",
    "n = int(np.ceil(35 / 12 / 0.05**2))",
    praise="Ten times the precision takes a hundred times the rolls.",
)
def rolls(n: Any) -> str | None:
    variance = 35 / 12
    mistakes = [
        (1166, "Nearly, but 1166 rolls are just too few: round up."),
        (1168, 1170, 1200, "So many are enough, and a few less would be, too: the smallest number is asked for."),
        (np.sqrt(variance) / 0.05, 34, 35, "The root: it is √n that must be 34.2, so n is its square."),
        (variance / 0.05, 58, 59, "Square the 0.05, too: n = variance / 0.05²."),
        (np.sqrt(variance) / 0.05**2, 683, 684, "The variance over 0.05², and not the standard deviation."),
        (
            3.5 / 0.05,
            3.5 / 0.05**2,
            "3.5 is the mean of a die, and its variance only if you divide by n - 1 = 5. The six faces are all there are: the variance is 35/12.",
        ),
        (400, 20, 1 / 0.05, "The spread of a single roll is missing: its variance is 35/12, and not 1."),
        (35 / 6 / 0.05**2, 2334, "The variance of a die is 35/12 = 2.92."),
        (variance**2 / 0.05**2, 3403, "The variance is the *square* of the standard deviation already."),
    ]
    value = number(n)
    if value != round(value) and close(value, variance / 0.05**2, rtol=5e-4):
        return "Part of a roll cannot be had: round up."
    return grade(value, 1167, mistakes, rtol=3e-4)


# Bells in more dimensions


def _log_density(x: Any, mean: Any, cov: Any) -> float:
    off = np.asarray(x) - np.asarray(mean)
    return float(-0.5 * (off @ np.linalg.solve(cov, off) + np.linalg.slogdet(cov)[1] + len(off) * np.log(2 * np.pi)))


def _gaussians() -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(8)
    found = []
    for n in (2, 3, 1, 5):
        root = rng.normal(size=(n, n))
        found.append((rng.normal(size=n), rng.normal(size=n), root @ root.T + 0.5 * np.eye(n)))
    return found


def _logs(function: Any) -> np.ndarray:
    return np.array([number(function(*case)) for case in _gaussians()])


def _terms(quadratic: float = 0.5, log_det: float = 0.5, constant: float = 0.5, sign: int = -1, power: Any = len, inverse: Any = np.linalg.inv) -> Callable:
    """The logarithm of the density with its factors replaced."""

    def function(x: np.ndarray, mean: np.ndarray, cov: np.ndarray) -> float:
        off = x - mean
        size = np.log(np.linalg.det(cov))
        return sign * (quadratic * off @ inverse(cov) @ off + log_det * size + constant * power(off) * np.log(2 * np.pi))

    return function


_GAUSS_SLIPS = [
    (_terms(power=lambda off: 2), "Right in two dimensions only: the power of 2π is n, the length of x."),
    (_terms(power=lambda off: 1), "Right in one dimension only: the power of 2π is n, the length of x."),
    (_terms(constant=0), "The constant is missing: n/2 · log(2π)."),
    (_terms(constant=1), "Half of n log(2π): there is a root over the whole denominator."),
    (_terms(log_det=0), "The determinant is missing: without it a wide bell is as high as a narrow one."),
    (_terms(log_det=1), "Half of the log of the determinant: there is a root over it."),
    (_terms(log_det=-0.5), "The determinant stands below the fraction line: its logarithm is subtracted."),
    (_terms(quadratic=1), "The 1/2 in the exponent is missing."),
    (_terms(quadratic=-0.5), "The exponent is negative: far from the mean the density is small."),
    (_terms(sign=1), "The sign is turned round: this is minus the log density, the NLL of one point."),
    (_terms(inverse=lambda cov: cov), "In the exponent stands the *inverse* of the covariance."),
    (_terms(inverse=lambda cov: np.diag(1 / np.diag(cov))), "The inverse of the whole matrix is needed, and not of its diagonal alone."),
    (lambda *case: np.exp(_log_density(*case)), "This is the density itself. Asked for is its logarithm."),
    (lambda x, mean, cov: _log_density(x, 0 * mean, cov), "The mean is missing: x - mean."),
    (lambda *case: _log_density(*case) / np.log(10), "The natural logarithm, `np.log`, and not the one of base 10."),
]


@exercise(
    "91.6",
    "Take the logarithm of the formula: three terms, from the exponent, from the determinant and from (2π)ⁿ.",
    "off = x - mean; the exponent is -0.5 * off @ np.linalg.inv(cov) @ off. The root becomes a factor 0.5.",
    "return -0.5 * (off @ np.linalg.inv(cov) @ off + np.log(np.linalg.det(cov)) + len(x) * np.log(2 * np.pi))",
    praise="For any number of dimensions, and as a logarithm, so that nothing becomes 0.",
)
def gaussian_log_density(function: Any) -> str | None:
    found = _logs(lambda *case: call(function, *[part.copy() for part in case]))
    right = _logs(_log_density)
    if close(found[:1], right[:1]) and not close(found, right):
        if close(found, _logs(_terms(power=lambda off: 2))):
            return _GAUSS_SLIPS[0][-1]
        return "It works in two dimensions, but not in one, three or five."
    other = "The log density is another one. Its three terms: the exponent, minus half the log of the determinant, minus n/2 · log(2π)."
    return grade(found, right, _slips(_logs, _GAUSS_SLIPS), other=other)


_SHARES = np.array([0.05, 0.2, 0.5, 0.65, 0.9])


def _logit(x: Any) -> Any:
    return np.log(x / (1 - x))


def _logit_normal(x: Any) -> Any:
    return _bell(_logit(x)) / (x * (1 - x))


_CHANGE_SLIPS = [
    (lambda x: _bell(_logit(x)), "This is the density of z alone. The map stretches and squeezes: divide by its slope."),
    (lambda x: _bell(_logit(x)) * x * (1 - x), "Upside down: where the map squeezes, its slope is small, and the density becomes *larger*. Divide by the slope."),
    (lambda x: _bell(x), "z is not x: put the z that leads to this x into the bell, z = log(x / (1 - x))."),
    (lambda x: _bell(x) / (x * (1 - x)), "The slope is right. Into the bell goes z = log(x / (1 - x)), and not x."),
    (
        lambda x: _bell(1 / (1 + np.exp(-x))),
        lambda x: _bell(1 / (1 + np.exp(-x))) / (x * (1 - x)),
        "Which way round? x is given, so z = log(x / (1 - x)) goes into the bell, and not sigmoid(x).",
    ),
    (lambda x: _bell(_logit(x)) / x, lambda x: _bell(_logit(x)) / (1 - x), "The slope of the sigmoid is x (1 - x), both factors."),
    (lambda x: _bell(np.log(x)) / x, "This is for x = exp(z), the example. For the sigmoid, z = log(x / (1 - x))."),
    (
        lambda x: _bell(np.log(x)) / (x * (1 - x)),
        "The slope is right. log(x) is the way back for exp; for the sigmoid, z = log(x / (1 - x)) goes into the bell.",
    ),
    (
        lambda x: _bell(_logit(x)) / (1 / (1 + np.exp(-x)) * (1 - 1 / (1 + np.exp(-x)))),
        "The slope is needed at z, where it is x (1 - x). You took the slope at x.",
    ),
    (lambda x: np.log(_logit_normal(x)), "This is the logarithm of the density."),
]


@exercise(
    "91.7",
    "Two steps as for exp: which z leads to x, and how steep is the map there?",
    "z = np.log(x / (1 - x)), and the slope of the sigmoid is x * (1 - x). Divide the bell at z by the slope.",
    "z = np.log(x / (1 - x)), then: return bell(z) / (x * (1 - x))",
    praise="A normalizing flow does this many times over, with maps that it learns.",
)
def sigmoid_density(function: Any) -> str | None:
    found = array(call(function, _SHARES.copy()), finite=False)
    if found.shape != _SHARES.shape:
        return f"For {len(_SHARES)} values of x there should be as many densities, and this has shape {found.shape}."
    other = "The density is another one: the bell at z = log(x / (1 - x)), divided by the slope x (1 - x)."
    return grade(found, _logit_normal(_SHARES), _slips(lambda f: f(_SHARES), _CHANGE_SLIPS), other=other)


def _kl(p: Any, q: Any) -> float:
    p, q = np.asarray(p), np.asarray(q)
    with np.errstate(divide="ignore"):
        return float((p[p > 0] * np.log(p[p > 0] / q[p > 0])).sum())


_PAIRS = [
    (np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.2, 0.6])),
    (np.array([0.9, 0.1]), np.array([0.5, 0.5])),
    (np.array([0.25, 0.25, 0.4, 0.1]), np.array([0.25, 0.25, 0.4, 0.1])),
]


def _divergences(function: Any) -> np.ndarray:
    return np.array([number(function(*pair)) for pair in _PAIRS])


def _entropy(p: np.ndarray) -> float:
    return -float((p * np.log(p)).sum())


_KL_SLIPS = [
    (lambda p, q: _kl(q, p), "The two have changed places: the average is taken under p, so p stands in front of the logarithm."),
    (lambda p, q: -_kl(p, q), "The sign is turned round: KL is never negative."),
    (lambda p, q: _entropy(p) + _kl(p, q), "This is the cross-entropy. Subtract the entropy of p."),
    (lambda p, q: _entropy(p), lambda p, q: _entropy(q), "This is the entropy of one of them. Both go into the logarithm: log(p / q)."),
    (lambda p, q: _kl(p, q) / len(p), "A sum, and not a mean: the p in front does the averaging."),
    (lambda p, q: np.log(p / q).sum(), lambda p, q: np.log(p / q).mean(), "Each log(p / q) counts with the weight p."),
    (lambda p, q: _kl(p, q) / np.log(2), lambda p, q: _kl(p, q) / np.log(10), "The natural logarithm, `np.log`, gives nats."),
    (lambda p, q: abs(p - q).sum(), lambda p, q: abs(p - q).sum() / 2, lambda p, q: ((p - q) ** 2).sum(), "This is another distance. KL averages log(p / q) under p."),
    (lambda p, q: (_kl(p, q) + _kl(q, p)) / 2, lambda p, q: _kl(p, q) + _kl(q, p), "This treats both alike. KL has a direction, from p to q."),
]


@exercise(
    "91.8",
    "The formula is one line: np.sum(p * np.log(p / q)). Then think of the entries where p is 0.",
    "Keep only the entries with p > 0: seen = p > 0, and then p[seen] and q[seen].",
    "seen = p > 0, then: return np.sum(p[seen] * np.log(p[seen] / q[seen]))",
    praise="What never happens costs nothing, and what q calls impossible costs infinity if it happens.",
)
def divergence(function: Any) -> str | None:
    found = _divergences(lambda p, q: call(function, p.copy(), q.copy()))
    other = "KL is another number: the sum of p · log(p / q)."
    if says := grade(found, _divergences(_kl), _slips(_divergences, _KL_SLIPS), other=other):
        return says
    with np.errstate(all="ignore"):
        p, q = np.array([0.0, 0.5, 0.5]), np.array([0.2, 0.4, 0.4])
        zero = float(array(call(function, p, q), finite=False).reshape(-1)[0])
        p, q = np.array([0.5, 0.5]), np.array([1.0, 0.0])
        impossible = float(array(call(function, p, q), finite=False).reshape(-1)[0])
    if not np.isfinite(zero):
        return "Right, as long as no p is 0. There NumPy finds 0 · log 0 = nan: leave these entries out, they count 0."
    if not close(zero, np.log(1.25)):
        return "Right, as long as no p is 0. An entry with p = 0 counts 0, so leave it out and change no others."
    if impossible != np.inf:
        return "Where q is 0 and p is not, KL is infinite: leave out the entries with p = 0 only."
    return None
