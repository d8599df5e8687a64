"""Exercises of notebook 16, likelihood and the NLL."""

from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises import formulas
from dlhelpers.exercises.core import array, call, close, exercise, grade, number

HEADS = ("normal", "bernoulli", "categorical", "poisson")
HALF_LOG_2PI = np.log(2 * np.pi) / 2

# What each wrong head of 16.1 overlooks, by target.
WRONG_HEAD = (
    {
        "poisson": "(a) A digit is the name of a class here and no count: an 8 is not more than a 1.",
        "normal": "(a) A digit is the name of a class: between a 1 and a 3 there is no average of 2.",
        "bernoulli": "(a) There are ten possibilities, and a Bernoulli has two.",
    },
    {
        "normal": "(b) Calls are counted: 0, 1, 2, ... A normal distribution expects 3.7 calls and -1, too.",
        "categorical": "(b) How many classes would there be? A count has no largest value, and 4 is next to 5.",
        "bernoulli": "(b) More than one call may come.",
    },
    {
        "categorical": "(c) A photo may show a dog AND a beach. A categorical head makes the 20 tags compete for one 1.",
        "normal": "(c) Each tag is a yes or a no.",
        "poisson": "(c) Nobody counts dogs: each tag is a yes or a no.",
    },
    {
        "poisson": "(d) A pressure is measured and not counted, even if the device shows whole numbers.",
        "categorical": "(d) A pressure is a number on a scale; as a class, 120 would have nothing to do with 121.",
        "bernoulli": "(d) A pressure is a number, not a yes or no.",
    },
    {
        "categorical": "(e) Two classes would do, but with one logit too many. Take the head for a yes or no.",
        "normal": "(e) The target is 0 or 1. A squared error is no price for a yes or no.",
        "poisson": "(e) The target is a yes or no and no count.",
    },
)


@exercise(
    "16.1",
    "Ask of each target: is it measured, counted, a yes or no, or a name?",
    "Can two of the possibilities be true at once? Then each of them is a question of its own.",
    '(a) "categorical", (b) "poisson", (c) "bernoulli", one name for all 20 tags; (d) is a plain number, (e) a yes or no.',
    praise="The target decides which head to take. What the network looks like inside depends on the inputs.",
)
def heads_for_targets(names: Any) -> str | None:
    names = names if isinstance(names, list | tuple) else np.asarray(names, dtype=object)
    if isinstance(names, np.ndarray) and names.ndim != 1:
        return "A list of five names is asked for, from (a) to (e)."
    if len(names) != len(WRONG_HEAD):
        return f"Five targets, five heads, from (a) to (e); this is a list of {len(names)}."
    given = [_head_name(name) for name in names]
    for target, (name, wrong) in enumerate(zip(given, WRONG_HEAD, strict=True)):
        if name not in HEADS:
            return f"({'abcde'[target]}) {name!r} is none of the four: {', '.join(HEADS)}."
        if name in wrong:
            return wrong[name]
    return None


def _head_name(name: Any) -> str:
    if isinstance(name, list | tuple) and len(set(map(str, name))) == 1:  # 20 tags, 20 times the same head
        name = name[0]
    text = str(getattr(name, "__name__", name)).strip().lower().removeprefix("heads.")
    return {"gaussian": "normal", "gauss": "normal"}.get(text, text)


@exercise(
    "16.2",
    "The density is exp(-(y - mean)^2 / (2 sd^2)) / (sd sqrt(2 pi)). Take minus its logarithm: three terms.",
    "The terms are (y - mean)^2 / (2 sd^2), log(sd) and log(2 pi) / 2. Then take the mean over the examples.",
    "return np.mean((y - mean) ** 2 / (2 * sd**2) + np.log(sd) + np.log(2 * np.pi) / 2)",
    praise="The log(sd) keeps the sd from growing for ever, the division by sd^2 keeps it from vanishing.",
)
def gaussian_nll(function: Any) -> str | None:
    rng = np.random.default_rng(4)
    y, mean, sd = rng.normal(3, 2, 7), rng.normal(3, 1, 7), rng.uniform(0.4, 2.5, 7)
    prices = (y - mean) ** 2 / (2 * sd**2) + np.log(sd) + HALF_LOG_2PI
    with np.errstate(all="ignore"):
        result = array(call(function, y.copy(), mean.copy(), sd.copy()))
    if result.shape == prices.shape and close(result, prices):
        return "These are the prices of the single examples. Take their mean."
    return grade(number(result), prices.mean(), formulas.gaussian_nll(y, mean, sd, "example"))


def _pressures() -> tuple[np.ndarray, np.ndarray]:
    table = data.load_blood_pressure()
    age, sbp = table["age"].to_numpy(float), table["sbp"].to_numpy(float)
    return sbp, np.polyval(np.polyfit(age, sbp, 1), age)


@exercise(
    "16.3",
    "`sbp.shape` and `mean.shape` differ. What is the shape of `sbp - mean`?",
    "(1533,) against (1533, 1) becomes (1533, 1533): each person is compared with everybody's prediction.",
    "nll_repaired = -stats.norm.logpdf(sbp[:, None], mean, sd).mean()",
    praise="Each person against their own prediction only, and the line beats the constant, as it must.",
)
def repaired_nll(value: Any) -> str | None:
    value = array(value)
    if value.shape in {(1533,), (1533, 1), (1533, 1533)}:
        return f"The shape is {value.shape}. One number is asked for, the mean price."
    value = number(value)
    sbp, mean = _pressures()
    sd = np.sqrt(np.mean((sbp - mean) ** 2))

    def price(error: Any, sd: float = sd) -> float:
        return float(np.mean(error**2) / (2 * sd**2) + np.log(sd) + HALF_LOG_2PI)

    right, crossed = price(sbp - mean), price(sbp[:, None] - mean)
    mistakes = [
        (crossed, "This is the printed number: still each person against everybody, shape (1533, 1533)."),
        (price(sbp - sbp.mean(), sbp.std()), "This is the best constant. The line should be below it."),
        (price(sbp - sbp.mean()), "Everybody got the mean prediction. Keep each person's own."),
        (-right, "The sign is turned: minus the mean of the log-densities."),
        (len(sbp) * right, "This is the sum over 1533 people. Take the mean."),
        (price(sbp - mean, sbp.std()), "The shapes fit. The sd is that of the line's errors, `sd`, not `sbp.std()`."),
        (price(sbp - mean, 1.0), "The shapes fit. Hand over `sd` as well; without it, logpdf takes 1."),
        (np.mean((sbp - mean) ** 2), "This is the mean squared error of the line. The NLL is asked for."),
        (sd, "This is the sd of the errors. The NLL is asked for."),
    ]
    return grade(value, right, mistakes, rtol=2e-5, rounding=True)


@exercise(
    "16.4",
    "The mean of probabilities is sum(exp(a)) / n. Its logarithm: a log-sum-exp minus log n.",
    "Networks are in the rows, so it is axis 0 everywhere: the maximum of each column, the sum of each column.",
    "return special.logsumexp(a, axis=0) - np.log(len(a))",
    praise="This is how an ensemble of networks is graded: average the probabilities, in the logarithms.",
)
def mean_in_logs(function: Any) -> str | None:
    a = np.log(np.random.default_rng(2).uniform(0.02, 0.98, (3, 4)))
    right = _log_mean_exp(a)
    with np.errstate(all="ignore"):
        result = array(call(function, a.copy()), finite=False)
    if np.isnan(result).any():
        return "The logarithm of a negative number is nan: `a` holds logarithms already. The probabilities are np.exp(a)."
    if result.shape == (3,):
        return "One value for each network: you have averaged over the examples. Networks are in the rows, axis 0."
    if result.size == 1:
        return "One number for everything. Each example has a value of its own: work along axis 0."
    if result.size != right.size:
        return f"Four examples, four values are asked for; this has shape {result.shape}."
    result = result.ravel()
    if message := _wrong_log_mean(a, result):
        return message
    largest = "subtract the largest"
    for problem, far, cure in [
        ("With log-probabilities near -1000", a - 1000, f"exp gives 0: {largest} before exp, add it again after the log"),
        ("When one example lies near -1 and another one near -1000", a - np.array([0, 1000, 0, 2000]), f"exp gives 0: {largest} in each column"),
        ("When one network says -1 and another one -1000", a - np.array([[0], [0], [1000]]), f"exp overflows or gives 0: {largest} of each column, and no other value"),
    ]:
        with np.errstate(all="ignore"):
            result = np.ravel(array(call(function, far.copy()), finite=False))
        if result.shape != right.shape or not np.allclose(result, _log_mean_exp(far), rtol=1e-6):
            return f"Right for moderate values. {problem}, {cure}."
    return None


def _log_mean_exp(a: np.ndarray) -> np.ndarray:
    return np.logaddexp.reduce(a, axis=0) - np.log(len(a))


def _wrong_log_mean(a: np.ndarray, result: np.ndarray) -> str | None:
    right, n, most = _log_mean_exp(a), np.log(len(a)), a.max(axis=0)
    mistakes = [
        (a.mean(axis=0), "This is the mean of the logs. The log of the mean is larger: average the probabilities."),
        (right + n, "This is the log of the sum. A mean divides by the number of networks: minus log n."),
        ((right + n) / len(a), "Divide inside of the logarithm: minus log n, not divided by n."),
        (right + n - np.log(a.shape[1]), "n is the number of networks, len(a), and not of examples."),
        (right + n - np.log(a.size), "n is the number of networks, len(a), and not of all values."),
        (right + n - most, "Two things are missing after the log: add the largest value again, and subtract log n."),
        (right - most, right - a.max(), "The largest value was subtracted before exp. Add it again after the log."),
        (np.exp(right), "This is the mean probability itself. Its logarithm is asked for."),
        (-right, "The sign is turned: the log-probability is asked for, not the price."),
        (most, "This is the best network's log-probability. All of them count."),
    ]
    return grade(result, right, mistakes)


@exercise(
    "16.5",
    "Look at the ends: does it rain as rarely as 0.1 says, and as often as 0.9 says?",
    "The ECE is the distance between said and rained, averaged over the 200 days, not over the five points.",
    'verdict = "over"; ece = np.average(abs(record["said"] - record["rained"]), weights=record["days"])',
    praise="Its words are too extreme at both ends: a curve flatter than the diagonal.",
)
def rain_record(verdict: Any, ece: Any) -> str | None:
    said, days = np.array([0.1, 0.3, 0.5, 0.7, 0.9]), np.array([80, 30, 20, 30, 40])
    rained = np.array([18, 11, 10, 19, 31]) / days
    word = str(verdict).strip().lower()
    if word.startswith("under"):
        return "Look at both ends: 0.1 is too near to 0, and 0.9 too near to 1. Which word is right for saying too much?"
    if not word.startswith("over"):
        return 'The first answer is "over" or "under", with quotation marks.'
    ece, distance = number(ece), abs(said - rained)
    right, squares = np.average(distance, weights=days), np.average(distance**2, weights=days)
    signed = np.average(said - rained, weights=days)
    mistakes = [
        (100 * right, "Right in per cent. Give it as a share, between 0 and 1."),
        (distance.mean(), "Each point counts the same here. Weight the points by their days."),
        (signed, -signed, "With signs, too high and too low cancel. Take absolute distances."),
        ((said - rained).mean(), "Take absolute distances, and weight them by the days."),
        (distance.max(), "This is the largest distance. The expected one is asked for."),
        ((days * distance).sum(), "This is the sum over all days. Divide by 200."),
        (distance.sum(), "This is the sum over the points. Weight them by the days, and divide by 200."),
        ((days * distance).sum() / 5, "Divide by the 200 days, not by the five points."),
        (squares, np.sqrt(squares), "The distances are squared here. The ECE takes them as they are."),
    ]
    return grade(ece, right, mistakes, rounding=True)
