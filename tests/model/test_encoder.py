"""Encoders: made, loaded and saved; each kind of broken checkpoint gets its own clear word."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    DebertaV2Config,
)
from transformers import pipeline as make_pipeline

from isogloss.base.errors import InputError, RunError, UnknownName
from isogloss.model.encoder import (
    attention_of,
    check_encoder,
    check_length,
    load_classifier,
    longest_input,
    make_classifier,
    save_classifier,
)
from isogloss.model.scratch import Size, scratch_config

FAMILIES = ("bert", "distilbert", "xlm-roberta", "modernbert")
LABELS = ("negative", "neutral", "positive")
TINY = Size(16, 2, 2, 32, max_length=24, dropout=0.0)


SMALL = {
    "hidden_size": 16,
    "embedding_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}


def tiny(tokenizers, family, *, labels=LABELS, seed=0):
    config = scratch_config(family, tokenizers[family], TINY)
    return make_classifier(config, labels, seed=seed, attention="eager")


@pytest.mark.parametrize("family", FAMILIES)
def test_first_weights_spread_as_asked(tokenizers, family):
    size = replace(TINY, hidden_size=64, initializer_range=0.3)
    config = scratch_config(family, tokenizers[family], size)
    drawn = make_classifier(config, LABELS, seed=1, attention="eager").get_input_embeddings().weight
    real = drawn[torch.arange(len(drawn)) != config.pad_token_id]
    assert abs(real.std().item() / 0.3 - 1) < 0.15  # ModernBERT cuts at two deviations: 0.88


def load(folder, *, labels=LABELS, seed=0, attention="sdpa"):
    return load_classifier(folder, labels=labels, seed=seed, attention=attention)


def loaded_model(*arguments, **more):
    return load(*arguments, **more).model


def same_weights(one, other, *, only=""):
    weights = dict(other.named_parameters())
    return all(torch.equal(p, weights[n]) for n, p in one.named_parameters() if only in n)


@pytest.fixture
def checkpoint(tokenizers, tmp_path):
    """A sound folder, to be broken."""
    model = tiny(tokenizers, "bert")
    save_classifier(model, tokenizers["bert"], tmp_path)
    return tmp_path


@pytest.mark.parametrize("family", FAMILIES)
def test_the_seed_decides_every_weight(family, tokenizers):
    assert same_weights(tiny(tokenizers, family), tiny(tokenizers, family))
    assert not same_weights(tiny(tokenizers, family), tiny(tokenizers, family, seed=1))


def test_making_a_model_leaves_the_random_state_alone(tokenizers):
    torch.manual_seed(5)
    want = torch.rand(3)
    torch.manual_seed(5)
    tiny(tokenizers, "bert")
    assert torch.equal(torch.rand(3), want)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_saved_classifier_comes_back_exactly_through_our_loader_and_the_public_one(
    family, tokenizers, tmp_path, capfd
):
    model = tiny(tokenizers, family)
    save_classifier(model, tokenizers[family], tmp_path)
    ours = loaded_model(tmp_path, seed=9)
    public = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    assert same_weights(model, ours)
    assert same_weights(model, public)
    assert list(public.config.label2id) == list(LABELS)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_public_pipeline_runs_a_saved_classifier(family, tokenizers, tmp_path):
    model = tiny(tokenizers, family).eval()
    save_classifier(model, tokenizers[family], tmp_path)
    pipeline = make_pipeline("text-classification", model=str(tmp_path), device="cpu")
    scores = {row["label"]: row["score"] for row in pipeline(["ba ge Ti"], top_k=None)[0]}
    inputs = tokenizers[family]("ba ge Ti", return_tensors="pt")
    want = model(**inputs).logits.softmax(-1)[0]
    assert scores == pytest.approx(dict(zip(LABELS, want.tolist(), strict=True)), abs=1e-5)
    long = pipeline(["ba " * 100], truncation=True)
    assert long[0]["label"] in LABELS


@pytest.mark.parametrize("family", FAMILIES)
def test_the_longest_text_fits_the_positions(family, tokenizers):
    model = tiny(tokenizers, family).eval()
    assert longest_input(model) == TINY.max_length
    ids = torch.full((2, TINY.max_length), 7)
    assert model(input_ids=ids).logits.shape == (2, 3)
    check_length(model, 24, "tiny")
    with pytest.raises(InputError, match="24 positions"):
        check_length(model, 25, "tiny")


@pytest.mark.parametrize(
    ("family", "skipped"),
    [
        ("albert", 0), ("bert", 0), ("electra", 0), ("ernie", 0), ("xlm", 0), ("roformer", 0),
        ("camembert", 2), ("data2vec-text", 2), ("ibert", 2), ("longformer", 2), ("mpnet", 2),
        ("roberta", 2), ("roberta-prelayernorm", 2), ("xlm-roberta", 2), ("xlm-roberta-xl", 2),
        ("xmod", 2),
    ],
)  # fmt: skip
def test_positions_that_begin_after_padding_are_seen_in_any_family(family, skipped, tmp_path):
    """The longest text that the model itself can take is the oracle."""
    small = {"emb_dim": 16, "n_layers": 1, "n_heads": 2} if family == "xlm" else SMALL
    more = {"attention_window": 4} if family == "longformer" else {}
    config = AutoConfig.for_model(
        family, vocab_size=60, pad_token_id=1, max_position_embeddings=24, **small, **more
    )
    model = make_classifier(config, LABELS, seed=0, attention="eager").eval()
    if family == "xmod":
        model.set_default_language("en_XX")
    longest = longest_input(model)
    assert longest == 24 - skipped
    if family not in {"longformer", "roformer"}:  # these pad by themselves, or need no table
        assert model(input_ids=torch.full((1, longest), 7)).logits.isfinite().all()
        with pytest.raises((IndexError, RuntimeError)):
            model(input_ids=torch.full((1, longest + 1), 7))
    model.save_pretrained(tmp_path)
    check_encoder(tmp_path, revision="main", max_length=longest)
    with pytest.raises(InputError, match=f"{longest} positions"):
        check_encoder(tmp_path, revision="main", max_length=longest + 1)


def test_checking_an_encoder_leaves_the_random_state_alone(checkpoint):
    torch.manual_seed(5)
    want = torch.rand(3)
    torch.manual_seed(5)
    check_encoder(checkpoint, revision="main", max_length=8)
    assert torch.equal(torch.rand(3), want)


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_said_whether_the_head_is_the_checkpoints(family, tokenizers, tmp_path):
    save_classifier(tiny(tokenizers, family), tokenizers[family], tmp_path / "classifier")
    bare = AutoModelForMaskedLM.from_config(scratch_config(family, tokenizers[family], TINY))
    bare.save_pretrained(tmp_path / "bare")
    assert load(tmp_path / "classifier").head == "kept"
    assert load(tmp_path / "classifier", labels=("Negative", *LABELS[1:])).head == "kept"
    assert load(tmp_path / "classifier", labels=LABELS[::-1]).head == "kept"
    assert load(tmp_path / "classifier", labels=("yes", *LABELS[1:])).head == "new"
    assert load(tmp_path / "bare").head == "new"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("auto", [AutoModel, AutoModelForMaskedLM])
def test_an_encoder_without_a_head_gets_one_from_the_seed(
    family, auto, tokenizers, tmp_path, capfd
):
    torch.manual_seed(3)
    bare = auto.from_config(scratch_config(family, tokenizers[family], TINY))
    bare.save_pretrained(tmp_path)
    capfd.readouterr()
    one, same, other = (loaded_model(tmp_path, seed=s) for s in (1, 1, 2))
    encoder = getattr(bare, bare.base_model_prefix) if auto is AutoModelForMaskedLM else bare
    trained = dict(getattr(one, one.base_model_prefix).named_parameters())
    kept = {n: torch.equal(p, trained[n]) for n, p in encoder.named_parameters() if n in trained}
    assert len(kept) >= len(trained) - 2  # the pooler is new where the checkpoint has none
    assert all(kept.values())
    assert same_weights(one, same)
    assert not same_weights(one, other, only="classifier")
    assert one.config.id2label == dict(enumerate(LABELS))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("labels", [("good", "neutral", "bad"), ("yes", "no")])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_head_for_other_labels_is_replaced_and_the_encoder_kept(
    family, labels, tokenizers, tmp_path
):
    model = tiny(tokenizers, family)
    save_classifier(model, tokenizers[family], tmp_path)
    loaded, again = (loaded_model(tmp_path, labels=labels, seed=4) for _ in range(2))
    prefix = f"{model.base_model_prefix}."
    before = {n: p for n, p in model.named_parameters() if not n.startswith(prefix)}
    after = dict(loaded.named_parameters())
    assert same_weights(model, loaded, only=prefix)
    assert not any(torch.equal(p, after[n]) for n, p in before.items() if p.std() > 0)
    assert same_weights(loaded, again)
    assert loaded.config.num_labels == len(labels)


def test_a_half_precision_checkpoint_trains_in_fp32(tokenizers, tmp_path):
    model = tiny(tokenizers, "bert").to(torch.bfloat16)
    model.save_pretrained(tmp_path)
    loaded = loaded_model(tmp_path)
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_the_attention_asked_for_is_used(attention, checkpoint):
    model = loaded_model(checkpoint, attention=attention)
    assert attention_of(model) == attention


def test_a_family_without_the_attention_asked_for_gets_the_plain_product(tmp_path):
    config = DebertaV2Config(
        vocab_size=50,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    AutoModel.from_config(config).save_pretrained(tmp_path)
    model = loaded_model(tmp_path, attention="sdpa")
    assert attention_of(model) == "eager"


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="no model folder"):
        loaded_model(tmp_path / "nowhere")


def test_a_folder_without_config_is_refused(checkpoint):
    (checkpoint / "config.json").unlink()
    with pytest.raises(InputError, match=r"config\.json is missing"):
        loaded_model(checkpoint)


@pytest.mark.parametrize("text", ["{", "[]", ""])
def test_a_broken_config_is_refused(text, checkpoint):
    (checkpoint / "config.json").write_text(text)
    with pytest.raises(InputError, match=r"config\.json is not"):
        loaded_model(checkpoint)


def test_a_folder_without_weights_is_refused(checkpoint):
    (checkpoint / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"model\.safetensors is missing"):
        loaded_model(checkpoint)


def test_a_pickle_is_refused_and_never_opened(checkpoint):
    (checkpoint / "model.safetensors").rename(checkpoint / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"pickle \(pytorch_model\.bin\)"):
        loaded_model(checkpoint)


def test_a_config_of_far_more_weights_than_the_files_hold_is_refused(checkpoint):
    config = json.loads((checkpoint / "config.json").read_text())
    (checkpoint / "config.json").write_text(json.dumps({**config, "vocab_size": 9_999_999}))
    with pytest.raises(InputError, match="not of one model"):
        check_encoder(checkpoint, revision="main", max_length=8)


@pytest.mark.parametrize("keep", [0, 5, -30])
def test_half_a_file_of_weights_is_refused(keep, checkpoint):
    path = checkpoint / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match="broken"):
        loaded_model(checkpoint)


@pytest.mark.parametrize("model_type", ["our-own", None])
def test_a_model_made_of_its_own_code_is_refused(model_type, checkpoint):
    config = json.loads((checkpoint / "config.json").read_text())
    config |= {"model_type": model_type, "auto_map": {"AutoModel": "modeling.Own"}}
    (checkpoint / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="own code"):
        loaded_model(checkpoint)


def test_an_unknown_type_of_model_is_refused(checkpoint):
    config = json.loads((checkpoint / "config.json").read_text())
    (checkpoint / "config.json").write_text(json.dumps(config | {"model_type": "brand-new"}))
    with pytest.raises(InputError, match="brand-new"):
        loaded_model(checkpoint)


def test_weights_that_leave_the_encoder_random_are_refused(checkpoint):
    weights = load_file(checkpoint / "model.safetensors")
    renamed = {name.replace("bert.encoder", "theirs"): t for name, t in weights.items()}
    save_file(renamed, checkpoint / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match="do not fit"):
        loaded_model(checkpoint)


def test_weights_of_another_shape_are_refused(checkpoint):
    config = json.loads((checkpoint / "config.json").read_text())
    (checkpoint / "config.json").write_text(json.dumps(config | {"vocab_size": 77}))
    with pytest.raises(InputError, match="word_embeddings"):
        loaded_model(checkpoint)


def test_the_hub_out_of_reach_is_no_fault_of_the_input(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(RunError, match="the Hub is out of reach"):
        loaded_model("some-one/some-encoder")


def test_an_unknown_architecture_gets_the_nearest_name(tokenizers):
    with pytest.raises(UnknownName, match="Did you mean 'distilbert'"):
        scratch_config("distillbert", tokenizers["bert"], TINY)


def test_heads_must_divide_the_width(tokenizers):
    with pytest.raises(InputError, match="multiple"):
        scratch_config("bert", tokenizers["bert"], replace(TINY, hidden_size=15))
