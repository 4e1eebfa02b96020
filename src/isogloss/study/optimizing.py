"""What a study may say about any training: optimizer and schedule, in Hugging Face's names."""

from typing import Annotated, Literal

from pydantic import Field

from isogloss.study.spec import Count, NotIdentity, Number, Positive, Spec

Batch = Annotated[Positive, Field(le=1_000_000)]


class Optimizing(Spec):
    """Settings that every training has, whatever it learns; the base of each declaration."""

    per_device_train_batch_size: Batch = 32
    """Examples per optimizer step (times gradient_accumulation_steps)."""

    gradient_accumulation_steps: Batch = 1
    """Multiplies the examples per optimizer step."""

    weight_decay: Number = Field(default=0.01, ge=0)
    """Decoupled decay, not on biases and normalization weights."""

    adam_beta1: Number = Field(default=0.9, ge=0, lt=1)
    """Decay of the first moment."""

    adam_beta2: Number = Field(default=0.999, ge=0, lt=1)
    """Decay of the second moment."""

    adam_epsilon: Number = Field(default=1e-8, gt=0)
    """Added to the denominator."""

    max_grad_norm: Number = Field(default=1.0, ge=0)
    """Gradients are clipped to this norm; 0 turns clipping off."""

    lr_scheduler_type: Literal["linear", "cosine", "constant", "constant_with_warmup"] = "linear"
    """Shape of the learning rate after warm-up; `constant` has none."""

    warmup_steps: Number = Field(default=0.0, ge=0)
    """Steps of warm-up, or a share of all steps when below 1."""

    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """bf16 with fp32 master weights where the processor computes it natively, else fp32."""

    max_tokens: Annotated[Count, NotIdentity()] = 8192
    """Padded sub-tokens per forward pass: bounds memory; how a batch is cut, not what is in it.

    Where it changes nothing is done again, but a training draws other dropout.
    """

    save_seconds: Annotated[Number, NotIdentity(), Field(ge=0)] = 60.0
    """Seconds between checkpoints of an unfinished training; 0 is after every step."""

    logging_steps: Annotated[Count, NotIdentity()] = 10
    """Optimizer steps between points given to trackers."""

    report_to: Annotated[tuple[Literal["tensorboard", "mlflow", "wandb"], ...], NotIdentity()] = ()
    """Trackers that follow the training."""
