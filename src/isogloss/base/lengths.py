"""What stands for a longest input, in tokens, where there is none."""

NO_LIMIT = 1_000_000
"""More tokens than any text has, and less than what tokenizers without a longest input say."""
