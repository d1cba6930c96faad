"""Text -> WorldSpec: the golden prompts, the account given of every word, bad input, edits and events."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.generate.facts import GOLDEN, HELD_OUT, failing, prompts
from worldloom.generate.catalogue import FEATURES, OBJECTS, PLANTS
from worldloom.generate.spec import WorldSpec
from worldloom.generate.understand import Understanding, changed, describe, events, similarity, understand
from worldloom.generate.understand.spelling import corrected
from worldloom.generate.understand.vocabulary import load
from worldloom.scene.errors import InvalidDataError, WorldloomError


def test_golden_prompts() -> None:
    missed: list[str] = []
    total = 0
    for prompt in prompts(GOLDEN):
        wrong = failing(understand(prompt.text).spec, prompt)
        total += len(prompt.facts)
        missed += [f"{prompt.text[:60]!r}: {fact}" for fact in wrong]
    print("\n".join(missed))
    assert len(prompts(GOLDEN)) >= 72
    assert len(missed) <= 0.03 * total, "\n".join(missed)


def test_held_out_prompts() -> None:
    """Written together with the others, and not looked at while the vocabulary was made."""
    wrong = [fact for prompt in prompts(HELD_OUT) for fact in failing(understand(prompt.text).spec, prompt)]
    total = sum(len(prompt.facts) for prompt in prompts(HELD_OUT))
    assert len(prompts(HELD_OUT)) >= 20
    assert len(wrong) <= 0.1 * total, wrong


def test_golden_prompts_fail_on_another_world() -> None:
    wrong = sum(len(failing(WorldSpec(), prompt)) for prompt in prompts(GOLDEN))
    total = sum(len(prompt.facts) for prompt in prompts(GOLDEN))
    assert wrong > 0.85 * total


SMALL_WORDS = set(load("words.toml")["stop"]["words"].split()) | {"and", "or", "but", "with", "next", "dont"}


@pytest.mark.parametrize("prompt", prompts(GOLDEN)[::4], ids=lambda prompt: prompt.text[:30])
def test_every_content_word_is_accounted_for(prompt) -> None:
    """Nothing is silently dropped: what is in no phrase is a small word or punctuation."""
    result = understand(prompt.text)
    covered = [False] * len(prompt.text)
    for phrase in (*result.understood, *result.unknown):
        assert prompt.text[phrase.start : phrase.end] == phrase.text
        covered[phrase.start : phrase.end] = [True] * (phrase.end - phrase.start)
    left = "".join(" " if done else letter for letter, done in zip(prompt.text, covered))
    words = {corrected(word) or word for word in re.findall(r"[a-z']+", left.lower())}
    assert words <= SMALL_WORDS, left


def test_small_words_are_small() -> None:
    """No word that a world is made of hides among those that are passed over."""
    assert not SMALL_WORDS & (set(OBJECTS) | set(PLANTS) | set(load("words.toml")["colours"])) - {"well", "picture"}


def test_what_it_was_taken_for_is_said() -> None:
    result = understand("a red lighthouse and a quokka")
    assert [(p.text, p.meaning) for p in result.understood] == [("red lighthouse", "1 lighthouse, red")]
    assert [p.text for p in result.unknown] == ["quokka"]
    assert "it is summer" in result.assumed
    assert result.by == "words"


def test_typos_are_read_and_said() -> None:
    result = understand("a wodden cabbin")
    (phrase,) = result.understood
    assert "wooden cabin" in phrase.meaning or "cabin, wood" in phrase.meaning
    assert phrase.confidence < 1


def test_an_unknown_word_is_no_typo_of_another() -> None:
    assert understand("a house with a piano and a kangaroo").unknown[0].text == "kangaroo"


def test_the_same_text_gives_the_same_spec() -> None:
    text = "a misty valley with two waterfalls, zeppelins over the village and giant mushrooms"
    assert understand(text, seed=7) == understand(text, seed=7)
    assert understand(text, seed=7).spec.seed == 7
    assert understand(text).spec.prompt == text


def test_names_are_those_of_the_catalogue() -> None:
    for prompt in prompts(GOLDEN):
        spec = understand(prompt.text).spec
        ids = {thing.id for thing in spec.objects}
        assert len(ids) == len(spec.objects)
        assert {thing.what for thing in spec.objects} <= set(OBJECTS) | set(PLANTS)
        assert {group.species for group in spec.vegetation.plants} <= set(PLANTS)
        for thing in spec.objects:
            for relation in thing.relations:
                assert {relation.target, relation.other} - {None} <= ids | set(FEATURES), relation


# --- single rules ---------------------------------------------------------------------------------------------------


def spec_of(text: str) -> WorldSpec:
    return understand(text).spec


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a dozen benches", 12),
        ("half a dozen benches", 6),
        ("two hundred and fifty benches", 250),
        ("twenty-four benches", 24),
        ("1,200 benches", 500),
        ("a couple of benches", 2),
        ("a few benches", 4),
        ("dozens of benches", 36),
        ("one bench", 1),
        ("3 dozen benches", 36),
    ],
)
def test_numbers(text: str, count: int) -> None:
    assert [thing.count for thing in spec_of(text).objects] == [count]


@pytest.mark.parametrize(
    "text",
    [
        "a hill without trees",
        "a hill, no trees",
        "a treeless hill",
        "a hill with not a single tree",
        "a hill with no houses, trees or roads",
        "a hill. I don't want any trees.",
        "a hill without people and trees",
        "a hill with neither people nor trees",
    ],
)
def test_negation(text: str) -> None:
    spec = spec_of(text)
    assert "trees" in spec.without
    assert spec.vegetation.trees == 0
    assert spec.relief.shape == "hills"


def test_negation_ends() -> None:
    spec = spec_of("no cars, a red barn, and without a fence but with two cows")
    assert set(spec.without) == {"car", "fence"}
    assert {thing.what: thing.count for thing in spec.objects} == {"barn": 1, "cow": 2}


def test_qualities_belong_to_their_noun() -> None:
    spec = spec_of("a dark green wooden cart, a statue made of marble and a tower painted yellow")
    cart, statue, tower = spec.objects
    assert cart.material == "wood" and cart.colour and cart.colour[1] == max(cart.colour) < 0.45
    assert statue.material == "marble" and statue.colour is None
    assert tower.colour and tower.colour[0] > 0.8 and tower.colour[2] < 0.4


def test_relations() -> None:
    spec = spec_of("a bench between two oaks, a well in front of a barn, behind the barn three carts")
    relations = {thing.what: [(r.relation, r.target) for r in thing.relations] for thing in spec.objects}
    assert relations["bench"] == [("between", "oak")]
    assert relations["well"] == [("in_front_of", "barn")]
    assert relations["cart"] == [("behind", "barn")]
    assert sum(thing.what == "barn" for thing in spec.objects) == 1


def test_between_two_different_things() -> None:
    (relation,) = next(
        t for t in spec_of("a fence between the church and the barn").objects if t.what == "fence"
    ).relations
    assert (relation.relation, relation.target, relation.other) == ("between", "church", "barn")


def test_measures() -> None:
    spec = spec_of("an island 400 yards wide with a 30 m tall tower")
    assert spec.extent == pytest.approx(365.76)
    assert spec.objects[0].height == 30


def test_clock_times() -> None:
    assert spec_of("a meadow at 5:30 pm").hour == 17.5
    assert spec_of("a meadow, 9 o'clock").hour == 9
    assert spec_of("a meadow at 12 am").hour == 0


def test_beyond_the_limits_is_held_at_them() -> None:
    spec = spec_of("an island 90 km wide with 3000 houses, a tower 9 km tall and 70 lakes")
    assert spec.extent == 2000 and spec.water.lakes == 12


def test_kind() -> None:
    assert spec_of("a lighthouse near a village").kind == "landscape"
    assert spec_of("a village near a lighthouse").kind == "town"
    assert spec_of("a village on an island").kind in ("town", "island")
    assert spec_of("a sofa, a lamp and a television").kind == "interior"
    assert spec_of("a spaceship corridor with a bed").kind == "space_station"


def test_qualities_without_effect_are_unknown() -> None:
    assert "glowing" in " ".join(phrase.text for phrase in understand("a glowing meadow").unknown)


# --- similarity -----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not similarity.available()[0], reason=similarity.available()[1])
def test_a_clause_is_taken_for_what_it_resembles() -> None:
    result = understand("the place where Frodo destroys the ring")
    assert result.spec.relief.shape == "volcano"
    assert result.by == "words and similarity"
    assert any(phrase.by == "similarity" and phrase.confidence < 1 for phrase in result.understood)


@pytest.mark.skipif(not similarity.available()[0], reason=similarity.available()[1])
def test_shipped_vectors_are_those_of_the_vocabulary() -> None:
    """Run `python -m worldloom.generate.understand` after a change of the vocabulary."""
    import numpy as np

    with np.load(similarity.SHIPPED) as file:
        assert str(file["hash"]) == similarity._hash()
        kept = file["vectors"][:5].astype(np.float32)
    kept /= np.linalg.norm(kept, axis=1, keepdims=True)
    assert (similarity.embed(similarity._phrases()[:5]) * kept).sum(1).min() > 0.99


def test_without_the_model_words_alone_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "available", lambda: (False, "similarity was not used, since x is not installed"))
    result = understand("a red lighthouse where Frodo destroys the ring")
    assert result.spec.objects[0].what == "lighthouse"
    assert result.by == "words" and "not installed" in result.note


def test_import_is_light() -> None:
    code = (
        "import sys, worldloom.generate.understand as u; u.understand('a red house');"
        "print([m for m in ('onnxruntime', 'torch', 'tokenizers', 'litellm') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


# --- edits, events, descriptions ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def base() -> WorldSpec:
    return understand("a red lighthouse on a cliff above the village, a stone tower, two boats on the sea").spec


def edited(base: WorldSpec, text: str) -> Understanding:
    result = changed(base, text)
    assert not result.unknown, result.unknown
    return result


def test_an_edit_leaves_the_rest(base: WorldSpec) -> None:
    after = edited(base, "make it night").spec
    assert after.hour == 23
    assert after.model_copy(update={"hour": base.hour, "prompt": base.prompt}) == base


def test_edits(base: WorldSpec) -> None:
    assert edited(base, "add three pines").spec.vegetation.plants[0].count == 3
    assert [t.id for t in edited(base, "remove the tower").spec.objects] == ["lighthouse", "boat"]
    assert "tower" not in edited(base, "remove the tower").spec.without
    assert edited(base, "without people").spec.without == ("people",)
    blue = edited(base, "make the lighthouse blue").spec.objects[0]
    assert blue.colour and blue.colour[2] == max(blue.colour) and blue.relations == base.objects[0].relations
    assert edited(base, "two more boats").spec.objects[2].count == 4
    assert edited(base, "more trees").spec.vegetation.trees > base.vegetation.trees
    assert edited(base, "make the tower taller").spec.objects[1].size == "large"
    assert [t.what for t in edited(base, "replace the tower with a windmill").spec.objects] == [
        "lighthouse",
        "boat",
        "windmill",
    ]
    assert edited(base, "paint the houses yellow").spec.settlement.buildings == base.settlement.buildings
    assert edited(base, "turn it into a desert").spec.biomes[0].name == "desert"
    assert edited(base, "the lighthouse should be 40 m tall").spec.objects[0].height == 40


def test_edits_add_to_and_take_from_what_is_there() -> None:
    valley = understand("a valley with a village, a river and a stone bridge, ten sheep, four waterfalls").spec
    assert edited(valley, "remove two sheep").spec.objects[1].count == 8
    assert edited(valley, "add a castle on the hill").spec.relief == valley.relief
    assert edited(valley, "more houses").spec.settlement.buildings > valley.settlement.buildings
    assert 0 < edited(valley, "fewer trees").spec.vegetation.trees < valley.vegetation.trees
    assert edited(valley, "add two waterfalls").spec.water.waterfalls == 4
    flat = understand("an apartment with two bedrooms, kitchen and bathroom").spec
    rooms = [room.function for room in edited(flat, "remove one bedroom").spec.interior.rooms]
    assert rooms == ["bedroom", "kitchen", "bathroom"]
    assert edited(flat, "a higher ceiling").spec.interior.ceiling > flat.interior.ceiling


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("make it night", {"hour": 23.0}),
        ("snow", {"weather": "snow", "snow": True}),
        ("autumn", {"season": "autumn"}),
        ("fog", {"weather": "fog"}),
        ("sunrise", {"hour": 6.2}),
        ("move the sun to the west", {"sun_azimuth": 270.0}),
        ("sun from the south-east", {"sun_azimuth": 135.0}),
        ("two hours later", {"hours_later": 2.0}),
        ("stop the rain", {"weather": "clear"}),
        ("no more snow", {"snow": False}),
        ("a rainy evening", {"weather": "rain", "hour": 18.8}),
    ],
)
def test_events(text: str, change: dict) -> None:
    reading = events(text)
    assert [event.model_dump(exclude_none=True) for event in reading.events] == [change]
    assert not reading.unknown


def test_events_in_a_row_and_none() -> None:
    assert [event.season for event in events("winter, then spring").events] == ["winter", "spring"]
    nothing = events("add a dragon")
    assert nothing.events == () and [phrase.text for phrase in nothing.unknown] == ["dragon"]


@pytest.mark.parametrize("prompt", prompts(GOLDEN)[::5], ids=lambda prompt: prompt.text[:30])
def test_a_description_reads_back(prompt) -> None:
    spec = understand(prompt.text).spec
    words = describe(spec)
    again = understand(words).spec
    assert again.kind == spec.kind, words
    assert abs(again.hour - spec.hour) < 0.02 and again.weather == spec.weather and again.season == spec.season, words
    assert sorted(t.what for t in again.objects) == sorted(t.what for t in spec.objects), words


# --- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("a" * 100_000, "100,000 characters"),
        ("?!... --- 42", "no words"),
        ("\x00\x01\x02", "no words"),
        ("一座红色的灯塔在悬崖上", "Chinese"),
        ("Красный маяк на скале над деревней", "Russian"),
        ("赤い灯台が崖の上にある", "Japanese"),
        ("منارة حمراء فوق القرية", "Arabic"),
        ("Ein roter Leuchtturm auf einer Klippe über dem Dorf", "German"),
        ("Ein kleines Haus am See mit einem roten Dach und zwei Booten im Winter", "German"),
        ("un phare rouge sur une falaise au-dessus du village", "French"),
        ("una casa pequeña con un techo rojo cerca del mar", "Spanish"),
        ("un faro rosso sulla scogliera sopra il villaggio vicino al mare", "Italian"),
        ("czerwona latarnia morska na klifie nad wioską i las", "English"),
        ("qwrt zxcv bnmp lkjh gfds", "English"),
    ],
)
def test_bad_text(text: str, says: str) -> None:
    with pytest.raises(InvalidDataError, match=re.escape(says)) as caught:
        understand(text)
    assert str(caught.value).endswith(".") and len(str(caught.value)) < 200


@pytest.mark.parametrize("prompt", prompts(GOLDEN)[::3], ids=lambda prompt: prompt.text[:30])
def test_english_is_taken_for_english(prompt) -> None:
    understand(prompt.text)


def test_a_seed_out_of_range_is_said() -> None:
    with pytest.raises(InvalidDataError, match="seed"):
        understand("a red house", seed=-1)


def test_more_things_than_a_world_holds_are_said() -> None:
    result = understand(", ".join(f"{count} red houses" for count in range(2, 80)))
    assert len(result.spec.objects) == 60
    assert "at most 60 different things" in result.unknown[-1].meaning


def test_markup_is_text() -> None:
    result = understand('<script>alert("x")</script> a red house <img src=x onerror=alert(1)> {{7*7}} ${USER}')
    assert [thing.what for thing in result.spec.objects] == ["house"]
    assert any("<script>" in phrase.text for phrase in result.unknown)
    assert any("onerror" in phrase.text for phrase in result.unknown)


def test_control_characters_are_spaces() -> None:
    assert understand("a red\x00house\x1b[31m by\u202e the sea").spec.objects[0].what == "house"


WORDS = st.sampled_from(
    [
        "a",
        "the",
        "no",
        "not",
        "without",
        "two",
        "dozen",
        "3",
        "1,000",
        "10",
        "by",
        "m",
        "tall",
        "wide",
        "red",
        "dark",
        "golden",
        "stone",
        "huge",
        "tree",
        "oak",
        "village",
        "island",
        "house",
        "room",
        "kitchen",
        "on",
        "above",
        "between",
        "and",
        "or",
        "but",
        "with",
        ",",
        ".",
        ";",
        "(",
        ":",
        "-",
        "each",
        "it",
        "them",
        "is",
        "than",
        "taller",
        "remove",
        "add",
        "more",
        "frodo",
        "x2",
        "surrounded",
        "full",
        "of",
        "lit",
        "sheep",
        "-like",
        "twice",
        "as",
        "the",
        "lake",
        "25",
        "feet",
        "9",
        "pm",
        "storm",
        "night",
        "<b>",
        "“",
        "treeless",
        "in",
        "around",
    ]
)


@settings(max_examples=80, deadline=None)
@given(st.one_of(st.lists(WORDS, max_size=25).map(" ".join), st.text(max_size=80)))
def test_any_text_gives_a_valid_spec_or_a_sentence(text: str) -> None:
    try:
        result = understand(text)
    except WorldloomError as error:
        assert str(error)
        return
    assert WorldSpec.model_validate_json(result.spec.model_dump_json()) == result.spec
    for phrase in (*result.understood, *result.unknown):
        assert 0 <= phrase.start < phrase.end <= len(text)
        assert text[phrase.start : phrase.end] == phrase.text
    spans = sorted((phrase.start, phrase.end) for phrase in (*result.understood, *result.unknown))
    assert all(one[1] <= other[0] for one, other in pairwise(spans)), "phrases overlap"
    describe(result.spec)
    assert isinstance(changed(result.spec, "add two oaks and make it night").spec, WorldSpec)


@settings(max_examples=40, deadline=None)
@given(st.lists(WORDS, max_size=25).map(" ".join))
def test_any_edit_and_event_gives_a_sentence_at_worst(text: str) -> None:
    spec = WorldSpec(kind="town")
    for act in (lambda: changed(spec, text), lambda: events(text)):
        try:
            act()
        except WorldloomError as error:
            assert str(error)


@pytest.mark.parametrize("text", ["a fishing village below a cliff", "an alpine lake with pines below snowy peaks"])
def test_land_lies_below_what_is_high_without_saying_more(text: str) -> None:
    assert not understand(text).unknown


def test_land_below_what_is_low_is_told_of() -> None:
    assert [phrase.text for phrase in understand("a village below the sea").unknown] == ["below"]
