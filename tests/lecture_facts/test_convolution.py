"""Facts of the lectures about convolutional networks that serve no lesson, computed."""

import numpy as np

RNG = np.random.default_rng(0)


def correlate(image, kernel):
    """Slide a kernel over an image as it stands, inside the image."""
    return (np.lib.stride_tricks.sliding_window_view(image, kernel.shape) * kernel).sum(axis=(-2, -1))


def pooled(x, width=3):
    """The largest of each value and its neighbours, with stride 1."""
    return [max(x[max(i - width // 2, 0) : i + width // 2 + 1]) for i in range(len(x))]


def turned(kernel):
    """The eight border weights of a 3 x 3 kernel moved on by one place."""
    ring, out = ([0, 0, 0, 1, 2, 2, 2, 1], [0, 1, 2, 2, 2, 1, 0, 0]), kernel.copy()
    out[ring] = np.roll(kernel[ring], 1)
    return out


SOBEL, PREWITT = np.outer([1, 2, 1], [1, 0, -1]), np.outer([1, 1, 1], [1, 0, -1])
KIRSCH = np.array([[5, 5, 5], [-3, 0, -3], [-3, -3, -3]])
LAPLACE = np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]])


def test_F197_discrete_convolution_commutes():
    """(1,2,3)*(0,1,0.5) gives (0,1,2.5,4,1.5) in both orders; cross-correlation does not commute."""
    a, b = [1, 2, 3], [0, 1, 0.5]
    assert np.allclose(np.convolve(a, b), [0, 1, 2.5, 4, 1.5]) and np.allclose(np.convolve(b, a), np.convolve(a, b))
    assert not np.allclose(np.correlate(a, b, "full"), np.correlate(b, a, "full"))


def test_F198_smoothing_noisy_positions():
    """Weights on recent positions that sum to 1 cut the noise; a negative age has no weight."""
    times = np.linspace(0, 1, 2000)
    noisy = times + 0.1 * np.random.default_rng(1).normal(size=2000)
    weights = np.exp(-np.arange(30) / 10)
    weights /= weights.sum()
    smooth = np.convolve(noisy, weights)[: len(noisy)]  # element t uses t, t - 1, ..., none after t
    assert np.isclose(weights.sum(), 1) and np.isclose(smooth[0], weights[0] * noisy[0])
    assert np.std((smooth - times)[50:]) < 0.5 * np.std(noisy - times)


def test_F199_convolution_is_a_sum_over_all_ages():
    """(x*w)(t) = sum over a of x(a) w(t - a)."""
    x, w = RNG.normal(size=5), RNG.normal(size=3)
    by_sum = [sum(x[a] * w[t - a] for a in range(5) if 0 <= t - a < 3) for t in range(7)]
    assert np.allclose(by_sum, np.convolve(x, w))


def test_F202_circulant_matrix():
    """C[i, j] = c[(i - j) mod n] times x is the circular convolution; it has n different entries of n * n."""
    n = 8
    c, x = RNG.normal(size=n), RNG.normal(size=n)
    i, j = np.indices((n, n))
    C = c[(i - j) % n]
    assert np.allclose(C @ x, np.fft.ifft(np.fft.fft(c) * np.fft.fft(x)).real)
    assert len(np.unique(C)) == n


def test_F203_convolution_in_one_dimension_as_a_layer():
    """w0 x_t + w1 x_(t+1) is a banded 8 x 9 matrix times x: eight outputs, np.convolve with (w1, w0)."""
    x, (w0, w1) = RNG.normal(size=9), (0.7, -0.2)
    W = np.zeros((8, 9))
    W[np.arange(8), np.arange(8)], W[np.arange(8), np.arange(1, 9)] = w0, w1
    assert np.allclose(W @ x, np.convolve(x, [w1, w0], "valid")) and len(W @ x) == 8


def test_F212_pooling_functions():
    """Of [[1,2],[3,4]]: maximum 4, mean 2.5, L2 norm 5.477; a weighted mean hangs on its weights."""
    window = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert window.max() == 4 and window.mean() == 2.5 and np.isclose(np.linalg.norm(window), 5.477, atol=5e-4)
    assert np.average(window, weights=[[1, 1], [1, 3]]) > window.mean()


def test_F213_a_shift_before_max_pooling():
    """All four inputs change, and two of the four outputs."""
    before, after = np.array([0.1, 1, 0.2, 0.1]), np.array([0.3, 0.1, 1, 0.2])
    assert pooled(before) == [1, 1, 1, 0.2] and pooled(after) == [0.3, 1, 1, 1]
    assert (before != after).all() and np.not_equal(pooled(before), pooled(after)).sum() == 2


def test_F215_pooling_over_turned_filters():
    """The maximum over a filter in eight directions is the same whichever of them fires."""
    filters = [KIRSCH]
    for _ in range(7):
        filters.append(turned(filters[-1]))
    found = [max((pattern * one).sum() for one in filters) for pattern in filters]
    assert len(set(found)) == 1 and (filters[0] * filters[2]).sum() < found[0]


def test_F216_max_pooling_and_relu_commute():
    """ReLU of the maximum is the maximum of the ReLUs; with mean pooling it is not."""
    windows = RNG.normal(size=(50, 4)) - 0.5
    relu = lambda x: np.maximum(x, 0)  # noqa: E731
    assert np.allclose(relu(windows.max(axis=1)), relu(windows).max(axis=1))
    assert not np.allclose(relu(windows.mean(axis=1)), relu(windows).mean(axis=1))


def test_F217_parameters_of_VGG16():
    """13 convolutions of 3 x 3 and three dense layers have 138 357 544 parameters."""
    sizes = [3, 64, 64, 128, 128, *[256] * 3, *[512] * 6]
    convolutions = sum(9 * i * o + o for i, o in zip(sizes, sizes[1:], strict=False))
    dense = [7 * 7 * 512, 4096, 4096, 1000]
    assert len(sizes) == 14
    assert convolutions + sum(i * o + o for i, o in zip(dense, dense[1:], strict=False)) == 138_357_544


def test_F219_stride_two_is_every_second_value():
    """On a 9 x 9 image with a 3 x 3 kernel: 49 values with stride 1, of which 16 are kept."""
    full = correlate(RNG.normal(size=(9, 9)), RNG.normal(size=(3, 3)))
    assert full.size == 49 and full[::2, ::2].size == 16 == ((9 - 3) // 2 + 1) ** 2


def test_F220_without_padding_images_wear_away():
    """Width 16 and kernels of 6: 16, 11, 6, 1; five zeros a layer keep the width."""
    widths = [16]
    while widths[-1] >= 6:
        widths.append(len(np.convolve(np.zeros(widths[-1]), np.ones(6), "valid")))
    assert widths == [16, 11, 6, 1]
    assert len(np.convolve(np.pad(np.zeros(16), (2, 3)), np.ones(6), "valid")) == 16


def test_F221_tiled_convolution():
    """8 maps of 26 x 26 with 3 x 3 kernels: 48 672 local weights, 288 tiled with period 2, 72 shared."""
    local, tiled, shared = 26 * 26 * 8 * 9, 2 * 2 * 8 * 9, 8 * 9
    assert (local, tiled, shared) == (48_672, 288, 72)


def test_F222_convolutions_with_channels_do_not_commute():
    """With several channels a 1 x 1 convolution is a matrix for each pixel, and matrices do not commute."""
    A, B = RNG.normal(size=(2, 3, 3))
    pixel = RNG.normal(size=3)
    assert not np.allclose(pixel @ A @ B, pixel @ B @ A)
    assert np.allclose(pixel @ np.diag([1, 2, 3]) @ np.diag([4, 5, 6]), pixel @ np.diag([4, 5, 6]) @ np.diag([1, 2, 3]))


def test_F223_two_small_blurs_are_a_tent():
    """The 3 x 3 box needs 1/9 and the 9 x 9 box 1/81; two 3 x 3 blurs make a 5 x 5 tent, not a larger box."""
    box = np.ones((3, 3))
    assert box.sum() == 9 and np.isclose((box / 9).sum(), 1) and np.isclose(np.ones((9, 9)).sum() / 81, 1)
    twice = correlate(np.pad(box / 9, 2), box / 9)
    tent = np.outer([1, 2, 3, 2, 1], [1, 2, 3, 2, 1]) / 81
    assert twice.shape == (5, 5) and np.allclose(twice, tent)


def test_F224_F226_edge_kernels_sum_to_zero():
    """Sobel, Prewitt and Kirsch add up to 0; the simple kernels are Prewitt's, the second with its sign turned."""
    assert SOBEL.sum() == PREWITT.sum() == KIRSCH.sum() == 0
    assert not correlate(np.full((5, 5), 7), SOBEL).any()
    simple_across, simple_down = np.array([[1, 0, -1]] * 3), np.array([[-1, -1, -1], [0, 0, 0], [1, 1, 1]])
    assert (simple_across == PREWITT).all() and (simple_down == -PREWITT.T).all()


def test_F225_sobel_is_separable():
    """A blur downwards times a difference across: two short kernels in turn give the same as the square one."""
    image = RNG.normal(size=(8, 8))
    in_turn = correlate(correlate(image, np.array([[1], [2], [1]])), np.array([[1, 0, -1]]))
    assert np.allclose(in_turn, correlate(image, SOBEL)) and np.linalg.matrix_rank(SOBEL) == 1


def test_F227_kirsch_in_eight_directions():
    """Eight turns of the border by one step lead back to the first kernel, through eight different ones."""
    kernels = [KIRSCH]
    for _ in range(8):
        kernels.append(turned(kernels[-1]))
    assert (kernels[8] == KIRSCH).all() and len({one.tobytes() for one in kernels}) == 8


def test_F228_sharpen_is_identity_plus_laplacian():
    """It adds up to 1 for any amount: centre 9 and sides -2 for 2, centre 33 and sides -8 for 8."""
    for amount, centre, side in ((2, 9, -2), (8, 33, -8)):
        sharpen = np.diag([0, 1, 0]) + amount * LAPLACE
        assert sharpen.sum() == 1 and sharpen[1, 1] == centre and sharpen[0, 1] == side


def test_F236_inputs_of_one_output():
    """With kernels of width 3, the output s3 sees the inputs x2, x3 and x4, and no other."""
    W = np.array([[int(abs(i - j) <= 1) for j in range(1, 6)] for i in range(1, 6)])
    assert (np.flatnonzero(W[2]) + 1).tolist() == [2, 3, 4]
