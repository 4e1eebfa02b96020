"""Words that stand in more than one place of a report."""


def capital(text: str) -> str:
    """Begin a sentence or a heading with it; what is large within it stays so.

    >>> capital("macro F1"), capital("")
    ('Macro F1', '')
    """
    return f"{text[:1].upper()}{text[1:]}"
