"""Running what comes in steps to its end."""


def finish(steps):
    """Take all steps; return what they were and what came of them."""
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value


def result_of(steps):
    """Take all steps; return what came of them."""
    _, value = finish(steps)
    return value
