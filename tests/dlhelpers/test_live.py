"""The progress bar and the picture of a training, in a real kernel as a person has it."""

import os
import sys
from copy import deepcopy

import nbformat
import pytest
from nbclient import NotebookClient

BEGIN = """
import dlhelpers, sys, os
dlhelpers.setup(seed=1)
import keras, numpy as np, matplotlib.pyplot as plt
x = np.arange(8.0)[:, None]
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
drawn = []
def draw():
    drawn.append(len(drawn))
    plt.subplots()[1].set_title("so far")
"""
FIT = """
mine, _ = plt.subplots()
history = model.fit(x, x, epochs=5, batch_size=2, verbose=0, callbacks=[dlhelpers.watch(draw, every=2)])
print(drawn, plt.get_fignums() == [mine.number], len(history.history["loss"]))
plt.close(mine)
"""


def outputs(**environment):
    """Run the training in a kernel; return its outputs and all messages that the page got."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in (BEGIN, FIT)])
    ours = ("DLHELPERS_SMOKE", "DLHELPERS_QUIET")
    env = {key: value for key, value in os.environ.items() if key not in ours}
    client, messages = NotebookClient(notebook, kernel_name="python3"), []
    client.create_kernel_manager()
    # The interpreter that runs the tests, not whichever environment registered "python3" last.
    client.km.kernel_spec.argv[0] = sys.executable
    process = client.process_message
    client.process_message = lambda message, *rest: (messages.append(deepcopy(message)), process(message, *rest))[1]
    client.execute(env={**env, **environment})
    return notebook.cells[1].outputs, messages


def test_a_person_sees_bar_and_pictures_and_a_saved_page_keeps_none():
    saved, messages = outputs()
    text = "".join(output.get("text", "") for output in saved)
    assert "[0, 1, 2] True 5" in text  # drawn after epochs 2, 4 and 5; the open figure of the cell stays
    pictures = [m for m in messages if "image/png" in m["content"].get("data", {})]
    assert [m["header"]["msg_type"] for m in pictures] == ["display_data", "update_display_data", "update_display_data"]
    assert not any("image/png" in output.get("data", {}) for output in saved)
    bars = [m for m in messages if m["header"]["msg_type"] == "comm_msg"]
    assert any("loss" in str(m["content"]) for m in bars)


def test_tests_and_tools_see_nothing_of_it():
    saved, messages = outputs(DLHELPERS_QUIET="1")
    assert [output.output_type for output in saved] == ["stream"]
    assert saved[0].text == "[] True 5\n"
    assert not [m for m in messages if m["header"]["msg_type"] in ("comm_open", "update_display_data")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"draw": 3}, "draw must be a function"),
        ({"every": 0}, "every must be a whole number"),
        ({"every": 1.5}, "every must be a whole number"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, message):
    import dlhelpers

    with pytest.raises(ValueError, match=message):
        dlhelpers.watch(**arguments)
