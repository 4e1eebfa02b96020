"""Step `evaluate_form`: a form of serving tested from the words on, with a tokenizer of its own."""

from isogloss.execute.bench import Bench, Making
from isogloss.execute.kinds.evaluate import lost, made_of
from isogloss.execute.kinds.judging import Asked, judge
from isogloss.execute.kinds.prepare import encode_split
from isogloss.execute.kinds.serve import loaded_as
from isogloss.execute.kinds.train import names_of_head
from isogloss.model.precision import Precision, best_device, choose_attention
from isogloss.model.served import load_served


def make_evaluated_form(bench: Bench) -> Making:
    """Load the form as a server would, and judge it like the trained model."""
    yield from ()
    payload = bench.payload
    served = load_served(
        bench.need(0),
        loaded_as(payload["form"], bench.record(2)["precision"]),
        task="tags" if "task" in payload else "text",
        labels=names_of_head(payload),
        attention=choose_attention(payload["max_length"], best_device()),
    )
    prepared, counts = encode_split(bench.need(1), served.tokenizer, payload)
    asked = Asked.of(
        payload,
        Precision(served.precision, f"form {payload['form']}"),
        pad_id=counts["pad_id"],
        max_tokens=bench.step.settings["max_tokens"],
    )
    judged = judge(served.model, prepared, asked)
    record = {"n_train": bench.record(2)["n_train"], **lost(counts), "form": payload["form"]}
    return made_of(judged, {**record, "precision": served.precision})
