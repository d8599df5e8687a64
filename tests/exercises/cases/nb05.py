import numpy as np

from dlhelpers.exercises import nb05


def walk(start=1.0, order=reversed, add=True, by_name=True, swap=False, upstream=True):
    """`backward` of exercise 05.2, right or with one thing changed."""

    def backward(tape, rules):
        gradients = {value: np.zeros_like(value.data) for value in tape}
        gradients[tape[-1]] = start * np.ones_like(tape[-1].data)
        for value in order(tape):
            inputs = [parent.data for parent in value.parents]
            g = gradients[value] if upstream else np.ones_like(value.data)
            parts = rules[value.op](g, value.data, *inputs)
            for parent, part in zip(value.parents, parts[::-1] if swap else parts, strict=True):
                gradients[parent] = gradients[parent] + part if add else part
        return gradients

    return backward


def only_numbers(tape, rules):
    return {value: gradient.sum() for value, gradient in nb05._backward(tape, rules).items()}


def in_place(tape, rules):
    gradients = {value: np.zeros_like(value.data) for value in tape}
    gradients[tape[-1]] += 1
    for k in range(len(tape) - 1, -1, -1):
        value = tape[k]
        parts = rules[value.op](gradients[value], value.data, *[parent.data for parent in value.parents])
        for parent, part in zip(value.parents, parts, strict=True):
            gradients[parent] += part
    return gradients


def start(tape, rules):
    gradients = {value: np.zeros_like(value.data) for value in tape}
    gradients[tape[-1]] = np.ones_like(tape[-1].data)
    return gradients


def trained(steps=2500, rate=1.0, seed=0, hidden=(8, 8), biases=True, equal=False, as_values=False):
    """A network 2-8-8-1 of the banknotes, trained by the formulas; the six parameters."""
    x, y = nb05._notes()
    rng = np.random.default_rng(seed)
    weights = []
    for n, m in [(2, hidden[0]), hidden, (hidden[1], 1)]:
        weights += [np.full((n, m), 0.3) if equal else rng.normal(size=(n, m)) / np.sqrt(n), np.zeros(m)]
    for _ in range(steps):
        slopes = nb05._suspect("none")(x, y, weights)
        weights = [w - rate * g * (biases or w.ndim == 2) for w, g in zip(weights, slopes, strict=True)]
    return [nb05._Node(w) for w in weights] if as_values else weights


WEIGHTS = trained()

RIGHT = {
    "05.1": [([-2, 0, 4],), (np.array([-2.0, 0.0, 4.0]),), ((-2, 0, 4),)],
    "05.2": [(walk(),), (in_place,), (nb05._backward,)],
    "05.3": [
        (lambda g, out, X, W: (g @ W.T, X.T @ g),),
        (lambda g, out, X, W: [np.einsum("nk,jk->nj", g, W), (g.T @ X).T],),
    ],
    "05.4": [(WEIGHTS,), (trained(as_values=True),), (trained(seed=1, steps=4000),)],
    "05.5": [({1: "C", 2: "A", 3: "D", 4: "B"},)],
}

WRONG = {
    "05.1": [
        ([-3, 0, 4], "two paths"),
        ([1, 0, 4], "direct one alone"),
        ([-2, -3, 4], "does not copy"),
        ([1, -3, 4], "larger input"),
        ([-2, 0, -3], "swaps"),
        ([5, 0, -3], "swaps"),
        ([-2, 0, 1], "larger of 4 and 1"),
        ([2, 0, 4], "sign"),
        ([-2, 1, 4], "gets nothing"),
        ([4, 0, -2], "order"),
        ([4, 1, -3], "values"),
        (-2, "shape"),
    ],
    "05.2": [
        (walk(add=False), "add up"),
        (walk(order=iter), "stops near"),
        (start, "stops near"),
        (walk(swap=True), "in their order"),
        (walk(upstream=False), "gradient of the value itself"),
        (walk(start=2.0), "are other ones"),
        (only_numbers, "shape"),
        (lambda tape, rules: [1.0], "dictionary"),
        (lambda tape, rules: {tape[-1]: 1.0}, "lacks"),
        (lambda tape: {}, "positional argument"),
    ],
    "05.3": [
        (lambda g, out, X, W: (X.T @ g, g @ W.T), "wrong order"),
        (lambda g, out, X, W: (g @ W.T, g.T @ X), "shape of W"),
        (lambda g, out, X, W: (g @ W, X.T @ g), "fit"),
        (lambda g, out, X, W: g @ W.T, "two gradients"),
        (lambda g, out, X, W: (W @ g.T, X.T @ g), "shape of X"),
        (lambda g, out, X, W: (g @ W.T, X.T @ g / len(X)), "number of rows"),
        (lambda g, out, X, W: (np.ones_like(g) @ W.T, X.T @ g), "upstream"),
        (lambda g, out, X, W: (-g @ W.T, X.T @ g), "sign"),
        (lambda g, out, X, W: (g * W, X * g), "@"),
    ],
    "05.4": [
        (WEIGHTS[:4], "six parameters"),
        ([w.T for w in WEIGHTS], "W1 should have the shape"),
        (trained(hidden=(8, 4)), "W2 should have the shape"),
        (trained(steps=0), "guessing"),
        (trained(steps=300), "more steps"),
        (trained(steps=300, rate=-1.0), "against"),
        (trained(biases=False), "biases"),
        (trained(equal=True), "the same"),
        ([0 * w for w in WEIGHTS], "All parameters are 0"),
        ([np.nan * w for w in WEIGHTS], "nan"),
        (lambda x: x, "not the function"),
    ],
    "05.5": [
        ({1: "E", 2: "A", 3: "D", 4: "B"}, "no errors"),
        ({1: "C", 2: "A", 3: "D"}, "dictionary"),
        ("CADB", "dictionary"),
        ({1: "C", 2: "A", 3: "D", 4: "A"}, "four different"),
        ({1: "B", 2: "A", 3: "C", 4: "D"}, "sign first"),
        ({1: "D", 2: "A", 3: "C", 4: "B"}, "biases"),
        ({1: "A", 2: "C", 3: "D", 4: "B"}, "exchanged"),
        ({1: "X", 2: "Y", 3: "D", 4: "B"}, "letters"),
    ],
}
