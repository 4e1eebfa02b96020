"""Tags of entities: every scheme says the same; what breaks a scheme is refused, or counted."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.scheme import BILOU, IOB1, IOB2, IOBES, Tokens

from isogloss.data.tags import BadTags, to_iob2
from isogloss.study.tasks import span_tags

TYPES = ("PER", "LOC", "ORG")
ORACLES = {"iob1": IOB1, "iob2": IOB2, "iobes": IOBES, "bilou": BILOU}
SCHEMES = sorted(ORACLES)
CLOSING = {"iobes": ("E", "S"), "bilou": ("L", "U")}


@st.composite
def entity_sets(draw):
    """A sentence's length and its entities as (type, first, after the last), in order."""
    entities, at = [], 0
    for _ in range(draw(st.integers(0, 5))):
        start = at + draw(st.integers(0, 2))
        at = start + draw(st.integers(1, 4))
        entities.append((draw(st.sampled_from(TYPES)), start, at))
    return at + draw(st.integers(0, 2)), entities


def write(length, entities, scheme):
    """Entities in a scheme, written in another way than they are read: entity by entity."""
    tags = ["O"] * length
    for number, (name, start, end) in enumerate(entities):
        letters = ["B", *"I" * (end - start - 1)]
        if scheme in CLOSING:
            last, single = CLOSING[scheme]
            letters = [single] if len(letters) == 1 else [*letters[:-1], last]
        if scheme == "iob1":
            touches = number > 0 and entities[number - 1][::2] == (name, start)
            letters = ["B" if touches else "I", *letters[1:]]
        tags[start:end] = [f"{letter}-{name}" for letter in letters]
    return tags


def entities_of(tags, scheme):
    return [found.to_tuple()[1:] for found in Tokens(list(tags), ORACLES[scheme]).entities]


def all_tags(scheme):
    letters = {"iob1": "BI", "iob2": "BI", "iobes": "BIES", "bilou": "BILU"}[scheme]
    return ["O", *(f"{letter}-{name}" for name in TYPES[:2] for letter in letters)]


@pytest.mark.parametrize("scheme", SCHEMES)
@given(entity_set=entity_sets())
def test_every_scheme_says_the_same(entity_set, scheme):
    length, entities = entity_set
    want = tuple(write(length, entities, "iob2"))
    assert to_iob2(write(length, entities, scheme), scheme, repair=False) == (want, 0)
    assert to_iob2(write(length, entities, scheme), scheme, repair=True) == (want, 0)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_seqeval_finds_the_same_entities_before_and_after(scheme):
    """Random tags: what is strictly allowed means what seqeval reads in its own scheme."""
    rng, allowed = random.Random(0), 0
    for _ in range(4000):
        tags = [rng.choice(all_tags(scheme)) for _ in range(rng.randint(1, 5))]
        try:
            found = to_iob2(tags, scheme, repair=False)
        except BadTags:
            continue
        allowed += 1
        assert found.n_repaired == 0
        assert entities_of(found.tags, "iob2") == entities_of(tags, scheme), tags
    assert allowed > 100


@pytest.mark.parametrize("scheme", SCHEMES)
@given(data=st.data())
def test_what_is_not_the_writing_of_any_entities_is_refused(scheme, data):
    """The oracle: tags are allowed if some set of entities is written just so."""
    tags = data.draw(st.lists(st.sampled_from(all_tags(scheme)), max_size=6))
    loose = to_iob2(tags, scheme, repair=True)
    written = write(len(tags), entities_of(loose.tags, "iob2"), scheme)
    if written == tags:
        assert to_iob2(tags, scheme, repair=False) == (loose.tags, 0)
    else:
        assert loose.n_repaired > 0
        with pytest.raises(BadTags):
            to_iob2(tags, scheme, repair=False)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(data=st.data())
def test_repaired_tags_are_sound_and_keep_type_and_outside(scheme, data):
    tags = data.draw(st.lists(st.sampled_from(all_tags(scheme)), max_size=8))
    repaired = to_iob2(tags, scheme, repair=True)
    assert to_iob2(repaired.tags, "iob2", repair=False) == (repaired.tags, 0)
    assert [tag[2:] for tag in repaired.tags] == [tag[2:] for tag in tags]
    assert repaired.n_repaired <= len(tags) + 1  # the end of the sentence is a place too


@pytest.mark.parametrize(
    ("scheme", "tags", "want", "n"),
    [
        ("iob2", "O I-PER I-PER", "O B-PER I-PER", 1),
        ("iob2", "B-PER I-LOC I-LOC", "B-PER B-LOC I-LOC", 1),
        ("iob2", "I-PER O I-LOC", "B-PER O B-LOC", 2),
        ("iob1", "O B-PER I-PER", "O B-PER I-PER", 1),
        ("iob1", "I-LOC B-PER", "B-LOC B-PER", 1),
        ("iobes", "B-PER O", "B-PER O", 1),
        ("iobes", "O B-PER", "O B-PER", 1),
        ("iobes", "B-PER I-PER S-LOC", "B-PER I-PER B-LOC", 1),
        ("iobes", "E-PER E-PER", "B-PER B-PER", 2),
        ("iobes", "S-PER I-PER E-PER", "B-PER B-PER I-PER", 1),
        ("bilou", "U-PER L-PER", "B-PER B-PER", 1),
        ("bilou", "B-PER B-LOC L-LOC", "B-PER B-LOC I-LOC", 1),
    ],
)
def test_each_repair_is_counted_once(scheme, tags, want, n):
    found = to_iob2(tags.split(), scheme, repair=True)
    assert (" ".join(found.tags), found.n_repaired) == (want, n)


@pytest.mark.parametrize(
    ("scheme", "tags", "position", "message"),
    [
        ("iob2", "B-PER I-LOC", 1, "I-LOC goes on with an entity that did not begin"),
        ("iob2", "O O I-PER", 2, "data.scheme: iob1 .*data.repair: true"),
        ("iob2", "B-PER E-PER", 1, "'E-PER' is of scheme iobes, not of iob2.*data.scheme: iobes"),
        ("iob2", "S-PER", 0, "schemes are mixed"),
        ("iob2", "O U-PER", 1, "data.scheme: bilou"),
        ("iobes", "U-PER", 0, "data.scheme: bilou"),
        ("bilou", "S-PER", 0, "data.scheme: iobes"),
        ("iob1", "O B-PER", 1, "B-PER follows no entity of its type.*data.scheme: iob2"),
        ("iob1", "I-LOC B-PER", 1, "where iob1 writes I-PER"),
        ("iobes", "B-PER O", 1, "B-PER stands before it.*data.scheme: iob2.*no E- and S-"),
        ("bilou", "O B-PER", 1, "B-PER ends the sentence, .*no L- and U-"),
        ("iobes", "O E-PER", 1, "E-PER goes on with an entity that did not begin"),
        ("iob2", "o", 0, "'o' is no tag of scheme iob2: O, B-TYPE, I-TYPE"),
        ("iob2", "B-", 0, "'B-' is no tag"),
        ("iob2", "PER", 0, "'PER' is no tag"),
        ("iobes", "", 0, "'' is no tag of scheme iobes: O, B-TYPE, I-TYPE, E-TYPE, S-TYPE"),
    ],
)
def test_a_broken_scheme_is_refused_at_its_word_with_a_remedy(scheme, tags, position, message):
    with pytest.raises(BadTags, match=message) as caught:
        to_iob2(tags.split(" "), scheme, repair=False)
    assert caught.value.position == position


@pytest.mark.parametrize("tag", ["S-PER", "b-PER", "0"])
def test_no_repair_makes_a_tag_of_what_is_none(tag):
    with pytest.raises(BadTags):
        to_iob2([tag], "iob2", repair=True)


def test_a_type_may_hold_a_hyphen():
    assert to_iob2(["S-GPE-LOC"], "iobes", repair=False).tags == ("B-GPE-LOC",)


def test_the_tags_of_a_study_begin_with_outside_and_keep_the_order_of_its_types():
    assert span_tags(("PER", "X-Y")) == ("O", "B-PER", "I-PER", "B-X-Y", "I-X-Y")
