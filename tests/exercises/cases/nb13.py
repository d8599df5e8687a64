import functools

import numpy as np
from scipy.special import expit

from dlhelpers.exercises import nb13


def loop(activation="tanh", back=True, bias=True, turn=False, start=False, last=False, axis=1, numpy=False, order=1):
    """`rnn_states` of exercise 13.1, right or with one thing changed."""

    def rnn_states(x, U, W, b):
        from keras import ops

        h, states = ops.zeros((x.shape[0], W.shape[0])), []
        if start:
            states.append(h)
        for t in range(x.shape[1])[::order]:
            total = x[:, t] @ U + (h @ (ops.transpose(W) if turn else W) if back else 0) + (b if bias else 0)
            h = np.tanh(total) if numpy else getattr(ops, activation)(total) if activation else total
            states.append(h)
        return h if last else ops.stack(states, axis=axis)

    return rnn_states


def early_bracket(bias_only=False, added=False):
    """The bracket of the tanh closes too early; or the new state is added to the old one."""

    def rnn_states(x, U, W, b):
        from keras import ops

        h, states = ops.zeros((x.shape[0], W.shape[0])), []
        for t in range(x.shape[1]):
            if added:
                h = h + ops.tanh(x[:, t] @ U + h @ W + b)
            else:
                h = ops.tanh(x[:, t] @ U + h @ W) + b if bias_only else ops.tanh(x[:, t] @ U) + h @ W + b
            states.append(h)
        return ops.stack(states, axis=1)

    return rnn_states


def appended_first(x, U, W, b):
    h, states = np.zeros((len(x), len(b))), []
    for t in range(x.shape[1]):
        states.append(h)
        h = np.tanh(x[:, t] @ U + h @ W + b)
    return np.stack(states, axis=1)


def nothing_appended(x, U, W, b):
    from keras import ops

    return ops.stack([], axis=1)


def stacked_by_numpy(x, U, W, b):
    return np.stack(list(np.moveaxis(np.array(loop()(x, U, W, b)), 1, 0)), axis=1)


def columns(x, U, W, b):
    from keras import ops

    h = ops.zeros((x.shape[0], W.shape[0]))
    return ops.tanh(x[:, 0] @ U + W @ h + b)


def over_series(x, U, W, b):
    h, states = np.zeros((len(x), len(b))), []
    for x_t in x:
        h = np.tanh(x_t @ U + h @ W + b)
        states.append(h)
    return np.stack(states, axis=1)


def with_concatenation(x, U, W, b):
    import tensorflow as tf

    h, states = tf.zeros((x.shape[0], W.shape[0])), []
    for x_t in tf.unstack(x, axis=1):
        h = tf.tanh(tf.concat([x_t, h], axis=1) @ tf.concat([U, W], axis=0) + b)
        states.append(h[:, None])
    return tf.concat(states, axis=1)


def step(sigmoid=expit, candidate=np.tanh, swap=False, tanh=np.tanh, old=True, coupled=False, gated=True, turned=False):
    """`lstm_step` of exercise 13.3, right or with one thing changed."""

    def lstm_step(x, h, c, K, R, b):
        i, f, g, o = np.split(x @ K + h @ R + b, 4, axis=-1)
        i, f, g, o = sigmoid(i), sigmoid(f), candidate(g), sigmoid(o)
        i, f = (f, i) if swap else (i, f)
        i = 1 - f if coupled else i
        new = (f * c if old else 0) + (i * g if gated else g)
        h = o * tanh(new)
        return (new, h) if turned else (h, new)

    return lstm_step


def with_slices(x, h, c, K, R, b):
    n = c.shape[-1]
    z = np.concatenate([x, h], axis=-1) @ np.concatenate([K, R]) + b
    new = c / (1 + np.exp(-z[..., n : 2 * n])) + np.tanh(z[..., 2 * n : 3 * n]) / (1 + np.exp(-z[..., :n]))
    return [np.tanh(new) / (1 + np.exp(-z[..., 3 * n :])), new]


def old_cell_shown(x, h, c, K, R, b):
    o = expit(np.split(x @ K + h @ R + b, 4, axis=-1)[3])
    return o * np.tanh(c), nb13._lstm_step(x, h, c, K, R, b)[1]


def plain(which):
    """The new cell with one thing wrong in it; the new h belongs to the right one."""

    def lstm_step(x, h, c, K, R, b):
        i, f, g, o = np.split(x @ K + h @ R + b, 4, axis=-1)
        i, g, f = i if which == "i" else expit(i), np.tanh(g), f if which == "f" else expit(f)
        f = 1 - f if which == "turned" else f
        new = f * (h if which == "state" else c) + i * g
        return expit(o) * np.tanh(new), new

    return lstm_step


def no_output_gate(x, h, c, K, R, b):
    new = nb13._lstm_step(x, h, c, K, R, b)[1]
    return np.tanh(new), new


def memory(kind="LSTM", sequences=True, forget=20.0, scale=0.1):
    """A network of one unit with weights set by hand: it takes a marked value in and keeps it."""
    import keras

    layer = getattr(keras.layers, kind)(1, return_sequences=sequences)
    model = keras.Sequential([keras.Input((None, 2)), layer, keras.layers.Dense(1)])
    if kind == "LSTM":  # i, f, g, o
        K = [[0, 0, scale, 0], [20, -20, 0, 0]]
        layer.set_weights([np.array(K), np.zeros((1, 4)), np.array([-10, forget - 10, 0, 20])])
    else:  # z, r, g
        layer.set_weights([np.array([[0, 0, scale], [-20, 0, 0]]), np.zeros((1, 3)), np.array([[10, 0, 0], [0, 0, 0]])])
    model.layers[-1].set_weights([np.array([[1 / scale]]), np.zeros(1)])
    return model


def untrained(*stack, start=(None, 2)):
    import keras

    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input(start), *[getattr(keras.layers, name)(n, **how) for name, n, how in stack]])


def seen_by_loop(kernel_size, dilations):
    seen = 1
    for d in dilations:
        seen += (kernel_size - 1) * d
    return np.int64(seen)


RIGHT = {
    "13.1": [(loop(),), (with_concatenation,), (nb13._rnn_states,)],
    "13.2": [([0.675**20, 12],), ((0.000385852, 12),)],
    "13.3": [(step(),), (with_slices,)],
    "13.5": [("ABD",), (["D", "A", "B"],), ("a, b, d",)],
    "13.6": [(lambda k, d: 1 + (k - 1) * sum(d),), (seen_by_loop,)],
}

WRONG = {
    "13.1": [
        (loop(activation=None), "tanh is missing"),
        (loop(activation="sigmoid"), "sigmoid"),
        (loop(activation="relu"), "ReLU"),
        (loop(back=False), "no effect"),
        (loop(bias=False), "bias"),
        (loop(turn=True), "transpose"),
        (loop(start=True), "too many"),
        (loop(last=True), "all"),
        (loop(axis=0), "axis=1"),
        (loop(order=-1), "end"),
        (loop(numpy=True), "ops.tanh"),
        (over_series, "(series, steps, inputs)"),
        (early_bracket(), "the old state and the bias belong into"),
        (early_bracket(bias_only=True), "the bias belongs into"),
        (early_bracket(added=True), "added to the old one"),
        (appended_first, "appended before"),
        (nothing_appended, "list stays empty"),
        (stacked_by_numpy, "`ops.stack`"),
        (columns, "`h @ W`"),
        (lambda x, U, W, b: loop()(x, U, W, b)[:, :1], "behind the loop"),
        (lambda x, U, W, b: loop()(x, U, W, b)[:, :3], "as many steps as series"),
        (np.ones((3, 5, 4)), "function"),
    ],
    "13.2": [
        ([0.9**20, 44], "without the slope"),
        ([0.675**20, 44], "leaves out"),
        ([0.675**20, 11], "0.0133"),
        ([0.675**20, 13], "enough"),
        ([0.675**20, 11.7], "whole"),
        ([0.75**20, 17], "slope of tanh alone"),
        ([0.45**20, 6], "square"),
        ([(0.9 * (1 - np.tanh(0.5) ** 2)) ** 20, 14], "already"),
        ([0.675, 12], "one step"),
        ([0.9**20 * 0.75, 12], "not only once"),
        ([0.0386, 12], "per cent"),
        ([0, 12], "not 0"),
        ([13.5, 12], "multiply"),
        ([12, 0.675**20], "order"),
        ([0.0004, 12], "rounded"),
        (0.675**20, "Two numbers"),
    ],
    "13.3": [
        (step(turned=True), "order"),
        (step(swap=True), "exchanged"),
        (step(candidate=lambda g: g), "not yet squashed"),
        (step(candidate=expit), "through tanh"),
        (step(sigmoid=lambda a: a), "plain sums"),
        (step(sigmoid=np.tanh), "between 0 and 1"),
        (step(old=False), "lost"),
        (step(coupled=True), "coupled"),
        (step(gated=False), "input gate"),
        (step(tanh=lambda c: c), "tanh is missing"),
        (old_cell_shown, "old cell"),
        (plain("i"), "pass i"),
        (plain("f"), "pass f"),
        (plain("turned"), "stays"),
        (plain("state"), "not of the state"),
        (no_output_gate, "output gate is missing"),
        (lambda *arguments: step()(*arguments)[0], "two things"),
        (lambda x, h, c, K, R, b: step()(x, h, c, R, K, b), "fit"),
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
    "13.6": [
        ((lambda k, d: (k - 1) * sum(d),), "present"),
        ((lambda k, d: k * sum(d),), "gaps"),
        ((lambda k, d: 1 + (k - 1) * len(d),), "without dilation"),
        ((lambda k, d: k ** len(d),), "Add up"),
        ((lambda k, d: 1 + (k - 1) * np.prod(d),), "multiply"),
        ((lambda k, d: 1 + (k - 1) * max(d),), "widest"),
        ((lambda k, d: 1 + sum(d),), "2 weights"),
        ((lambda k, d: k + (k - 1) * sum(d),), "counted twice"),
        ((lambda k, d: sum((k - 1) * one + 1 for one in d),), "counts once"),
        ((lambda k, d: np.prod([1 + (k - 1) * one for one in d]),), "does not multiply"),
    ],
}

ALL = {"return_sequences": True}
MODELS = {
    "13.4": (
        [memory, functools.partial(memory, "GRU")],
        [
            (functools.partial(memory, sequences=False), "return_sequences=True"),
            (functools.partial(memory, forget=12.5), "It forgets"),
            (lambda: untrained(("LSTM", 8, ALL), ("Dense", 1, {})), "trained"),
            (lambda: untrained(("Dense", 8, {}), ("Dense", 1, {})), "recurrent layer"),
            (lambda: untrained(("LSTM", 8, ALL)), "(400, 50, 1)"),
            (lambda: untrained(("LSTM", 8, ALL), ("Dense", 1, {}), start=(None, 3)), "could not read"),
            (lambda: (memory(), "history"), "memory_net, _"),
            (lambda: 0.005, "Keras model"),
        ],
    ),
}
