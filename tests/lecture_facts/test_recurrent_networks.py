"""Facts of the lectures about recurrent networks that serve no lesson, or that a notebook only mentions."""

from collections import Counter

import numpy as np


def recurrent(inputs, units, groups=1, bias_rows=1):
    """Parameters of a recurrent layer: for each group a matrix for the input, one for the state, and biases."""
    return groups * (inputs * units + units * units + bias_rows * units)


def test_F272_links_over_five_steps_slow_the_decay():
    """50 steps back at 0.9 leave 0.0052 of a gradient; links that jump over 5 steps make it 10 factors: 0.3487."""
    assert np.isclose(0.9**50, 0.0052, atol=5e-5) and np.isclose(0.9 ** (50 // 5), 0.3487, atol=5e-5)
    state = np.zeros(51)
    state[0] = 1.0
    for t in range(1, 51):  # the linear net h_t = 0.9 h_{t-5}: the state after 50 steps is 0.9 to the 10th of the first
        state[t] = 0.9 * state[t - 5] if t >= 5 else 0
    assert np.isclose(state[50], 0.9**10)


def test_F276_lstm_of_one_unit_without_weights():
    """All weights and biases 0, C = 1: the gates stand at one half, so C becomes 0.5 and h 0.23106."""
    gate, candidate = 1 / (1 + np.exp(0)), np.tanh(0)
    cell = gate * 1 + gate * candidate
    assert cell == 0.5 and np.isclose(gate * np.tanh(cell), 0.23106, atol=5e-6)


def test_F279_F281_index_lists_and_bags_of_two_sentences():
    """9 words by frequency, [1,2,3,4,1,5] and [1,6,7,8,9]; 5 ones in either bag, for 6 and 5 words."""
    texts = ["the cat sat on the mat", "the dog ate my homework"]
    order = [word for word, _ in Counter(" ".join(texts).split()).most_common()]
    lists = [[1 + order.index(word) for word in text.split()] for text in texts]
    assert len(order) == 9 and lists == [[1, 2, 3, 4, 1, 5], [1, 6, 7, 8, 9]]
    counts = np.array([np.bincount(numbers, minlength=1000) for numbers in lists])
    assert counts.shape == (2, 1000) and counts.sum(axis=1).tolist() == [6, 5]
    assert (counts > 0).sum(axis=1).tolist() == [5, 5]


def test_F282_an_embedding_is_a_product_with_one_hot_rows():
    """1000 words with 64 numbers are 64 000 weights; (2, 6) indices become (2, 6, 64)."""
    table = np.random.default_rng(2).normal(size=(1000, 64))
    indices = np.array([[1, 2, 3, 4, 1, 5], [1, 6, 7, 8, 9, 0]])
    assert table.size == 64_000 and table[indices].shape == (2, 6, 64)
    assert np.allclose(np.eye(1000)[indices] @ table, table[indices])


def test_F283_F284_F285_F286_parameters_of_recurrent_text_models():
    """322 080 with one SimpleRNN(32), all states or the last; 328 320 with four; LSTM 8320, GRU 6336 or 6240."""
    table = 10_000 * 32
    assert recurrent(32, 32) == 2080 and table + recurrent(32, 32) == 322_080
    assert table + 4 * recurrent(32, 32) == 328_320
    assert recurrent(32, 32, groups=4) == 8320
    assert recurrent(32, 32, groups=3, bias_rows=2) == 6336 and recurrent(32, 32, groups=3) == 6240
