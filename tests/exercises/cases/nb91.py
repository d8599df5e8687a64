import numpy as np
from scipy.integrate import quad
from scipy.stats import multivariate_normal

from dlhelpers.exercises import nb91

draw, conditional, posterior, kl = nb91._draw, nb91._conditional, nb91._posterior, nb91._kl
bell, logit, terms, log_density = nb91._bell, nb91._logit, nb91._terms, nb91._log_density


def one_by_one(p, u):
    numbers = []
    for one in u:
        total = 0.0
        for k, share in enumerate(p):
            total += share
            if one < total:
                numbers.append(k)
                break
    return numbers


def strips(f, a, b, n=1000):
    return sum(f(a + k * (b - a) / n) * (b - a) / n for k in range(n))


def trapezia(f, a, b):
    x = np.linspace(a, b, 1001)
    return ((f(x[1:]) + f(x[:-1])) / 2 * np.diff(x)).sum()


def mid(f, a, b):
    return f((a + b) / 2) * (b - a)


def kl_where(p, q):
    with np.errstate(all="ignore"):
        return np.where(p > 0, p * np.log(p / q), 0).sum()


def naive(p, q):
    with np.errstate(all="ignore"):
        return np.sum(p * np.log(p / q))


def softened(p, q):
    return np.sum(p * np.log((p + 1e-12) / (q + 1e-12)))


def entropy(p):
    return -np.sum(p * np.log(p))


def with_a_loop(p, q):
    total = 0
    for a, b in zip(p, q, strict=True):
        if a > 0:
            total += a * np.log(a / b) if b > 0 else np.inf
    return total


def sums_on_columns(joint):
    return joint / joint.sum(axis=1) if joint.shape == (3, 3) else conditional(joint)


def dropped(p, q):
    seen = (p > 0) & (q > 0)
    return np.sum(p[seen] * np.log(p[seen] / q[seen]))


RIGHT = {
    "91.1": [
        (draw,),
        (one_by_one,),
        (lambda p, u: np.searchsorted(np.cumsum(p), u, side="right"),),
        (lambda p, u: (u[:, None] < np.cumsum(p)).argmax(axis=1),),
    ],
    "91.2": [
        (strips,),
        (trapezia,),
        (lambda f, a, b: quad(f, a, b)[0],),
        (lambda f, a, b: f(np.linspace(a, b, 1001)).mean() * (b - a),),
    ],
    "91.3": [
        (conditional,),
        (lambda joint: (joint.T / joint.sum(axis=1)).T,),
        (lambda joint: [row / sum(row) for row in joint],),
    ],
    "91.4": [(posterior,), (lambda p, q: p * q / np.dot(p, q),)],
    "91.5": [(1167,)],
    "91.6": [
        (log_density,),
        (terms(),),
        (lambda x, mean, cov: multivariate_normal(mean, cov).logpdf(x),),
    ],
    "91.7": [(nb91._logit_normal,), (lambda x: [bell(np.log(s) - np.log(1 - s)) * (1 / s + 1 / (1 - s)) for s in x],)],
    "91.8": [(kl,), (kl_where,), (with_a_loop,)],
}

WRONG = {
    "91.1": [
        (lambda p, u: draw(p, u) + 1, "too large"),
        (lambda p, u: draw(p, u) - 1, "too small"),
        (lambda p, u: (u[:, None] >= p).sum(axis=1), "running sum"),
        (lambda p, u: np.searchsorted(p, u), "Search in the running sum"),
        (lambda p, u: (u * len(p)).astype(int), "equally likely"),
        (lambda p, u: draw(p[::-1], u), "reverse"),
        (lambda p, u: np.full(len(u), p.argmax()), "likeliest"),
        (lambda p, u: np.abs(u[:, None] - np.cumsum(p)).argmin(axis=1), "nearest edge"),
        (lambda p, u: p[draw(p, u)], "probabilities"),
        (lambda p, u: np.cumsum(p)[draw(p, u)], "ends of the pieces"),
        (lambda p, u: u[:, None] >= np.cumsum(p), "column"),
        (lambda p, u: draw(p, u)[0], "as many results"),
        (lambda p, u: 0 if u < p[0] else 1, "single numbers"),
        (lambda p, u: np.random.default_rng(0).choice(len(p), size=len(u), p=p), "u below 0.5"),
    ],
    "91.2": [
        (lambda f, a, b: f(b) - f(a), "height"),
        (lambda f, a, b: f(b), "height"),
        (lambda f, a, b: strips(f, a, b) / (b - a), "mean height"),
        (mid, "strips"),
        (lambda f, a, b: f(np.linspace(a, b, 1001)).sum(), "width"),
        (lambda f, a, b: strips(f, a, b, 10), "more strips"),
        (lambda f, a, b: -strips(f, a, b), "sign"),
        (lambda f, a, b: 1 - strips(f, a, b), "outside"),
        (lambda f, a, b: f(np.linspace(a, b, 1001)), "One number"),
        (0.8, "function"),
    ],
    "91.3": [
        (lambda joint: joint / joint.sum(axis=0), "P(x | y)"),
        (lambda joint: joint / joint.sum(), "joint table"),
        (lambda joint: joint.sum(axis=1), "marginal P(x)"),
        (lambda joint: joint.sum(axis=0), "marginal P(y)"),
        (lambda joint: conditional(joint).T, "transposed"),
        (lambda joint: np.exp(joint) / np.exp(joint).sum(axis=1, keepdims=True), "softmax"),
        (lambda joint: joint / joint.max(axis=1, keepdims=True), "largest"),
        (lambda joint: joint * joint.sum(axis=1, keepdims=True), "way back"),
        (lambda joint: joint / joint.sum(axis=1), "broadcast"),
        (sums_on_columns, "keepdims"),
        (lambda joint: conditional(joint)[0], "keep its shape"),
    ],
    "91.4": [
        (lambda p, q: p * q, "sum to 1"),
        (lambda p, q: q / q.sum(), "prior is missing"),
        (lambda p, q: q, "likelihoods"),
        (lambda p, q: p, "unchanged"),
        (lambda p, q: (p + q) / (p + q).sum(), "Multiply"),
        (lambda p, q: p * q / q.sum(), "sum of the *products*"),
        (lambda p, q: np.exp(p * q) / np.exp(p * q).sum(), "softmax"),
        (lambda p, q: (p * q / (p * q).sum())[0], "hypotheses"),
        (lambda p, q: p * q / (p * q).max(), "largest"),
        (lambda p, q: p @ q, "shape"),
    ],
    "91.5": [
        (1166, "round up"),
        (1166.67, "round up"),
        (34.16, "square"),
        (58.33, "0.05²"),
        (684, "standard deviation"),
        (1400, "n - 1"),
        (70, "mean of a die"),
        (400, "variance is 35/12"),
        (2334, "variance of a die"),
        (1170, "smallest"),
    ],
    "91.6": [
        (terms(power=lambda off: 2), "two dimensions only"),
        (terms(power=lambda off: 1), "one dimension only"),
        (terms(constant=0), "constant"),
        (terms(log_det=0), "determinant is missing"),
        (terms(log_det=1), "Half of the log"),
        (terms(log_det=-0.5), "subtracted"),
        (terms(quadratic=1), "1/2"),
        (terms(sign=1), "NLL"),
        (terms(inverse=lambda cov: cov), "*inverse*"),
        (terms(inverse=lambda cov: np.diag(1 / np.diag(cov))), "whole matrix"),
        (lambda *case: np.exp(log_density(*case)), "density itself"),
        (lambda x, mean, cov: log_density(x, 0 * mean, cov), "mean is missing"),
        (lambda x, mean, cov: bell(x, mean, cov), "One number"),
        (lambda x, mean, cov: log_density(x, mean, cov) if len(x) == 2 else 0.0, "works in two dimensions"),
    ],
    "91.7": [
        (lambda x: bell(logit(x)), "divide by its slope"),
        (lambda x: bell(logit(x)) * x * (1 - x), "Upside down"),
        (bell, "z is not x"),
        (lambda x: bell(x) / (x * (1 - x)), "slope is right"),
        (lambda x: bell(1 / (1 + np.exp(-x))), "Which way round"),
        (lambda x: bell(np.log(x)) / x, "the example"),
        (lambda x: bell(np.log(x)) / (x * (1 - x)), "way back for exp"),
        (lambda x: bell(logit(x)) / x, "both factors"),
        (lambda x: nb91._logit_normal(x)[0], "as many densities"),
        (lambda x: np.log(nb91._logit_normal(x)), "logarithm"),
    ],
    "91.8": [
        (lambda p, q: kl(q, p), "changed places"),
        (lambda p, q: -kl(p, q), "sign"),
        (lambda p, q: entropy(p) + kl(p, q), "cross-entropy"),
        (lambda p, q: kl(p, q) / len(p), "not a mean"),
        (lambda p, q: np.log(p / q).sum(), "weight"),
        (lambda p, q: kl(p, q) / np.log(2), "nats"),
        (lambda p, q: abs(p - q).sum(), "another distance"),
        (lambda p, q: kl(p, q) + kl(q, p), "direction"),
        (naive, "no p is 0"),
        (dropped, "infinite"),
        (softened, "infinite"),
        (lambda p, q: entropy(p), "entropy of one"),
        (lambda p, q: p * np.log(p / q), "One number"),
    ],
}
