import numpy as np


def unit(inputs, activation=np.tanh, u=1.0, w=0.5):
    states = [0.0]
    for x in inputs:
        states.append(activation(u * x + w * states[-1]))
    return states[1:]


def clip(g, limit):
    norm = np.linalg.norm(g)
    return g * (limit / norm) if norm > limit else g


def clip_to_list(g, limit):
    return (g / max(1, np.sqrt((g**2).sum()) / limit)).tolist()


def seen_by_loop(kernel_size, dilations):
    seen = 1
    for d in dilations:
        seen += (kernel_size - 1) * d
    return np.int64(seen)


RIGHT = {
    "13.1": [(unit([1, 0, 0]),), (np.array([0.76159, 0.36339, 0.17973]),)],
    "13.2": [(clip,), (clip_to_list,)],
    "13.3": [([19200, 14592],), (np.array([19200.0, 14592.0]),)],
    "13.4": [(lambda k, d: 1 + (k - 1) * sum(d),), (seen_by_loop,)],
    "13.5": [("ABD",), (["D", "A", "B"],), ("a, b, d",)],
}

WRONG = {
    "13.1": [
        (([1, 0.5, 0.25],), "tanh is missing"),
        ((np.tanh([1, 0.5, 0.25]),), "every step"),
        ((np.tanh([1, 0, 0]),), "forgotten"),
        ((unit([1, 0, 0], w=1.0),), "not 1"),
        ((unit([1, 0, 0], u=0.5, w=1.0),), "swapped"),
        ((unit([1, 1, 1]),), "first step only"),
        (([0, *unit([1, 0, 0])],), "h0"),
        (([0.76, 0.36, 0.18],), "rounded"),
        ((unit([1, 0, 0])[::-1],), "order"),
        ((0.76159,), "Three"),
    ],
    "13.2": [
        ((lambda g, limit: np.clip(g, -limit, limit),), "component"),
        ((lambda g, limit: g * limit / np.linalg.norm(g),), "made longer"),
        ((lambda g, limit: g,), "unchanged"),
        ((lambda g, limit: g / max(1, np.linalg.norm(g)),), "limit that comes in"),
        ((lambda g, limit: g * limit / max(limit, abs(g).max()),), "largest component"),
        ((lambda g, limit: g / np.linalg.norm(g) ** 2 * limit,), "square"),
        ((lambda g, limit: min(np.linalg.norm(g), limit),), "shape"),
        ((lambda g, limit: np.where(np.linalg.norm(g) > limit, g / np.linalg.norm(g, axis=-1, keepdims=True), g),),
         "limit"),
        ((clip(np.ones(2), 1.0),), "function"),
        ((lambda g, limit: g / n if (n := np.linalg.norm(g) / limit) > 1 else None,), "returns nothing"),
        ((lambda g, limit: g * limit / n if (n := np.sqrt(sum(g**2))) > limit else g,), "For a matrix"),
        ((lambda g, limit: np.minimum(g, limit),), "component"),
        ((lambda g, limit: g * max(1, np.linalg.norm(g) / limit),), "upside down"),
    ],
    "13.3": [
        (([14592, 19200],), "order"),
        (([19200, 14400],), "two rows"),
        (([18944, 14208],), "biases are missing"),
        (([2816, 2112],), "old state"),
        (([16640, 12480],), "input"),
        (([14400, 9600],), "candidate"),
        (([4800, 4800],), "one group"),
        (([19456, 14592],), "one row"),
        (([19200, 19200],), "LSTM is right"),
        ((19200,), "Two numbers"),
    ],
    "13.4": [
        ((lambda k, d: (k - 1) * sum(d),), "present"),
        ((lambda k, d: k * sum(d),), "gaps"),
        ((lambda k, d: 1 + (k - 1) * len(d),), "without dilation"),
        ((lambda k, d: k ** len(d),), "Add up"),
        ((lambda k, d: 1 + (k - 1) * np.prod(d),), "multiply"),
        ((lambda k, d: 1 + (k - 1) * max(d),), "widest"),
        ((lambda k, d: 1 + sum(d),), "2 weights"),
    ],
    "13.5": [
        (("A",), "Look at B"),
        (("AB",), "Look at D"),
        (("BD",), "Look at A"),
        (("AD",), "Look at B"),
        (("AC",), "C is sound"),
        (("ABCD",), "One of the four"),
        (("XY",), "letters"),
    ],
}
