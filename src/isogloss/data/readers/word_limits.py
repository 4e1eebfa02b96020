"""How long words and sentences may be: longer ones are files that are not what their name says."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from isogloss.base.limits import Limit, over_limit


@final
@dataclass(frozen=True)
class WordLimits:
    """The limits of one file, looked up once."""

    path: Path
    longest_word: int = field(default_factory=lambda: Limit.WORD_CHARACTERS.now)
    """Characters."""
    longest_sentence: int = field(default_factory=lambda: Limit.SENTENCE_WORDS.now)
    """Words."""

    def check_word(self, word: str, line: int) -> None:
        """Refuse a word that is none.

        Raises:
            OverLimit: naming its line.
        """
        if len(word) > self.longest_word:
            raise over_limit(
                Limit.WORD_CHARACTERS,
                self.longest_word,
                f"{self.path}:{line}",
                f"a word of {len(word):,} characters",
                "Write one word a line.",
            )

    def check_sentence(self, n_words: int, line: int) -> None:
        """Refuse a sentence that is none.

        Raises:
            OverLimit: naming the line on which it begins.
        """
        if n_words > self.longest_sentence:
            raise over_limit(
                Limit.SENTENCE_WORDS,
                self.longest_sentence,
                f"{self.path}:{line}",
                f"a sentence of more than {self.longest_sentence:,} words",
                "Leave an empty line between sentences.",
            )
