"""Small, plausible faults for tools/release/mutate.py: what, where, the right text, the wrong text, who must notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One fault: `old` stands once in `file`, `new` takes its place, `tests` must fail; `why` excuses survival."""

    what: str
    file: str
    old: str
    new: str
    tests: str
    why: str = ""


PLOT = ("dlhelpers/plot.py", "tests/dlhelpers/test_plot.py")
HEADS = ("dlhelpers/heads.py", "tests/dlhelpers/test_heads.py")
DATA = ("dlhelpers/data.py", "tests/dlhelpers/test_data.py tests/dlhelpers/test_data_faults.py")
CORE = ("dlhelpers/exercises/core.py", "tests/exercises/test_exercises.py tests/exercises/test_attacks.py")
START = ("dlhelpers/start.py", "tests/dlhelpers/test_start.py")
INTERACTIVE = ("dlhelpers/interactive.py", "tests/dlhelpers/test_interactive.py")
PLUGIN = ("tests/comparison/plugin.py", "tests/comparison/test_plugin.py")
TEXT = ("tests/comparison/text.py", "tests/comparison/test_text.py")
FIGURES = ("tests/comparison/figures.py", "tests/comparison/test_figures.py")
PICTURES = ("tests/comparison/pictures.py", "tests/comparison/test_figures.py")
SWITCHES = ("tests/comparison/switches.py", "tests/comparison/test_switches.py")
OUTPUTS = ("tools/authors/outputs.py", "tests/comparison/test_plugin.py")
LINT = ("tools/authors/lint_notebooks.py", "tests/tools/test_lint_notebooks.py")
STUDENT = ("tools/authors/make_student.py", "tests/tools/test_make_student.py")


def _notebook(name: str) -> tuple[str, str]:
    return (f"notebooks/solutions/{name}.ipynb",) * 2


N01, N02 = _notebook("01_simple_forward_pass"), _notebook("02_fcnn_with_banknote")
N07, N08, N09 = _notebook("07_fcnn_mnist"), _notebook("08_convolution_and_edges"), _notebook("09_cnn_mnist")
N13, N16 = _notebook("13_rnn_from_scratch"), _notebook("16_likelihood_and_nll")
N17 = _notebook("17_probabilistic_regression")


def _fault(what: str, place: tuple[str, str], old: str, new: str, why: str = "") -> Fault:
    file, tests = place
    return Fault(what, file, old, new, tests, why)


FAULTS = [
    # plots
    _fault("scatter: colours of the classes swapped", PLOT, "color=PALETTE[k], marker", "color=PALETTE[1 - k], marker"),
    _fault("scatter: one marker for all classes", PLOT, "marker=MARKERS[k]", "marker=MARKERS[0]"),
    _fault("scatter: legend missing", PLOT, "    if labels is not None:\n        ax.legend()\n    return ax\n\n\ndef decision", "    return ax\n\n\ndef decision"),
    _fault("decision_boundary: x and y of the grid swapped", PLOT, "np.column_stack([across.ravel(), up.ravel()])", "np.column_stack([up.ravel(), across.ravel()])"),
    _fault("decision_boundary: line at 0.4", PLOT, "levels=[0.5], colors", "levels=[0.4], colors"),
    _fault("learning_curves: epochs from 0", PLOT, "ax.plot(np.arange(1, len(values) + 1), values", "ax.plot(np.arange(len(values)), values"),
    _fault("learning_curves: training and validation swapped", PLOT, "_curve(ax, tested, \"-\", colour", "_curve(ax, trained, \"-\", colour"),
    _fault("image_grid: each image with its own grey scale", PLOT, "cmap=cmap, vmin=low, vmax=high, extent", "cmap=cmap, extent"),
    _fault("image_grid: images upside down", PLOT, "extent=(left, left + width, top + height, top)", "extent=(left, left + width, top, top + height)"),
    _fault("kernels: flipped as in true convolution", PLOT, "np.moveaxis(weights, (2, 3), (1, 0))", "np.moveaxis(weights[::-1, ::-1], (2, 3), (1, 0))"),
    _fault("confusion: rows and columns swapped", PLOT, "(np.searchsorted(shown, truth), np.searchsorted(shown, guess))", "(np.searchsorted(shown, guess), np.searchsorted(shown, truth))"),
    _fault("predictive_band: half as wide", PLOT, "mean - width * sd, mean + width * sd", "mean - width * sd / 2, mean + width * sd / 2"),
    _fault("predictive_band: x not sorted", PLOT, "order = np.argsort(x)\n", "order = np.arange(len(x))\n"),
    _fault("latent_map: names of the classes at the origin", PLOT, "np.median(codes[classes == k], axis=0) for k", "np.zeros(2) for k"),
    # heads
    _fault("positive: exp in place of softplus", HEADS, "tf.math.softplus(raw) + SMALLEST_SCALE", "tf.exp(raw) + SMALLEST_SCALE"),
    _fault("positive: softplus dropped", HEADS, "tf.math.softplus(raw) + SMALLEST_SCALE", "raw + SMALLEST_SCALE"),
    _fault("normal: mean and spread swapped", HEADS, "tfd.Normal(mean, positive(raw_sd))", "tfd.Normal(raw_sd, positive(mean))"),
    _fault("poisson: the rate without exp", HEADS, "return tfd.Poisson(log_rate=log_rate)", "return tfd.Poisson(rate=log_rate)"),
    _fault("negative_binomial: sign of the logits", HEADS, "logits=log_mean - tf.math.log(total_count)", "logits=tf.math.log(total_count) - log_mean"),
    _fault("zero_inflated_poisson: the two parts swapped", HEADS, "tf.stack([logit_zero, tf.zeros_like(logit_zero)]", "tf.stack([tf.zeros_like(logit_zero), logit_zero]"),
    _fault("nll: sign flipped", HEADS, "tf.cast(-tf.reduce_sum(log_prob, axes)", "tf.cast(tf.reduce_sum(log_prob, axes)"),
    _fault("nll: mean over the targets in place of the sum", HEADS, "tf.cast(-tf.reduce_sum(log_prob, axes)", "tf.cast(-tf.reduce_mean(log_prob, axes)"),
    _fault("nll: targets (n,) broadcast silently", HEADS, "        _refuse_other_shape(tf.TensorShape(y_true.shape), distribution)\n", ""),
    _fault("heads compute in float32", HEADS, "return tf.cast(_real(params, \"params\"), tf.float64)", "return tf.cast(_real(params, \"params\"), tf.float32)"),
    _fault("interval: 1 - level at each end", HEADS, "[(1 - level) / 2, (1 + level) / 2]", "[1 - level, level]"),
    _fault("Predictive.sample: another draw at each call", HEADS, "self.distribution.sample(size, seed=(0, seed))", "self.distribution.sample(size)"),
    _fault("AppendConstant: start value ignored", HEADS, "keras.initializers.Constant(self.initial)", "keras.initializers.Constant(0.0)"),
    # data
    _fault("load_mnist: test images returned for training", DATA, 'train = arrays["x_train"], arrays["y_train"]', 'train = arrays["x_test"], arrays["y_train"]'),
    _fault("load_cifar10: rows and columns of the sheet mixed up", DATA, ".transpose(0, 2, 1, 3, 4)\n    images = np.ascontiguousarray(grid)", ".transpose(2, 0, 1, 3, 4)\n    images = np.ascontiguousarray(grid)"),
    _fault("load_cifar10(full): height and width mixed up", DATA, ".transpose(0, 2, 3, 1)\n    return np.ascontiguousarray(images), rows[:, 0].copy()", ".transpose(0, 3, 2, 1)\n    return np.ascontiguousarray(images), rows[:, 0].copy()"),
    _fault("load_photographs: the two swapped", DATA, 'return {"china": both[:427].copy(), "flower": both[427:].copy()}', 'return {"flower": both[:427].copy(), "china": both[427:].copy()}'),
    _fault("a damaged file is used", DATA, "    if hashlib.sha256(raw).hexdigest() != item.sha256:", "    if len(raw) == 0:"),
    _fault("words like null become missing values", DATA, ", keep_default_na=False)", ")"),
    # exercises
    _fault("check: untried answers count as wrong", CORE, "if any(answer is None or answer is ... for answer in answers) or not answers:", "if not answers:"),
    _fault("check: a crashing judge stops the notebook", CORE, "    except Exception as problem:  # an answer of a kind", "    except ZeroDivisionError as problem:  # an answer of a kind"),
    _fault("close: a tenth is close enough", CORE, "rtol: float = 1e-3, atol", "rtol: float = 1e-1, atol"),
    _fault("close: shapes may differ", CORE, "return a.shape == b.shape and bool(np.allclose(a, b, rtol=rtol, atol=atol))", "return bool(np.allclose(a, b, rtol=rtol, atol=atol))"),
    _fault("hint: the first hint again and again", CORE, "    _hints_given[id] += 1\n", "    _hints_given[id] = 1\n"),
    _fault("number: nan passes", CORE, "    if finite and not np.isfinite(values).all():\n", "    if False:\n"),
    # start, sliders, training
    _fault("setup: the seed is ignored", START, "    keras.utils.set_random_seed(seed)\n", ""),
    _fault("setup: TensorFlow's messages come through", START, "        os.dup2(nowhere.fileno(), 2)\n", "        nowhere.fileno()\n"),
    _fault("switches: training is not capped", SWITCHES, "if smoke and tensorflow:", "if False:"),
    _fault("switches: NumPy's seeds are not shifted", SWITCHES, '[(np.random, "default_rng")]', "[]"),
    _fault("switches: seeds are shifted at each setup", SWITCHES, '        if not hasattr(original, "unshifted"):\n', "        if True:\n"),
    _fault("watch: the picture stays in the notebook", INTERACTIVE, '                self.picture.update(HTML(""))', "                pass"),
    _fault("watch: tests see the bar", INTERACTIVE, "    if not somebody_watches():\n        return keras.callbacks.Callback()\n", ""),
    _fault("explore: a range without the start value passes", INTERACTIVE, "        if not inside:\n", "        if False:\n"),
    # the comparison of notebooks, and the tools
    _fault("nbval: any number agrees", TEXT, "    if difference <= limit:", "    if difference <= limit or True:"),
    _fault("nbval: the tag tol is ignored", PLUGIN, 'tolerance = tag_value(self.cell, "tol")', "tolerance = None"),
    _fault("nbval: a missing output passes", PLUGIN, 'problem = kinds_problem(saved, fresh) or "\\n\\n".join(self._problems(saved, fresh))', 'problem = "\\n\\n".join(self._problems(saved[: len(fresh)], fresh[: len(saved)]))'),
    _fault("nbval: order of execution unchecked", PLUGIN, "        found += [(cells[i].cell_num, problem) for i, problem in order_problems([item.cell for item in cells])]\n", ""),
    _fault("nbval: students' notebooks train in full", PLUGIN, "switches.environment(smoke=self.student)", "switches.environment()"),
    _fault("nbval: what a figure shows is not compared", PLUGIN, "problem = self._figure_problem(*pair) or picture_problem", "problem = picture_problem"),
    _fault("nbval: a saved error passes", OUTPUTS, "if output.output_type == \"error\" and not may_fail:", "if False:"),
    _fault("nbval: times in an output pass", OUTPUTS, "        for what, excerpt in _unstable(output):\n", "        for what, excerpt in ():\n"),
    _fault("figures: colours are not noted", FIGURES, 'found["colour"] = _colour(artist)', 'found["colour"] = ""'),
    _fault("figures: heights are not noted", FIGURES, '"y": _coarse(shares[:, 1], sample)}\n\n\ndef _spread', '"y": []}\n\n\ndef _spread'),
    _fault("figures: ticks with names are not noted", FIGURES, 'found["ticks"] = ticks', 'found["tics"] = []'),
    _fault("figures: images upside down", FIGURES, 'upright = shades if artist.origin == "upper" else shades[::-1]', "upright = np.sort(shades, axis=0)"),
    _fault("figures: ten times the tolerance", FIGURES, "SHARE = 0.005", "SHARE = 0.05"),
    _fault("figures: a legend that vanishes passes", FIGURES, "dict.fromkeys([*saved, *fresh])", "[name for name in saved if name in fresh]"),
    _fault("figures: numbers in words are free", FIGURES, "        if text_problem(saved, fresh, None if", "        if text_problem(saved, fresh, Decimal(9) if"),
    _fault("pictures: a blank one passes", PICTURES, "return float(left.std() < 1e-6 and right.std() < 1e-6)", "return 1.0"),
    _fault("pictures: another one with as much ink passes", PICTURES, "return None if alike >= ALIKE else", "return None if True else"),
    _fault("lint: asserts in the lesson pass", LINT, 'if any(isinstance(node, ast.Assert) for node in ast.walk(tree)):\n            yield i, "an assert,', 'if False:\n            yield i, "an assert,'),
    _fault("lint: claims may print", LINT, "    return isinstance(node, (ast.Assert, ast.Assign))", "    return True"),
    _fault("student editions keep the claims", STUDENT, "[cell for cell in student.cells if not is_claims(cell)]", "student.cells"),
    _fault("student editions keep outputs", STUDENT, "cell.outputs, cell.execution_count = [], None", "cell.execution_count = None"),
    _fault("student editions: only the first region is taken out", STUDENT, "for begin, end in reversed(regions):", "for begin, end in regions[:1]:"),
    # the code of notebooks
    _fault("01: sign in the sigmoid", N01, "    return 1 / (1 + np.exp(-z))", "    return 1 / (1 + np.exp(z))"),
    _fault("01: bias forgotten in the batch", N01, "p = sigmoid(X @ W + bias)", "p = sigmoid(X @ W)"),
    _fault("01: ascent in place of descent", N01, "    return w - rate * (p - y) * x, b", "    return w + rate * (p - y) * x, b"),
    _fault("02: test data scaled by themselves", N02, "standardised(x_train, x_val), standardised(x_train, x_test)", "standardised(x_val, x_val), standardised(x_test, x_test)"),
    _fault("02: the test half leaks into training", N02, "seed=split).fit(a, y_a)", "seed=split).fit(b, y_b)"),
    _fault("02: hidden layer without activation", N02, '    layers.Dense(8, activation="tanh"),\n', "    layers.Dense(8),\n"),
    _fault("07: pixels not scaled", N07, 'x_all = x_all.reshape(-1, 784).astype("float32") / 255', 'x_all = x_all.reshape(-1, 784).astype("float32")'),
    _fault("08: convolution in place of correlation", N08, "out[i, j] = np.sum(image[i : i + height, j : j + width] * kernel)", "out[i, j] = np.sum(image[i : i + height, j : j + width] * kernel[::-1, ::-1])"),
    _fault("08: one output too few", N08, "rows, columns = image.shape[0] - height + 1, image.shape[1] - width + 1", "rows, columns = image.shape[0] - height, image.shape[1] - width"),
    _fault("09: a softmax too many", N09, 'layers.Dense(128, activation="relu"),\n        layers.Dense(10),', 'layers.Dense(128, activation="relu"),\n        layers.Dense(10, activation="softmax"),'),
    _fault("09: the images move the other way", N09, "result[:, :, k:] = x[:, :, : 28 - k]", "result[:, :, : 28 - k] = x[:, :, k:]"),
    _fault("13: states without tanh", N13, "h = ops.tanh(x[:, t] @ U + h @ W + b)", "h = x[:, t] @ U + h @ W + b"),
    _fault("13: backwards through W, not its transpose", N13, "from_above = delta @ W.T", "from_above = delta @ W"),
    _fault("13: gates of the LSTM in another order", N13, "i, f, g, o = np.split(", "f, i, g, o = np.split("),
    _fault("16: no minus in the cross-entropy", N16, "falling.append(-(p * np.log(q)).sum())", "falling.append((p * np.log(q)).sum())"),
    _fault("16: max not subtracted", N16, "shifted, truth = z - z.max(), np.array([y])", "shifted, truth = z, np.array([y])"),
    _fault("17: variance in place of the standard deviation", N17, "np.sqrt(np.mean(residuals**2))]", "np.mean(residuals**2)]"),
    _fault("17: folds that test the rows they train on", N17, "whole = np.float32(x[seen]), np.float32(y[seen])", "whole = np.float32(x), np.float32(y)"),
]
