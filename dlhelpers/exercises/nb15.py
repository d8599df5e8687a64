"""Exercises of notebook 15, a language model of characters."""

from collections import Counter
from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises.core import (
    OTHER,
    ROUNDED,
    NotYet,
    Untried,
    array,
    call,
    chosen_letters,
    close,
    exercise,
    grade,
    keras_model,
    number,
    rounded,
)

NATS = 1.5
BITS, PERPLEXITY = NATS / np.log(2), np.exp(NATS)

_WHY_LEAK = {
    "A": "A is clean: what is tested comes after everything that it learned from.",
    "B": "B leaks: windows that overlap share up to 90 characters, so most test characters stand in training windows.",
    "C": "C is as clean as A: another tenth may be harder, but the grade is as honest, as long as it is one piece.",
    "D": "D leaks: the epoch was chosen by the test text, so the lowest value is partly luck. Choose by validation text.",
}


@exercise(
    "15.1",
    "Nats and bits measure the same thing with two units: 1 bit is ln 2 = 0.693 nats.",
    "The perplexity is 2 to the power of the bits, and so e to the power of the nats.",
    "bits = 1.5 / np.log(2); perplexity = np.exp(1.5)",
    praise="The unit does not matter, as long as the power is taken to the same base.",
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
        (-BITS, -NATS, "A loss is positive: it holds the minus sign already."),
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


def _smoothed(followers: Any, c: str, p_shorter: float) -> float:
    N, K = sum(followers.values()), len(followers)
    return (followers[c] + K * p_shorter) / (N + K) if N else p_shorter


@exercise(
    "15.3",
    "`followers.total()` is N, `len(followers)` is K, and `followers[c]` is the count of c, 0 if it never came.",
    "(followers[c] + K * p_shorter) / (N + K). Which context makes this 0 / 0, and what should come back then?",
    "if not followers: return p_shorter. Otherwise return (followers[c] + K * p_shorter) / (N + K).",
    praise="A context that was seen often is trusted, a rare one asks the shorter context.",
    solution=_smoothed,
)
def smoothing(function: Any) -> str | None:
    seen, p = Counter({"c": 6, "a": 3, "e": 2, " ": 1}), 0.2
    N, K, count = 12, 4, 6
    try:
        value = number(call(function, Counter(seen), "c", p))
    except NotYet as problem:
        if "'int'" in str(problem) or "KeyError" in str(problem):
            raise NotYet(f"{problem}. (`followers` is a Counter: `followers[c]` is the count of c.)") from None
        if "'float' object" in str(problem):
            raise NotYet(f"{problem}. (`p_shorter` is a number, the probability of c already.)") from None
        raise
    right = (count + K * p) / (N + K)
    mistakes = [
        (count / N, "This is the share in this context alone: p_shorter has no effect, and what was never seen gets 0."),
        ((count + p) / (N + 1), "p_shorter counts K times, where K is the number of *different* characters that came next."),
        ((count + K * p) / N, "The probabilities sum to more than 1: divide by N + K."),
        ((count + N * p) / (N + K), "K, not N, belongs before p_shorter."),
        ((count + N * p) / (2 * N), "Here both count one half. K is the number of *different* characters, `len(followers)`, and not N."),
        ((count + K * p) / (2 * K), "N is the sum of all counts, `followers.total()`; this takes `len(followers)` for it."),
        (count + K * p / (N + K), "Brackets: the sum of both terms is divided by N + K."),
        ((N + K * p) / (N + K), "N is how often the context came in all. Above the line stands how often c followed, `followers[c]`."),
        (count + K * p / N + K, "Brackets: both sums need them, the one above the line and the one below."),
        ((count + K * p) / N + K, "Brackets around N + K: Python divides before it adds."),
        ((count + 1) / (N + 73), (count + 1) / (N + K), "This adds one to each count, which is another way to smooth. Add K * p_shorter."),
        ((K * count / N + N * p) / (N + K), "The weights are the wrong way round: often seen (large N) means that the count is trusted."),
        ((count + p) / (N + K), "The K before p_shorter is missing."),
        ((count + K) * p / (N + K), "Only K is multiplied by p_shorter, not the count."),
        (count / N + K * p / (N + K), "Both terms are divided by N + K."),
        (K * p / (N + K), "The count of c is missing."),
        (p, "This is the shorter context alone."),
        (np.log(right), np.log2(right), -np.log2(right), -np.log(right), "The probability itself is asked for, not its logarithm."),
    ]
    if message := grade(value, right, mistakes, other="Not right yet for a context that was seen. Compare with the formula: what is N, what is K?"):
        return message
    never = number(call(function, Counter(seen), "z", p))
    if not close(never, K * p / (N + K)):
        return "It is right for a character that came next before. One that never did has the count 0, and gets K p_shorter / (N + K)."
    rare = number(call(function, Counter({"q": 1}), "q", 0.6))
    if not close(rare, 0.8):
        return "For another context it is wrong: N and K come from the Counter `followers`, p_shorter from the argument."
    try:
        empty = number(call(function, Counter(), "c", p))
    except (NotYet, Untried):
        return "It is right if the context was seen. An empty Counter is 0 / 0: return p_shorter then."
    if not close(empty, p):
        return "It is right if the context was seen. For an empty Counter return p_shorter."
    return None


@exercise(
    "15.4",
    "The logits of probabilities are log p (up to a constant that the softmax removes). Divide those by T.",
    "exp(log(p) / T) is p to the power 1/T. It does not sum to 1 any more.",
    "q = p ** (1 / temperature); return q / q.sum()",
    praise="At T = 1 nothing changes, at small T the likeliest takes all.",
    solution=lambda p, T: p ** (1 / T) / (p ** (1 / T)).sum(),
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
        (_softmax(p / T), np.exp(p / T), "This divides the probabilities by T, and they are no logits. Take their logarithm first."),
        (p / T, "Dividing by T scales all alike, and it does not sum to 1. Temperature divides the logits, log p. " + power),
        (p, "Nothing changed: p / T, scaled to sum to 1, is p again. Temperature divides the logits, log p. " + power),
        (_softmax(np.log(p / (1 - p)) / T), "log(p / (1 - p)) is the logit of a sigmoid. The softmax undoes log p alone."),
        (_softmax(-np.log(p) / T), "The sign is wrong: the logits are log p. With -log p the unlikeliest gets the most."),
        (_softmax(p ** (1 / T)), "The power undoes the logarithm already: no softmax after it, only divide by the sum."),
        (p ** (1 / T) / (p ** (1 / T)).max(), "Divide by the sum, not by the maximum."),
        (_softmax(p) / T, _softmax(p / T) / T, "Take the logarithm, divide that by T, and only then the softmax."),
        (_softmax(np.log10(p) / T), "The softmax works with e, so the logits are natural logarithms: np.log."),
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
    praise="With k = 1 the network always writes its favourite, with k = 73 nothing is cut.",
    solution=lambda z, k: _softmax(np.where(z >= np.sort(z)[-k], z, -np.inf)),
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
            return "These are k numbers, and it is lost to which characters they belong. Keep the shape of z."
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
    elif left.sum() < k:
        other = f"For k = {k}, only {left.sum()} of the characters can still be drawn."
    elif left.sum() == k and (left != best).any():
        other = "k characters are left, but not the likeliest. (np.argsort gives places, not ranks.)"
    return grade(result, right, mistakes, other=other)


ENOUGH = 2.8  # bits: a 3-gram needs 2.88 on the same text


@exercise(
    "15.6",
    "Start from the network of section 4: an Embedding, a recurrent layer with return_sequences=True, a Dense layer of V units.",
    "compile with Adam and SparseCategoricalCrossentropy(from_logits=True), as in section 4. Which learning rate, how many epochs?",
    "An LSTM of 96 units gets there in 2 epochs with Adam(0.01) and batches of 32 pieces.",
    praise="You trained a language model, and it beats a 3-gram on text that it has never seen.",
)
def trained_language_model(model: Any) -> str | None:
    model = keras_model(model)
    x, y, vocabulary = _fresh_pieces()
    try:
        out = np.asarray(model(x), dtype="float64")
    except Exception as problem:
        few = [layer.input_dim for layer in model.layers if getattr(layer, "input_dim", vocabulary) < vocabulary]
        if few:
            raise NotYet(f"The embedding has {few[0]} rows, and there are V = {vocabulary} different characters.") from problem
        raise NotYet("The model should take whole numbers of shape (pieces, 100), as x_train has them. " + str(problem).split("\n")[0]) from problem
    if out.shape == (len(x), vocabulary):
        return "The model predicts once per piece. With return_sequences=True the recurrent layer answers at each character."
    if out.shape != (*x.shape, vocabulary):
        return f"For {len(x)} pieces the output should be {(*x.shape, vocabulary)}, a number for each character at each place; it is {out.shape}."
    if not np.isfinite(out).all():
        return "The outputs are nan or infinite: the steps were too large. Try a smaller learning rate."
    p = out if (out >= 0).all() and np.allclose(out.sum(axis=-1), 1, atol=1e-3) else _softmax(out)
    if _sees_ahead(model, x, out):
        return "An output changes with a *later* character, so the model has seen what it should predict. Read from left to right only."
    if (p.argmax(axis=-1) == x).mean() > 0.8:
        return "It gives back the character that it has just read. Are the targets y_train, one character later?"
    bits = -np.log2(np.take_along_axis(p, y[..., None], axis=-1) + 1e-12)[:, 50:].mean()
    if bits < ENOUGH:
        return None
    told = f"On fresh text it needs {bits:.2f} bits per character; {ENOUGH} or less are asked for."
    if bits > 5:
        return told + " That is close to guessing. Was it trained, and does the loss know whether these are logits?"
    if bits > 3.3:
        return told + " That is no more than one letter of memory gives. Is there a recurrent layer, and is the learning rate large enough?"
    return told + " Is the learning rate near 0.01? If so, train it longer or make it larger."


def _sees_ahead(model: Any, x: np.ndarray, out: np.ndarray) -> bool:
    other = x[:4].copy()
    other[:, 60:] = np.roll(other[:, 60:], 7, axis=1)
    return not np.allclose(np.asarray(model(other))[:, :60], out[:4, :60], atol=1e-3)


def _fresh_pieces() -> tuple[np.ndarray, np.ndarray, int]:
    """120 pieces of 100 characters from the test text, the same one character later, and the size of the alphabet."""
    alphabet, codes = np.unique(list(data.load_shakespeare()), return_inverse=True)
    codes = codes[-61_100:][: 120 * 500 + 101]
    at = np.arange(0, 120 * 500, 500)[:, None] + np.arange(100)
    return codes[at], codes[at + 1], len(alphabet)
