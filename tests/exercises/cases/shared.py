"""Wrong answers to the formulas of dlhelpers/exercises/formulas.py, as functions; each in two notebooks."""

import numpy as np
from scipy.special import log_softmax
from scipy.stats import norm


def one_by_one(y, mean, sd):
    return -norm.logpdf(y, mean, sd)


def terms(fit=0.5, log_sd=1.0, constant=0.5, power=2, square=2):
    """The NLL of a Gaussian as a function of y, mean and sd, with its factors replaced."""

    def function(y, mean, sd):
        errors = fit * (y - mean) ** square / sd**power
        return np.mean(errors + log_sd * np.log(sd) + constant * np.log(2 * np.pi))

    return function


GAUSSIAN_NLL = [
    (lambda y, mean, sd: -np.mean(one_by_one(y, mean, sd)), "minus sign"),
    (lambda y, mean, sd: np.sum(one_by_one(y, mean, sd)), "sum over the"),
    (one_by_one, "Take their mean"),
    (lambda y, mean, sd: one_by_one(y, mean, sd)[0], "first"),
    (lambda y, mean, sd: np.mean(one_by_one(y, mean, 1.0)), "sd = 1"),
    (lambda y, mean, sd: np.mean(one_by_one(y, mean, sd**2)), "not the variance"),
    (lambda y, mean, sd: np.mean(one_by_one(y, mean, np.sqrt(sd))), "as a variance"),
    (lambda y, mean, sd: np.mean(np.exp(-one_by_one(y, mean, sd))), "densities"),
    (lambda y, mean, sd: -np.log(np.mean(np.exp(-one_by_one(y, mean, sd)))), "First the logarithm"),
    (lambda y, mean, sd: np.mean(one_by_one(y, mean, sd)) / np.log(10), "natural"),
    (lambda y, mean, sd: np.mean((y - mean) ** 2), "mean squared error"),
    (terms(constant=0), "0.9189"),
    (terms(constant=1), "Half"),
    (terms(constant=1, log_sd=2), "counts half"),
    (terms(log_sd=0), "huge sd"),
    (terms(log_sd=0, constant=0), "Two terms"),
    (terms(log_sd=2), "twice"),
    (terms(log_sd=0.5), "counts in full"),
    (terms(log_sd=-1), "fraction line"),
    (terms(log_sd=-1, constant=-0.5), "density's factor"),
    (terms(fit=1), "the 2 is missing"),
    (terms(fit=1, constant=0), "Two things"),
    (terms(power=1), "not by 2 sd"),
    (terms(power=-2), "Brackets"),
    (terms(square=1), "Square"),
    (lambda y, mean, sd: terms(square=1)(mean + abs(y - mean), mean, sd), "absolute"),
    (terms(fit=0.25), "only sd is squared"),
    (terms(log_sd=1 / np.log(10)), "log(sd) is the natural"),
    (terms(constant=np.pi * np.log(2) / np.log(2 * np.pi) / 2), "np.log(2 * np.pi)"),
    (terms(constant=np.log(np.pi) / np.log(2 * np.pi) / 2), "log(π)"),
    (lambda y, mean, sd: terms(constant=0)(y, mean, sd) + np.sqrt(2 * np.pi), "root becomes"),
]


def true(values, y):
    return values[np.arange(len(y)), y]


def logs(z, axis=1):
    return log_softmax(z, axis=axis)


LOGITS_NLL = [
    (lambda z, y: true(logs(z), y).mean(), "sign"),
    (lambda z, y: -true(logs(z), y).sum(), "sum over the"),
    (lambda z, y: -true(logs(z), y), "Take their mean"),
    (lambda z, y: -true(logs(z), y)[0], "alone"),
    (lambda z, y: -true(logs(z, axis=0), y).mean(), "axis 0"),
    (lambda z, y: -true(logs(z, axis=None), y).mean(), "whole array"),
    (lambda z, y: -true(logs(np.exp(logs(z))), y).mean(), "twice"),
    (lambda z, y: -true(z, y).mean(), "softmax is missing"),
    (lambda z, y: np.log(np.exp(z).sum(axis=1)).mean(), "true class is missing"),
    (lambda z, y: np.mean(1 - np.exp(true(logs(z), y))), "1 - p"),
    (lambda z, y: -np.exp(true(logs(z), y)).mean(), "logarithm is missing"),
    (lambda z, y: -np.log(np.exp(true(logs(z), y)).mean()), "too early"),
    (lambda z, y: -true(logs(z), y).mean() / np.log(2), "natural"),
    (lambda z, y: -true(logs(z), y).mean() - z.max(axis=1).mean(), "same shifted z"),
    (lambda z, y: -true(logs(z - z.max(axis=0)), y).mean(), "of each column"),
    (lambda z, y: -logs(z).mean(), "all classes"),
    (lambda z, y: -logs(z)[:, y].mean(), "Pair them"),
]
