"""Published figures that more than one battery sets against ours."""

# Source: the published bilingual NER comparison, mBERT against XLM-R, 3 epochs, batch 16,
# 3,322 sentences. The differences and candidates are the published ones, not computed here.
FIGURES = """\
metric,mBERT,XLM-R
eval_loss,0.050518,0.037623
eval_precision,0.907649,0.917869
eval_recall,0.908744,0.921005
eval_f1,0.908196,0.919434
eval_accuracy,0.986812,0.989860
eval_runtime,12.3213,20.2871
eval_samples_per_second,269.615,163.749
eval_steps_per_second,16.881,10.253
epoch,3,3
"""
