"""Facts of the lectures about recurrent nets, autoencoders, generative models and heads that serve no lesson."""

import itertools
import math

import numpy as np


def cells(T):
    """How often the cell of a recurrent net is used, forwards, and which call has to wait for which."""
    return [(t, t - 1 if t else None) for t in range(T)]


def test_F265_back_propagation_through_time_is_linear_and_serial():
    """T steps keep T states, and each waits for the one before: the longest chain is T."""
    for T in (10, 20):
        waits = dict(cells(T))
        t, chain = T - 1, 1
        while waits[t] is not None:
            t, chain = waits[t], chain + 1
        assert len(waits) == T and chain == T


def test_F266_three_designs_of_recurrent_nets():
    """Hidden to hidden carries n numbers, output to hidden q only; the third gives one output at the end."""
    rng = np.random.default_rng(0)
    n, q, T = 5, 1, 6
    x, W, V, R = rng.normal(size=(T, n)), rng.normal(size=(n, n)), rng.normal(size=(n, q)), rng.normal(size=(q, n))

    def hidden(feedback):
        h, o, outputs = np.zeros(n), np.zeros(q), []
        for step in x:
            h = np.tanh(step + (h @ W if feedback == "hidden" else o @ R))
            o = h @ V
            outputs.append(o)
        return np.array(outputs)

    assert hidden("hidden").shape == hidden("output").shape == (T, q) and hidden("hidden")[-1:].shape == (1, q)
    assert np.linalg.matrix_rank(W) == n and np.linalg.matrix_rank(V @ R) == q
    # Training on the true outputs, all steps of the second design are computed at once: none waits for another.
    true = rng.normal(size=(T, q))
    before = np.r_[np.zeros((1, q)), true[:-1]]
    at_once = np.tanh(x + before @ R)
    assert all(np.allclose(at_once[t], np.tanh(x[t] + before[t] @ R)) for t in range(T))


def test_F270_variance_of_a_product_of_weights():
    """nu^n, for weights of any deep graph and not of recurrent nets alone: 0.125 for 0.5 and 3, and 0.933 keeps 0.5."""
    assert 0.5**3 == 0.125 and math.isclose(0.5 ** (1 / 10), 0.933, abs_tol=1e-3)
    w = np.random.default_rng(1).normal(0, np.sqrt(0.5), size=(400_000, 3))  # three different weights: no recurrence
    assert abs(w.prod(axis=1).var() - 0.125) < 0.01


def test_F289_shared_weights_find_a_year_anywhere():
    """1999 is word 6 of the one sentence and word 2 of the other; one detector for all places finds both."""
    sentences = ["I went to Nepal in 1999", "In 1999, I went to Nepal"]
    words = [[word.strip(",") for word in sentence.split()] for sentence in sentences]
    found = [[i for i, word in enumerate(row, 1) if word.isdigit()] for row in words]
    assert found == [[6], [2]] and [row[5].isdigit() for row in words] == [True, False]  # word 6 alone finds one


def test_F319_tied_weights_save_one_of_the_two_matrices():
    """784 to 32 to 784 with biases: 25 120 + 25 872 = 50 992 parameters, of which tying saves 25 088."""
    encoder, decoder = [(784, 32), (32,)], [(32, 784), (784,)]
    count = [sum(int(np.prod(shape)) for shape in part) for part in (encoder, decoder)]
    assert count == [25120, 25872] and sum(count) == 50992
    tied = {tuple(sorted(shape)) for shape in encoder + decoder}  # W and its transpose are one
    assert sum(count) - sum(int(np.prod(shape)) for shape in tied) == 25088


def test_F325_a_random_mask_zeroes_its_share_of_the_inputs():
    """30 to 50 % of the pixels of 1000 images set to zero: the share is kept within 0.2 percentage points."""
    rng = np.random.default_rng(0)
    images = rng.uniform(0.1, 1, size=(1000, 784))
    for share in (0.3, 0.4, 0.5):
        corrupted = images * (rng.uniform(size=images.shape) >= share)
        assert abs((corrupted == 0).mean() - share) < 0.002
        assert (corrupted == 0).mean(axis=1).std() > 0.01  # each image has a mask of its own


def test_F326_best_linear_denoiser_shrinks_by_its_share_of_the_variance():
    """x from N(0, 1) seen with noise of variance 0.5: the factor 1 / 1.5 has the smallest squared error."""
    factors = np.linspace(0, 1.5, 1501)
    errors = (factors - 1) ** 2 + 0.5 * factors**2
    assert np.isclose(factors[errors.argmin()], 1 / 1.5, atol=1e-3)
    rng = np.random.default_rng(0)
    x = rng.normal(size=200_000)
    noisy = x + np.sqrt(0.5) * rng.normal(size=x.size)
    assert np.isclose((noisy @ x) / (noisy @ noisy), 1 / 1.5, atol=0.01)


def test_F330_a_stack_of_contractions_is_a_contraction():
    """The norm of a product of Jacobians is at most the product of their norms."""
    rng = np.random.default_rng(2)
    layers = [M * 0.9 / np.linalg.norm(M, 2) for M in (rng.normal(size=(6, 4)), rng.normal(size=(4, 3)))]
    slopes = [0.7, 0.4]  # of the activation functions, at most 1
    stack = layers[0] @ layers[1] * np.prod(slopes)
    assert np.linalg.norm(stack, 2) <= 0.9**2 * np.prod(slopes) + 1e-12 < 1


def test_F331_a_table_of_three_pixels_has_seven_free_numbers():
    """Eight probabilities that add up to 1."""
    pixels = 3
    assert len(list(itertools.product([0, 1], repeat=pixels))) - 1 == 7


def test_F332_no_table_of_images_fits_into_a_computer():
    """N pixels have 2^N states and 2^N - 1 free numbers (a slide says 2^N); for 28 x 28 that is about 10^236."""
    free = 2 ** (28 * 28) - 1
    assert len(str(free)) == 237 and all(2**n - 1 == sum(2**k for k in range(n)) for n in range(1, 12))


def test_F333_the_chain_rule_saves_nothing_but_a_markov_chain_does():
    """Four pixels: 1 + 2 + 4 + 8 = 15 numbers by the chain rule; 1 + 2 + 2 + 2 = 7 if each sees one before it."""
    chain = [len(list(itertools.product([0, 1], repeat=k))) for k in range(4)]
    markov = [len(list(itertools.product([0, 1], repeat=min(k, 1)))) for k in range(4)]
    assert sum(chain) == 15 == 2**4 - 1 and sum(markov) == 7 == 2 * 4 - 1


def test_F334_logistic_regression_on_the_pixels_before():
    """n (n - 1) / 2 weights, 306 936 for 784 pixels; without a bias the answer to all white is 1/2."""
    assert sum(range(784)) == 784 * 783 // 2 == 306_936
    assert sum(range(4)) == 6 and len(list(itertools.product([0, 1], repeat=3))) == 8
    weights = np.array([0.3, -2.0, 1.1])
    assert 1 / (1 + np.exp(-weights @ np.zeros(3))) == 0.5


def test_F335_a_joint_table_knows_more_than_a_conditional_one():
    """p(x, y) gives p(y | x) and p(x); two joint tables share p(y | x) and differ in p(x)."""
    y_given_x = np.array([[0.9, 0.1], [0.2, 0.8]])
    joints = [np.array(p)[:, None] * y_given_x for p in ([0.5, 0.5], [0.1, 0.9])]
    for joint in joints:
        assert np.allclose(joint / joint.sum(axis=1, keepdims=True), y_given_x)
    assert not np.allclose(joints[0].sum(axis=1), joints[1].sum(axis=1))


def test_F338_the_smallest_kl_divergence_is_the_largest_likelihood():
    """KL(data || model) is the mean NLL minus the data's entropy, so both are smallest at the same parameter."""
    data, theta = np.array([0.7, 0.3]), np.linspace(0.01, 0.99, 99)
    nll = -(data[0] * np.log(1 - theta) + data[1] * np.log(theta))
    kl = sum(d * np.log(d / m) for d, m in zip(data, (1 - theta, theta), strict=True))
    assert theta[kl.argmin()] == theta[nll.argmin()] and math.isclose(theta[nll.argmin()], 0.3)
    assert np.allclose(nll - kl, -(data * np.log(data)).sum())


def test_F345_a_two_sample_test_sees_only_its_statistic():
    """500 each: t tells a shift of 0.5, and not a coin, -1 or 1, from N(0, 1): it has the same mean and variance."""
    rng = np.random.default_rng(0)
    normal = rng.normal(size=500)
    others = {"same": rng.normal(size=500), "shift": rng.normal(0.5, 1, 500), "coin": rng.choice([-1.0, 1.0], 500)}

    def z(a, b):
        return (a.mean() - b.mean()) / np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))

    found = {name: abs(z(normal, other)) for name, other in others.items()}
    assert found["same"] < 1.96 and found["coin"] < 1.96 and found["shift"] > 3.3
    assert np.mean(np.abs(others["coin"]) == 1) == 1 > np.mean(np.abs(normal) == 1)  # another statistic tells at once


def test_F353_mode_collapse_and_oscillation_are_two_things():
    """Few modes at each moment: collapse. Others each time: oscillation. Pooled over time, the collapse is hidden."""
    moments = np.array([[871, 6, 0, 0, 0], [0, 31, 402, 455, 0], [0, 733, 15, 0, 0], [0, 0, 0, 45, 640]])
    at_once = (moments >= 0.02 * 1000).sum(axis=1)  # of 1000 samples at each moment
    pooled = (moments.sum(axis=0) >= 0.02 * 4000).sum()
    assert at_once.tolist() == [1, 3, 1, 2] and pooled == 5
    still = np.repeat(moments[2:3], 4, axis=0)  # collapsed, and it does not move
    circling = np.array([[250, 250, 250, 250, 0], [0, 250, 250, 250, 250]])  # moves, and covers nearly all
    assert (still >= 20).sum(axis=1).max() == 1 and not np.ptp(still, axis=0).any()
    assert (circling >= 20).sum(axis=1).min() == 4 and np.ptp(circling, axis=0).any()


def test_F358_parameters_of_a_first_deep_network():
    """2-8-2 has 42 parameters and 2-3-1 has 13."""
    def count(*widths):
        return sum((n + 1) * m for n, m in zip(widths, widths[1:], strict=False))

    assert count(2, 8, 2) == 42 and count(2, 3, 1) == 13


def test_F365_a_change_of_variables_keeps_the_area():
    """x = 2z + 1 of a standard normal z is N(1, 2^2): p(x) = p_z((x - 1) / 2) / 2; without the 1/2 the area is 2."""
    x = np.linspace(-15, 17, 20_001)
    z = (x - 1) / 2
    unstretched = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    direct = np.exp(-0.5 * ((x - 1) / 2) ** 2) / np.sqrt(2 * np.pi * 4)
    assert np.allclose(unstretched / 2, direct) and np.isclose(np.sum(direct) * (x[1] - x[0]), 1)
    assert np.isclose(np.sum(unstretched) * (x[1] - x[0]), 2)


def test_F366_a_weight_has_no_index_for_the_row():
    """One weight for each feature, p + 1 numbers for any n; with beta_ip there would be more numbers than labels."""
    n, p = 50, 3
    x, beta = np.random.default_rng(3).normal(size=(n, p)), np.array([1.0, -2.0, 0.5])
    assert np.allclose(x @ beta, [sum(beta[k] * row[k] for k in range(p)) for row in x])
    labels = np.random.default_rng(4).normal(size=n)
    of_each_row = x * (labels / (x**2).sum(axis=1))[:, None]  # beta_ip
    assert of_each_row.size == n * p > n and np.allclose((of_each_row * x).sum(axis=1), labels)  # fits any labels
    assert not np.allclose(x @ np.linalg.lstsq(x, labels, rcond=None)[0], labels)
