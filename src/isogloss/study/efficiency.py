"""What a study may say about measuring: in which forms encoders are served, and how they are timed.

Left out, nothing is measured. The words are MLPerf's (Reddi et al. 2020, "MLPerf Inference
Benchmark"): offline, single stream, server; and the cold start beside them. Names and defaults are
those of `isogloss.efficiency.protocol`, which a study does not import; a test compares them.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from isogloss.study.spec import Count, NotIdentity, Number, Positive, Seed, Spec, as_list, different

Form = Literal["torch", "torch-fp32", "torch-bf16", "trimmed", "onnx", "onnx-int8"]
"""How an encoder is served: as it was trained, in a precision, with a smaller vocabulary, by ONNX
Runtime in fp32 or int8."""

Scenario = Literal["offline", "single_stream", "server", "cold_start", "energy"]

Times = Annotated[Positive, Field(le=100_000)]
"""How often something is measured: each time is planned and kept."""

Seconds = Annotated[Number, Field(gt=0, le=86_400)]
"""No longer than a day."""

Forms = Annotated[
    tuple[Form, ...], BeforeValidator(as_list), AfterValidator(different), Field(min_length=1)
]


class Efficiency(Spec):
    """How the encoders of a study are measured, alone on the machine, after all else is done."""

    forms: Forms = ("torch",)
    """Forms of serving; each is a candidate of its own, its quality measured again."""

    scenarios: Annotated[
        tuple[Scenario, ...], BeforeValidator(as_list), AfterValidator(different)
    ] = ("offline", "single_stream", "server", "cold_start")
    """What is measured; `energy` is an estimate, and needs `isogloss[energy]`."""

    rounds: Times = 24
    """Times that every candidate is measured, in turn with the others."""

    n_texts: Count = 256
    """Test texts that are answered, evenly from the languages the model was trained on."""

    token_budgets: Annotated[
        tuple[Count, ...], BeforeValidator(as_list), AfterValidator(different), Field(min_length=1)
    ] = (512, 2048, 8192)
    """Padded sub-tokens in one batch, offline; the best is told, all are kept."""

    offline_seconds: Seconds = 0.5
    """In each round all texts are answered again until this time is over, at most 20 times."""

    single_stream_queries: Annotated[Times, Field(ge=20)] = 200
    """Texts answered one at a time."""

    server_p99_ms: Number = Field(default=100.0, gt=0)
    """The longest that 99 of 100 requests may wait for their answer."""

    server_seconds: Seconds = 2.0
    """Length of one trial of a rate of requests."""

    server_trials: Times = 2
    """Trials in each round, after one search for where to begin."""

    max_batch: Count = 16
    """Requests that the server answers at once."""

    max_wait_ms: Number = Field(default=5.0, ge=0)
    """How long the server waits for a batch to fill."""

    cold_starts: Times = 8
    """Times that a fresh process is started until its first answer."""

    energy_seconds: Seconds = 20.0
    """How long energy is estimated over."""

    threads: Annotated[Positive, Field(le=4096)] | None = None
    """Processor threads of the measuring process; by default the physical cores."""

    seed: Seed = 0
    """Of the texts drawn and of the arrivals."""

    busy: Annotated[Literal["refuse", "flag", "ignore"], NotIdentity()] = "flag"
    """What to do where other programs use the machine."""

    price_per_hour: Annotated[Number | None, NotIdentity(), Field(ge=0)] = None
    """Price of the machine, for the cost of a million sentences."""

    currency: Annotated[str, NotIdentity()] = "USD"
    """Of the price."""
