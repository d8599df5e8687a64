"""Formulas that more than one notebook asks for: their wrong forms, each with its message.

Each function returns what `grade` takes as `mistakes`.
"""

from typing import Any

import numpy as np

Mistakes = list[tuple[Any, ...]]


def standardised(x: Any, mean: Any, sd: Any) -> Mistakes:
    """Return wrong forms of (x - mean) / sd.

    Parameters
    ----------
    x, mean, sd : array_like
        Of shapes that can be broadcast.

    Examples
    --------
    >>> standardised(130.5, 130, 0.25)[0]
    (-2.0, 'The sign is turned around: subtract the mean from the value, not the value from the mean.')
    """
    return [
        ((mean - x) / sd, "The sign is turned around: subtract the mean from the value, not the value from the mean."),
        (x - mean, "The difference from the mean is right. Divide it by the standard deviation."),
        ((x - mean) / sd**2, "This divides by the variance. Divide by the standard deviation."),
        (x / sd, "Subtract the mean before you divide."),
        (x - mean / sd, "Brackets are missing: first the difference, then the division."),
    ]


def dense_parameters(*units: int) -> Mistakes:
    """Return wrong numbers of parameters of a dense network.

    Parameters
    ----------
    *units : int
        The number of inputs, of the units of each hidden layer, and of the outputs.

    Examples
    --------
    >>> dense_parameters(6, 16, 8, 1)[0]
    (232, 'These are the weights only. Each of the 16 + 8 + 1 units has a bias too.')
    """
    pairs, last = list(zip(units, units[1:], strict=False)), units[-1]
    weights, biases = sum(m * n for m, n in pairs), sum(units[1:])
    return [
        (weights, f"These are the weights only. Each of the {' + '.join(map(str, units[1:]))} units has a bias too."),
        (weights + len(pairs), "Each unit has a bias of its own, not each layer."),
        (weights + biases - last, "The biases of the output layer are missing: its units have biases too."),
        (weights + biases - last * (units[-2] + 1), "The output layer is missing, with its weights and biases."),
        (weights + sum(units[:-1]), "The bias belongs to the units that a layer leads to: n * (m + 1), not m * (n + 1)."),
        (biases, sum(units), "These are the units. Each unit has one weight for each of its inputs, and a bias."),
        (np.prod(units, dtype=float), "Layers follow each other: their parameters add up, they do not multiply."),
    ]


def nll_of_logits(z: np.ndarray, y: np.ndarray, one: str) -> Mistakes:
    """Return wrong forms of the mean NLL of logits.

    Parameters
    ----------
    z : ndarray of shape (n, classes)
        The logits.
    y : ndarray of shape (n,)
        The labels, whole numbers.
    one : str
        The word for a single example.

    Examples
    --------
    >>> nll_of_logits(np.zeros((4, 2)), np.array([0, 1, 1, 0]), "image")[1][-1]
    'This is the sum over the images. Take the mean, so that their number does not matter.'
    """

    def losses(z: np.ndarray, axis: int | None = 1) -> np.ndarray:
        return (np.log(np.exp(z).sum(axis=axis, keepdims=True)) - z)[given]

    given = np.arange(len(y)), y
    every, right, true = np.log(np.exp(z).sum(axis=1, keepdims=True)) - z, losses(z), z[given]
    p, nll = np.exp(-every), right.mean()
    return [
        (-nll, "The sign is turned around: the NLL is minus the mean of the log-probabilities."),
        (right.sum(), f"This is the sum over the {one}s. Take the mean, so that their number does not matter."),
        (right[0], f"This is the NLL of the first {one} alone: `return` inside of a loop ends it."),
        (losses(z, 0).mean(), f"The softmax runs over the {one}s (axis 0). The classes of one {one} share 1: axis=1."),
        (losses(z, None).mean(), "The sum runs over the whole array. Each row has a sum of its own: axis=1, keepdims=True."),
        (losses(p).mean(), "The softmax is applied twice: its probabilities went in as logits."),
        (-true.mean(), "The softmax is missing, with its log of a sum of exponentials: logits are no log-probabilities yet."),
        ((right + true).mean(), "The logit of the true class is missing."),
        ((1 - p[given]).mean(), "This is the mean of 1 - p. The NLL is -log(p)."),
        (p[given].mean(), -p[given].mean(), "The logarithm is missing: the NLL of a probability is -log(p)."),
        (-np.log(p[given].mean()), f"The mean is taken too early: first the logarithm for each {one}, then the mean."),
        (nll / np.log(2), nll / np.log(10), "This is the logarithm to base 2 or 10. Use the natural one, np.log."),
        (nll - z.max(axis=1).mean(), "The maximum is taken off inside of the sum, but not off the true logit. Use the same shifted z for both."),
        (losses(z - z.max(axis=0)).mean(), f"This takes off the largest logit of each column. Each {one} has its own maximum: axis=1."),
        (every.mean(), "This averages over all classes. Only the true one counts: pick [np.arange(len(y)), y]."),
        (every[:, y].mean(), f"[:, y] takes every label for every {one}. Pair them: [np.arange(len(y)), y]."),
    ]


def gaussian_nll(y: np.ndarray, mean: np.ndarray, sd: np.ndarray, one: str) -> Mistakes:
    """Return wrong forms of the mean NLL of a Gaussian.

    Parameters
    ----------
    y, mean, sd : ndarray of shape (n,)
        The targets, and a Gaussian for each of them.
    one : str
        The word for a single example.

    Examples
    --------
    >>> gaussian_nll(np.array([1.0, 3.0]), np.zeros(2), np.ones(2), "example")[2][-1]
    'Two terms are missing: log(sd) and half of log(2π).'
    """
    error, log_sd, half = (y - mean) ** 2, np.log(sd), np.log(2 * np.pi) / 2
    fit = error / (2 * sd**2)
    losses = fit + log_sd + half
    table = [
        (losses - half, f"The constant is missing: half of log(2π), 0.9189 for each {one}."),
        (fit + half, "log(sd) is missing: without it, a huge sd would cost nothing."),
        (fit, "Two terms are missing: log(sd) and half of log(2π)."),
        (error / 2 + half, "This is the case sd = 1. Use the sd that comes in."),
        (error, "This is the mean squared error, which does not know the sd."),
        (error / (2 * sd) + log_sd + half, "Divide the squared error by 2 sd², not by 2 sd."),
        (error / sd**2 + log_sd + half, "Divide the squared error by 2 sd²: the 2 is missing."),
        (error / sd**2 + log_sd, "Two things are missing: the 2 of 2 sd², and half of log(2π)."),
        (error / 2 * sd**2 + log_sd + half, "Brackets are missing: `/ 2 * sd**2` multiplies by sd²."),
        ((y - mean) / (2 * sd**2) + log_sd + half, "Square the error y - mean."),
        (abs(y - mean) / (2 * sd**2) + log_sd + half, "Square the error, without taking its absolute value."),
        (error / (2 * sd) ** 2 + log_sd + half, "2 sd² is not (2 sd)²: only sd is squared."),
        (fit + log_sd / np.log(10) + half, "log(sd) is the natural logarithm, np.log."),
        (fit + log_sd + np.log(2) * np.pi / 2, "Brackets are missing: np.log(2 * np.pi)."),
        (fit + log_sd + np.log(np.pi) / 2, "Under the root stands 2π: half of log(2π), not of log(π)."),
        (fit + log_sd + np.sqrt(2 * np.pi), "The root becomes half of a logarithm: 0.5 * np.log(2 * np.pi)."),
        (fit + 2 * log_sd + half, "log(sd²) = 2 log(sd) is twice too much: log(sd), or log(sd²) / 2."),
        (fit + 2 * log_sd + 2 * half, "log(2π sd²) counts half: the root in the density."),
        (fit + log_sd / 2 + half, "Under the root stands 2π sd²: log(sd) counts in full."),
        (fit + log_sd + 2 * half, "Half of log(2π), not the whole: the root in the density is a factor 1/2 in the log."),
        (fit - log_sd + half, "log(sd) has the wrong sign: sd stands below the fraction line."),
        (fit - log_sd - half, "The density's factor 1 / (sd √(2π)) gives + log(sd) + half of log(2π)."),
        (error / (2 * sd**4) + 2 * log_sd + half, "norm takes the sd, not the variance sd²."),
        (error / (2 * sd) + log_sd / 2 + half, "This treats sd as a variance."),
        (np.exp(-losses), -np.exp(-losses), "These are densities. The NLL is minus the mean of their logarithms."),
        (losses / np.log(10), "This is the logarithm to base 10. Use the natural one, np.log."),
        (-losses, "The minus sign is missing: the NLL is minus the log of the density."),
    ]
    return [(*(np.mean(one) for one in wrong), message) for *wrong, message in table] + [
        (losses.sum(), f"This is the sum over the {one}s. With twice as many it would double; take the mean."),
        (losses[0], f"This is the NLL of the first {one} alone: `return` inside of a loop ends it."),
        (-np.log(np.exp(-losses).mean()), "First the logarithm of each density, then the mean."),
    ]
