"""Exercises of notebook 24, attention."""

import itertools
from typing import Any

import numpy as np

from dlhelpers.exercises.core import NotYet, array, call, close, exercise, grade, keras_model, number


def _softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    powers = np.exp(z - z.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def _attention(Q: Any, K: Any, V: Any) -> tuple[Any, Any]:
    weights = _softmax(Q @ K.T / np.sqrt(Q.shape[1]))
    return weights @ V, weights


def _causal_attention(Q: Any, K: Any, V: Any) -> tuple[Any, Any]:
    scores = Q @ K.T / np.sqrt(Q.shape[1])
    weights = _softmax(np.where(np.tri(len(Q)) > 0, scores, -np.inf))
    return weights @ V, weights


def _result_and_weights(function: Any, Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a student's attention returns, with the shapes that it must have."""
    got = call(function, *(np.array(part, "float32") for part in (Q, K, V)))  # as Keras' own operations want them
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        raise NotYet("Return two arrays, separated by a comma: first the results, then the weights.")
    result, weights = (array(part, finite=False) for part in got)
    shapes = (len(Q), V.shape[1]), (len(Q), len(K))
    if result.shape == shapes[1] and weights.shape == shapes[0] and shapes[0] != shapes[1]:
        raise NotYet("Right shapes in the wrong order: first the results, then the weights.")
    if weights.shape != shapes[1]:
        raise NotYet(f"For {len(Q)} queries and {len(K)} keys the weights should be {shapes[1]}; these are {weights.shape}.")
    if result.shape != shapes[0]:
        raise NotYet(f"For {len(Q)} queries and values of {V.shape[1]} numbers the results should be {shapes[0]}; these are {result.shape}.")
    return result, weights


@exercise(
    "24.1",
    "Three lines: the scores of all queries with all keys, the weights, and the results.",
    "`Q @ K.T` holds the scores, a row for each query. Divide by `np.sqrt(Q.shape[1])` before the softmax.",
    "weights = soft_weights(Q @ K.T / np.sqrt(Q.shape[1])); return weights @ V, weights",
    praise="Three lines, and they are at the heart of every large language model.",
    solution=_attention,
)
def scaled_attention(function: Any) -> str | None:
    rng = np.random.default_rng(4)
    Q, K, V = rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    result, weights = _result_and_weights(function, Q, K, V)
    scores = Q @ K.T
    right = _softmax(scores / np.sqrt(3))
    mistakes = [
        (_softmax(scores), "The scale is missing: divide the scores by the square root of the length of a query."),
        (_softmax(scores / 3), "Divide by the square *root* of the length of a query, not by the length."),
        (_softmax(scores * np.sqrt(3)), "Divide by the square root; here the scores are multiplied by it."),
        (_softmax(scores) / np.sqrt(3), "The scale belongs inside the softmax: these weights do not sum to 1."),
        (_softmax(scores / np.sqrt(5)), _softmax(scores / 2), "The scale is the length of a *query*, `Q.shape[1]`, not the number of words."),
        (_softmax(scores / np.sqrt(2)), "The scale is the length of a query, not of a value."),
        (_softmax(scores / np.sqrt(3), 0), "Each query shares out its own weights: every row must sum to 1, not every column."),
        (scores, scores / np.sqrt(3), "These are scores. The softmax turns them into weights."),
        (np.exp(scores / np.sqrt(3)), "These are powers of e. Divide each row by its sum, as `soft_weights` does."),
        (right.round(), "A soft lookup takes something from every key: leave the weights as they are."),
    ]
    if message := grade(weights, right, mistakes, other="The weights are other ones: softmax of Q @ K.T over its scale."):
        return message
    if not close(result, right @ V):
        return "The weights are right, and the results are not: each is the weighted mean of the values, `weights @ V`."
    result, _ = _result_and_weights(function, 100 * Q, 100 * K, V)
    return None if np.isfinite(result).all() else "With large scores it gives nan. Use `soft_weights` from above, which subtracts the largest one."


@exercise(
    "24.2",
    "The scores are those of `attention`. Replace the scores of later places before the softmax: by what, so that it gives them 0?",
    "`np.tri(n)` has ones where a row (query) may look: at itself and to the left. Elsewhere the score must be `-np.inf`.",
    "scores = np.where(np.tri(len(Q)) > 0, Q @ K.T / np.sqrt(Q.shape[1]), -np.inf), then `soft_weights` and `@ V` as before.",
    praise="Each row sums to 1, and nothing comes from the future.",
    solution=_causal_attention,
)
def causal(function: Any) -> str | None:
    rng = np.random.default_rng(21)  # among the masked scores one row has positive ones only, one negative ones only
    Q, K, V = rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    result, weights = _result_and_weights(function, Q, K, V)
    scores, may = Q @ K.T / np.sqrt(3), np.tri(5) > 0
    right = _softmax(np.where(may, scores, -np.inf))
    mistakes = [
        (_softmax(scores), "Nothing is masked: these are the weights of plain attention."),
        (_softmax(scores) * may, "The later weights are 0, but the rows no longer sum to 1: mask the *scores*, before the softmax."),
        (_softmax(scores * may), "A score of 0 is no veto: exp(0) is 1. The scores of later places must be minus infinity."),
        (_softmax(np.where(may.T, scores, -np.inf)), "The mask is transposed: here a place sees itself and the *future*."),
        (_softmax(np.where(may, Q @ K.T, -np.inf)), "The mask is right. The scale of exercise 24.1 is missing."),
        (_softmax(np.where(may, scores, -np.inf), 0), "The softmax goes along each row, not along each column."),
        (_softmax(np.where(may, scores, -1.0)), "-1 is no veto: exp(-1) is 0.37. The scores of later places must be minus infinity."),
        (_softmax(np.where(np.tri(5, k=1) > 0, scores, -np.inf)), "Each place also sees the one right after it: `np.tri(n)` hides that one, too."),
    ]
    if message := _mask_turned(weights, scores, may):
        return message
    if message := grade(weights, right, mistakes, other="The weights are other ones: scores as in 24.1, minus infinity where the key is later than the query."):
        return message
    return None if close(result, right @ V) else "The weights are right. The results are `weights @ V`."


def _mask_turned(weights: np.ndarray, scores: np.ndarray, may: np.ndarray) -> str | None:
    """What is said of a mask that makes nan, hides the diagonal or shows only what it should hide."""

    def alike(hidden: np.ndarray) -> bool:
        with np.errstate(all="ignore"):
            return np.allclose(weights, _softmax(hidden), rtol=1e-3, atol=1e-6, equal_nan=True)

    with np.errstate(all="ignore"):
        times, divided = scores * np.where(may, 1, -np.inf), scores / may
    rows, nan = np.arange(len(scores)), np.isnan(weights).any(axis=1)
    if alike(times) or alike(scores * np.where(may, 1, -1e9)):
        return "A negative score times minus infinity is plus infinity. Choose with np.where(mask, scores, -np.inf) instead of multiplying."
    if alike(divided):
        return "A positive score divided by 0 is plus infinity. Choose with np.where(mask, scores, -np.inf) instead of dividing."
    if np.allclose(weights[:-1], _softmax(np.where(may, -np.inf, scores)[:-1]), rtol=1e-3, atol=1e-6):
        return "It is the other way round: here a place sees only the *later* ones. np.where(mask, a, b) takes a where the mask holds, and b elsewhere."
    strict = _softmax(np.where(np.tri(len(scores), k=-1) > 0, scores, -np.inf)[1:])
    if np.allclose(weights[1:], strict, rtol=1e-3, atol=1e-6):
        return "A place may look at itself: the first one has nothing else. Keep the diagonal."
    if np.array_equal(nan, rows < len(rows) - 1):
        return "Every row with later places holds nan. Does plus infinity stand there? exp(inf) is infinite: it must be *minus* infinity, -np.inf."
    if nan.all():
        return "Every row holds nan. If a mask is multiplied by infinity: 0 times infinity is nan. Choose with np.where(mask, scores, -np.inf) instead."
    if nan.any():
        return "Some rows hold nan: the softmax gives it where a row holds nan or plus infinity, and where it holds minus infinity only."
    return None


def _block(x: Any, heads: int = 4, causal: bool = False) -> Any:
    from keras import layers

    d = x.shape[-1]
    y = layers.LayerNormalization()(x)
    x = x + layers.MultiHeadAttention(heads, d // heads)(y, y, use_causal_mask=causal)
    y = layers.LayerNormalization()(x)
    return x + layers.Dense(d)(layers.Dense(4 * d, activation="relu")(y))


@exercise(
    "24.3",
    "Four kinds of steps: normalise x, add the attention to x, normalise the sum, add the two Dense layers to it.",
    "y = layers.LayerNormalization()(x), then x = x + layers.MultiHeadAttention(heads, d // heads)(y, y, use_causal_mask=causal).",
    'y = layers.LayerNormalization()(x), then return x + layers.Dense(d)(layers.Dense(4 * d, activation="relu")(y)).',
    praise="A Transformer is a stack of these.",
    solution=_block,
)
def transformer_block(function: Any) -> str | None:
    (blind, model), seen = _block_models(function), np.random.default_rng(6).normal(size=(2, 6, 8)).astype("float32")
    parts = _leaves(model)
    for kind, says in (
        ("MultiHeadAttention", "There is no attention in it: add a MultiHeadAttention layer."),
        ("LayerNormalization", "There is no LayerNormalization in it: two are needed, before each part."),
        ("Dense", "The feed-forward part is missing: two Dense layers."),
    ):
        if not _of_kind(parts, kind):
            return says
    return _parts_of_block(parts) or _behaviour_of_block(blind, model, seen) or _arrangement(blind, model, seen)


def _leaves(layer: Any) -> list:
    """The layers of a model, in their order, and those of the models and layers inside of it."""
    found = []
    for inner in getattr(layer, "layers", None) or layer._layers:
        whole = type(inner).__name__ in ("MultiHeadAttention", "LayerNormalization", "Dense")
        found += [inner] if whole or not (hasattr(inner, "layers") or inner._layers) else _leaves(inner)
    return found


def _of_kind(parts: list, kind: str) -> list:
    return [layer for layer in parts if type(layer).__name__ == kind]


def _block_models(function: Any) -> list:
    """Two models of one block each, for 6 places of 8 numbers: causal and not, with small random weights."""
    import keras

    models, rng = [], np.random.default_rng(7)
    for causal in (True, False):
        inputs = keras.Input((6, 8))
        out = call(function, inputs, 2, causal)
        if isinstance(out, (tuple, list)):
            raise NotYet("Return one tensor, the new x.")
        if not keras.backend.is_keras_tensor(out):
            raise NotYet(f"The block should return a tensor that is made from x, and this is {type(out).__name__}. Call each layer on something.")
        if tuple(out.shape) != (None, 6, 8):
            raise NotYet(f"A block keeps the shape: (None, 6, 8) goes in, and {tuple(out.shape)} comes out.")
        try:
            model = keras.Model(inputs, out)
        except ValueError as problem:
            raise NotYet("What comes out does not depend on x. Is each layer called on the tensor before it?") from problem
        for weight in model.weights:  # all normalisations scale and shift alike
            known = {"gamma": np.linspace(0.6, 1.7, 8), "beta": np.linspace(0.5, -0.4, 8)}.get(weight.name)
            fits = known is not None and known.shape == weight.shape
            weight.assign(known if fits else 0.4 * rng.normal(size=weight.shape))
        models.append(model)
    return models


def _parts_of_block(parts: list) -> str | None:
    attends, dense = _of_kind(parts, "MultiHeadAttention"), _of_kind(parts, "Dense")
    if len(attends) > 1:
        return f"A block has one attention layer, with several heads, and this one has {len(attends)}."
    if getattr(attends[0], "num_heads", 2) != 2:
        return f"It was called with heads=2, and the attention has {attends[0].num_heads}: use the argument `heads`."
    if getattr(attends[0], "key_dim", 4) != 4:
        return f"The heads share the d = 8 numbers: with 2 heads, key_dim is d // heads = 4, and this one has {attends[0].key_dim}."
    if len(dense) != 2:
        return f"The feed-forward part has two Dense layers, one with 4 * d units, one back to d; here Dense stands {len(dense)} times."
    if dense[0].units != 32:
        return f"The first Dense layer should have 4 * d = 32 units for d = 8, and this one has {dense[0].units}."
    if dense[1].units != 8:
        return f"The last Dense layer goes back to d = 8 units, and this one has {dense[1].units}."
    return None


def _behaviour_of_block(blind: Any, model: Any, x: np.ndarray) -> str | None:
    first, last = x.copy(), x.copy()
    first[:, 0] += np.arange(8)
    last[:, 5] += np.arange(8)
    run = lambda net, inputs: np.asarray(net(inputs))  # noqa: E731
    if np.allclose(run(model, first)[:, 5], run(model, x)[:, 5], atol=1e-5) and np.allclose(run(model, last)[:, 0], run(model, x)[:, 0], atol=1e-5):
        return "No place learns anything of the others. Is the result of the attention used?"
    if not np.allclose(run(blind, last)[:, :5], run(blind, x)[:, :5], atol=1e-4):
        return "With causal=True the first places still see the last one: use_causal_mask=causal belongs to the *call* of the attention."
    if np.allclose(run(model, last)[:, 0], run(model, x)[:, 0], atol=1e-5):
        return "With causal=False the first place should see the last one. Hand the argument on: use_causal_mask=causal."
    return None


BENDS = ("relu", "gelu", "silu", "leaky_relu", "elu", "selu", "softplus", "tanh", "relu6", "gelu_tanh", "linear")

# What each part of a block may be built from: first what is right, then the mistakes and what is said of them.
ARRANGEMENTS: dict[str, dict[str, str]] = {
    "query": {"y": "", "x": "The attention's query is x itself. Hand over the normalised one: with y = norm(x) the call is (y, y, ...)."},
    "value": {"y": "", "x": "The attention's values are x itself. Hand over the normalised one: with y = norm(x) the call is (y, y, ...)."},
    "first": {
        "x": "",
        "y": "Add to x itself, not to its normalised version: give the result of LayerNormalization a name of its own, y.",
        "none": "The attention replaces x. Add it: x = x + attention.",
        "x twice": "In the first sum x is added twice.",
        "x + y": "In the first sum x is added, and the normalised x as well. Add the attention to x only.",
    },
    "feed": {
        "norm(h)": "",
        "h": "The Dense layers get the first sum as it is. Normalise it first, with a second LayerNormalization.",
        "norm(x)": "The Dense layers get the normalised x, so they see nothing of the attention. Normalise the first sum, h.",
        "x": "The Dense layers get x itself, so they see nothing of the attention. Give them the first sum, normalised.",
        "norm(a)": "The Dense layers get the normalised attention alone. Normalise the sum h = x + attention.",
        "a": "The Dense layers get the attention alone. Give them the sum h = x + attention, normalised.",
    },
    "second": {
        "h": "",
        "x": "The second sum adds to the x that came in, so the attention is lost from it. Add to the first sum, h = x + attention.",
        "norm(h)": "The second sum adds to the normalised h. Add to h itself: give the result of LayerNormalization a name of its own, y.",
        "y": "The second sum adds to the normalised x. Add to the first sum, h = x + attention.",
        "a": "The second sum adds to the attention alone. Add to the first sum, h = x + attention.",
        "none": "The Dense layers replace what was there. Add their result to it: return x + ...",
        "h twice": "In the second sum h is added twice.",
        "x + h": "The x that came in is added once more at the end: h = x + attention holds it already.",
    },
    "last": {"": "", "relu": "The last Dense layer has no activation: what is added to x may be negative, too."},
    "end": {"": "", "norm": "One more normalisation stands at the end. A block ends with the sum, h + dense(norm(h))."},
}


def _arrangement(blind: Any, model: Any, x: np.ndarray) -> str | None:
    """Which sums and normalisations give what the block gives; its own layers are used, so only their order counts."""
    out, parts = np.asarray(model(x)), _leaves(model)
    (attend,), norms, dense = (_of_kind(parts, kind) for kind in ("MultiHeadAttention", "LayerNormalization", "Dense"))
    named = getattr(dense[0].activation, "__name__", "")
    bends = BENDS if named == "linear" else (named,)
    for bend in bends:
        if any(np.allclose(out, net, atol=1e-3) for net in _right_blocks(attend, norms, dense, bend, x, False)):
            if bend == "linear":
                return "Two Dense layers with no activation between them are one linear map. Give the first one relu."
            if len(norms) < 2:
                return "One LayerNormalization is missing: a single one is used twice, and each place needs one with factors of its own."
            if len(norms) > 2:
                return f"Two LayerNormalization layers are needed, and this block has {len(norms)}."
            layers = [_of_kind(_leaves(blind), kind) for kind in ("MultiHeadAttention", "LayerNormalization", "Dense")]
            masked = _right_blocks(layers[0][0], *layers[1:], bend, x, True)
            if any(np.allclose(np.asarray(blind(x)), net, atol=1e-3) for net in masked):
                return None
            return "With causal=False all is right, and with causal=True it is another block: only use_causal_mask=causal should change."
    for bend in (b for b in bends if b in (named, "relu", "linear")):
        if says := _turned(out, attend, norms, dense, bend, x):
            return says
    if len(norms) < 2:
        return "One LayerNormalization is missing: one stands before the attention, one before the Dense layers."
    return "The parts are there, and they are put together in another way: h = x + attention(norm(x)), then h + dense(norm(h))."


def _steps(attend: Any, norms: list, dense: list, bend: str) -> tuple[Any, Any, Any]:
    """The attention, the normalisation and the two Dense layers of a block as functions of arrays."""
    import keras

    ends = norms[0], norms[-1]
    tanh = {"gelu_tanh": lambda y: keras.activations.gelu(y, approximate=True)}
    own = getattr(dense[0].activation, "__name__", "") != "linear"
    curve = dense[0].activation if own else tanh.get(bend) or keras.activations.get(bend)
    kernels = [np.asarray(layer.kernel) for layer in dense]
    biases = [0 if layer.bias is None else np.asarray(layer.bias) for layer in dense]

    def feed(y: np.ndarray) -> np.ndarray:
        return np.asarray(curve((y @ kernels[0] + biases[0]).astype("float32"))) @ kernels[1] + biases[1]

    def look(query: np.ndarray, value: np.ndarray, causal: bool = False) -> np.ndarray:
        return np.asarray(attend(query, value, use_causal_mask=causal))

    def own_or(layer: Any, name: str, plain: float) -> Any:
        weight = getattr(layer, name, None)
        return plain if weight is None else np.asarray(weight)

    scales, shifts, small = zip(*((own_or(n, "gamma", 1), own_or(n, "beta", 0), n.epsilon) for n in ends), strict=True)

    def norm(y: np.ndarray, place: int) -> np.ndarray:
        deviations = y - y.mean(axis=-1, keepdims=True)
        unit = deviations / np.sqrt((deviations**2).mean(axis=-1, keepdims=True) + small[place])
        return unit * scales[place] + shifts[place]

    return look, norm, feed


def _right_blocks(attend: Any, norms: list, dense: list, bend: str, x: np.ndarray, causal: bool) -> list:
    """Normalised before each part, as in the notebook, or after each sum, as in the first Transformer."""
    look, norm, feed = _steps(attend, norms, dense, bend)
    y = norm(x, 0)
    h = x + look(y, y, causal)
    after = norm(x + look(x, x, causal), 0)
    return [h + feed(norm(h, 1)), norm(after + feed(after), 1)]


def _turned(out: np.ndarray, attend: Any, norms: list, dense: list, bend: str, x: np.ndarray) -> str | None:
    """What is said of the arrangement with the fewest mistakes (at most three) that gives `out`."""
    look, norm, feed = _steps(attend, norms, dense, bend)
    out, x = out[:1], x[:1]
    y, found = norm(x, 0), []
    for query, value in itertools.product(*map(ARRANGEMENTS.get, ("query", "value"))):
        a = look({"x": x, "y": y}[query], {"x": x, "y": y}[value])
        for first, base in {"x": x, "y": y, "none": 0 * x, "x twice": 2 * x, "x + y": x + y}.items():
            h = base + a
            inside = {"norm(h)": norm(h, 1), "h": h, "norm(x)": norm(x, 1), "x": x, "norm(a)": norm(a, 1), "a": a}
            below = {"h": h, "x": x, "norm(h)": norm(h, 1), "y": y, "a": a, "none": 0 * x, "h twice": 2 * h, "x + h": x + h}
            fed_back = {fed: feed(given) for fed, given in inside.items()}
            for (fed, plain), last in itertools.product(fed_back.items(), ("", "relu")):
                added = np.maximum(plain, 0) if last else plain
                for second, kept in below.items():
                    for end in ("", "norm"):
                        net = norm(kept + added, 1) if end else kept + added
                        if abs(out - net).max() < 1e-3:
                            found.append((query, value, first, fed, second, last, end))
    if not found:
        return None
    mistakes = lambda chosen: [says[one] for one, says in zip(chosen, ARRANGEMENTS.values(), strict=True) if says[one]]  # noqa: E731
    return min(map(mistakes, found), key=len)[0] if all(map(mistakes, found)) else None


@exercise(
    "24.4",
    "Embedding(10, 32), then Position(), then one MultiHeadAttention layer, then Dense(10). `mirror_attention` is the pattern.",
    "Call the attention on the same tensor twice, `layers.MultiHeadAttention(1, 32)(x, x)`, and end with Dense(10) without softmax.",
    "fit_adam(pointer, x_points, y_points, 0.01, 5) is enough. Without Position() no place knows which one it is.",
    praise="The digit is the query, the place is the key, and the digit there is the value: a lookup.",
)
def follows_pointers(model: Any) -> str | None:
    model = keras_model(model)
    kinds = {type(layer).__name__ for layer in model._flatten_layers()}
    x = np.random.default_rng(77).integers(0, 10, (1000, 10))
    try:
        out = np.asarray(model(x))
    except Exception as problem:
        raise NotYet("The model should take whole numbers of shape (n, 10), as x_points has them. " + str(problem).split("\n")[0]) from problem
    if out.shape != (1000, 10, 10):
        return f"For 1000 rows of 10 digits the output should be (1000, 10, 10), a number for each digit at each place; it is {out.shape}."
    said = out.argmax(axis=-1)
    share = (said == np.take_along_axis(x, x, axis=1)).mean()
    if kinds & {"GRU", "LSTM", "SimpleRNN", "Bidirectional"}:
        return "This one is for attention: leave the recurrent layer out."
    if (said == x).mean() > 0.9:
        return "It gives back the digits that came in. Are the targets y_points?"
    if share >= 0.99:
        return None
    if not any("attention" in kind.lower() for kind in kinds):
        return f"{share:.0%} of new digits are right. Without attention a place sees only its own digit."
    if share < 0.4 and "Position" not in kinds:
        return f"{share:.0%} of new digits are right. Without Position() no place knows which one it is."
    if share < 0.2:
        return f"{share:.0%} of new digits are right, hardly better than guessing. Was it trained, with from_logits=True?"
    return f"{share:.1%} of new digits are right; 99 % are asked for. Train it longer, or with a larger rate."


def _parameters(blocks: int, d: int, vocabulary: int, places: int) -> int:
    return vocabulary * d + places * d + blocks * (12 * d**2 + 13 * d) + 2 * d


@exercise(
    "24.5",
    "Per block: the attention has four matrices of d by d with their biases, the Dense layers have 4d and d units, each normalisation 2d.",
    "A block has 4 (d² + d) + (4d² + 4d) + (4d² + d) + 2 · 2d = 12d² + 13d. Outside stand the two tables and one normalisation.",
    "return vocabulary * d + places * d + blocks * (12 * d**2 + 13 * d) + 2 * d",
    praise="GPT-2 has 124 439 808 parameters in its smallest size and 1 557 611 200 in its largest.",
    solution=_parameters,
)
def parameters(function: Any) -> str | None:
    shapes = [(12, 768, 50_257, 1024), (2, 8, 30, 5), (3, 10, 7, 11)]
    got = np.array([number(call(function, *shape)) for shape in shapes])
    if close(got, [_parameters(*shape) for shape in shapes], rtol=0, atol=0.5):
        return None
    return _miscounted(_terms(function)) or (
        f"For 2 blocks, d = 8, 30 tokens and 5 places it gives {got[1]:.10g}, and there are {_parameters(2, 8, 30, 5)}."
    )


TERMS: dict[str, Any] = {
    "n d d": lambda n, d, v, t: n * d * d,
    "n d": lambda n, d, v, t: n * d,
    "n": lambda n, d, v, t: n,
    "d d": lambda n, d, v, t: d * d,
    "d": lambda n, d, v, t: d,
    "v d": lambda n, d, v, t: v * d,
    "t d": lambda n, d, v, t: t * d,
    "n v d": lambda n, d, v, t: n * v * d,
    "n t d": lambda n, d, v, t: n * t * d,
    "v": lambda n, d, v, t: v,
    "t": lambda n, d, v, t: t,
    "v t": lambda n, d, v, t: v * t,
    "1": lambda n, d, v, t: 1,
}


def _terms(function: Any) -> dict | None:
    """How often each of TERMS is counted, or None if the count is no sum of them."""
    shapes = [tuple(map(int, shape)) for shape in np.random.default_rng(9).integers(2, 12, (40, 4))]
    counted = np.array([number(call(function, *shape)) for shape in shapes])
    table = np.array([[term(*shape) for term in TERMS.values()] for shape in shapes], dtype=float)
    often = np.round(np.linalg.lstsq(table, counted, rcond=None)[0], 4)
    return dict(zip(TERMS, often, strict=True)) if np.allclose(table @ often, counted, rtol=0, atol=0.01) else None


MATRICES = {
    0: "The matrices of the blocks are missing: four of d by d for the attention, and two Dense layers, d to 4d and back.",
    4: "Of the matrices you count 4 d² in each block. Are those of both parts in it, the attention's and the two Dense layers'?",
    6: "Of the matrices you count 6 d² in each block. The Dense layers go from d to 4d and back: 4 d² each, not d².",
    8: "4 d² are missing in each block. Are the attention's four matrices in it, and both Dense layers with 4 d² each?",
    9: "3 d² are missing in each block. The attention has four matrices: for queries, keys and values, and one that mixes the heads.",
    11: "One d² is missing in each block. The attention has a fourth matrix, which mixes the heads.",
}
VECTORS = {
    0: "The biases and normalisations of the blocks are missing: every bias counts, and each normalisation has 2d numbers.",
    4: "9 d are missing in each block. Are all biases in it, d for each of four matrices, and 4d and d for the Dense layers?",
    5: "8 d are missing in each block. Are the four biases of the attention in it, d each, and two normalisations with 2d each?",
    8: "5 d are missing in each block. Are the biases of the two Dense layers in it, 4d and d?",
    9: "4 d are missing in each block. Are the four biases of the attention in it, the 4d of the first Dense layer, "
    "and two normalisations with 2d numbers each?",
    10: "3 d are missing in each block. Is the first Dense layer's bias in it with 4d numbers, one for each unit?",
    11: "2 d are missing in each block. Are there two normalisations in it, with 2d numbers each?",
    12: "One d is missing in each block. Is the bias of the second Dense layer in it, d numbers, and all four of the attention?",
    15: "2 d too many are in each block. Two normalisations stand in a block, and the last one stands after all of them.",
    16: "3 d too many are in each block. Is the second Dense layer's bias counted with d numbers, one for each unit?",
}


def _miscounted(often: dict | None) -> str | None:
    """The first mistake in a count, told from how often each term is in it."""
    if often is None:
        return None
    if often["n d d"] == 0 and often["d d"] == 12:
        return "This is the count for a single block: its numbers come once for each block."
    if often["n v d"] or often["n t d"]:
        return "The tables of tokens and places stand outside of the blocks: count them once, not in each block."
    tables = {"v d": "of tokens is missing: a row of d numbers for each token.", "t d": "of positions is missing: a row of d numbers for each place."}
    missing = [name for name in tables if often[name] == 0]
    if len(missing) == 2:
        return "Both tables are missing, which stand before the blocks: a row of d numbers for each token, and one for each place."
    if missing:
        return "The table " + tables[missing[0]]
    if often["v d"] == 2:
        return "The output layer uses the table of tokens once more, so count it once."
    if often["v"] == 1:
        return "There is one number too many for each token: the output layer has no bias."
    if often["n"]:
        return "Something in a block is counted as single numbers. Every bias and every normalisation is a vector: a number for each unit."
    matrices, vectors = often["n d d"], often["n d"]
    if matrices != 12:
        count = f"Of the matrices you count {matrices:.10g} d² in each block: the attention's four have d² each, the two Dense layers 4 d² each."
        return MATRICES.get(matrices, count)
    if vectors != 13:
        count = f"The matrices are right. Of biases and normalisations you count {vectors:.10g} d in each block."
        return VECTORS.get(vectors, count + " The biases have 4d, 4d and d, each normalisation 2d.")
    if often["d"] == 0:
        return "The normalisation after the last block is missing: 2d numbers."
    if often["d"] == 1:
        return "The normalisation after the last block has 2d numbers: a factor and a shift for each of d."
    return None


def _patches(images: Any) -> Any:
    return images.reshape(-1, 4, 7, 4, 7).swapaxes(2, 3).reshape(-1, 16, 49)


@exercise(
    "24.6",
    "Cut each side into 4 times 7 first: reshape to (n, 4, 7, 4, 7). Which of these axes belong to the same patch?",
    "After the first reshape the axes are image, row of patches, row in the patch, column of patches, column in the patch. Swap two of them.",
    "return images.reshape(-1, 4, 7, 4, 7).swapaxes(2, 3).reshape(-1, 16, 49)",
    praise="16 small images, in the order in which one reads a page. To a Transformer they are 16 words.",
    solution=_patches,
)
def cut_into_patches(function: Any) -> str | None:
    images = np.random.default_rng(8).random((3, 28, 28))
    got = array(call(function, images.copy()))
    if got.shape in {(16, 49), (16, 7, 7)}:
        return "These are the patches of one image. Cut all of them: the result has the shape (n, 16, 49)."
    if got.shape in {(3, 16, 7, 7), (3, 4, 4, 49), (3, 4, 4, 7, 7)}:
        return f"The shape should be (3, 16, 49) for 3 images, and it is {got.shape}. Put the 49 pixels of each patch in a row: one more reshape."
    if got.shape == (48, 49):
        return "The patches of all images stand in one list. Keep the images apart: (n, 16, 49)."
    if got.shape != (3, 16, 49):
        return f"For 3 images the result should have the shape (3, 16, 49), and it has {got.shape}."
    right = _patches(images)
    five = images.reshape(3, 4, 7, 4, 7)
    square = right.reshape(3, 4, 4, 7, 7)
    mistakes = [
        (images.reshape(3, 16, 49), "A single reshape cuts every image into strips: 49 pixels are one row and three quarters of the next. Cut both sides first."),
        (square.swapaxes(1, 2).reshape(3, 16, 49), "These are the right patches, column by column. Go row by row, as one reads."),
        (square.swapaxes(3, 4).reshape(3, 16, 49), "The patches stand in the right order, and each of them is transposed: its rows have become columns."),
        (_patches(images.swapaxes(1, 2)), "Every image is transposed: rows and columns are swapped."),
        (images.reshape(3, 7, 4, 7, 4).swapaxes(2, 3).reshape(3, 49, 16).swapaxes(1, 2), "This takes every fourth pixel. A patch holds neighbours: the side is 4 patches of 7 pixels, (4, 7), not (7, 4)."),
        (images.reshape(3, 7, 4, 7, 4).swapaxes(2, 3).reshape(3, 16, 49), "The side has 4 patches of 7 pixels: reshape it to (4, 7), not to (7, 4)."),
        (five.transpose(0, 2, 4, 1, 3).reshape(3, 16, 49), "The axes inside a patch must come last: image, patch row, patch column, then the two inside the patch."),
        (five.swapaxes(2, 4).reshape(3, 16, 49), "The wrong two axes are swapped: bring the two that count patches next to each other."),
        (five.swapaxes(1, 2).reshape(3, 16, 49), "The wrong two axes are swapped: bring the two that count patches next to each other."),
        (five.swapaxes(1, 3).reshape(3, 16, 49), "The wrong two axes are swapped: bring the two that count patches next to each other."),
    ]
    other = "The shape is right, and the pixels stand elsewhere: patch by patch, row by row from the top left, and each patch row by row."
    return grade(got, right, mistakes, other=other)
