"""How fast Isogloss trains and evaluates, beside the Trainer of transformers.

python -m benchmarks.against_trainer --json results/against_trainer.json
python -m benchmarks.against_trainer --parity
python -m benchmarks.against_trainer --quick        # does it run at all? says nothing

Every arm of a task has the same examples, weights at the beginning, batch size, optimizer, schedule
and threads. Each runs in a process of its own, one after the other, in turn (A B C A B C), so what
else the machine does meets all alike and peak memory is the arm's. A ratio is taken within a round;
its median and range over the rounds are told. The weights are random and the tables of embeddings
of real size: a step takes as long as with a checkpoint.

Two epochs (`--epochs`) over the same rows are taken and all but the first are timed: in that one,
kernels are made for each new shape. Rows are picked so that `group_by_length` pads them as little
as those of a large set (`inputs.typical`). A step of the arm that pads all to one length costs
always the same, so a few are timed after one; a GPU takes them all. No arm saves, evaluates or logs
on the way.
"""
