"""Exercises of notebook 15, a language model of characters."""

from typing import Any

import numpy as np

from dlhelpers.exercises.core import (
    OTHER,
    ROUNDED,
    array,
    call,
    chosen_letters,
    close,
    exercise,
    grade,
    number,
    rounded,
)

NATS = 1.5
BITS, PERPLEXITY = NATS / np.log(2), np.exp(NATS)

_WHY_LEAK = {
    "A": "A is clean: what is tested comes after everything that was learnt from.",
    "B": "B leaks: windows that overlap share up to 90 characters, so most test characters stand in training windows.",
    "C": "C is as clean as A: another tenth may be harder, but the grade is as honest, as long as it is one piece.",
    "D": "D leaks: the epoch was chosen by the test text, so the lowest value is partly luck. Choose by validation text.",
}


@exercise(
    "15.1",
    "Nats and bits measure the same thing with two units: 1 bit is ln 2 = 0.693 nats.",
    "The perplexity is 2 to the power of the bits, and so e to the power of the nats.",
    "bits = 1.5 / np.log(2); perplexity = np.exp(1.5)",
    praise="The unit of the price does not matter, as long as the power is taken to the same base.",
)
def bits_and_perplexity(bits: Any, perplexity: Any) -> str | None:
    bits, perplexity = number(bits), number(perplexity)
    if close(bits, PERPLEXITY) and close(perplexity, BITS):
        return "The two answers are swapped: check asks for the bits first."
    return _wrong_bits(bits) or _wrong_perplexity(perplexity)


def _wrong_bits(bits: float) -> str | None:
    mistakes = [
        (NATS * np.log(2), "Divide by ln 2, do not multiply: a bit is smaller than a nat, so there must be more of them."),
        (NATS, "These are still nats. One bit is ln 2 = 0.693 nats."),
        (np.log2(NATS), "The loss is already a logarithm. Change its unit, do not take the logarithm again."),
        (-BITS, -NATS, "A price is positive: the loss holds the minus sign already."),
        (NATS / np.log(10), "This divides by ln 10. A bit belongs to the base 2."),
    ]
    if rounded(bits, BITS) and not close(bits, BITS):
        return "Bits: " + ROUNDED[0].lower() + ROUNDED[1:]
    return grade(bits, BITS, mistakes, other="The bits are not right yet. How many nats is one bit?")


def _wrong_perplexity(perplexity: float) -> str | None:
    mistakes = [
        (2**NATS, "The bits are right. For the perplexity, 2 goes with bits; 1.5 nats go with e."),
        (np.exp(BITS), "The bits are right. For the perplexity, e goes with nats; with bits take 2 to the power."),
        (np.exp(-NATS), "This is the probability of the truth, averaged on the logarithmic scale. The perplexity is 1 over it."),
    ]
    if rounded(perplexity, PERPLEXITY) and not close(perplexity, PERPLEXITY):
        return "Perplexity: " + ROUNDED[0].lower() + ROUNDED[1:]
    other = "The bits are right, the perplexity is not yet. It is 2 to the power of the bits."
    return grade(perplexity, PERPLEXITY, mistakes, other=other)


@exercise(
    "15.2",
    "Ask of each way: has anything that is graded been seen, or used for a choice, before?",
    "Two windows of B that start 10 characters apart share 90 characters. And who chose the epoch in D?",
    'Two of the four leak, one by overlap and one by a choice: leaks = "BD".',
    praise="One leaks characters, the other one a choice. The second kind is easily overlooked.",
)
def leaking_splits(letters: Any) -> str | None:
    chosen = chosen_letters(letters, "ABCD")
    if chosen == {"B", "D"}:
        return None
    for letter in "AC":
        if letter in chosen:
            return _WHY_LEAK[letter]
    return "One is missing. " + _WHY_LEAK["BD".replace(chosen.pop(), "")].replace(" leaks", ", too, leaks", 1)


def _softmax(z: np.ndarray) -> np.ndarray:
    p = np.exp(z - z.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)


def _two_models() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    return _softmax(2 * rng.normal(size=(6, 7))), _softmax(2 * rng.normal(size=(6, 7)))


@exercise(
    "15.3",
    "A vote with two weights that sum to 1: the net has w, the n-gram has the rest.",
    "Average the probabilities, not their logarithms or bits; then each row still sums to 1.",
    "return w * p_net + (1 - w) * p_gram",
    praise="A weighted mean of probabilities is a probability, and no character that one of them allows becomes impossible.",
)
def mixture(function: Any) -> str | None:
    (a, b), w = _two_models(), 0.7
    result = array(call(function, a.copy(), b.copy(), w))
    if result.shape != a.shape:
        return f"The result should have the shape of the arguments, {a.shape}; it has {result.shape}."
    other = array(call(function, a.copy(), b.copy(), 0.25))
    product = np.exp(w * np.log(a) + (1 - w) * np.log(b))
    right = w * a + (1 - w) * b
    mistakes = [
        ((1 - w) * a + w * b, "The weights are swapped: w belongs to the net."),
        (a + b, "This sums to 2. The models need weights that sum to 1."),
        ((a + b) / 2, "This is the mean with equal weights. The argument w says how much the net counts."),
        (w * a + b, "The n-gram needs the weight 1 - w, or the sum is more than 1."),
        (w * (a + b), "Here both models get the weight w. The n-gram has 1 - w."),
        (product, "This averages the logarithms; the result does not sum to 1. Average the probabilities."),
        (product / product.sum(axis=1, keepdims=True), "This averages the logarithms (or logits), where one model alone can veto a character. Average the probabilities."),
        (_softmax(right), "These are probabilities already: a softmax on top flattens them. Leave it out."),
        (w * np.log(a) + (1 - w) * np.log(b), "These are logarithms. Average the probabilities themselves."),
        (-w * np.log2(a) - (1 - w) * np.log2(b), "These are bits. Average the probabilities, bits come afterwards."),
        (-np.log2(right), "Right so far, but this is the price in bits. The probabilities are asked for."),
        (np.maximum(a, b), "The larger of the two everywhere sums to more than 1. Take the weighted mean."),
    ]
    if close(result, right) and not close(other, 0.25 * a + 0.75 * b):
        return "The weight w must come from the argument; for another w the result is wrong."
    return grade(result, right, mistakes)


@exercise(
    "15.4",
    "The logits of probabilities are log p (up to a constant that the softmax removes). Divide those by T.",
    "exp(log(p) / T) is p to the power 1/T. It does not sum to 1 any more.",
    "q = p ** (1 / temperature); return q / q.sum()",
    praise="At T = 1 nothing changes, at small T the likeliest takes all.",
)
def tempered(function: Any) -> str | None:
    p, T = _softmax(np.array([1.2, -0.3, 0.4, 2.0, -1.1])), 0.5
    result = array(call(function, p.copy(), T))
    if result.shape != p.shape:
        return f"The result should have the shape of p, {p.shape}; it has {result.shape}."
    warm = array(call(function, p.copy(), 2.0))
    right, right_warm = [_softmax(np.log(p) / t) for t in (T, 2.0)]
    if close(result, right) and not close(warm, right_warm):
        return "For T = 0.5 it is right, for T = 2 not: use the argument temperature."
    logarithms, power = np.log(p) / T, "(In Python `p ** 1 / T` is `p / T`, too: the power comes first.)"
    mistakes = [
        (p ** (1 / T), "Right so far, but it does not sum to 1 any more. Divide by the sum."),
        (_softmax(p / T), "This divides the probabilities by T, and they are no logits. Take their logarithm first."),
        (p / T, "Dividing by T scales all alike, and it does not sum to 1. Temperature divides the logits, log p. " + power),
        (p, "Nothing changed: p / T, scaled to sum to 1, is p again. Temperature divides the logits, log p. " + power),
        (_softmax(-np.log(p) / T), "The sign is wrong: the logits are log p. With -log p the unlikeliest gets the most."),
        (_softmax(np.log2(p) / T), "The softmax works with e, so the logits are natural logarithms: np.log."),
        (right_warm, "Turned around: a small T must make the likeliest likelier. The power is 1 / T."),
        (p**T, "The power is 1 / T, and the result must sum to 1."),
        (logarithms, "These are the logits divided by T. Now turn them into probabilities."),
    ]
    return grade(result, right, mistakes)


@exercise(
    "15.5",
    "Which logit is the smallest that may stay? np.sort(z) sorts upwards.",
    "np.sort(z)[-k] is the k-th largest. np.where(z >= that, np.exp(z), 0) keeps the k likeliest.",
    "p = np.where(z >= np.sort(z)[-k], np.exp(z - z.max()), 0); return p / p.sum()",
    praise="With k = 1 the net always writes its favourite, with k = 73 nothing is cut.",
)
def top_k(function: Any) -> str | None:
    z, k = np.array([0.4, -1.0, 2.2, 0.9, -0.3, 1.7, -2.5, 0.1]), 3
    best, worst, exp = z >= np.sort(z)[-k], z <= np.sort(z)[k - 1], np.exp(z)
    with np.errstate(all="ignore"):
        answer = call(function, z.copy(), k)
        if close(np.exp(array(answer, finite=False)), exp * best):
            return "The right logits are left. Now a softmax turns them into probabilities."
        result = array(answer)
        if result.shape == (k,):
            return "These are k numbers, and nobody knows to which characters they belong. Keep the shape of z."
        if result.shape != z.shape:
            return f"The result should have the shape of z, {z.shape}; it has {result.shape}."
        shifted = array(call(function, z.copy() - 20, 2))
    right, low = exp * best / (exp * best).sum(), np.where(z >= np.sort(z)[-2], exp, 0)
    strict, wider = np.where(z > np.sort(z)[-k], exp, 0), np.where(z >= np.sort(z)[-k - 1], exp, 0)
    if close(result, right) and not close(shifted, low / low.sum()):
        return "For other logits and k it is wrong: use the arguments."
    mistakes = [
        (exp * worst / (exp * worst).sum(), "These are the k least likely. np.sort sorts upwards: count from the end."),
        (_softmax(np.where(best, z, 0)), "A logit of 0 is not a probability of 0: exp(0) = 1. Use -np.inf as the logit, or set the probability to 0."),
        (_softmax(z) * best, "The others are 0, but what is left does not sum to 1. Divide by its sum."),
        (exp * best, np.exp(z - z.max()) * best, "These do not sum to 1 yet. Divide by their sum."),
        (np.where(best, z, 0), "These are logits. Take the exponential, and divide by the sum."),
        (best / k, "The k likeliest keep their proportions; here all of them became equally likely."),
        (_softmax(z), "Nothing was cut: this is the softmax over all characters."),
        (z * best / (z * best).sum(), "These are logits divided by their sum. Take the exponential first."),
        (strict / strict.sum(), "One is missing: the k-th largest itself may stay, too (>=)."),
        (wider / wider.sum(), "One too many stays. np.sort(z)[-k] is the k-th largest."),
    ]
    left, other = result > 1e-9, OTHER
    if close(np.sort(result), np.sort(right)):
        other = "Right numbers, but sorted: each must stand at the place of its character, as in z."
    elif k < left.sum() < z.size:
        other = f"For k = {k}, {left.sum()} characters are left. np.sort sorts upwards: count from the end."
    elif left.sum() == k and (left != best).any():
        other = "k characters are left, but not the likeliest. (np.argsort gives places, not ranks.)"
    return grade(result, right, mistakes, other=other)
