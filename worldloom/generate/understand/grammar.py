"""Items -> facts: noun groups with their numbers and qualities, what is denied, and what stands by what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from worldloom.generate.understand.draft import Draft, Thing
from worldloom.generate.understand.lexer import Item
from worldloom.generate.understand.nouns import Group, Ref, forbid_noun, say_noun
from worldloom.generate.understand.say import say_sets
from worldloom.generate.understand.vocabulary import NOUNS, QUALITIES, Entry, colour_of

_JOINERS = {"with", "and", "but", "or", "nor", "plus", "featuring", "including", "containing", "has", "have", "having"}
_DETERMINERS = {"a", "an", "the", "its", "his", "her", "their", "your", "my", "our", "this", "that", "these", "those"}
_WIDE = {"wide", "across", "long", "broad", "square", "diameter", "size", "width", "length", "large", "big"}
_TALL = {"tall", "high", "height", "deep", "in height"}
_STEPS = ("tiny", "small", "normal", "large", "huge")


@dataclass
class Note:
    """What became of one item: `ok` None while nothing is known (stop words stay so)."""

    ok: bool | None = None
    meaning: str = ""
    group: int = -1


@dataclass
class Reader:
    """Reads items from left to right into a draft; `notes` has one entry per item."""

    items: Sequence[Item]
    draft: Draft
    notes: list[Note] = field(default_factory=list)
    group: Group = field(default_factory=Group)
    denied: int = -1
    """The item that began a denial; -1 for none."""
    denied_noun: bool = False
    """It has had its noun: only "or", "nor" and lists go on with it."""
    replacing: bool = False
    last: Ref | None = None
    """The last noun: what qualities after it and measures belong to."""
    subject: Ref | None = None
    """What relations tell the place of."""
    topic: Ref | None = None
    """The subject of what was said before: what "it" is."""
    relation: tuple[str, Ref | None, int] | None = None
    """A relation that waits for its target: its name, its subject, its item."""
    inverse: tuple[str, Ref, int] | None = None
    leading: tuple[str, Ref, int] | None = None
    """"Beside the lake, ...": a relation that waits for its subject."""
    between: Thing | Ref | None = None
    previous_count: int = 1
    groups: int = 0

    def read(self) -> None:
        self.notes = [Note() for _ in self.items]
        at = 0
        while at < len(self.items):
            at = self._step(at)
        self._flush()
        self._drop_relation()

    # --- one item -------------------------------------------------------------------------------------------------

    def _step(self, at: int) -> int:
        item = self.items[at]
        low = item.text.lower()
        if item.sort == "tag":
            self._unknown(at, "markup and settings of other programs have no effect")
        elif item.sort == "punct":
            if item.is_break:
                self._break(at)
        elif item.measured:
            return self._measure(at)
        elif low in _JOINERS:
            self._join(at, low)
        elif low in _DETERMINERS or low == "each":
            self._determiner(at, low)
        else:
            entry = self.reading(at)
            if entry is None:
                self._unknown_word(at)
            else:
                return self._meaning(at, entry)
        return at + 1

    def _meaning(self, at: int, entry: Entry) -> int:
        """Act on one known phrase; returns the next item's index."""
        role = entry.role
        if self.denied_noun and role != "stop":
            self._end_denial()
        if role == "number":
            self.group.number = int(min(max(float(entry.value), 0), 1e6))
            self.group.indexes.append(at)
            if self.group.number == 0:
                self.denied = at
        elif role == "amount":
            self.group.amount = int(entry.value)
            self.group.scarce = self._scarce(at)
            self.group.indexes.append(at)
        elif role == "scarce":
            self.group.scarce = float(entry.value)
            self.group.indexes.append(at)
        elif role in QUALITIES:
            self._quality(at, entry)
        elif role == "negation":
            self._flush()
            self._drop_relation()
            self.denied = at
            self.denied_noun = False
            self.replacing = entry.name == "remove"
            self.notes[at] = Note(True, "there is none of what follows")
        elif role == "relation":
            self._relation(at, entry)
        elif role == "inverse":
            self._flush()
            if self.last or self.subject:
                self.inverse = (entry.name, self.last or self.subject, at)  # type: ignore[assignment]
                self.relation = None
            else:
                self._unknown(at, "it is not clear what stands so")
        elif role == "spot":
            self._spot(at, entry)
        elif role == "comparison":
            return self._comparison(at, entry)
        elif role == "floors":
            self._floors(at)
        elif role == "edit":
            self._edit(at, entry)
        elif role == "praise":
            self._unknown(at, "says how good it should be, not what is there")
        elif role == "setting" and not entry.is_noun:
            self._setting(at, entry)
        elif role != "stop":
            self._noun(at, entry)
        return at + 1

    def reading(self, at: int) -> Entry | None:
        """Which of its meanings an item has here."""
        item = self.items[at]
        noun, quality = item.noun, item.role(*QUALITIES)
        follows = self._adjacent(at)
        if item.role("floors") and at and self.items[at - 1].role("number") and not (noun and item.plural is False and follows):
            return item.role("floors")
        if quality and (noun or item.role("setting", "praise", "scarce")):
            next_colour = follows is not None and follows.role("colour") is not None
            if quality.role == "shade":
                return quality if next_colour else item.role("setting", "scarce", "praise")
            if quality.role == "size" and item.role("scarce"):
                return item.role("scarce") if follows and follows.role("sort") else quality
            if quality.role == "size":
                return quality
            if noun is None:  # "terracotta", "neon"
                return item.role("setting") if quality.role != "colour" or not self._noun_ahead(at) else quality
            made_of = at > 0 and self.items[at - 1].text.lower() in ("of", "from", "out of", "in")
            if quality.role == "material" and made_of and not item.plural and not follows:
                return quality
            return quality if follows and not item.plural and self._noun_ahead(at) else noun
        if quality:
            return quality
        if item.role("amount"):
            return item.role("amount") if self._noun_ahead(at) or not item.role("stop") else item.role("stop")
        if item.role("scarce"):
            return item.role("scarce") if not item.role("inverse") or self._sort_ahead(at) else item.role("inverse")
        if item.role("relation"):
            return self._relation_reading(at)
        if item.role("number") and item.role("stop"):
            return item.role("number") if self._noun_ahead(at) else item.role("stop")
        if noun and item.role("stop", "praise"):
            described = bool(self.group.indexes) or (at > 0 and self.items[at - 1].text.lower() in ("a", "an"))
            of = at + 1 < len(self.items) and self.items[at + 1].text.lower() == "of"
            return noun if (described or item.plural) and not of else item.role("stop", "praise")
        if item.role("edit") and noun:  # "plant"
            return noun if item.plural or (at > 0 and self.items[at - 1].text.lower() in _DETERMINERS) else item.role("edit")
        if item.role("edit") and item.role("stop") and self.draft.base is None:
            return item.role("stop")
        setting = item.role("setting")
        if noun and setting and setting is not noun:
            return setting
        if item.role("feature") and item.role("dwelling"):  # "flat"
            return item.role("feature") if follows and follows.noun else item.role("dwelling")
        return item.entries[0] if item.entries else None

    def _relation_reading(self, at: int) -> Entry | None:
        """A relation only where a place, a plant or a thing follows; "at night", "in autumn" are none."""
        item = self.items[at]
        for after in range(at + 1, min(at + 8, len(self.items))):
            other = self.items[after]
            if other.is_break or other.text.lower() in ("with", "but"):
                break
            if other.noun and not (other.role("stop") and not other.plural and other.role("relation") is None and after == at + 1):
                return item.role("relation")
            if other.role("relation", "inverse", "negation", "setting"):
                break
        return item.role("stop") or (item.noun if item.noun else Entry("stop", "stop"))

    # --- groups ---------------------------------------------------------------------------------------------------

    def _quality(self, at: int, entry: Entry) -> None:
        group = self.group
        if entry.role == "colour":
            if group.colour is not None and not group.gold:
                self._unknown(at, "a thing has one colour")
                return
            group.colour = colour_of(entry.name)
            group.gold = entry.name == "golden"
            group.colour_name = f"{group.shade_name} {entry.name}".strip()
            if group.shade:
                group.colour = _shaded(group.colour, group.shade)
        elif entry.role == "shade":
            group.shade, group.shade_name = entry.value, entry.name
        elif entry.role == "material":
            group.material = group.material or entry.value
        elif entry.role == "size":
            group.size = entry.value
        elif entry.value == "ruined":
            group.ruined = True
        else:
            group.glowing = True
        group.indexes.append(at)

    def _determiner(self, at: int, low: str) -> None:
        if low == "each":
            if self.last and self.last.thing and self.previous_count > 1:
                self.last.thing.count *= self.previous_count
                self._note([at], f"{self.last.thing.count} in all")
            return
        if self.group.indexes and self.group.number is None:
            self._flush()
        self.group.definite = low not in ("a", "an")
        self.group.article = low

    def _noun(self, at: int, entry: Entry) -> None:
        item = self.items[at]
        follows = self._adjacent(at)
        if item.possessive and entry.role != "place":
            self._unknown(at, "whose it is makes no difference")
            return
        after = follows.noun if follows and follows.noun and not follows.possessive else None
        modifies = bool(after) and not (item.plural and entry.role != "place")
        if modifies and self._modifier(at, entry, after):  # type: ignore[arg-type]
            return
        self.group.indexes.append(at)
        if self.denied >= 0:
            self._deny(entry, item)
        else:
            self._say(at, entry, item)

    def _modifier(self, at: int, entry: Entry, head: Entry) -> bool:
        """A noun before a noun: "pine floor", "crystal cave", "forest road". True if it is dealt with."""
        if entry.role == "plant" and head.role != "plant" and (head.name in _WOODEN or head.part):
            self.group.material = self.group.material or "wood"
            self.group.indexes.append(at)
            return True
        if self.denied >= 0:
            return False
        if entry.role == "room" and head.role in ("dwelling", "object") and head.name in ("house", "cottage", "cabin"):
            return False
        if entry.role == "object":
            if entry.name == "person" or head.role not in ("place", "feature", "room"):
                self._unknown(at, f"only the {head.name.replace('_', ' ')} is built")
                return True
            thing = self.draft.thing(entry.name) or self.draft.add(Thing(entry.name, entry.some if entry.some >= 8 else 1))
            self._note([at], f"{thing.count} {entry.name.replace('_', ' ')}")
            return True
        if entry.role in ("place", "feature", "setting", "plant", "sort"):
            _, meaning = say_noun(self.draft, entry, replace(Group(), definite=True), self.items[at])
            self._note([at], meaning)
            return True
        self._unknown(at, f"only the {head.name.replace('_', ' ')} is built")
        return True

    def _say(self, at: int, entry: Entry, item: Item) -> None:
        group, self.group = self.group, Group()
        before = self.last.thing.count if self.last and self.last.thing else 1
        ref, meaning = say_noun(self.draft, entry, group, item, target=self.relation is not None)
        if ref is None:
            for index in group.indexes:
                self._unknown(index, meaning)
            self.relation = self.inverse = None
            self.last = self.subject = None
            return
        self.previous_count = before
        self._note(group.indexes, meaning)
        for value, dimension, index in group.measures:
            self._measured(ref, value, dimension, index)
        self.last = ref
        if self.relation:
            self._target(ref)
        elif self.inverse:
            name, to, index = self.inverse
            self._relate(ref, name, to, None, index)
            self.inverse = None
            self.subject = self.subject or ref
        else:
            holds = ref is not None and self._held(at)
            self.subject = self.subject if holds else ref
            if self.leading:
                name, to, index = self.leading
                self._relate(ref, name, to, None, index)
                self.leading = None

    def _held(self, at: int) -> bool:
        """"a vase of sunflowers", "a bowl with apples": the vase stays what is spoken of."""
        first = min(self.groups_of(at))
        subject = self.subject
        return subject is not None and subject.thing is not None and first > 0 and self.items[first - 1].text.lower() == "of"

    def groups_of(self, at: int) -> list[int]:
        """The items of the group that this item belongs to."""
        return [index for index, note in enumerate(self.notes) if note.group == self.notes[at].group] or [at]

    def _deny(self, entry: Entry, item: Item) -> None:
        group, self.group = self.group, Group()
        meaning = forbid_noun(self.draft, entry, remember=not self.replacing or self.draft.base is None)
        if meaning:
            self._note(group.indexes, meaning)
        else:
            for index in group.indexes:
                self._unknown(index, "there is none of it anyway")
        self.last = None
        self.denied_noun = True

    def _setting(self, at: int, entry: Entry) -> None:
        if entry.only_kind and entry.only_kind != self.draft.kind:
            self._unknown(at, f"it means something in an {entry.only_kind} only")
            return
        if self.denied >= 0:
            self._deny_setting(at, entry)
            return
        if entry.sets and entry.sets[0][0] == "without":
            for name in entry.sets[0][1]:
                self.draft.forbid(name)
            self._note([at], "no people")
            return
        strength = 3 if self.draft.base else None
        ok = self._sets(entry, strength)
        if ok:
            self._note([at], say_sets(entry.sets) or entry.name)
        else:
            self._unknown(at, "something else was said before")
        follows = self._adjacent(at)
        if not (follows and (follows.noun or follows.role(*QUALITIES))):
            self._flush()

    def _deny_setting(self, at: int, entry: Entry) -> None:
        done = False
        for path, value in entry.unsets:
            if path == "without":
                for name in value:
                    self.draft.forbid(name)
                done = True
            else:
                done |= self.draft.set(path, value, 1 if self.draft.base is None else 3)
        if entry.without:
            self.draft.forbid(entry.without)
            done = True
        if done:
            self._note([at], f"not {entry.name}")
        else:
            self._unknown(at, "what there should be instead is not said")
        self.group = Group()
        self.denied_noun = True

    def _sets(self, entry: Entry, strength: int | None) -> bool:
        from worldloom.generate.understand.draft import apply_sets

        return apply_sets(self.draft, entry, strength)

    # --- what comes after a noun ----------------------------------------------------------------------------------

    def _flush(self) -> None:
        """Qualities without a noun after them belong to the noun before: "a house painted red", "made of stone"."""
        group, self.group = self.group, Group()
        if not group.indexes and not group.measures:
            return
        ref = self.last
        useful = group.colour is not None or group.material or group.size != "normal" or group.ruined or group.glowing
        if ref and useful and group.number is None and self.denied < 0:
            meaning = ref.describe_more(self.draft, group)
            if meaning:
                self._note(group.indexes, meaning)
                return
        for index in group.indexes:
            if self.notes[index].ok is None:
                self._unknown(index, "it is not clear what this belongs to")
        for value, dimension, index in group.measures:
            self._measured(None, value, dimension, index)

    def _measure(self, at: int) -> int:
        item = self.items[at]
        after = at + 1
        dimension = ""
        used = [at]
        for ahead in range(at + 1, min(at + 3, len(self.items))):
            low = self.items[ahead].text.lower()
            if low in _WIDE or low in _TALL:
                dimension = "wide" if low in _WIDE else "tall"
                used.append(ahead)
                after = ahead + 1
                break
            if low not in ("in", "and"):
                break
        self.notes[used[-1]] = Note()
        follows = self.items[after] if after < len(self.items) else None
        attaches = self.last is not None and not self.group.indexes and self._just_before(at)
        if item.values:
            for index in used:
                self._note([index], self._dimensions(item.values))
        elif attaches:
            for index in used:
                self._measured(self.last, item.value or 0.0, dimension, index)
        elif follows is not None and not follows.is_break:
            self.group.measures += [(item.value or 0.0, dimension, index) for index in used]
        else:
            for index in used:
                self._measured(None, item.value or 0.0, dimension, index)
        return after

    def _measured(self, ref: Ref | None, value: float, dimension: str, index: int) -> None:
        meaning = ""
        if ref and ref.thing and dimension != "wide" and value > 0:
            ref.thing.height = value
            meaning = f"the {ref.thing.what.replace('_', ' ')} is {value:g} m tall"
        elif ref and ref.entry.height_field and dimension != "wide":
            self.draft.set(ref.entry.height_field, value, 3)
            meaning = f"{value:g} m high"
        elif (ref is None or ref.entry.kind or ref.entry.role in ("place", "dwelling")) and dimension != "tall":
            self.draft.set("extent", value, 3)
            meaning = f"the world is {self.draft.get('extent'):g} m across"
        if meaning:
            self._note([index], meaning)
        else:
            self._unknown(index, "this measure can't be set")

    def _dimensions(self, values: tuple[float, float]) -> str:
        width, depth = values
        if self.draft.kind in ("interior", "space_station"):
            width, depth = (min(max(value, 1.5), 60.0) for value in values)
            if not self.draft.rooms:
                self.draft.rooms.append({"function": "hall"})
            self.draft.rooms[-1].update(width=width, depth=depth)
            return f"a room of {width:g} by {depth:g} m"
        self.draft.set("extent", max(values), 3)
        return f"the world is {max(values):g} m across"

    def _floors(self, at: int) -> None:
        number = self.group.number or 2
        number = min(max(number, 1), 60)
        self.draft.set("settlement.floors", (number, number), 3)
        self._note([*self.group.indexes, at], f"buildings of {number} floors")
        self.group.number = None
        self.group.indexes = []

    def _comparison(self, at: int, entry: Entry) -> int:
        self._flush()
        for ahead in range(at + 1, min(at + 6, len(self.items))):
            other = self.items[ahead].noun
            if other is not None:
                known = self.draft.thing(other.name)
                thing = self.last.thing if self.last else None
                if thing is None or known is None:
                    break
                step = {"same": 0, "larger": 1, "smaller": -1}[entry.name]
                thing.size = _STEPS[min(max(_STEPS.index(known.size) + step, 0), 4)]
                if entry.name == "larger" and thing.size == "small":
                    thing.size = "normal"
                meaning = f"the {thing.what.replace('_', ' ')} is {thing.size} beside the {known.what.replace('_', ' ')}"
                self._note([at, ahead], meaning)
                return ahead + 1
        self._unknown(at, "it is not clear what is compared")
        return at + 1

    # --- relations ------------------------------------------------------------------------------------------------

    def _relation(self, at: int, entry: Entry) -> None:
        self._flush()
        self._drop_relation()
        start = at == 0 or all(self.items[i].is_break or self.notes[i].ok is None for i in range(self._clause(at), at))
        leads = start and (self.subject is None or self._leads(at))
        self.relation = (entry.name, None if leads else self.subject, at)

    def _leads(self, at: int) -> bool:
        """Whether what a clause's first relation tells the place of comes after its target."""
        nouns = 0
        for after in range(at + 1, len(self.items)):
            item = self.items[after]
            if item.is_break or item.text.lower() in _JOINERS or item.role("relation", "inverse", "spot"):
                break
            if item.noun and not (self._adjacent(after) and self._adjacent(after).noun):  # type: ignore[union-attr]
                nouns += 1
        return nouns > 1

    def _target(self, ref: Ref) -> None:
        assert self.relation is not None
        name, subject, index = self.relation
        if name == "between" and self.between is None and self._and_follows(ref):
            self.between = ref
            return
        self.relation = None
        first, self.between = self.between, None
        if subject is None:
            self.leading = (name, ref, index)
            self._note([index], f"where something {name.replace('_', ' ')} it stands")
            return
        if isinstance(first, Ref):
            self._relate(subject, name, first, ref, index)
        else:
            self._relate(subject, name, ref, None, index)

    def _and_follows(self, ref: Ref) -> bool:
        """Whether "and" and another noun come after the first target of "between"."""
        at = max(index for index, note in enumerate(self.notes) if note.ok)
        if at + 1 >= len(self.items) or self.items[at + 1].text.lower() != "and":
            return False
        return not (ref.thing and ref.thing.count > 1)

    def _relate(self, subject: Ref, name: str, target: Ref, other: Ref | None, index: int) -> None:
        thing = subject.as_thing(self.draft)
        to = target.as_target(self.draft)
        also = other.as_target(self.draft) if other else None
        if thing is None or to is None or thing is to:
            if subject.entry.role in ("place", "room", "dwelling") or target.entry.role in ("place", "room", "dwelling"):
                self.notes[index] = Note()  # "a village by the sea": both are there, and that is all there is to it
            else:
                self._unknown(index, "where this is can't be chosen")
            return
        thing.relations.append((name, to, also))
        what = thing.what.replace("_", " ")
        said = to.what if isinstance(to, Thing) else to
        extra = f" and {also.what if isinstance(also, Thing) else also}" if also else ""
        self._note([index], f"{what} {name.replace('_', ' ')} {said}{extra}".replace("_", " "))

    def _spot(self, at: int, entry: Entry) -> None:
        self._flush()
        ref = self.subject or self.last
        if entry.value == "@":
            target = self.topic if ref is not self.topic else None
            if target is None or ref is None:
                self._unknown(at, "it is not clear what this is beside")
                return
            self._relate(ref, entry.name, target, None, at)
            return
        thing = ref.as_thing(self.draft) if ref else None
        if thing is None:
            follows = next((i for i in range(at + 1, len(self.items)) if self.items[i].noun), None)
            if self._clause(at) >= at - 1 and follows is not None:
                self.leading = (entry.name, Ref(Entry("feature", entry.value, target=entry.value)), at)
                self._note([at], f"in the {entry.value}")
            else:
                self._unknown(at, "where this is can't be chosen")
            return
        thing.relations.append((entry.name, entry.value, None))
        self._note([at], f"{thing.what.replace('_', ' ')} in the {entry.value}")

    def _drop_relation(self) -> None:
        for waiting in (self.relation, self.inverse):
            if waiting:
                index = waiting[2]
                if self.notes[index].ok is None and not self.items[index].role("stop"):
                    self._unknown(index, "it is not clear what this is about")
        if isinstance(self.between, Ref) and self.relation and self.relation[1]:
            self._relate(self.relation[1], "between", self.between, None, self.relation[2])
        self.relation = self.inverse = self.between = None

    # --- clauses --------------------------------------------------------------------------------------------------

    def _break(self, at: int) -> None:
        hard = self.items[at].text not in ",("
        self._flush()
        if self.denied >= 0 and (hard or not self._list_goes_on(at)):
            self._end_denial()
        self.denied_noun = False
        self._drop_relation()
        if hard:
            self.topic = self.subject or self.topic
            self.subject = self.last = None
            self.leading = None if self.items[at].text != "," else self.leading
        else:
            self.last = self.last if self._quality_only(at) else None

    def _join(self, at: int, low: str) -> None:
        bare = low in ("or", "nor") or (low == "and" and self._bare_noun(at + 1))
        if self.relation and self.relation[0] == "between" and low == "and" and self.between is not None:
            return
        self._flush_joined(low, at)
        if self.denied >= 0 and (self.denied_noun or low == "but") and not bare:
            self._end_denial()
        self.denied_noun = False
        if low in ("with", "has", "have", "having", "featuring", "containing", "including"):
            self.topic = self.subject or self.topic
        self._drop_relation()

    def _flush_joined(self, low: str, at: int) -> None:
        """"glass and iron", "red and white" go on; anything else ends here."""
        follows = self.items[at + 1] if at + 1 < len(self.items) else None
        if low in ("and", "or") and self.group.indexes and follows and follows.role(*QUALITIES, "number"):
            return
        self._flush()

    def _end_denial(self) -> None:
        if not any(note.ok for note in self.notes[self.denied + 1 :]):
            self._unknown(self.denied, "it is not clear what there is none of")
        self.denied = -1
        self.denied_noun = self.replacing = False

    def _edit(self, at: int, entry: Entry) -> None:
        self._flush()
        if self.denied >= 0:
            self._end_denial()
        if entry.name in ("more", "fewer"):
            self.group.step = 1 if entry.name == "more" else -1
            self.group.indexes.append(at)

    def _unknown_word(self, at: int) -> None:
        item = self.items[at]
        if self.denied >= 0 and self.items[self.denied].end > item.start:
            return
        self._unknown(at, "not in the vocabulary")
        group = self.group
        plural_head = group.number is not None and group.number > 1 and item.text.lower().endswith("s")
        if plural_head or (group.indexes and self._ends_group(at)):
            for index in group.indexes:
                self._unknown(index, "not in the vocabulary")
            self.group = Group()
            self.last = self.subject = None
        elif self._ends_group(at) and not group.indexes:
            self.last = None

    # --- looking around -------------------------------------------------------------------------------------------

    def _adjacent(self, at: int) -> Item | None:
        """The next item if it is a word that follows at once."""
        after = at + 1
        if after < len(self.items):
            item = self.items[after]
            if item.sort == "word" and item.entries and not item.measured and item.entries[0].role not in ("stop", "relation"):
                return item
        return None

    def _noun_ahead(self, at: int) -> bool:
        """Whether only qualities and unknown words stand between this item and a noun."""
        for after in range(at + 1, min(at + 6, len(self.items))):
            item = self.items[after]
            if item.noun:
                return True
            passable = not item.entries or item.role(*QUALITIES, "number", "amount", "scarce", "setting", "place")
            if item.sort == "punct" or not (passable or item.measured):
                return False
        return False

    def _sort_ahead(self, at: int) -> bool:
        for after in range(at + 1, min(at + 4, len(self.items))):
            item = self.items[after]
            if item.role("sort", "plant"):
                return True
            if not item.role(*QUALITIES):
                return False
        return False

    def _scarce(self, at: int) -> float | None:
        entry = self.items[at].role("scarce")
        return float(entry.value) if entry else None

    def _ends_group(self, at: int) -> bool:
        """Whether a group can't go on after this item."""
        if at + 1 >= len(self.items):
            return True
        item = self.items[at + 1]
        low = item.text.lower()
        return item.is_break or low in _JOINERS or low in _DETERMINERS or bool(item.role("relation", "inverse", "spot"))

    def _just_before(self, at: int) -> bool:
        """Whether only small words stand between the last noun and this item."""
        for before in range(at - 1, -1, -1):
            item = self.items[before]
            if item.noun and self.notes[before].ok:
                return True
            if item.is_break or not item.role("stop") or item.text.lower() in (*_JOINERS, "a", "an"):
                return False
        return False

    def _clause(self, at: int) -> int:
        """Index of the first item of the clause."""
        for before in range(at - 1, -1, -1):
            if self.items[before].is_break:
                return before + 1
        return 0

    def _list_goes_on(self, at: int) -> bool:
        """After a comma in a denial: whether a bare noun follows that leads to "or"/"nor": "no cars, people or dogs"."""
        if not self._bare_noun(at + 1):
            return False
        for item in self.items[at + 1 :]:
            low = item.text.lower()
            if low in ("or", "nor"):
                return True
            if (item.is_break and item.text != ",") or low in ("with", "but", "and") or item.role("negation", "relation"):
                return False
        return False

    def _bare_noun(self, at: int) -> bool:
        if at >= len(self.items):
            return False
        item = self.items[at]
        return item.noun is not None and not item.role("negation", "number", "amount")

    def _quality_only(self, at: int) -> bool:
        """Whether the clause that begins here has qualities or measures and no noun: ", 25 m tall", ", painted red"."""
        for item in self.items[at + 1 :]:
            if item.is_break:
                break
            if item.noun and not item.role(*QUALITIES):
                return False
        return True

    # --- notes ----------------------------------------------------------------------------------------------------

    def _note(self, indexes: list[int], meaning: str) -> None:
        self.groups += 1
        for index in indexes:
            self.notes[index] = Note(True, meaning, self.groups)

    def _unknown(self, index: int, why: str) -> None:
        self.groups += 1
        self.notes[index] = Note(False, why, self.groups)


_WOODEN = {"table", "chair", "desk", "bed", "bookshelf", "wardrobe", "cupboard", "shelf", "door", "bench", "chest"}


def _shaded(colour: tuple[float, float, float], factors: tuple[float, float]) -> tuple[float, float, float]:
    """A colour made darker or lighter, and more or less saturated."""
    light, strong = factors
    mean = sum(colour) / 3
    parts = [mean + (part - mean) * strong for part in colour]
    if light > 1:
        parts = [part + (1 - part) * (light - 1) for part in parts]
    else:
        parts = [part * light for part in parts]
    red, green, blue = (round(min(max(part, 0.0), 1.0), 4) for part in parts)
    return red, green, blue


__all__ = ["NOUNS", "Note", "Reader"]
