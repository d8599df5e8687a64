"""Right answers, and wrong ones with a word of the message that each must get; see test_exercises.py."""
