"""Facts of the lectures about feed-forward networks that no notebook computes."""

import math
from itertools import product

import numpy as np


def relu(z):
    return np.maximum(z, 0)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def slope(f, z, h=1e-6):
    return (f(z + h) - f(z - h)) / (2 * h)


def test_F124_a_tanh_network_is_nearly_linear_for_small_inputs():
    """The gap between a tanh network and its linear twin shrinks with the square of the input's size."""
    rng = np.random.default_rng(0)
    V, U, w, x = rng.normal(size=(3, 5)), rng.normal(size=(5, 4)), rng.normal(size=4), rng.normal(size=3)

    def gap(scale):
        linear = w @ (U.T @ (V.T @ (scale * x)))
        return abs(w @ np.tanh(U.T @ np.tanh(V.T @ (scale * x))) - linear) / abs(linear)

    assert np.isclose(gap(1e-2) / gap(1e-3), 100, rtol=0.02)
    assert np.isclose(gap(1e-3) / gap(1e-4), 100, rtol=0.02)


def test_F126_relu_has_two_slopes_at_zero():
    """At 0 the slope of ReLU is 0 from the left and 1 from the right; a library must choose, and takes 0."""
    h = 1e-6
    assert (relu(0) - relu(-h)) / h == 0 and np.isclose((relu(h) - relu(0)) / h, 1)
    assert (np.array([-1.0, 0.0, 1.0]) > 0).astype(float).tolist() == [0, 0, 1]


def test_F127_one_formula_for_relu_absolute_value_and_leaky_relu():
    """max(0, z) + a min(0, z) is ReLU for a = 0, |z| for a = -1, leaky ReLU for a = 0.01."""
    z = np.array([-2.0, 0.0, 3.0])
    general = lambda a: np.maximum(0, z) + a * np.minimum(0, z)  # noqa: E731
    assert general(0).tolist() == [0, 0, 3]
    assert general(-1).tolist() == [2, 0, 3] == abs(z).tolist()
    assert np.allclose(general(0.01), [-0.02, 0, 3])
    learned = slope(lambda a: (np.maximum(0, z) + a * np.minimum(0, z)).sum(), 0.25)
    assert np.isclose(learned, -2)  # PReLU: a has a slope of its own


def test_F128_a_small_positive_bias_keeps_more_units_active_at_the_start():
    """With bias 0 about half of the ReLU units are active, with bias 0.1 more of them."""
    rng = np.random.default_rng(1)
    z = rng.normal(size=(500, 20)) @ rng.normal(size=(20, 50)) * 0.1
    active = [(z + bias > 0).mean() for bias in (0, 0.1)]
    assert abs(active[0] - 0.5) < 0.05 and active[1] > active[0] + 0.05


def test_F129_maxout_makes_other_units_and_any_convex_curve():
    """Two pieces give ReLU, |z| and leaky ReLU exactly; 25 tangents follow z² on [-3, 3] within 0.016."""
    z = np.linspace(-3, 3, 2001)
    for pieces, unit in [((0, 1), relu(z)), ((-1, 1), abs(z)), ((0.01, 1), np.where(z > 0, z, 0.01 * z))]:
        assert np.array_equal(np.maximum(pieces[0] * z, pieces[1] * z), unit)
    at = np.linspace(-3, 3, 25)
    tangents = (2 * at[:, None] * z - at[:, None] ** 2).max(axis=0)
    assert 0.015 < (z**2 - tangents).max() < 0.016
    assert (np.diff(tangents, 2) > -1e-12).all()  # convex, like every maximum of lines


def test_F130_other_hidden_units():
    """An RBF unit is 1 at its template, hard tanh clips to [-1, 1], softplus lies above ReLU, cosine is periodic.

    The slide heads them as output units; they are hidden units.
    """
    template, z = np.array([1.0, -2.0]), np.linspace(-5, 5, 101)
    rbf = lambda x: np.exp(-((x - template) ** 2).sum() / 0.5**2)  # noqa: E731
    hard_tanh, softplus = np.clip(z, -1, 1), np.log1p(np.exp(z))
    assert rbf(template) == 1 and rbf(template + 0.1) < 1
    assert hard_tanh.min() == -1 and hard_tanh.max() == 1 and np.isclose(hard_tanh[55], z[55])
    assert (softplus > relu(z)).all() and np.allclose((softplus - relu(z))[[0, -1]], 0, atol=0.01)
    assert np.allclose(np.cos(z + 2 * np.pi), np.cos(z))


def test_F140_sums_and_matrices_of_a_two_layer_network():
    """M (D + 1) + K (M + 1) parameters, and the double sum gives what the matrices give."""
    rng = np.random.default_rng(2)
    D, M, K = 4, 5, 3
    W1, b1, W2, b2 = rng.normal(size=(M, D)), rng.normal(size=M), rng.normal(size=(K, M)), rng.normal(size=K)
    assert sum(a.size for a in (W1, b1, W2, b2)) == M * (D + 1) + K * (M + 1) == 43
    x = rng.normal(size=D)
    y = [
        sum(W2[k, j] * sigmoid(sum(W1[j, i] * x[i] for i in range(D)) + b1[j]) for j in range(M)) + b2[k]
        for k in range(K)
    ]
    assert np.allclose(y, W2 @ sigmoid(W1 @ x + b1) + b2)


def test_F141_output_unit_and_distribution_belong_together():
    """With linear/Gaussian, sigmoid/Bernoulli and softmax/multinoulli the NLL has the slope output - target."""
    z, y = 0.7, 1.0
    gaussian = slope(lambda z: 0.5 * (y - z) ** 2 + 0.5 * math.log(2 * math.pi), z)
    bernoulli = slope(lambda z: -y * np.log(sigmoid(z)) - (1 - y) * np.log(1 - sigmoid(z)), z)
    scores = np.array([z, 0.0, -1.0])
    p = np.exp(scores) / np.exp(scores).sum()
    multinoulli = slope(lambda z: np.log(np.exp([z, 0.0, -1.0]).sum()) - z, z)
    assert np.allclose([gaussian, bernoulli, multinoulli], [z - y, sigmoid(z) - y, p[0] - 1], atol=1e-6)
    assert np.isclose(np.exp([0.7, 0]).max() / np.exp([0.7, 0]).sum(), sigmoid(z))  # two classes: a sigmoid


def test_F142_a_clipped_output_has_no_gradient_outside():
    """max(0, min(1, z)) has slope 0 outside of [0, 1]; a sigmoid always has some slope."""
    clipped = lambda z: np.maximum(0, np.minimum(1, z))  # noqa: E731
    outside = np.array([-3.0, -0.5, 1.5, 4.0])
    assert (slope(clipped, outside) == 0).all() and np.isclose(slope(clipped, 0.3), 1)
    assert (sigmoid(outside) * (1 - sigmoid(outside)) > 0).all()
    assert 0 < sigmoid(-20.0) * (1 - sigmoid(-20.0)) < 1e-8


def test_F143_number_of_boolean_functions():
    """n bits have 2^(2^n) Boolean functions, and choosing one takes 2^n bits."""
    for n, count in [(1, 4), (2, 16), (3, 256)]:
        inputs = list(product((0, 1), repeat=n))
        assert len(set(product((0, 1), repeat=len(inputs)))) == count == 2 ** (2**n)
    assert 2 ** (2**5) == 4_294_967_296 and math.log2(2 ** (2**5)) == 2**5


def test_F144_F158_folding_doubles_the_pieces_with_each_layer():
    """|.| folds: y -> 2|y| - 1, d times, has 2^d linear pieces, with one unit for each layer.

    So depth can gain exponentially, for functions with that structure; a single layer needs a kink for each piece.
    """
    x = np.linspace(-1, 1, 2**12 + 1)
    y, pieces = x, []
    for depth in range(1, 8):
        y = 2 * abs(y) - 1
        pieces.append(1 + (abs(np.diff(y, 2)) > 1e-9).sum())
        assert pieces[-1] == 2**depth
    one_layer = relu(x[:, None] - np.linspace(-1, 1, 2**7 + 1)[None, 1:-1])
    design = np.column_stack([np.ones_like(x), x, one_layer])
    fitted = design @ np.linalg.lstsq(design, y, rcond=None)[0]
    fewer = design[:, :66] @ np.linalg.lstsq(design[:, :66], y, rcond=None)[0]
    assert abs(fitted - y).max() < 1e-6 and abs(fewer - y).max() > 0.5  # 127 kinks do it, 64 do not


def test_F151_monomials_of_degree_1000_in_1000_variables():
    """There are C(1999, 1000), about 10^600; the slide's 1000^1000 / 1000! is 10^432.4 and too small."""
    exact = math.comb(1999, 1000)
    slide = 1000**1000 // math.factorial(1000)
    assert round(math.log10(exact), 1) == 600.0 and round(math.log10(slide), 1) == 432.4
    few = [m for m in product(range(4), repeat=3) if sum(m) == 3]  # degree 3 in 3 variables
    assert len(few) == math.comb(5, 3) == 10


def test_F152_black_and_white_images_of_one_megapixel():
    """There are 2^1000000 of them, a number with 301 030 digits."""
    assert math.floor(1_000_000 * math.log10(2)) + 1 == 301_030
    assert len(str(2**1000)) == math.floor(1000 * math.log10(2)) + 1  # the same count, where it can be written out


def test_F154_parameters_of_784_16_16_10():
    """The network has 13 002 parameters, and all but 442 of them are in its first layer."""
    sizes = [784, 16, 16, 10]
    layers = [inputs * units + units for inputs, units in zip(sizes[:-1], sizes[1:], strict=True)]
    assert sum(layers) == 13_002 and sum(layers[1:]) == 442


def test_F155_one_hidden_layer_comes_closer_as_it_grows():
    """The best fit of sin x cos 2x by 4, 16 and 64 ReLU kinks errs by about 0.5, 0.06 and 0.004 at most."""
    x = np.linspace(-3, 3, 2001)
    target, errors = np.sin(x) * np.cos(2 * x), []
    for units in (4, 16, 64):
        design = np.column_stack([np.ones_like(x), relu(x[:, None] - np.linspace(-3, 3, units + 1)[None, :-1])])
        errors.append(abs(design @ np.linalg.lstsq(design, target, rcond=None)[0] - target).max())
    assert np.allclose(errors, [0.511, 0.063, 0.0036], rtol=0.1)


def test_F159_cosine_units_make_useful_features():
    """The claim of under 1 % error on MNIST is empirical; here cosine units separate two rings, which no line can."""
    rng = np.random.default_rng(3)
    radius, angle = np.repeat([1.0, 2.0], 300), rng.uniform(0, 2 * np.pi, 600)
    x = (radius + 0.1 * rng.normal(size=600))[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    y, order = np.sign(radius - 1.5), rng.permutation(600)
    train, test = order[:300], order[300:]

    def error(features):
        weights = np.linalg.lstsq(features[train], y[train], rcond=None)[0]
        return (np.sign(features[test] @ weights) != y[test]).mean()

    cosines = np.cos(x @ rng.normal(size=(2, 40)) + rng.uniform(0, 2 * np.pi, 40))
    assert error(cosines) < 0.02 and error(np.column_stack([np.ones(600), x])) > 0.3


def test_F160_depth_depends_on_what_counts_as_a_step():
    """Logistic regression is one step, or three (multiply, add, sigmoid): the same function with depth 1 or 3."""
    w, x = np.array([0.5, -1.0, 2.0]), np.array([1.0, 2.0, 0.25])
    one_step = [lambda v: sigmoid(w @ v)]
    three_steps = [lambda v: w * v, np.sum, sigmoid]
    results = []
    for chain in (one_step, three_steps):
        value = x
        for step in chain:
            value = step(value)
        results.append(float(value))
    assert (len(one_step), len(three_steps)) == (1, 3) and np.isclose(*results)
