"""Exercises of notebook 20, uncertainty."""

from typing import Any

import numpy as np
from scipy import stats
from scipy.special import entr, softmax

from dlhelpers.exercises.core import OTHER, NotYet, array, call, close, exercise, grade, keras_model, last_activation

TEAM_TARGET = 0.29  # nats per digit; a single network without dropout has about 0.33
TEAM_GAIN = 0.01  # nats per digit, of the team over the mean of its members


def _mixed_prediction(k: Any, n: Any, p: Any, weights: Any) -> Any:
    return np.sum(weights * stats.binom.pmf(k, n, p))


@exercise(
    "20.1",
    "If p were known, the answer would be `stats.binom.pmf(k, n, p)`. It takes the whole grid at once.",
    "Each p of the grid gives its own answer. Average these answers, each with its posterior weight.",
    "return np.sum(weights * stats.binom.pmf(k, n, p))",
    praise="Average the predictions, not the parameters. The same line will combine networks.",
    solution=_mixed_prediction,
)
def mixed_prediction(function: Any) -> str | None:
    p = np.linspace(0.05, 0.95, 10)
    weights = p**3 * (1 - p)
    weights /= weights.sum()
    k, n = 2, 6
    each = stats.binom.pmf(k, n, p)
    with np.errstate(all="ignore"):
        result = array(call(function, k, n, p, weights), finite=False)
    mean = np.sum(weights * p)
    mistakes = [
        (each, "These are the answers of the single p. Average them with the weights."),
        (weights * each, "The products are right. Their sum is the answer."),
        ((weights * each).mean(), "The weights sum to 1 already, so take the sum of the products, not their mean."),
        (each.mean(), "This treats all p alike. Give each its posterior weight."),
        (each.sum(), "This treats all p alike. Give each its posterior weight."),
        (
            stats.binom.pmf(k, n, mean),
            "This puts the mean of p into the formula. Average the predictions instead: for each p its own.",
        ),
        (
            stats.binom.pmf(k, n, p[weights.argmax()]),
            "This uses only the most plausible p. All of them count, each with its weight.",
        ),
        (stats.binom.pmf(k, n, weights * p).sum(), "The weights belong outside of the formula, not to p."),
        (
            np.sum(weights * p**k * (1 - p) ** (n - k)),
            "This is one particular order of heads and tails. `stats.binom.pmf` counts all orders.",
        ),
        (np.sum(weights * p**k), "This is the probability of k heads in k tosses: the n - k tails are missing."),
        (np.sum(weights * stats.binom.cdf(k, n, p)), "This is the probability of at most k heads: use `pmf`."),
        (np.log(np.sum(weights * each)), "The probability itself is asked for, not its logarithm."),
        (np.sum(weights * np.log(each)), "Average the probabilities, not their logarithms."),
    ]
    if result.size == 1:
        result = result.reshape(())
    return grade(result, np.sum(weights * each), mistakes)


def _kl_to_prior(mean: Any, sd: Any, prior_sd: Any) -> Any:
    from keras import ops

    return ops.log(prior_sd / sd) + (sd**2 + mean**2) / (2 * prior_sd**2) - 0.5


@exercise(
    "20.2",
    "Type the formula as it stands, with `ops.log`. Nothing is summed: one KL for each weight.",
    "The square of the mean and the square of the sd are added, and together divided by 2 prior_sd².",
    "return ops.log(prior_sd / sd) + (sd**2 + mean**2) / (2 * prior_sd**2) - 0.5",
    praise="It is 0 only where the posterior is the prior: every bit of knowledge about a weight costs.",
    solution=_kl_to_prior,
)
def kl_to_prior(function: Any) -> str | None:
    import keras

    mean, sd, prior_sd = np.array([[0.0, 1.0], [-0.7, 2.0]]), np.array([[0.5, 0.2], [1.3, 0.8]]), 1.7
    fit, log_part = (sd**2 + mean**2) / (2 * prior_sd**2), np.log(prior_sd / sd)
    right = log_part + fit - 0.5
    with np.errstate(all="ignore"):
        result = array(call(function, mean, sd, prior_sd), finite=False)
    mistakes = [
        (right.sum(), "These are added up already. One KL for each weight is asked for; the layer adds them up."),
        (right.mean(), "This is the mean of all. One KL for each weight is asked for."),
        (-right, "The sign is turned around: a KL is never negative."),
        (
            np.log(sd / prior_sd) + (prior_sd**2 + mean**2) / (2 * sd**2) - 0.5,
            "This is the KL the other way round, from the prior to q. The two are not the same.",
        ),
        (-log_part + fit - 0.5, "The fraction in the logarithm is upside down: prior_sd / sd."),
        (log_part + fit, "The - 1/2 is missing: for q equal to the prior the KL must be 0."),
        (log_part + fit + 0.5, "The last term is - 1/2."),
        (fit - 0.5, "The logarithm is missing. It keeps the sds from shrinking to 0."),
        (log_part - 0.5 + sd**2 / (2 * prior_sd**2), "The mean is missing: a weight far from 0 costs, too."),
        (log_part - 0.5 + mean**2 / (2 * prior_sd**2), "The sd is missing in the second term."),
        (log_part + (sd + mean) ** 2 / (2 * prior_sd**2) - 0.5, "First square, then add: sd² + mean²."),
        (log_part + (sd + mean**2) / (2 * prior_sd**2) - 0.5, "The sd is squared, too: sd² + mean²."),
        (log_part + (sd**2 + mean) / (2 * prior_sd**2) - 0.5, "The mean is squared, too: sd² + mean²."),
        (log_part + (sd**2 + mean**2) / (2 * prior_sd) - 0.5, "The prior's sd is squared in the denominator."),
        (log_part + (sd**2 + mean**2) / prior_sd**2 - 0.5, "The 2 in the denominator is missing."),
        (
            log_part + (sd**2 + mean**2) / 2 * prior_sd**2 - 0.5,
            "Python divides by 2 and then multiplies: put brackets around 2 * prior_sd**2.",
        ),
        (
            np.log10(prior_sd / sd) + fit - 0.5,
            "Use the natural logarithm, `ops.log`.",
        ),
    ]
    problem = grade(result, right, mistakes)
    if problem is None:
        try:
            symbol = keras.KerasTensor((2, 2), dtype="float32")
            shape = tuple(function(symbol, symbol, 2.0).shape)
        except Exception as error:
            raise NotYet(
                "The numbers are right, but Keras cannot follow NumPy: write `ops.log` in place of NumPy's function, so "
                "that the layer can be trained."
            ) from error
        return None if shape == (2, 2) else OTHER
    return problem


def _split_entropy(p: Any) -> Any:
    total = entr(p.mean(axis=0)).sum(axis=-1)
    aleatoric = entr(p).sum(axis=-1).mean(axis=0)
    return total, aleatoric, total - aleatoric


@exercise(
    "20.3",
    "Axis 0 is the networks, the last axis the classes. For the total, average over the networks first.",
    "`entr(q).sum(axis=-1)` is the entropy. The total takes it of `p.mean(axis=0)`; the second part takes it of `p` and then "
    "the mean over axis 0.",
    "total = entr(p.mean(axis=0)).sum(axis=-1), aleatoric = entr(p).sum(axis=-1).mean(axis=0), and "
    "return total, aleatoric, total - aleatoric",
    praise="The third part is never negative: averaging opinions can only raise the entropy.",
    solution=_split_entropy,
)
def split_entropy(function: Any) -> str | None:
    p = softmax(np.random.default_rng(8).normal(0, 2, (4, 6, 3)), axis=-1)
    p[0, 0] = [1.0, 0.0, 0.0]
    right = _split_entropy(p)
    with np.errstate(all="ignore"):
        result = call(function, p.copy())
        try:
            rows = result if isinstance(result, tuple | list) else array(result, finite=False)
            parts = [array(part, finite=False) for part in rows]
        except NotYet:
            raise
        except Exception as problem:
            raise NotYet("Return three arrays: total, aleatoric, epistemic.") from problem
    if len(parts) != 3:
        raise NotYet(f"Return three arrays, total, aleatoric and epistemic; these are {len(parts)}.")
    if any(np.isnan(part).any() for part in parts):
        return "A probability of 0 makes 0 · log 0, which NumPy calls nan. `entr(p)` is -p · log p and gives 0 there."
    total, aleatoric, epistemic = right
    by_network = entr(p).sum(axis=-1)
    if close(parts[0], aleatoric) and close(parts[1], total):
        return "The first two are exchanged: the total is the entropy of the *mean*."
    if close(parts[1], epistemic) and close(parts[2], aleatoric):
        return "The last two are exchanged: first aleatoric, then epistemic."
    about_total = [
        (-total, "The sign is turned around: an entropy is never negative."),
        (total / np.log(2), "This is in bits. Use the natural logarithm."),
        (entr(p.mean(axis=0)), "Add up over the classes: the entropy of an example is one number."),
        (entr(p.mean(axis=0)).sum(axis=0), "Add up over the classes, the *last* axis."),
        (entr(p.mean(axis=0)).mean(axis=-1), "The entropy is a sum over the classes, not a mean."),
        (entr(p.mean(axis=0)).sum(), "One entropy for each example: add up over the classes only."),
        (by_network, "This is the entropy of each network. For the total, average over axis 0 first."),
        (entr(p.mean(axis=1)).sum(axis=-1), "Average over the networks, axis 0, not over the examples."),
        (entr(p.mean(axis=-1)), "Average over the networks, axis 0, not over the classes."),
    ]
    problem = grade(
        parts[0], total, about_total, other="The total is not right yet: the entropy of the mean over axis 0."
    )
    if problem:
        return problem
    about_aleatoric = [
        (by_network, "The total is right. Average the entropies of the networks over axis 0."),
        (by_network.sum(axis=0), "The total is right. The second part is a *mean* over the networks, not a sum."),
        (by_network.mean(axis=1), "The total is right. For the second part average over the networks, axis 0."),
        (by_network.mean(), "The total is right. The second part has one number for each example, too."),
        (total, "The first two are the same. For the second, take the entropies first, then their mean."),
    ]
    other = "The total is right. The second part is not: first the entropy of each network, then the mean over axis 0."
    problem = grade(parts[1], aleatoric, about_aleatoric, other=other)
    if problem:
        return problem
    about_epistemic = [
        (aleatoric - total, "Two parts are right. The third has the wrong sign: total - aleatoric."),
        (total + aleatoric, "Two parts are right. The third is their difference: total = aleatoric + epistemic."),
        (p.std(axis=0).sum(axis=-1), "Two parts are right. The third is what is left of the total, not a spread."),
        (p.var(axis=0).sum(axis=-1), "Two parts are right. The third is what is left of the total, not a variance."),
    ]
    return grade(parts[2], epistemic, about_epistemic, other="Two parts are right. The third is total - aleatoric.")


def _known_digits(unseen: int = 9) -> tuple[np.ndarray, np.ndarray]:
    from dlhelpers import data

    _, (images, labels) = data.load_mnist()
    known = labels != unseen
    return images[known].reshape(-1, 784).astype("float32") / 255, labels[known]


@exercise(
    "20.4",
    "A loop: `for _ in range(3)`: build a network, compile it, fit it, and `team.append(...)` it. Each must be built anew.",
    "The networks of section 4 without dropout overfit 1000 digits. What helped a single network helps a team: "
    "`layers.Dropout(0.5)` after each hidden layer, or fewer epochs. Choose by the validation digits.",
    "team = [known_net(200, dropout=0.5) for _ in range(3)], then for net in team: fit_known(net)",
    praise="Better than its members, on digits that none of them has seen.",
)
def digit_team(team: Any) -> str | None:
    if callable(team) and hasattr(team, "layers"):
        return "This is one network. A list of at least three is asked for: `team = [...]`."
    try:
        members = list(team)
    except TypeError as problem:
        raise NotYet(f"A list of networks is asked for, not {type(team).__name__}.") from problem
    if len(members) < 3:
        return f"A team of at least three networks is asked for; this has {len(members)}."
    members = [keras_model(member) for member in members]
    if len({id(member) for member in members}) < len(members):
        return "The same network stands in the list more than once. Build each member anew, inside the loop."
    x, y = _known_digits()
    shares = []
    for member in members:
        try:
            outputs = np.asarray(member.predict(x, batch_size=1000, verbose=0), dtype=float)
        except Exception as problem:
            raise NotYet("Each network must take rows of 784 pixels: `keras.Input((784,))`.") from problem
        if outputs.ndim != 2 or outputs.shape[1] != 10:
            return f"Each network must put out ten logits; the outputs of one have shape {outputs.shape}."
        if last_activation(member) == "softmax":
            return "Logits are asked for, so leave out the softmax at the end, and use from_logits=True in the loss."
        shares.append(softmax(outputs, axis=1))
    if max(abs(one - shares[0]).max() for one in shares[1:]) < 1e-4:
        return "All members say the same, so there is nothing to average. Start each from its own random weights."
    rows = np.arange(len(y))
    alone = np.mean([-np.log(share[rows, y] + 1e-12).mean() for share in shares])
    together = -np.log(np.mean(shares, axis=0)[rows, y] + 1e-12).mean()
    found = f"On the test digits your team has an NLL of {together:.3f}, its members {alone:.3f} on average. "
    if together > 1.5:
        return found + "That is close to guessing, 2.3. Were all members trained, with `from_logits=True`?"
    if alone - together < TEAM_GAIN:
        return (
            found + "The gain of the team is too small: at least 0.01 is asked for. Members that differ more gain more."
        )
    if together > TEAM_TARGET:
        return found + f"Below {TEAM_TARGET} is asked for. Do the members overfit? Dropout helps, or fewer epochs."
    return None


@exercise(
    "20.5",
    "Sort the scores. With n of them, which place must the threshold have, so that a new score is below it in 90 % of all cases?",
    "The new score could take any of n + 1 places among the old ones, all equally likely. So the place is "
    "`np.ceil((n + 1) * (1 - alpha))`, counted from 1.",
    "place = int(np.ceil((len(scores) + 1) * (1 - alpha))), then return np.sort(scores)[place - 1]",
    praise="No assumption about the network was used, only that old and new digits are drawn alike.",
    solution=lambda scores, alpha: np.sort(scores)[int(np.ceil((len(scores) + 1) * (1 - alpha))) - 1],
)
def conformal_threshold(function: Any) -> str | None:
    scores = np.random.default_rng(3).exponential(1, 49)  # in no order
    ordered, alpha = np.sort(scores), 0.2  # (49 + 1) · 0.8 = 40
    with np.errstate(all="ignore"):
        result = array(call(function, scores.copy(), alpha), finite=False)
        second = array(call(function, scores[:33].copy(), 0.1), finite=False)
    if result.size == 1 and second.size == 1:
        result, second = result.reshape(()), second.reshape(())
    mistakes = [
        (ordered[40], "One place too far: Python counts from 0, so the 40th score is `[39]`."),
        (ordered[38], "One place too early. Count n + 1 places, not n, and take care with Python's 0."),
        (
            np.quantile(scores, 0.8),
            "`np.quantile` interpolates and forgets the new score. Take the score at the place ceil((n + 1)(1 - alpha)).",
        ),
        (
            (np.quantile(scores, 0.2), ordered[9], ordered[10]),
            "This is the lower end: a share alpha lies below it. The threshold is at 1 - alpha.",
        ),
        (scores[39], "Sort the scores first."),
        (ordered[-1], "The largest score includes everyone; a share 1 - alpha is asked for."),
        (ordered[::-1][39], "Sorted from the largest down. Sort upwards."),
        (40, "This is the place. Return the score at this place."),
        (0.8, "This is the share. Return the score at its place."),
        (ordered[:40], "One threshold is asked for, the score at this place."),
    ]
    flat = [(*wrong, says) if isinstance(wrong, tuple) else (wrong, says) for wrong, says in mistakes]
    problem = grade(result, ordered[39], flat)
    few = np.sort(scores[:33])
    if problem is None:  # (33 + 1) · 0.9 = 30.6
        late = [
            (
                few[29],
                "Right if (n + 1)(1 - alpha) is a whole number. Otherwise round it *up*, and count n + 1 places, not n.",
            )
        ]
        return grade(second, few[30], late)
    return problem
