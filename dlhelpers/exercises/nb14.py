"""Exercises of notebook 14, from text to numbers to a verdict."""

from functools import cache
from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises.core import (
    OTHER,
    NotYet,
    array,
    call,
    chosen_letters,
    close,
    exercise,
    grade,
    keras_model,
    last_activation,
    number,
)

TARGET, MOST = 0.70, 100_000


@exercise(
    "14.5",
    "Write down the words, the pairs of neighbours and the triples. A bag keeps each entry once.",
    "Words: it, is, what. Pairs: it is, is what, what it, and it is once more.",
    "3 words and 3 pairs are the bag of 2-grams; 3 triples come on top: bag_sizes = [6, 9]",
    praise="`it`, `is` and `it is` come twice and are kept once.",
)
def bag_sizes(sizes: Any) -> str | None:
    sizes = array(sizes)
    if sizes.size != 2:
        return "Two numbers are asked for: the size of the bag of 2-grams and that of the bag of 3-grams."
    mistakes = [
        ([9, 12], "5 words, 4 pairs and 3 triples are right, but a bag keeps each of them once."),
        ([7, 10], "The words are kept once; keep the pair `it is` once, too."),
        ([8, 11], "The pairs are kept once; keep the words `it` and `is` once, too."),
        ([3, 3], "These are the pairs alone and the triples alone. The shorter runs belong to the bag, too."),
        ([4, 3], "These are the pairs alone and the triples alone. The shorter runs belong to the bag, and each once."),
        ([6, 3], "The bag of 3-grams holds the words and the pairs, too."),
        ([9, 6], "Right numbers, wrong order: first the 2-grams, then the 3-grams."),
        ([3, 6], [4, 7], "The bag of 2-grams holds the single words *and* the pairs; the bag of 3-grams holds the triples as well."),
    ]
    other = OTHER
    if close(sizes.ravel()[0], 6):
        other = "The first number is right. The bag of 3-grams holds the same entries and each different triple."
    elif close(sizes.ravel()[1], 9):
        other = "The second number is right. The bag of 2-grams is the same bag without its 3 triples."
    return grade(sizes.ravel(), [6, 9], mistakes, other=other)


@exercise(
    "14.1",
    "Start with `np.zeros(n_words)`. Each index of the list adds 1 at its own place.",
    "`counts[indices] += 1` adds only 1 where an index comes twice. A loop adds each time.",
    "counts = np.zeros(n_words); for i in indices: counts[i] += 1; return counts",
    praise="The row of a sentence is also the sum of its one-hot rows.",
)
def bag_of_counts(function: Any) -> str | None:
    indices, n = [3, 1, 3, 7, 3], 10
    rows = np.eye(n)[indices]
    result = array(call(function, list(indices), n))
    if result.shape == rows.shape and close(result, rows):
        return "These are the one-hot rows. Their sum over the words is the bag."
    if close(result, rows.sum(axis=0)[:8]):
        return "The vector ends with the largest index. It must be `n_words` long for every sentence."
    if result.shape != (n,):
        return f"For n_words = {n} the vector should have shape ({n},), and this one has {result.shape}."
    mistakes = [
        (rows.max(axis=0), "Index 3 occurs three times and gets a 1: this says whether a word occurs, not how often."),
        (np.roll(rows.sum(axis=0), -1), "Everything stands one place too low: index 1 belongs to place 1, 0 is padding."),
        (np.roll(rows.sum(axis=0), 1), "Everything stands one place too high: index 1 belongs to place 1."),
        (rows[0], "Only one index is counted. Make the zeros before the loop, and put `return` behind it."),
        (np.arange(n) < 5, "This counts the places 0 to 4 in the list, not the indices that stand there."),
        (np.zeros(n), "Nothing is counted. (`indices == i` is False as a whole: a list is not compared entry by entry.)"),
        (rows.sum(axis=0) * np.arange(n), "The index itself is added. Each time it occurs, its place gains 1."),
        (rows.mean(axis=0), "These are shares of the words. Counts are asked for: do not divide."),
    ]
    if message := grade(result, rows.sum(axis=0), mistakes):
        return message
    again = array(call(function, [1, 1], 4))
    return None if close(again, [0, 2, 0, 0]) else "Right for one sentence, but not for others: use `indices` and `n_words`."


@exercise(
    "14.2",
    "Add up the vectors of the real words, and divide by their number, sentence by sentence.",
    "The mask needs a third axis to be multiplied with the vectors: `mask[:, :, None]`, as floats.",
    "weight = np.asarray(mask, dtype=float)[:, :, None]; return (vectors * weight).sum(axis=1) / weight.sum(axis=1)",
    praise="Now padding can be as long as it likes.",
)
def masked_mean(function: Any) -> str | None:
    vectors = np.random.default_rng(14).normal(size=(3, 4, 2)) + 1
    mask = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 1]], dtype=bool)
    weight = mask[:, :, None].astype(float)
    result = array(call(function, vectors.copy(), mask.copy()))
    total, lengths = (vectors * weight).sum(axis=1), weight.sum(axis=1)
    if close(result, vectors[mask].mean(axis=0)):
        return "This is one mean over the words of all sentences. Each sentence has its own."
    if result.shape == (3, 4):
        return "This averages the numbers of each word. The mean goes over the words of a sentence: axis 1."
    if result.shape == (4, 2):
        return "This averages over the sentences. The mean goes over the words of a sentence: axis 1."
    if result.shape != (3, 2):
        return f"Three sentences with vectors of two numbers should give shape (3, 2), not {result.shape}."
    mistakes = [
        (vectors.mean(axis=1), "This is the plain mean: the padding counts, too. Use the mask."),
        (total / 4, "The padding is left out of the sum, but you divide by all 4 places. Divide by the real words."),
        (total / 3, "You divide by the number of sentences. Divide each sum by the number of real words in its sentence."),
        (
            [v[:k].mean(axis=0) for v, k in zip(vectors, mask.sum(axis=1), strict=True)],
            "This takes the first words of each sentence. The mask says which words are real, and they need not come first.",
        ),
        (total, "This is the sum. Divide by the number of real words."),
        (total / mask.sum(), "This divides by the words of all sentences. Each sentence has its own number of words."),
        ((vectors * (1 - weight)).sum(axis=1) / np.maximum(4 - lengths, 1), "This is the mean of the padding."),
    ]
    return grade(result, total / lengths, mistakes)


@exercise(
    "14.3",
    "Ask of each line: does anything that was counted or chosen depend on the test sentences?",
    "TF-IDF counts in how many sentences a word occurs. And to stop at the best epoch is a choice.",
    'Two of the five leak, a vocabulary and a choice: leaks = "BC"',
    praise="Neither the vocabulary nor any choice may know the test sentences.",
)
def leaks(letters: Any) -> str | None:
    chosen = chosen_letters(letters, "ABCDE")
    if chosen == {"B", "C"}:
        return None
    if "A" in chosen:
        return "A is clean: it reads the training sentences only."
    if "D" in chosen:
        return "D is clean: the validation sentences are there for such choices."
    if "E" in chosen:
        return "E is clean: the sentence is only looked up in a vocabulary that was fixed before."
    if "B" not in chosen:
        return "One is missing: which line counts words in *all* sentences?"
    return "One is missing: a choice that is made with the test sentences leaks, too."


@cache
def _validation() -> tuple[np.ndarray, np.ndarray]:
    """Word indices and labels of the validation sentences, with the vocabulary of the notebook."""
    from keras import layers

    sentences = data.load_movie_sentences()
    vectorize = layers.TextVectorization(10_000, standardize="lower", split="whitespace", output_sequence_length=32)
    vectorize.adapt(sentences.text[:6400].to_numpy())
    part = sentences[6400:6930]
    return np.asarray(vectorize(part.text.to_numpy())), part.label.to_numpy(float)


@exercise(
    "14.4",
    "10 000 words times the numbers for each word is most of it: with 8 numbers, the embedding has 80 000 parameters.",
    "Embedding(10_000, 8, mask_zero=True), GlobalAveragePooling1D, Dense(1, activation=\"sigmoid\").",
    "Compile with Adam(0.02) and \"binary_crossentropy\"; two epochs with batches of 128 are enough, and more of them overfit.",
    praise="A quarter of the parameters, and hardly a difference.",
)
def small_text_network(model: Any) -> str | None:
    model = keras_model(model)
    if not getattr(model, "built", False) or not model.weights:
        return "The model has no weights yet: start it with keras.Input((None,)), and train it."
    if (size := model.count_params()) > MOST:
        return f"It has {size} parameters, and 100 000 are the most. Shorter word vectors save most: 10 000 for each number."
    ids, y = _validation()
    try:
        p = np.asarray(model(ids), dtype=float)
    except Exception as problem:
        if rows := [layer.input_dim for layer in _embeddings(model) if layer.input_dim < 10_000]:
            raise NotYet(f"The embedding has {rows[0]} rows, and the word indices go up to 9999. Keep 10 000 rows and make them shorter.") from problem
        raise NotYet("The model could not read rows of 32 word indices: start with keras.Input((None,)) and an Embedding.") from problem
    if p.shape not in ((len(y), 1), (len(y),)):
        return f"One probability for each sentence is asked for; for {len(y)} sentences the output has shape {p.shape}."
    p = p.reshape(-1)
    if not np.isfinite(p).all():
        return "The outputs are nan: training has blown up. Take a smaller learning rate."
    if p.min() < 0 or p.max() > 1:
        return "The outputs are not probabilities: give the last layer a sigmoid."
    if last_activation(model) == "softmax":
        return "All outputs are 1: a softmax over a single unit always is. Give the last layer a sigmoid."
    right = float(np.mean((p > 0.5) == y))
    says = f"It gets {right:.1%} of the validation sentences right, and {TARGET:.0%} are asked for."
    if right >= TARGET:
        if right > 0.87:
            return "It knows the validation sentences suspiciously well. Train it on ids_train alone: they are for choosing only."
        return None
    if not _embeddings(model):
        return f"{says} The indices are names, not amounts: start with an Embedding, which looks up a row for each word."
    if right < 0.3:
        return f"{says} It does the opposite of what it should: are the labels turned around?"
    if right < 0.58:
        return f"{says} That is guessing. Was it trained, and does the padding count as words (mask_zero)?"
    return f"{says} Another learning rate, or another number of epochs?"


def _embeddings(model: Any) -> list[Any]:
    """The embedding layers of a model, also those inside of its parts."""
    inner = [one for layer in model.layers for one in (_embeddings(layer) if hasattr(layer, "layers") else [layer])]
    return [layer for layer in inner if hasattr(layer, "input_dim") and hasattr(layer, "embeddings")]


@exercise(
    "14.6",
    "Three parts: the embedding's rows, two LSTMs, and a Dense unit that sees both of them.",
    "An LSTM of n units on p inputs has 4 sets of n (p + n) weights and n biases.",
    "80000 for the embedding, 2 * 4 * (8 * (16 + 8) + 8) for the LSTMs, 2 * 8 + 1 for the unit; add them up.",
    praise="Of 81 617 parameters 98 % are the embedding.",
)
def parameters(count: Any) -> str | None:
    mistakes = [
        (80_817, "This has one LSTM. Bidirectional has two, one for each direction."),
        (80_809, "This has one LSTM. Bidirectional has two, and their outputs stand side by side."),
        (81_609, "Nearly: the Dense unit sees both LSTMs, so it has 16 weights and a bias."),
        (80_417, "A SimpleRNN has one set of weights. An LSTM has four: three gates and the candidate."),
        (81_553, "The biases of the LSTM are missing: 8 in each of its four sets."),
        (81_105, "The weights from state to state are missing: each unit also sees the 8 units of the step before."),
        (1_617, "The embedding is missing: 5000 rows of 16 numbers."),
        (81_600, "The Dense unit is missing: a weight for each of its inputs, and a bias."),
        (81_616, "The bias of the Dense unit is missing."),
        (81_265, 81_217, "This is a GRU with three sets of weights. An LSTM has four."),
        (82_129, "Each unit sees 16 inputs and 8 states, not 16 states: the directions know nothing of each other."),
        (80_593, "The weights from input to state are missing: each unit also sees the 16 numbers of a word."),
        (80_209, "This has a single SimpleRNN. There are two LSTMs, each with four sets of weights."),
        (1_600, "These are the LSTMs alone. The embedding and the Dense unit have parameters, too."),
        (81_681, "An LSTM has one bias for each unit in each of its four sets, and not one for the input and one for the state."),
        (80_000, "This is the embedding alone."),
    ]
    return grade(number(count), 81_617, mistakes, rtol=0)
