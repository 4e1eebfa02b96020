"""The model that all arms of an evaluation read with: one that has learned to tell classes apart.

Of random weights every answer is almost a tie, and that two ways of computing differ in ties says
nothing.
"""

from pathlib import Path

from benchmarks.against_trainer.isogloss_arm import timed
from benchmarks.against_trainer.models import make_model
from benchmarks.against_trainer.prepared import TAUGHT, tokenizer_in, train_in
from benchmarks.against_trainer.scale import Scale
from benchmarks.against_trainer.terms import Terms
from isogloss.model.encoder import save_classifier
from isogloss.model.precision import best_device, choose_attention
from isogloss.train.finetune import finetune
from isogloss.train.lesson import TextLesson

LEARNING_RATE, WARM_UP = 1e-4, 0.1


def teach(task: str, scale: Scale, folder: Path) -> float:
    """Train for the scale's `taught_epochs`, lay the model into the folder, return its last loss.

    The loss is the mean over the last ten steps.
    """
    tokenizer = tokenizer_in(folder)
    attention = choose_attention(scale.max_length, best_device())
    model = make_model(task, scale, folder, attention=attention)
    terms = Terms(LEARNING_RATE, scale.taught_epochs, scale.batch, warmup_steps=WARM_UP)
    learning = finetune(
        model,
        TextLesson(train_in(folder, task)),
        terms.recipe,
        pad_id=tokenizer.pad_token_id,
        folder=folder / "teaching",
        max_tokens=scale.max_tokens,
    )
    trained = timed(learning)[1]
    save_classifier(model, tokenizer, folder / TAUGHT)
    return float(trained.curve[-1]["loss"])
