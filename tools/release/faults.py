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
# The exercises of the first three notebooks: those of all take minutes.
FEW = '-k "not ([03 or [04 or [05 or [06 or [07 or [08 or [09 or [1 or [2 or [9)"'
CORE = ("dlhelpers/exercises/core.py", f"tests/exercises/test_exercises.py tests/exercises/test_attacks.py {FEW}")
START = ("dlhelpers/start.py", "tests/dlhelpers/test_start.py")
INTERACTIVE = ("dlhelpers/interactive.py", "tests/dlhelpers/test_interactive.py")
PLUGIN = ("tests/comparison/plugin.py", "tests/comparison/test_plugin.py")
TEXT = ("tests/comparison/text.py", "tests/comparison/test_text.py")
FIGURES = ("tests/comparison/figures.py", "tests/comparison/test_figures.py")
PICTURES = ("tests/comparison/pictures.py", "tests/comparison/test_figures.py")
SWITCHES = ("tests/comparison/switches.py", "tests/comparison/test_switches.py")
OUTPUTS = ("tools/authors/outputs.py", "tests/comparison/test_plugin.py")
LINT = ("tools/authors/lint_notebooks.py", "tests/tools/test_lint_notebooks.py")
PRETRAINED = ("dlhelpers/pretrained.py", "tests/dlhelpers/test_pretrained.py")
PROTECT = ("dlhelpers/exercises/protect.py", "tests/exercises/test_protect.py")
GRADE = ("tools/teaching/grade.py", "tests/tools/test_grade.py")
PLANS = ("tools/teaching/plans.py", "tests/tools/test_plans.py")
ALT = ("tools/site/alt_text.py", "tests/tools/test_alt_text.py")
SLIDES = ("tools/site/slides.py", "tests/tools/test_slides.py")
STUDENT = ("tools/authors/make_student.py", "tests/tools/test_make_student.py")


def _notebook(name: str) -> tuple[str, str]:
    return (f"notebooks/solutions/{name}.ipynb",) * 2


N01, N02 = _notebook("01_simple_forward_pass"), _notebook("02_fcnn_with_banknote")
N07, N08, N09 = _notebook("07_fcnn_mnist"), _notebook("08_convolution_and_edges"), _notebook("09_cnn_mnist")
N13, N16 = _notebook("13_rnn_from_scratch"), _notebook("16_likelihood_and_nll")
N17 = _notebook("17_probabilistic_regression")
N03, N04, N05 = (
    _notebook(name) for name in ("03_regression_and_classification", "04_softmax_regression_numpy", "05_backpropagation")
)
N06, N10, N12 = _notebook("06_gradient_descent"), _notebook("10_regularization"), _notebook("12_looking_inside")
N15, N18, N20 = _notebook("15_rnn_language_model"), _notebook("18_count_data"), _notebook("20_uncertainty")
N22, N24, N25 = _notebook("22_vae"), _notebook("24_attention"), _notebook("25_diffusion")


def _judge(number: str) -> tuple[str, str]:
    return f"dlhelpers/exercises/nb{number}.py", f"tests/exercises/test_exercises.py tests/exercises/test_attacks.py -k [{number}."


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
    _fault("number: nan passes", (CORE[0], "tests/exercises/test_exercises.py -k [11."), "    if finite and not np.isfinite(values).all():\n", "    if False:\n"),
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
    _fault("nbval: students' notebooks train in full", PLUGIN, "switches.environment(smoke=self.short)", "switches.environment()"),
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
    # diagrams, and what is drawn from a mapping
    _fault("unrolled_network: V on the way in", PLOT, '(x, 0.78), "U", (x + 0.12, 0.3)', '(x, 0.78), "V", (x + 0.12, 0.3)'),
    _fault("residual_block: the ReLU before the addition", PLOT, '_box(ax, 12.25, 0, "ReLU", PALETTE[2])', '_box(ax, 10.6, 0, "ReLU", PALETTE[2])'),
    _fault("lstm_cell: the forget gate on the candidate", PLOT, '_arrow(ax, (1.9, 1.54), (1.9, 3.56))', '_arrow(ax, (1.9, 1.54), (3.4, 3.56))'),
    _fault("vae: the noise multiplies the mean", PLOT, '(3.3, 2.6, "$\\\\mu$"), (3.3, 1.4, "$\\\\sigma$")', '(3.3, 1.4, "$\\\\mu$"), (3.3, 2.6, "$\\\\sigma$")'),
    _fault("convolution: the window at the transposed place", PLOT, "framed = [(row, column, *kernel.shape)", "framed = [(column, row, *kernel.shape)"),
    _fault("computational_graph: values in place of gradients", PLOT, "shown = _in_short(gradients[node])", "shown = _in_short(node.data)"),
    _fault("network_diagram: colours of the signs swapped", PLOT, "PALETTE[1 if strength > 0 else 0]", "PALETTE[0 if strength > 0 else 1]"),
    _fault("layer_shapes: the name of the next layer", PLOT, 'names = ["input", *(type(layer).__name__ for layer in model.layers)]', 'names = [*(type(layer).__name__ for layer in model.layers), "output"]'),
    _fault("learning_curves: labels of the two curves swapped", PLOT, 'f"{name}, training")\n            _curve(ax, tested, "-", colour, f"{name}, validation")', 'f"{name}, validation")\n            _curve(ax, tested, "-", colour, f"{name}, training")'),
    _fault("conditional_distribution: probabilities stay in the old order", PLOT, "y, rows = y[order], [p[order] for p in rows]", "y = y[order]"),
    _fault("samples_by_epoch: rows named in the opposite order", PLOT, 'rows = [f"epoch {epoch}" for epoch in samples]', 'rows = [f"epoch {epoch}" for epoch in reversed(samples)]'),
    # defaults, bounds and the messages that name them
    _fault("normal_mixture: means and spreads swapped", HEADS, 'tfd.Normal(means, positive(raw_sds)), name="NormalMixture"', 'tfd.Normal(raw_sds, positive(means)), name="NormalMixture"'),
    _fault("normal_mixture: all weights alike", HEADS, "tfd.Categorical(logits=logits), tfd.Normal(means", "tfd.Categorical(logits=0 * logits), tfd.Normal(means"),
    _fault("cdf of the negative binomial: one count too low", HEADS, "np.floor(y) + 1, failure", "np.floor(y) + 1e-9, failure"),
    _fault("quantiles of counts: one count too low", HEADS, "                break\n            reached = self._cdf(middle) >= q\n            low, high = np.where(reached, low, middle), np.where(reached, middle, high)\n        return high", "                break\n            reached = self._cdf(middle) >= q\n            low, high = np.where(reached, low, middle), np.where(reached, middle, high)\n        return low"),
    _fault("interval: another default level", HEADS, "def interval(self, level: float = 0.95)", "def interval(self, level: float = 0.9)"),
    _fault("bernoulli: 2 passes as a target", HEADS, "tfd.Bernoulli: lambda: 1,", "tfd.Bernoulli: lambda: 2,"),
    _fault("pretrained: colours from 0 to 1", PRETRAINED, "return (np.clip(resized, 0, 255) - 127) / 128", "return np.clip(resized, 0, 255) / 255"),
    _fault("pretrained: the upper left square, not the central one", PRETRAINED, "top, left = ((edge - side) // 2 for edge", "top, left = (0 * edge for edge"),
    _fault("pretrained: no limit of the activations", PRETRAINED, "layers.ReLU(6, name=name)(x)", "layers.ReLU(name=name)(x)"),
    _fault("pretrained: scaled photographs pass", PRETRAINED, " or pixels.max() <= 1:", ":"),
    _fault("watch: pictures at the epochs before", INTERACTIVE, "((epoch + 1) % every == 0 or", "(epoch % every == 0 or"),
    _fault("watch: no picture at the end", INTERACTIVE, " or epoch + 1 == self.params[\"epochs\"])", ")"),
    _fault("explore: the step of a slider is ignored", INTERACTIVE, "step = step[0] if step else 1 if whole", "step = 1 if whole"),
    _fault("explore: the message names the value, not the argument", INTERACTIVE, 'f"explore: {name} needs lowest < highest', 'f"explore: {value} needs lowest < highest'),
    _fault("number: the decimal comma turned around", CORE, "Write a decimal point: {whole}.{rest}", "Write a decimal point: {rest}.{whole}"),
    _fault("number: a truth value passes", CORE, "if values.size == 1 and np.asarray(_opened(answer)).dtype == bool:", "if False:"),
    _fault("array: a value behind a mask passes", CORE, "np.ma.getmaskarray(answer).any()", "np.ma.getmaskarray(answer).all()"),
    _fault("progress: a second try takes away what was solved", CORE, "_best[id] = best if best == RIGHT or state == UNTRIED else state", "_best[id] = state"),
    _fault("fallback: a wrong answer goes on", CORE, "if judge(id, answer).state == RIGHT:", "if judge(id, answer).state != UNTRIED:"),
    _fault("hint: the last one is announced a hint early", CORE, 'if n == len(hints) else ""', 'if n == len(hints) - 1 else ""'),
    _fault("protection: changes in place stay", PROTECT, "    array[...] = copy\n", "    pass\n"),
    _fault("protection: answers are put back as well", PROTECT, "for call in checks + fallbacks for argument", "for call in fallbacks for argument"),
    _fault("protection: other cells are taken for exercises", PROTECT, "    if not checks:\n        return None\n", "    if not checks:\n        return set()\n"),
    # the exercises' judges
    _fault("05: the matrix product's rule, transposed", _judge("05"), "(\"W\", W, X.T @ g, parts[1])", "(\"W\", W, g.T @ X, parts[1])"),
    _fault("11: half of the accuracy is enough", _judge("11"), "TARGET, MOST = 0.56, 30_000", "TARGET, MOST = 0.28, 30_000"),
    _fault("11: the variance is taken for the standard error", _judge("11"), "return grade(number(error), spread / np.sqrt(2000), mistakes", "return grade(number(error), spread**2 / 2000, mistakes"),
    _fault("formulas: two messages swapped", ("dlhelpers/exercises/formulas.py", "tests/exercises/test_exercises.py -k [17."), '(fit + half, "log(sd) is missing', '(fit + 2 * log_sd + half, "log(sd) is missing'),
    # what teachers get
    _fault("grade: of several hand-ins the worst counts", GRADE, "ORDER.index(result.outcome) < ORDER.index(had.outcome)", "ORDER.index(result.outcome) > ORDER.index(had.outcome)"),
    _fault("grade: a line without the key is believed", (GRADE[0], f"{GRADE[1]} -k believed"), 'if found["key"] == key and what in found:', "if what in found:"),
    _fault("grade: no limit of time", GRADE, "if began is not None and now > began + seconds:", "if began is not None and now > began + 60 * seconds:"),
    _fault("grade: numbers count as code", (GRADE[0], f"{GRADE[1]} -k star"), "return built or bool(indented) or any(isinstance(node, loops) for node in nodes)", "return True"),
    _fault("grade: names that a spreadsheet runs", GRADE, "return f\"'{name}\" if name[:1] in", "return name if name[:1] in"),
    _fault("plans: the answers of the quiz are missing", PLANS, "{card['Quiz']} *{card['Answer']}*", "{card['Quiz']}"),
    _fault("alt text: rises for falls", ALT, "{'rises' if last > first else 'falls'}", "{'falls' if last > first else 'rises'}"),
    _fault("alt text: logarithmic axes read as linear", ALT, '"log": lambda share, low, high: low * (high / low) ** share', '"log": lambda share, low, high: low + share * (high - low)'),
    _fault("slides: beyond the core by default", SLIDES, 'if beyond or "(more)" not in one.title', 'if True or "(more)" not in one.title'),
    _fault("slides: solutions are shown", SLIDES, '    if solution_regions(cell.source.split("\\n")):\n        return []\n', ""),
    # the code of the later notebooks
    _fault("03: the variance divided by n", N03, "free = len(sales) - X.shape[1]", "free = len(sales)"),
    _fault("03: false alarms cost ten, missed ones one", N03, "np.mean(10 * missed + false_alarm)", "np.mean(missed + 10 * false_alarm)"),
    _fault("04: the batches in file order", N04, "one_epoch(W, b, x_train[order], y_train[order], rate", "one_epoch(W, b, x_train[order], y_train, rate"),
    _fault("04: initial weights too large", N04, "(np.sqrt(2 / m) * rng.normal", "(np.sqrt(2 * m) * rng.normal"),
    _fault("05: gradients overwritten, not added", N05, "gradients[parent] = gradients[parent] + part", "gradients[parent] = part"),
    _fault("05: the slope of tanh", N05, '"tanh": lambda g, out, a: (g * (1 - out**2),)', '"tanh": lambda g, out, a: (g * (1 - a**2),)'),
    _fault("06: momentum pushes uphill", N06, "v = beta * v - rate * g", "v = beta * v + rate * g"),
    _fault("06: no correction of the bias after the first step", N06, "m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)", "m_hat, v_hat = m / (1 - 0.9), v / (1 - 0.999)"),
    _fault("10: dropout without its factor", N10, "return h * keep / (1 - rate)", "return h * keep"),
    _fault("10: decoupled decay in both rows", N10, "optimizers.Adam(0.01), 0.5, size)", "optimizers.AdamW(0.01, weight_decay=0.5), 0.0, size)"),
    _fault("12: slopes of the wrong class", N12, "saliency = abs(input_slopes(shortcut, x_val_stamped, one_hot[y_val]))", "saliency = abs(input_slopes(shortcut, x_val_stamped, one_hot[y_val - 1]))"),
    _fault("15: targets that are the inputs", N15, "for i in (0, 1)]", "for i in (0, 0)]"),
    _fault("18: extra zeros that Poisson cannot make", N18, "np.where(y == 0, np.logaddexp(log_expit(z0), otherwise), otherwise)", "np.where(y == 0, log_expit(z0), otherwise)"),
    _fault("18: people of the test among the training data", N18, "train, test = order[:527], order[527:]", "train, test = order[:527], order[:132]"),
    _fault("20: a band of 95 %", N20, "1.645 * np.sqrt(f.var(axis=0) + 0.2**2)", "1.96 * np.sqrt(f.var(axis=0) + 0.2**2)"),
    _fault("22: beta is ignored", N22, "self.add_loss(self.beta * ops.mean(kl))", "self.add_loss(ops.mean(kl))"),
    _fault("24: the positions are ignored", N24, "return x + self.table", "return x + 0 * self.table"),
    _fault("25: the noise of the wrong step", N25, "return [signal[t, None] * x0 + sigma[t, None] * noise, t], noise", "return [signal[t, None] * x0 + sigma[t, None] * noise, 101 - t], noise"),
]
