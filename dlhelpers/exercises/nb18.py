"""Exercises of notebook 18, counts."""

from typing import Any

import numpy as np
from scipy import stats
from scipy.special import expit, gammaln, log_expit

from dlhelpers import data
from dlhelpers.exercises.core import OTHER, NotYet, array, call, close, exercise, grade, keras_model, number


@exercise(
    "18.1",
    "The logarithm turns the product e^(-rate) * rate^y / y! into a sum of three terms.",
    "-log p = rate - y log(rate) + log(y!), for each case; then the mean.",
    "return np.mean(rate - y * np.log(rate) + gammaln(y + 1))",
    praise="`heads.nll(heads.poisson)` computes this, with the log rate from the network.",
)
def poisson_nll(function: Any) -> str | None:
    y, rate = np.array([3.0, 0.0, 1.0, 7.0]), np.array([2.0, 0.5, 4.0, 5.5])
    factorial = gammaln(y + 1)
    losses = rate - y * np.log(rate) + factorial
    with np.errstate(all="ignore"):
        try:
            result = array(call(function, y, rate), finite=False)
        except NotYet as problem:
            if "scalar index" in str(problem):
                return "math.factorial takes a single whole number. For arrays, gammaln(y + 1) is log y!."
            raise
        if np.isneginf(result).any():
            more = np.mean(array(call(function, y + 2, rate), finite=False))
            if close(more, np.mean(rate - (y + 2) * np.log(rate) + np.log(gammaln(y + 3)))):
                return "gammaln(y + 1) is log y! already: take no further logarithm of it."
        other_way = result if np.isfinite(result).all() else array(call(function, rate, y), finite=False)
    if not np.isfinite(result).all() and np.isfinite(other_way).all():
        if close(np.mean(other_way), losses.mean()):
            return "The arguments are swapped: the counts y come first, and they may be 0, so their logarithm is not taken."
        return "The logarithm is that of the rate, not of y: a count may be 0."
    if np.isposinf(result).any():
        return _infinite_at_zero(function, y + 1, rate)
    if result.shape == y.shape and close(result, losses):
        return "These are the losses of the single cases. Take their mean."
    value = number(result)
    if close(value, losses.mean()) and not _survives_large_counts(function):
        return "Right for small counts, but at 500 something overflows or becomes 0: y!, rate**y or p(y) itself. The logarithm of each factor needs none of them; `gammaln(y + 1)` is log y!."
    mistakes = [
        (-losses.mean(), "The minus sign is missing: the negative log-likelihood is positive here."),
        (losses.sum(), "This is the sum. With twice as many cases it would double; take the mean."),
        (np.mean(rate - y * np.log(rate)), "log y! is missing. (Keras' own Poisson loss leaves it out, too: the same weights, but not the NLL.)"),
        (np.mean(rate - y * np.log(rate) - factorial), "y! stands below the line of the fraction: log y! has a plus."),
        (np.mean(rate - y * np.log(rate) + gammaln(np.maximum(y, 1e-12))), "gammaln(y) is log (y - 1)!; use y + 1."),
        (np.mean(np.exp(rate) - y * rate + factorial), "`rate` is the rate and no log rate: no exp is needed."),
        (np.mean(rate - rate * np.log(np.maximum(y, 1e-12)) + factorial), "The logarithm is that of the rate, not of y."),
        (-np.log(np.mean(np.exp(-losses))), "First the logarithm of each probability, then the mean."),
        (np.mean(np.exp(-losses)), "This is the mean probability. Take the negative logarithm of each one first."),
        (losses.mean() / np.log(2), "Use the natural logarithm, np.log."),
        (np.mean((y - rate) ** 2), "This is the squared error, the loss of a Gaussian."),
        (np.mean(factorial - rate + y * np.log(rate)), "The minus of -log p goes to *all three* terms; here only log y! has it."),
        (np.mean(rate + y * np.log(rate) + factorial), "rate^y stands above the line: its part of the loss is -y log(rate)."),
        (np.mean(factorial - y * np.log(rate)), "e^(-rate) is missing: its negative logarithm is +rate."),
        (np.mean(rate - y * rate + factorial), "The logarithm of rate^y is y log(rate): here the logarithm is missing."),
        (np.mean(np.exp(-rate) - y * np.log(rate) + factorial), "The logarithm of e^(-rate) is -rate: the exp is gone."),
        (np.mean(rate - y * np.log(rate) + np.exp(factorial)), "log y! is needed, not y! itself: gammaln(y + 1)."),
        (np.mean(rate - np.log(rate) + factorial), "The logarithm of rate^y is y log(rate): the y is missing."),
        (np.mean(rate - y * np.log10(rate) + factorial), "Use the natural logarithm, np.log."),
        (np.mean(rate - y * np.log(rate) + gammaln(rate + 1)), "The factorial is that of the count: gammaln(y + 1)."),
        (np.mean(-rate - y * np.log(rate) + factorial), "e^(-rate): its negative logarithm is +rate."),
    ]
    return grade(value, losses.mean(), mistakes)


def _infinite_at_zero(function: Any, y: np.ndarray, rate: np.ndarray) -> str:
    """What is wrong with a loss that is infinite for a count of 0, judged by its values for larger ones."""
    with np.errstate(all="ignore"):
        value = np.mean(array(call(function, y, rate), finite=False))
    if close(value, np.mean(rate - np.log(y * rate) + gammaln(y + 1))):
        return "With a count of 0 this is infinite. The logarithm of rate^y is y log(rate), not log(y * rate)."
    without_one = np.mean(rate - y * np.log(rate) + gammaln(y))
    if close(value, without_one) or close(value, without_one + 1):
        return "With a count of 0 this is infinite. gammaln(y) is log (y - 1)!; use gammaln(y + 1)."
    return "With a count of 0 this is infinite: take no logarithm of y, and no gammaln of it without the + 1."


def _survives_large_counts(function: Any) -> bool:
    big, rate = np.array([500.0, 450.0]), np.array([20.0, 480.0])
    try:
        with np.errstate(all="ignore"):
            value = array(call(function, big, rate), finite=False)
    except NotYet:  # Python's own factorial stops with an OverflowError
        return False
    return close(value.ravel(), [-stats.poisson(rate).logpmf(big).mean()])


RATES = np.array([0.1, 0.5, 2.0, 8.0])


@exercise(
    "18.2",
    "Put y = 0 into the formula of section 1. What is left?",
    "A person with rate λ has a zero with probability e^(-λ). Compute it for each, then average.",
    "zero_share = np.exp(-rates).mean()",
    praise="One common rate of 2.65 would give 7 %: different rates make zeros.",
)
def zero_share(share: Any) -> str | None:
    zeros = np.exp(-RATES)
    share = array(share)
    if share.shape == RATES.shape and close(share, zeros):
        return "These are the probabilities of the four people. The share is their mean."
    mistakes = [
        (np.exp(-RATES.mean()), 0.07, 0.071, "You took the mean of the rates first. Average the probabilities, not the rates."),
        (zeros.sum(), "This is the expected number of zeros among the four. Divide by 4."),
        (1 - zeros.mean(), "This is the share of people who come at least once."),
        (np.prod(zeros), "This is the probability that all four have a zero. The share is the mean."),
        (np.exp(RATES).mean(), "The exponent is negative: e^(-λ)."),
        (np.mean(RATES * zeros), "This is the share of ones. For y = 0 only e^(-λ) is left."),
        (0.0, "No rate is zero, but a rate of 0.1 gives a zero nine times out of ten."),
        (np.mean(RATES < 1), "This counts the rates below 1. But a rate of 0.5 often gives a trip, and a rate of 2 sometimes gives a zero: use e^(-λ)."),
        (zeros.mean() * 100, 41, 41.2, "Give a share between 0 and 1, not per cent."),
    ]
    near = abs(number(share) - zeros.mean()) < 0.02
    other = "Near it, but not exact. If you simulated it, leave chance out: average the four e^(-λ)." if near else OTHER
    return grade(number(share), zeros.mean(), mistakes, rounding=True, other=other)


@exercise(
    "18.3",
    "What is the rate for a whole year? The network gives its logarithm.",
    "Three months are a quarter of the year, so they bring a quarter of the trips: of the trips, not of the log rate.",
    "trips_3_months = np.exp(z_year + np.log(3 / 12))",
    praise="exp(z) times the time: in logarithms an offset, which needs no weight.",
)
def exposure(trips: Any) -> str | None:
    trips, z = number(trips), 1.2
    right = np.exp(z) / 4
    mistakes = [
        (np.exp(z), "These are the trips of a whole year."),
        (z / 4, "z is a log rate. Take exp first, then the quarter."),
        (z, "z is the log rate of a year. Take exp, and mind the 3 months."),
        (np.exp(z / 4), "A quarter of the *log* rate is the fourth root of the rate. Divide after the exp."),
        (np.exp(z + 0.25), np.exp(z + 3), "Add the logarithm of the time, log(3/12), not the time itself."),
        (3 * np.exp(z), "The rate is for a year: 3 months are 3/12 of it."),
        (np.exp(z) / 3, "This is a third of a year. Three months are 3/12 of it, a quarter."),
        (np.exp(z) / 12, "This is one month. Three months are 3/12 of a year."),
        (np.exp(z) + np.log(0.25), "Add the logarithm of the time *before* the exp: exp(z + log(3/12))."),
        (*(np.exp(z) * days / 365 for days in (90, 91, 92)), "Count in months: three of twelve."),
        (4 * np.exp(z), "Less time, fewer trips: multiply by 3/12."),
        (np.exp(z - np.log(0.25)), "Less time, fewer trips: the logarithm of the time is added."),
        (z + np.log(0.25), "This is the log rate of 3 months. The last step is exp."),
        (round(float(right)), "An expected count may be a fraction. Do not round it."),
    ]
    return grade(trips, right, mistakes, rounding=True)


@exercise(
    "18.4",
    "With probability π the count is 0, otherwise it is a Poisson count with mean e^(log rate).",
    "The mean is π * 0 + (1 - π) * e^(log rate); π is the sigmoid of the logit.",
    "pi = 1 / (1 + np.exp(-logit_zero)), then return (1 - pi) * np.exp(log_rate)",
    praise="So the rate of the Poisson part is larger than the mean.",
    solution=lambda log_rate, logit_zero: expit(-logit_zero) * np.exp(log_rate),
)
def inflated_mean(function: Any) -> str | None:
    log_rate, logit = np.array([0.7, -0.4, 1.5]), np.array([0.9, -1.3, 0.2])
    pi, rate = expit(logit), np.exp(log_rate)
    log_pi, log_not = log_expit(logit), log_expit(-logit)
    with np.errstate(all="ignore"):
        result = array(call(function, log_rate, logit))
    if result.shape == () or result.size == 1:
        return "For several people come several means: return an array as long as the inputs, without averaging."
    if result.shape != rate.shape:
        right = result.size == rate.size and close(result.ravel(), (1 - pi) * rate)
        told = "The means are right, but their shape is not. " if right else ""
        return told + f"The two inputs have shape {rate.shape}, and so should the result; this one has {result.shape}."
    mistakes = [
        (rate, "This is the mean of the Poisson part. With probability π the count is 0 instead."),
        (pi * rate, "This is π e^(log rate): either the 1 - π is missing, or the minus in π = 1 / (1 + e^(-logit))."),
        (-np.exp(-logit) * rate, "Brackets are missing in π: 1 / (1 + np.exp(-logit_zero))."),
        ((1 - 1 / (1 - np.exp(-logit))) * rate, "The sigmoid has a plus: π = 1 / (1 + e^(-logit))."),
        (np.exp((1 - pi) * log_rate), "First exp, which makes the rate, then times 1 - π."),
        ((1 - logit) * rate, "`logit_zero` is no probability yet: π = 1 / (1 + e^(-logit))."),
        ((1 - np.exp(logit)) * rate, "e^logit is π / (1 - π), the odds. The probability is 1 / (1 + e^(-logit))."),
        ((1 - pi) * log_rate, "The rate is e^(log rate)."),
        (rate / (1 - pi), "The extra zeros make the mean smaller: multiply by 1 - π."),
        (pi + (1 - pi) * np.exp(-rate), "This is the probability of a zero. The mean is asked for."),
        (1 - pi * rate, "Brackets are missing: (1 - π) times the rate, not 1 minus π times the rate."),
        (np.log((1 - pi) * rate), "This is the logarithm of the mean. The last step is exp."),
        ((1 - pi) * rate * (1 + pi * rate), "This is the variance. The mean is asked for."),
        (rate - pi, "The extra zero takes away a share π of the trips: multiply by 1 - π."),
        (pi + (1 - pi) * rate, "A zero adds 0 to the mean, however probable it is: only (1 - π) e^(log rate) is left."),
        ((1 - pi) * rate / (1 - np.exp(-rate)), "This is the mean of a hurdle model. In a zero-inflated one the Poisson part keeps its own zeros, and its mean is e^(log rate)."),
        ((1 - log_pi) * rate, log_pi * rate, log_not * rate, "`log_expit` gives the *logarithm* of π. Take expit, or 1 / (1 + e^(-logit))."),
        ((1 - expit(log_rate)) * np.exp(logit), "The two outputs are swapped: the log rate comes first."),
    ]
    return grade(result, (1 - pi) * rate, mistakes)


@exercise(
    "18.5",
    "The probability of an interval is the difference of the cumulative distribution function at its two ends.",
    "The interval goes from k - 0.5 to k + 0.5.",
    "return stats.norm(mean, sd).cdf(k + 0.5) - stats.norm(mean, sd).cdf(k - 0.5)",
    praise="Now the Gaussian gives masses, which sum to 1 over all whole numbers.",
    solution=lambda k, mean, sd: _mass(k, mean, sd),
)
def gaussian_mass(function: Any) -> str | None:
    k, mean, sd = np.array([0.0, 2.0, 5.0]), np.array([0.7, 2.4, 3.1]), np.array([0.8, 1.5, 2.0])
    gaussian = stats.norm(mean, sd)
    mass, below = _mass(k, mean, sd), gaussian.cdf(k - 0.5)
    result = array(call(function, k, mean, sd))
    if result.shape == () or result.size == 1:
        return "For several counts come several masses: return an array, without sum or mean."
    if result.shape == (2, *k.shape):
        return "These are two values for each count. Return their difference, the upper cdf minus the lower one."
    if result.shape != k.shape:
        return f"The three inputs have shape {k.shape}, and so should the masses; these have {result.shape}."
    if close(array(call(function, k, mean + 1, 2 * sd)), result):
        return "Another Gaussian gets the same masses. Use the arguments `mean` and `sd`."
    mistakes = [
        (gaussian.pdf(k), "This is the density. It may be larger than 1; the interval's mass never is."),
        (-mass, "The mass is negative: take the upper end minus the lower end."),
        (gaussian.cdf(k + 1) - gaussian.cdf(k), "This interval goes from k to k + 1. Put k into the middle."),
        (gaussian.cdf(k) - gaussian.cdf(k - 1), "This interval goes from k - 1 to k. Put k into the middle."),
        (gaussian.cdf(k + 1) - gaussian.cdf(k - 1), "This interval is 2 wide, so the masses of all counts sum to 2."),
        (gaussian.cdf(k + 0.5) - gaussian.cdf(k), gaussian.cdf(k) - below, "This interval is only half as wide. It should go from k - 1/2 to k + 1/2."),
        (gaussian.logcdf(k + 0.5) - gaussian.logcdf(k - 0.5), "The difference of two logarithms belongs to a ratio. Subtract the values of `cdf`, not of `logcdf`."),
        (gaussian.cdf(k + 0.5), "This is the probability of at most k. Subtract what lies below k - 1/2."),
        (gaussian.cdf(k), "`cdf(k)` is the probability of everything below k. Take a difference."),
        (gaussian.pdf(k + 0.5) - gaussian.pdf(k - 0.5), "Differences belong to the cdf. The pdf is a density."),
        (-np.log(mass), "This is the loss. The mass itself is asked for."),
        (_mass(k, mean, np.sqrt(sd)), "stats.norm wants the sd, not its square root."),
        (_mass(k, mean, sd**2), "stats.norm wants the sd, not the variance sd²."),
        (_mass(k, sd, mean), "mean and sd are swapped: stats.norm takes the mean first."),
        (_mass(k, 0, sd), "The mean is missing: stats.norm(mean, sd)."),
        (_mass(k, mean, 1), "The sd is missing: stats.norm(mean, sd)."),
        (_mass((k - mean) / sd, 0, 1), "Here the interval is one *sd* wide. Add and subtract 1/2 before you standardise."),
        (below, "This is the probability of what lies below k - 1/2. Subtract it from that of k + 1/2."),
        (1 - below, "This is the probability of at least k. Subtract what lies above k + 1/2."),
        (np.where(k == 0, mass + below, mass), "For k = 0, too, the interval starts at -1/2, and what lies below belongs to no count."),
        (mass / (1 - stats.norm(mean, sd).cdf(-0.5)), "Do not divide: the mass that lies below 0 is lost to this Gaussian."),
        (stats.poisson(mean).pmf(k), "This is a Poisson distribution. A Gaussian is asked for."),
    ]
    return grade(result, mass, mistakes)


def _mass(k: Any, mean: Any, sd: Any) -> Any:
    return stats.norm(mean, sd).cdf(k + 0.5) - stats.norm(mean, sd).cdf(k - 0.5)


ENOUGH = 4.9  # nats per hour


@exercise(
    "18.6",
    "Two layers are enough: a hidden Dense layer with an activation, and Dense(2) for the log mean and the raw total count.",
    "The loss is heads.nll(heads.negative_binomial). A bias that starts at 5 saves many epochs: "
    "bias_initializer=keras.initializers.Constant(5).",
    "32 tanh units, Adam(0.01), batches of 100 and 15 epochs get there.",
    praise="A network for counts that knows how wide to be, on weeks that it has never seen.",
)
def bicycle_network(model: Any) -> str | None:
    if type(model).__name__ == "Predictive":
        return "These are predictions, which is what `bike_predictions` returns: copy its lines and keep `net`."
    model = keras_model(model)
    x, y = _unseen_hours()
    try:
        out = array(model(x), finite=False)
    except Exception as problem:
        raise NotYet("The model should take the 31 features, as x_train has them. " + str(problem).split("\n")[0]) from problem
    if out.shape == (len(x), 1):
        return "The model has one output. heads.negative_binomial needs two: the log mean and the raw total count."
    if out.shape != (len(x), 2):
        return f"For {len(x)} hours the output should be ({len(x)}, 2), log mean and raw total count; it is {out.shape}."
    if not np.isfinite(out).all():
        return "The outputs are nan or infinite: the steps were too large. Try a smaller learning rate."
    log_mean, r = np.clip(out[:, 0], -50, 50), np.logaddexp(0, out[:, 1]) + 1e-7
    nll = float(-stats.nbinom(r, r / (r + np.exp(log_mean))).logpmf(y).mean())
    if nll < ENOUGH:
        return None
    told = f"In unseen weeks it needs {nll:.2f} nats per hour; at most {ENOUGH} are asked for."
    typical = float(np.median(out[:, 0]))
    if typical > 20:
        return told + f" The first output is about {typical:.0f}. It is the *log* mean: is the loss that of a negative binomial?"
    if typical < 2:
        return told + f" The first output is about {typical:.1f}; the log of 100 bicycles is 4.6. Was it trained long enough, and with heads.negative_binomial?"
    if nll > 5.8:
        return told + " That is no better than one distribution for all hours. Was it trained on x_train, in its order?"
    return told + " A linear model gets 4.95. Is there a hidden layer with an activation, and was it trained long enough?"


def _bicycle_features(bikes: Any) -> np.ndarray:
    """As the notebook prepares them, scaled by the training weeks of its first split; shape (hours, 31)."""
    numbers = bikes[["temp", "hum", "windspeed", "workingday", "day"]]
    weather = [bikes["weathersit"] == "cloudy/misty", bikes["weathersit"].str.contains("rain")]
    features = np.column_stack([np.eye(24)[bikes["hr"]], numbers, *weather]).astype("float32")
    train = np.isin((bikes["day"] - 1) // 7, _weeks()[0])
    return (features - features[train].mean(axis=0)) / features[train].std(axis=0)


def _weeks() -> list[np.ndarray]:
    return np.split(np.random.default_rng(0).permutation(53), [32, 42])


def _unseen_hours() -> tuple[np.ndarray, np.ndarray]:
    """The test weeks of the notebook's first split."""
    bikes = data.load_bike_share()
    test = np.isin((bikes["day"] - 1) // 7, _weeks()[2])
    return _bicycle_features(bikes)[test], bikes["bikers"].to_numpy()[test]
