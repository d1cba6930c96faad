"""Clause -> frame: the words after the verb, read from left to right with the vocabulary of generation."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from worldloom.app.command.clauses import Clause, blanked, quoted
from worldloom.app.command.frames import Colour, Comparison, Frame, Mention, Relation
from worldloom.app.command.words import classes_of, phrase_at, table
from worldloom.generate.understand.colours import colour_of, shaded
from worldloom.generate.understand.lexer import Item, items_of
from worldloom.generate.understand.vocabulary import singular

_PRONOUNS = {"it", "this", "that", "these", "those", "them", "selection", "selected"}
_ALL = {"everything", "all", "world", "scene", "whole", "place", "picture"}
_DETERMINERS = {"the", "a", "an", "this", "that", "these", "those", "my", "our", "its", "any", "some", "another"}
_EVERY = {"all", "every", "each", "both", "any"}
_DIRECTED = {"move", "turn", "raise", "lower", "mirror"}
_PLACING = {"insert", "move", "scatter", "write", "duplicate", "drop"}
_BUT = re.compile(r"(?:except(?: for)?|but|apart from|other than|besides|without)\b")
_STRENGTHS = {"much": 2.0, "far": 2.0, "a lot": 2.0, "a little bit": 0.5,
              "way": 2.0, "very": 2.0, "a bit": 0.5, "a little": 0.5,
              "slightly": 0.5, "somewhat": 0.5, "a touch": 0.5}  # fmt: skip
_STRENGTH = re.compile(rf"(?:{'|'.join(sorted(_STRENGTHS, key=len, reverse=True))})\b")
_NEAREST = re.compile(r"(?:that is |which is )?(?:nearest|closest) to\b")
_JOINED = re.compile(r"(?:,|&|\b(?:and|or|plus|as well as)\b)")
_FACTORS = {"half": 0.5, "twice": 2.0, "double": 2.0, "thrice": 3.0, "triple": 3.0, "a third": 1 / 3, "a quarter": 0.25}
_FACTOR = re.compile(
    rf"(?:to |by )?({'|'.join(_FACTORS)}|(?P<times>\d+|three|four|five|ten) times)"
    r"(?: (?:as|its|their|the) ?(?:size|height|width|big|large|tall|high|wide|small|many)?(?: as (?:it is|now))?)?\b"
)
_ATTRIBUTE = re.compile(
    r"(?:the |its |their )?(opacity|transparency|size|scale|colours?|colors?|brightness|contrast|saturation)(?: of)?\b"
)
_OWN_LAYER = re.compile(
    r"(?:in|on)?to (?:(?:its|their|an?) own layer|a (?:new|separate) layer|an? layer of (?:its|their) own)\b"
)
_AROUND = re.compile(r"(?:all the way )?(?:around|round|over)(?=\s*(?:$|[.,!?]))")
_CLOCK = re.compile(r"(counter-?\s?|anti-?\s?)?clockwise")
_UNITS = {"degree": "degrees", "degrees": "degrees", "deg": "degrees", "percent": "share", "per": "share",
          "times": "times", "copies": "copies", "copy": "copies", "duplicates": "copies", "gaussians": "gaussians",
          "splats": "gaussians", "points": "gaussians"}  # fmt: skip
_LOW_NUMBERS = {"twice": 2, "once": 1, "thrice": 3}
_STATES = {"is", "are", "be", "has", "was"}


def frame_of(text: str, clause: Clause, layers: Collection[str]) -> Frame:
    """Read a clause.

    Args:
        layers: names of the world's layers, which are words too.
    """
    frame = Frame(clause.verb, clause.start, clause.end, text[clause.start : clause.end])
    frame.quoted = quoted(text, clause)
    low = blanked(text)[: clause.end]
    body = " " * clause.body + low[clause.body :]
    reader = _Reader(frame, body, items_of(body) if body.strip() else [], {name.lower() for name in layers})
    reader.read()
    return frame


class _Reader:
    def __init__(self, frame: Frame, text: str, items: Sequence[Item], layers: Collection[str]) -> None:
        self.frame = frame
        self.text = text
        self.items = items
        self.layers = layers
        self.at = 0
        self.strength = 1.0
        self.waiting: tuple[str, int] | None = None
        """A relation whose target comes next, and where it was said."""
        self.first: Mention | None = None
        """Of two between which something is."""

    # --- looking around

    def low(self, at: int) -> str:
        return self.items[at].text.lower() if 0 <= at < len(self.items) else ""

    def skip_to(self, end: int) -> None:
        """Go on behind character `end`."""
        while self.at < len(self.items) and self.items[self.at].start < end:
            self.at += 1

    def is_noun(self, at: int) -> bool:
        if not 0 <= at < len(self.items) or self.items[at].sort != "word":
            return False
        low = self.low(at)
        own = low in ("one", "ones", "thing", "things", "layer", "layers", "selection") or low in self.layers
        quality = self.items[at].role("colour", "shade", "size", "number", "relation", "spot", "negation")
        known = self.items[at].noun is not None and not quality
        return own or known or bool(classes_of(low)) or phrase_at("solids", self.text, self.items[at].start) is not None

    def noun_follows(self, at: int) -> bool:
        """Whether only qualities stand between here and a noun."""
        for ahead in range(at + 1, min(at + 6, len(self.items))):
            if self.is_noun(ahead):
                return True
            if not self.items[ahead].role("colour", "shade", "size", "material", "number", "state"):
                return False
        return False

    def things_follow(self) -> bool:
        """Whether "all" goes on with "the trees"."""
        after = self.at
        while self.low(after + 1) in ("of", *_DETERMINERS):
            after += 1
        return self.noun_follows(after)

    # --- reading

    def read(self) -> None:
        while self.at < len(self.items):
            before = self.at
            self.step()
            if self.at == before:
                self.at += 1
        if self.waiting is not None:
            self.frame.unknown.append((self.waiting[1], self.waiting[1] + len(self.waiting[0])))

    def step(self) -> None:
        item, low, frame = self.items[self.at], self.low(self.at), self.frame
        start = item.start
        if item.sort == "punct":
            return
        if match := _OWN_LAYER.match(self.text, start):
            frame.own_layer = True
            self.skip_to(match.end())
        elif frame.objects and (match := _BUT.match(self.text, start)):
            self.exception(match.end())
        elif self.quantity(item) or self.comparison(start) or self.way(start):
            return
        elif low in _STATES:
            frame.state = True
        elif low in ("called", "named", "name") or (frame.verb == "rename" and low in ("to", "as", "into")):
            rest = self.text[item.end : frame.end].strip()
            frame.name = rest or None
            self.at = len(self.items)
        elif (match := _ATTRIBUTE.match(self.text, start)) and not frame.attribute and not frame.objects:
            frame.attribute = match.group(1).removesuffix("s").replace("color", "colour")
            self.skip_to(match.end())
        elif frame.objects and (match := _NEAREST.match(self.text, start)):
            self.waiting = ("near", start)
            self.skip_to(match.end())
        elif self.place(item):
            return
        elif item.role("colour", "shade") and not self.noun_follows(self.at) and not self.is_subject():
            self.predicate()
        elif item.role("material") and not self.noun_follows(self.at) and frame.objects:
            frame.material = item.text
        elif self.begins_mention():
            self.take(self.mention())
        elif not item.role("stop", "edit") and low not in ("again", "off", "to", "of", "by"):
            frame.unknown.append((item.start, item.end))

    def is_subject(self) -> bool:
        return self.low(self.at - 1) in _DETERMINERS and self.low(self.at + 1) in ("one", "ones")

    def exception(self, after: int) -> None:
        self.skip_to(after)
        if self.at < len(self.items) and self.begins_mention():
            last = self.frame.objects[-1]
            self.frame.objects[-1] = replace(last, but=self.mention().of(last))

    def quantity(self, item: Item) -> bool:
        """Numbers that are no number of things."""
        frame, low, start = self.frame, self.low(self.at), item.start
        if (metres := self.one_unit(self.at)) is not None:
            frame.metres = metres
            self.skip_to(self.items[self.at].end)
            while self.at < len(self.items) and not self.items[self.at].role("unit"):
                self.at += 1
            self.at += 1
            return True
        if item.measured and item.value is not None and not self.noun_follows(self.at):
            ahead = self.low(self.at + 1)
            if not (frame.verb in ("insert", "scatter") and not frame.objects):
                frame.metres = item.value
                if ahead in ("tall", "high", "wide", "long", "deep"):
                    self.at += 2
                else:
                    self.at += 1
                return True
        if frame.verb == "reduce" and (
            match := re.compile(r"(?:by|to) (half|a third|a quarter)\b").match(self.text, start)
        ):
            part = _FACTORS[match.group(1)]
            frame.share = part if match.group().startswith("to") else 1 - part
            self.skip_to(match.end())
            return True
        match = _FACTOR.match(self.text, start)
        counts = low in _LOW_NUMBERS and not re.match(r"\w+ (as|its|their|the)\b", self.text[start:])
        if counts and frame.verb in ("duplicate", "scatter"):
            frame.times = _LOW_NUMBERS[low]
            self.at += 1
            return True
        if match and frame.verb not in ("duplicate", "insert", "scatter", "reduce"):
            if (many := match.group("times")) is not None:
                frame.factor = float(items_of(many)[0].value or 1)
            else:
                frame.factor = _FACTORS[match.group(1)]
            self.skip_to(match.end())
            return True
        if item.role("number") and item.value is not None:
            return self.counted(item)
        return False

    def one_unit(self, at: int) -> float | None:
        """ "a metre", "half a metre"."""
        after = at + 1 if self.low(at) == "half" else at
        if self.low(after) in ("a", "an", "one") and after + 1 < len(self.items):
            unit = self.items[after + 1].role("unit")
            return None if unit is None else float(unit.value) * (0.5 if after > at else 1.0)
        return None

    def counted(self, item: Item) -> bool:
        value, behind = float(item.value or 0), self.text[item.end : item.end + 2].strip()[:1]
        unit = "share" if behind == "%" else "degrees" if behind == "\u00b0" else _UNITS.get(self.low(self.at + 1), "")
        if not unit:
            return False
        if unit == "share":
            self.frame.share = value / 100
            before = self.low(self.at - 1)
            if self.frame.verb == "reduce" and before == "by":
                self.frame.share = 1 - value / 100
        elif unit == "degrees":
            self.frame.degrees = value
        else:
            setattr(self.frame, unit, int(value))
        self.at += 2
        return True

    def comparison(self, start: int) -> bool:
        if match := _STRENGTH.match(self.text, start):
            self.strength = _STRENGTHS[match.group()]
            self.skip_to(match.end())
            return True
        found = phrase_at("compare", self.text, start)
        if found is None or self.noun_follows(self.at) or (self.frame.verb == "lower" and not self.frame.objects):
            return False
        self.frame.compare.append(Comparison(found[0], self.strength))
        self.strength = 1.0
        self.skip_to(found[1])
        return True

    def way(self, start: int) -> bool:
        """ "to the left", "north", "clockwise"."""
        frame = self.frame
        if frame.verb not in _DIRECTED or (frame.verb == "turn" and not frame.objects):
            return False
        if match := _CLOCK.match(self.text, start):
            frame.clockwise = match.group(1) is None
            self.skip_to(match.end())
            return True
        if frame.verb == "turn" and (match := _AROUND.match(self.text, start)):
            frame.around = True
            self.skip_to(match.end())
            return True
        lead = re.compile(r"(?:(?:in)?to|towards?|at|by)?\s*(?:the |its )?").match(self.text, start)
        at = lead.end() if lead else start
        for group, compass in (("directions", False), ("compass", True)):
            found = phrase_at(group, self.text, at)
            if found is None or re.match(r"\s+of\b", self.text[found[1] :]):
                continue
            if self.waiting or (frame.verb == "move" and not frame.objects):
                return False
            frame.direction, frame.compass = tuple(float(value) for value in table(group)[found[0]]), compass  # type: ignore[assignment]
            self.skip_to(found[1])
            return True
        return False

    def place(self, item: Item) -> bool:
        """A relation: where something is, or where it shall be."""
        side = phrase_at("sides", self.text, item.start)
        if side and self.frame.objects and not re.match(r"\s+of\b", self.text[side[1] :]) and item.role("spot"):
            self.frame.objects[-1] = replace(self.frame.objects[-1], side=side[0])
            self.skip_to(side[1])
            return True
        relation = item.role("relation", "spot")
        name = relation.name if relation else "of" if self.low(self.at) == "of" and self.frame.objects else ""
        if self.low(self.at) == "to" and self.frame.verb == "move" and self.frame.objects:
            name = "near"
        if not name:
            return False
        ahead = self.at + 1
        if relation is not None and relation.role == "spot":
            if relation.value != "@":
                return False
            self.waiting = (name, item.start)
            self.take(Mention(item.start, item.end, "it"))
            self.at = ahead
            return True
        if ahead >= len(self.items) or self.one_unit(ahead) or self.items[ahead].measured:
            return False
        if self.items[ahead].role("number") and not self.noun_follows(ahead):  # "by 20 %"
            return False
        left = re.compile(r"(?:to the |on the )?(left|right) of\b").match(self.text, item.start)
        self.waiting = (f"{left.group(1)}_of" if left else name, item.start)
        self.at = ahead
        if left:
            self.skip_to(left.end())
        return True

    def predicate(self) -> None:
        """The colour that something shall have."""
        frame, shade, name = self.frame, None, ""
        item = self.items[self.at]
        follows = self.at + 1 < len(self.items) and self.items[self.at + 1].role("colour") is not None
        if follows and (found := item.role("shade")):
            shade, name = found.value, found.name + " "
            self.at += 1
            item = self.items[self.at]
        colour = item.role("colour")
        if colour is None:
            frame.unknown.append((item.start, item.end))
        elif frame.colour is None:
            frame.colour = _colour(colour.name, shade)
            frame.colour_name = name + colour.name
        self.at += 1

    # --- things

    def begins_mention(self) -> bool:
        low, item = self.low(self.at), self.items[self.at]
        if low in _PRONOUNS or low in _DETERMINERS or low in _EVERY or low in ("everything", "whole", "world", "scene"):
            return True
        if item.measured:
            return self.noun_follows(self.at)
        quality = item.role("colour", "shade", "size", "material", "number", "amount", "state")
        if quality and self.noun_follows(self.at):
            return True
        if phrase_at("sides", self.text, item.start) and self.is_noun(self.at + 1):
            return True
        return self.is_noun(self.at) or (not item.entries and item.sort == "word" and not self.frame.objects)

    def mention(self) -> Mention:
        """Read a thing from here on."""
        begin = self.items[self.at].start
        found = Mention(begin, begin, "thing", definite=False)
        shade, shade_name = None, ""
        while self.at < len(self.items):
            item, low = self.items[self.at], self.low(self.at)
            ends = self.at
            side = phrase_at("sides", self.text, item.start)
            if low in ("it", "them", "selection", "selected") or (
                low in ("this", "that", "these", "those") and not self.noun_follows(self.at)
            ):
                self.at += 1
                if low == "selected" and self.noun_follows(ends):
                    self.mention()
                end = self.items[self.at - 1].end
                return replace(found, end=end, sort="it", definite=True)
            if low == "everything" or (low in _ALL and not self.things_follow() and low not in self.layers):
                self.at += 1
                while self.low(self.at) in (*_ALL, "of", "it", "the", "thing", "else"):
                    self.at += 1
                return replace(found, end=self.items[self.at - 1].end, sort="everything", definite=True)
            if low in _EVERY:
                found = replace(found, every=True, definite=True, number=2 if low == "both" else found.number)
            elif low in _DETERMINERS:
                definite = low not in ("a", "an", "some", "another")
                found = replace(found, definite=definite or found.definite)
            elif side and (self.is_noun(self.at + 1) or self.noun_follows(self.at)):
                found = replace(found, side=side[0], size=_size(item) or found.size)
            elif item.measured and item.value is not None:
                found = replace(found, height=item.value)
            elif low in ("tall", "high", "wide", "of", "in", "other") and not self.is_noun(self.at):
                pass
            elif item.role("number") and item.value is not None and low not in ("one", "ones"):
                found = replace(found, number=int(item.value))
            elif item.role("amount") and not self.is_noun(self.at):
                found = replace(found, number=int(item.role("amount").value), plural=True)  # type: ignore[union-attr]
            elif item.role("shade") and not item.role("colour") and self.noun_follows(self.at):
                shade, shade_name = item.role("shade").value, item.role("shade").name + " "  # type: ignore[union-attr]
            elif item.role("colour") and (self.noun_follows(self.at) or not self.is_noun(self.at)):
                name = item.role("colour").name  # type: ignore[union-attr]
                found = replace(found, colour=_colour(name, shade), colour_name=shade_name + name)
            elif item.role("size") and self.noun_follows(self.at):
                found = replace(found, size=_size(item) or "normal")
            elif item.role("material") and self.noun_follows(self.at):
                found = replace(found, material=str(item.role("material").value))  # type: ignore[union-attr]
            else:
                return self.head(found)
            self.at += 1
        return replace(found, end=self.items[-1].end)

    def head(self, found: Mention) -> Mention:
        """The noun, and "layer" before or behind it."""
        item, low = self.items[self.at], self.low(self.at)
        if low in ("layer", "layers"):
            self.at += 1
            if self.at < len(self.items) and (self.is_noun(self.at) or not self.items[self.at].entries):
                name = self.items[self.at]
                self.at += 1
                return replace(found, end=name.end, noun=name.text.lower(), entry=name.noun, layer=True)
            return replace(found, end=item.end, noun=low, layer=True)
        plural = item.plural or (singular(low) != low and low not in self.layers)
        self.at += 1
        while self.is_noun(self.at) and self.low(self.at) not in ("layer", "layers", "one") and item.noun:
            item, low = self.items[self.at], self.low(self.at)  # "a stone bridge", "the garden wall"
            plural = item.plural
            self.at += 1
        found = replace(found, end=item.end, noun=low, entry=item.noun, plural=plural or found.plural)
        if self.low(self.at) == "layer":
            self.at += 1
            return replace(found, end=self.items[self.at - 1].end, layer=True)
        return found

    def take(self, found: Mention) -> None:
        """Give a thing its part in the clause."""
        frame = self.frame
        if self.waiting is None:
            between = self.text[frame.objects[-1].end : found.start] if frame.objects else ","
            frame.loose |= not _JOINED.search(between) and frame.verb != "drop"
            frame.objects.append(found)
            return
        name, _ = self.waiting
        if name == "between" and self.first is None:
            self.first = found
            return
        relation = Relation(name, self.first or found, found if self.first else None)
        self.waiting = self.first = None
        is_place = frame.verb in _PLACING or (frame.verb == "make" and not frame.objects)
        if (not is_place and frame.objects) or (name == "of" and frame.objects):
            frame.objects[-1] = replace(frame.objects[-1], relation=relation)
        elif frame.relation is None:
            frame.relation = relation
        else:
            frame.relation = replace(frame.relation, target=replace(frame.relation.target, relation=relation))


def _size(item: Item) -> str | None:
    size = item.role("size")
    return str(size.value) if size else None


def _colour(name: str, shade: tuple[float, float] | None) -> Colour:
    plain = colour_of(name)
    return shaded(plain, shade) if shade else plain
