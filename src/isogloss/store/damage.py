"""What is said of a step that is not as it was written, and by which key: who asks may redo it."""

from pathlib import Path

from isogloss.base.errors import RunError


class Unusable(RunError):
    """A step that is needed cannot be used; to make it anew mends that."""

    code = "ISO-230"
    remedy = "Run the step's study again."

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        super().__init__(message)


class Damaged(Unusable):
    """A finished step does not hold what was written: the disk, or somebody, has changed it."""

    code = "ISO-231"
    remedy = "Run its study with --verify: the step is moved aside and made anew. See to the disk."

    def __init__(self, folder: Path, what: str) -> None:
        self.folder = folder
        self.what = what
        super().__init__(
            folder.name,
            f"{folder} is damaged: {what}. Run its study with --verify: the step is moved aside and"
            " made anew.",
        )


class NotFinished(Unusable):
    """A step is asked for that the store does not have."""

    code = "ISO-232"
    remedy = "Run the study first, with the same --store."

    def __init__(self, root: Path, key: str) -> None:
        super().__init__(key, f"The store {root} has no finished step {key}: run the study first.")
