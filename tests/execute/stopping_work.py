"""Work of many small parts, which leaves a note when it is closed between two of them."""

import time
from itertools import count

from toy_work import At, note


def do(step, root):
    folder = root / "notes"
    folder.mkdir(exist_ok=True)
    for number in count():
        note(folder, f"at {step.title}")
        try:
            time.sleep(step.payload["seconds"] if number else 0)
        except BaseException:
            note(folder, f"cut {step.title}")
            raise
        try:
            yield At(number, None)
        except GeneratorExit:
            time.sleep(0.3)  # as writing a checkpoint does
            note(folder, f"checkpoint {step.title}")
            raise
    return True
