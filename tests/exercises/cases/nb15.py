import numpy as np


def softmax(z):
    p = np.exp(z - np.max(z))
    return p / p.sum()


def cut(z, k, strict=False, shift=0):
    """Probabilities of the k likeliest logits; or of one fewer or `shift` more."""
    limit = np.sort(z)[-k - shift]
    return softmax(np.where(z > limit if strict else z >= limit, z, -np.inf))


def geometric(a, b, w):
    return a**w * b ** (1 - w)


RIGHT = {
    "15.1": [(1.5 / np.log(2), np.exp(1.5)), (2.164, [4.4817])],
    "15.2": [("BD",), ("d, b",), (["B", "D"],)],
    "15.3": [(lambda a, b, w: w * a + (1 - w) * b,), (lambda a, b, w: (b + w * (a - b)).tolist(),)],
    "15.4": [
        (lambda p, T: p ** (1 / T) / (p ** (1 / T)).sum(),),
        (lambda p, T: softmax(np.log(p) / T),),
        (lambda p, T: list(np.exp(np.log(p) / T) / np.exp(np.log(p) / T).sum()),),
    ],
    "15.5": [
        (lambda z, k: cut(z, k),),
        (lambda z, k: np.where(z >= np.sort(z)[-k], np.exp(z), 0) / np.sort(np.exp(z))[-k:].sum(),),
    ],
}

WRONG = {
    "15.1": [
        ((1.5 * np.log(2), np.exp(1.5)), "Divide by ln 2"),
        ((1.5, np.exp(1.5)), "still nats"),
        ((np.log2(1.5), np.exp(1.5)), "already a logarithm"),
        ((1.5 / np.log(10), np.exp(1.5)), "ln 10"),
        ((np.exp(1.5), 1.5 / np.log(2)), "swapped"),
        ((1.5 / np.log(2), 2**1.5), "goes with bits"),
        ((1.5 / np.log(2), np.exp(1.5 / np.log(2))), "goes with nats"),
        ((1.5 / np.log(2), np.exp(-1.5)), "1 over it"),
        ((2.16, 4.4817), "Bits: right, but rounded"),
        ((2.164, 4.5), "Perplexity: right, but rounded"),
        ((-2.164, 4.4817), "positive"),
    ],
    "15.2": [
        (("B",), "D, too"),
        (("D",), "B, too"),
        (("ABD",), "A is clean"),
        (("BCD",), "as clean as A"),
        (("C",), "as clean as A"),
        (("none",), "A to D"),
    ],
    "15.3": [
        (lambda a, b, w: (1 - w) * a + w * b, "swapped"),
        (lambda a, b, w: a + b, "sum to 1"),
        (lambda a, b, w: (a + b) / 2, "equal weights"),
        (lambda a, b, w: 0.7 * a + 0.3 * b, "argument"),
        (lambda a, b, w: w * a + b, "1 - w"),
        (geometric, "averages the logarithms"),
        (lambda a, b, w: geometric(a, b, w) / geometric(a, b, w).sum(axis=1, keepdims=True), "veto"),
        (lambda a, b, w: w * np.log(a) + (1 - w) * np.log(b), "logarithms"),
        (lambda a, b, w: -w * np.log2(a) - (1 - w) * np.log2(b), "bits"),
        (lambda a, b, w: -np.log2(w * a + (1 - w) * b), "price"),
        (lambda a, b, w: np.maximum(a, b), "larger"),
        (lambda a, b, w: np.array([softmax(p) for p in w * a + (1 - w) * b]), "Leave it out"),
        (lambda a, b, w: 0.5, "shape"),
    ],
    "15.4": [
        (lambda p, T: p ** (1 / T), "does not sum to 1"),
        (lambda p, T: softmax(p / T), "no logits"),
        (lambda p, T: p / T, "scales all alike"),
        (lambda p, T: p / T / (p / T).sum(), "Nothing changed"),
        (lambda p, T: p**T / (p**T).sum(), "Turned around"),
        (lambda p, T: p**T, "1 / T"),
        (lambda p, T: np.log(p) / T, "into probabilities"),
        (lambda p, T: p**2 / (p**2).sum(), "argument temperature"),
        (lambda p, T: p**1 / T / (p**1 / T).sum(), "power comes first"),
        (lambda p, T: softmax(-np.log(p) / T), "sign"),
        (lambda p, T: softmax(np.log2(p) / T), "natural"),
    ],
    "15.5": [
        (lambda z, k: softmax(np.where(z <= np.sort(z)[k - 1], z, -np.inf)), "least likely"),
        (lambda z, k: softmax(np.where(z >= np.sort(z)[-k], z, 0)), "exp(0) = 1"),
        (lambda z, k: softmax(z) * (z >= np.sort(z)[-k]), "Divide by its sum"),
        (lambda z, k: np.where(z >= np.sort(z)[-k], np.exp(z), 0), "do not sum"),
        (lambda z, k: np.where(z >= np.sort(z)[-k], z, 0), "logits"),
        (lambda z, k: np.where(z >= np.sort(z)[-k], z, -np.inf), "Now a softmax"),
        (lambda z, k: (z >= np.sort(z)[-k]) / k, "equally likely"),
        (lambda z, k: softmax(z), "Nothing was cut"),
        (lambda z, k: softmax(np.sort(z)[-k:]), "which characters"),
        (lambda z, k: cut(z, k, strict=True), "One is missing"),
        (lambda z, k: cut(z, k, shift=1), "One too many"),
        (lambda z, k: cut(z, 3), "use the arguments"),
        (lambda z, k: softmax(np.where(z >= np.sort(z)[k], z, -np.inf)), "5 characters"),
        (lambda z, k: np.sort(cut(z, k))[::-1], "sorted"),
        (lambda z, k: softmax(np.where(np.argsort(z) >= len(z) - k, z, -np.inf)), "not ranks"),
    ],
}
# A function as the only answer stands without a tuple above.
