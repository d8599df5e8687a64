"""Exercises of notebook 13, a recurrent net from scratch."""

from typing import Any

import numpy as np
from scipy import special

from dlhelpers.exercises.core import OTHER, NotYet, Untried, array, call, chosen_letters, close, exercise, grade, number


def _unit(inputs: Any, activation: Any = np.tanh, u: float = 1.0, w: float = 0.5) -> np.ndarray:
    """The states of the one-unit net of the text."""
    states = [0.0]
    for x in inputs:
        states.append(activation(u * x + w * states[-1]))
    return np.array(states[1:])


@exercise(
    "13.1",
    "The first step: h1 = tanh(1 * x1 + 0.5 * h0), with x1 = 1 and h0 = 0.",
    "In the second step the input is 0, but the state is not: h2 = tanh(1 * 0 + 0.5 * h1). The third is alike.",
    "h1 = np.tanh(1.0); h2 = np.tanh(0.5 * h1); h3 = np.tanh(0.5 * h2); states = [h1, h2, h3]",
    praise="0.7616, 0.3634, 0.1797: one input, and its echo.",
)
def states_by_hand(states: Any) -> str | None:
    values = array(states).ravel()
    right = _unit([1, 0, 0])
    if values.size == 4 and close(values, np.r_[0, right]):
        return "Right numbers, with h0 in front. Only the states after the three inputs are asked for."
    if values.size != 3:
        return f"Three states are asked for, one after each input; these are {values.size} numbers."
    mistakes = [
        (_unit([1, 0, 0], activation=float), "The tanh is missing: each new state passes through it."),
        (np.tanh([1, 0.5, 0.25]), "The tanh belongs into every step: h2 reads the h1 that has been through it."),
        (np.tanh([1, 0, 0]), "The state is forgotten between the steps: h2 also gets 0.5 times h1."),
        (_unit([1, 0, 0], w=1.0), "The old state comes in with the weight W = 0.5, not 1."),
        (_unit([1, 0, 0], u=0.5, w=1.0), "U and W are swapped: U = 1 meets the input, W = 0.5 the old state."),
        (_unit([1, 0, 0], u=0.5), "The input comes in with the weight U = 1, not 0.5."),
        (np.tanh(1) * np.array([1, 0.5, 0.25]), "Only the first state went through the tanh. Each one does."),
        (_unit([1, 1, 1]), "The input is 1 in the first step only, then 0."),
        (right[::-1], "Right numbers, in the wrong order: first h1."),
        (_unit([1, 0, 0], activation=special.expit), "This is the sigmoid. The state goes through the tanh."),
    ]
    return grade(values, right, mistakes, rounding=True)


GRADIENTS = [np.array([3.0, -4.0]), np.array([0.3, 0.4]), np.array([[1.0, -2.0], [2.0, 4.0]]), np.array([0.0, 0.0])]


@exercise(
    "13.2",
    "Compute the norm first: np.linalg.norm(g). Two cases: it is above the limit, or it is not.",
    "Above the limit, the direction g / norm is kept, and its length becomes the limit.",
    "norm = np.linalg.norm(g); return g * (limit / norm) if norm > limit else g",
    praise="Large gradients get shorter, small ones stay as they are, none changes its direction.",
)
def gradient_clipping(function: Any) -> str | None:
    def answers(g: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return array(call(function, g.copy(), 1.0), finite=False)

    g, norm = GRADIENTS[0], 5.0
    large = answers(g)
    try:
        small, nothing = answers(GRADIENTS[1]), answers(GRADIENTS[3])
    except Untried:
        return "For a gradient below the limit your function returns nothing. Return g there, too."
    try:
        matrix = answers(GRADIENTS[2])
    except NotYet:
        matrix = np.empty(0)
    if large.shape != g.shape:
        return f"The clipped gradient has the shape of g; for {g.shape} yours has {large.shape}."
    clipped = np.clip(g, -1, 1), np.minimum(g, 1), np.where(abs(g) > 1, 1, g)
    mistakes = [
        (*clipped, "This clips each component by itself and turns the gradient. Scale all of it by one number."),
        (g, "A long gradient comes out unchanged. Above the limit it must be scaled down."),
        (g / abs(g).max(), "This limits the largest component. The norm is the root of the sum of the squares."),
        (g / abs(g).sum(), "This limits the sum of the sizes. The norm is the root of the sum of the squares."),
        (g / norm**2, "Divide by the norm, not by its square."),
        (g * norm, "The factor is upside down: it makes a long gradient longer still."),
        (abs(g) / norm, "The signs are lost: the direction must stay."),
    ]
    if message := grade(large, g / norm, mistakes):
        return message
    if not close(array(call(function, g.copy(), 2.0), finite=False), 2 * g / norm):
        return "With a limit of 1 it is right, but the length must become the limit that comes in."
    if close(small, GRADIENTS[1] / 0.5):
        return "A short gradient is made longer. If the norm is below the limit, leave g as it is."
    if not close(small, GRADIENTS[1]):
        return "A gradient shorter than the limit must come out unchanged."
    if not close(matrix, GRADIENTS[2] / 5):
        return "For a matrix the norm is taken over all entries together: np.linalg.norm(g), without ord or axis."
    return None if close(nothing, GRADIENTS[3]) else "A gradient of 0 must come out as 0."


@exercise(
    "13.3",
    "Each group has a matrix for the input (10 x 64), one for the old state (64 x 64), and biases.",
    "The LSTM has 4 such groups with one row of 64 biases each, the GRU of Keras 3 with two rows (see gru_step).",
    "parameters = [4 * (10 * 64 + 64 * 64 + 64), 3 * (10 * 64 + 64 * 64 + 2 * 64)]",
    praise="Most of it is the square matrix R: the cost grows with the square of the units.",
)
def gated_parameters(parameters: Any) -> str | None:
    values = array(parameters).ravel()
    if values.size != 2:
        return "Two numbers are asked for, first the LSTM's, then the GRU's."
    inputs, state, bias = 10 * 64, 64 * 64, 64
    group, two_rows = inputs + state + bias, inputs + state + 2 * bias
    lstm, gru = 4 * group, 3 * two_rows
    of_lstm = {
        4 * (inputs + bias): "The old state comes in through a matrix, too: R, 64 x 64 for each group.",
        4 * inputs: "The old state comes in through a matrix, too: R, 64 x 64 for each group.",
        4 * (state + bias): "The input comes in through a matrix, too: K, 10 x 64 for each group.",
        4 * state: "The input comes in through a matrix, too: K, 10 x 64 for each group.",
        3 * group: "The candidate needs weights as well: 3 gates and a candidate in the LSTM, 2 and one in the GRU.",
        4 * two_rows: "The LSTM of Keras has one row of biases for each group; only the GRU has two.",
        lstm: "The LSTM is right. Count the GRU alike: how many groups, and how many rows of biases?",
    }
    mistakes = [
        ((gru, lstm), "Right numbers, wrong order: first the LSTM."),
        ((lstm, 3 * group), "The LSTM is right. The GRU of Keras has two rows of biases: look at b in `gru_step`."),
        ((4 * (inputs + state), 3 * (inputs + state)), "The biases are missing."),
        ((group, group), (group, two_rows), "This is one group of weights, a SimpleRNN. How many groups has each layer?"),
    ]
    return grade(values, (lstm, gru), mistakes, rtol=0, other=of_lstm.get(values[0], OTHER))


STACKS = [(2, [1, 1, 1, 1]), (2, [1, 2, 4, 8]), (5, [1, 5, 25]), (3, [1]), (4, [2, 6]), (1, [1, 2])]


@exercise(
    "13.4",
    "One layer: a kernel of k weights with dilation d reaches d * (k - 1) steps back. And the present?",
    "Each layer adds its own reach to that of the layers below: 1 for the present, plus all the reaches.",
    "return 1 + (kernel_size - 1) * sum(dilations)",
    praise="(k - 1) d steps more with each layer. Test it on the nets below.",
)
def receptive_field(function: Any) -> str | None:
    got = np.array([number(call(function, k, list(dilations))) for k, dilations in STACKS])
    k = np.array([case[0] for case in STACKS])
    total = np.array([sum(case[1]) for case in STACKS])
    depth = np.array([len(case[1]) for case in STACKS])
    product = np.array([np.prod(case[1]) for case in STACKS])
    top = np.array([max(case[1]) for case in STACKS])
    mistakes = [
        ((k - 1) * total, "The present is missing: one more."),
        (k * total, 1 + k * total, "A kernel of k weights has k - 1 gaps: it reaches (k - 1) * d steps back."),
        (1 + (k - 1) * depth, "This is without dilation. A gap is d steps wide, with another d in each layer."),
        (k**depth, "This holds only if the dilations grow as 1, k, k * k. Add up what each layer reaches."),
        (1 + (k - 1) * product, k * product, "The layers stand on each other: their reaches add up, they do not multiply."),
        (1 + (k - 1) * top, k * top, "This is the widest layer alone. The others reach back, too."),
        (1 + total, "This is for kernels of 2 weights. A kernel of k weights has k - 1 gaps."),
        (depth * k, "The layers share inputs, and the dilation is missing. Count how far back each layer reaches."),
    ]
    return grade(got, 1 + (k - 1) * total, mistakes)


@exercise(
    "13.5",
    "Go through the four and ask: did a value from the test years touch anything before the test?",
    "A: neighbours of a test window share most of its values. B: what went into the mean? C: what is left over?",
    'D makes the choice fit the test years. So leaks = "ABD".',
    praise="Windows, scales and choices: all three must stay in the past. C does.",
)
def leaking_splits(leaks: Any) -> str | None:
    chosen = chosen_letters(leaks, "ABCD")
    if chosen == set("ABD"):
        return None
    if "C" in chosen and chosen != set("ABCD"):
        return "C is sound: all that is forecast in the test lies after all that was used in training. Inputs may reach back over the border: a forecaster knows its past."
    if chosen == set("ABCD"):
        return "One of the four is sound: which one keeps all of the test years out of sight?"
    if "A" not in chosen:
        return "Look at A again: windows overlap, so a random test window has its near twins in the training set."
    if "B" not in chosen:
        return "Look at B again: the mean and the sd know the height of the cycles to come."
    return "Look at D again: a choice made by the test error has used the test set."
