import numpy as np
from scipy import special, stats

from dlhelpers import data
from tests.exercises.cases.shared import GAUSSIAN_NLL, price, terms

TABLE = data.load_blood_pressure()
AGE, SBP = TABLE["age"].to_numpy(float), TABLE["sbp"].to_numpy(float)
MEAN = np.polyval(np.polyfit(AGE, SBP, 1), AGE)[:, None]
SD = np.sqrt(np.mean((SBP[:, None] - MEAN) ** 2))
LINE = -stats.norm.logpdf(SBP[:, None], MEAN, SD)

DAYS = np.array([80, 30, 20, 30, 40])
GAPS = np.array([0.1, 0.3, 0.5, 0.7, 0.9]) - np.array([18, 11, 10, 19, 31]) / DAYS


def chosen(**others):
    """The right heads for (a) to (e), with some of them replaced."""
    right = {"a": "categorical", "b": "poisson", "c": "bernoulli", "d": "normal", "e": "bernoulli"}
    return (list({**right, **others}.values()),)


def log_mean(a, shift=None, axis=0):
    """Log-mean-exp with the maximum taken over `shift`, or without any."""
    most = 0.0 if shift is None else a.max(axis=shift, keepdims=True)
    return np.squeeze(np.log(np.exp(a - most).mean(axis=axis, keepdims=True)) + most)


RIGHT = {
    "16.1": [
        chosen(),
        chosen(c=20 * ["bernoulli"]),
        (("Categorical", "POISSON", " bernoulli", "Gaussian", "bernoulli"),),
    ],
    "16.2": [(terms(),), (lambda y, mean, sd: [float(np.mean(price(y, mean, sd)))],)],
    "16.3": [(LINE.mean(),), ([round(float(LINE.mean()), 4)],)],
    "16.4": [
        (lambda a: special.logsumexp(a, axis=0) - np.log(len(a)),),
        (lambda a: list(log_mean(a, shift=0)),),
        (lambda a: special.logsumexp(a, axis=0, b=1 / len(a), keepdims=True),),
    ],
    "16.5": [("over", 0.095), ("Overconfident", np.array([0.095]))],
}

WRONG = {
    "16.1": [
        (chosen(a="poisson"), "no count"),
        (chosen(a="normal"), "no average"),
        (chosen(a="bernoulli"), "ten possibilities"),
        (chosen(b="normal"), "counted"),
        (chosen(b="categorical"), "no largest"),
        (chosen(c="categorical"), "compete"),
        (chosen(d="poisson"), "measured"),
        (chosen(e="categorical"), "too many"),
        (chosen(e="normal"), "squared"),
        (chosen(d="gamma"), "none of the four"),
        ((["categorical", "poisson"],), "Five"),
    ],
    "16.2": GAUSSIAN_NLL,
    "16.3": [
        ((price(SBP, MEAN, SD).mean(),), "everybody"),
        ((price(SBP, SBP.mean(), SBP.std()).mean(),), "constant"),
        ((price(SBP, SBP.mean(), SD).mean(),), "mean prediction"),
        ((-LINE.mean(),), "sign"),
        ((LINE.sum(),), "sum"),
        ((LINE,), "shape"),
        ((price(SBP[:, None], MEAN, SBP.std()).mean(),), "line's errors"),
        ((price(SBP[:, None], MEAN, 1.0).mean(),), "takes 1"),
        ((SD**2,), "mean squared error"),
        ((round(float(LINE.mean()), 2),), "rounded"),
    ],
    "16.4": [
        ((lambda a: a.mean(axis=0),), "mean of the logs"),
        ((lambda a: np.log(a.mean(axis=0)),), "logarithms already"),
        ((lambda a: np.log(np.exp(a - a.max(axis=0)).sum(axis=0)),), "Two things"),
        ((lambda a: special.logsumexp(a, axis=0),), "minus log n"),
        ((lambda a: special.logsumexp(a, axis=0) / len(a),), "inside"),
        ((lambda a: special.logsumexp(a, axis=0) - np.log(a.shape[1]),), "not of examples"),
        ((lambda a: log_mean(a),), "-1000"),
        ((lambda a: log_mean(a, shift=(0, 1)),), "in each column"),
        ((lambda a: a.min(axis=0) + log_mean(a - a.min(axis=0)),), "no other value"),
        ((lambda a: log_mean(a, shift=0) - a.max(axis=0),), "Add it again"),
        ((lambda a: log_mean(a, shift=1, axis=1),), "for each network"),
        ((lambda a: special.logsumexp(a) - np.log(a.size),), "One number"),
        ((lambda a: np.exp(a).mean(axis=0),), "itself"),
        ((lambda a: -log_mean(a, shift=0),), "sign"),
        ((lambda a: a.max(axis=0),), "best network"),
    ],
    "16.5": [
        (("under", 0.095), "both ends"),
        (("neither", 0.095), "quotation"),
        (("over", abs(GAPS).mean()), "by their days"),
        (("over", np.average(GAPS, weights=DAYS)), "cancel"),
        (("over", -np.average(GAPS, weights=DAYS)), "absolute"),
        (("over", 0.125), "largest"),
        (("over", 19), "Divide by 200"),
        (("over", 9.5), "per cent"),
        (("over", np.average(GAPS**2, weights=DAYS)), "squared"),
    ],
}
