"""Text -> items: the longest known phrases, numbers and measures, with where they stand in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from worldloom.generate.understand.spelling import corrected
from worldloom.generate.understand.vocabulary import Entry, Lexicon, lexicon, singular

_PIECES = re.compile(
    r"(?P<tag><[^<>]{0,400}>|--\w+(?:[ =][\d.:]+)?|https?://\S+)"
    r"|(?P<clock>\b(?:[01]?\d|2[0-3])(?::[0-5]\d(?!\d)(?:\s*[ap]\.?m\b\.?)?|\s*[ap]\.?m\b\.?|\s*o['\u2019]clock\b))"
    r"|(?P<number>\d+(?:[.,]\d+)*)"
    r"|(?P<word>[^\W\d_]+(?:['\u2019][^\W\d_]+)?)"
    r"|(?P<punct>[^\w\s]|_)"
)
_TENS = {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
_PLURALS = {"people", "children", "men", "women", "cattle", "geese", "oxen", "cacti", "folk", "blinds", "shelves"}
_ALONE_PLURAL = {"sheep", "torii", "stairs"}


@dataclass(frozen=True)
class Token:
    text: str
    low: str
    start: int
    end: int
    sort: str
    """"word", "number", "clock", "punct" or "tag"."""
    typo_of: str = ""
    glued: bool = False
    """Joined to the next one by a hyphen."""
    possessive: bool = False


@dataclass(frozen=True)
class Item:
    """A phrase of the text with its possible meanings; none for unknown words."""

    start: int
    end: int
    text: str
    entries: tuple[Entry, ...] = ()
    plural: bool = False
    possessive: bool = False
    value: float | None = None
    """Of numbers, as they are; of measures, metres."""
    values: tuple[float, float] | None = None
    """"10 by 6 m"."""
    measured: bool = False
    sort: str = "word"
    typo_of: str = ""
    by_similarity: float | None = None

    def role(self, *roles: str) -> Entry | None:
        """The first meaning of one of these roles."""
        for role in roles:
            for entry in self.entries:
                if entry.role == role and (self.plural or not entry.only_plural):
                    return entry
        return None

    @property
    def noun(self) -> Entry | None:
        return next((e for e in self.entries if e.is_noun and (self.plural or not e.only_plural)), None)

    @property
    def is_break(self) -> bool:
        return self.sort == "punct" and self.text in ",;.:!?|\u2013\u2014\n("


def items_of(text: str) -> list[Item]:
    """All items of a text in order. Everything but white space is part of one."""
    tokens = _corrected(_tokens(text))
    known = lexicon()
    items: list[Item] = []
    at = 0
    while at < len(tokens):
        item, after = _item(text, tokens, at, known)
        items.append(item)
        at = after
    return items


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    for match in _PIECES.finditer(text):
        sort = str(match.lastgroup)
        low = match.group().lower().replace("\u2019", "'")
        start, end = match.span()
        if (
            sort == "punct"
            and low in "-\u2010\u2011"
            and tokens
            and tokens[-1].end == start
            and text[end : end + 1].isalnum()
        ):
            tokens[-1] = replace(tokens[-1], glued=True)
            continue
        token = Token(match.group(), low, start, end, sort)
        if sort == "word" and low.endswith("'s") and low not in ("it's", "there's", "that's"):
            token = replace(token, possessive=True)
        tokens.extend(_less(token))
    return tokens


def _less(token: Token) -> list[Token]:
    """ "treeless" -> "no", "tree"; any other token as it is."""
    phrases = lexicon().phrases
    stem = token.low[:-4]
    if not token.low.endswith("less") or (token.low,) in phrases or not stem:
        return [token]
    entries = phrases.get((stem,), [])
    if not any(entry.is_noun for entry in entries):
        return [token]
    return [Token(token.text, low, token.start, token.end, "word") for low in ("no", stem)]


def _corrected(tokens: list[Token]) -> list[Token]:
    """Unknown words that are a slip away from a known one are taken for that."""
    words = lexicon().words
    budget = 60
    out = []
    for token in tokens:
        plain = token.low[:-2] if token.possessive else token.low
        if token.sort == "word" and plain not in words and singular(plain) not in words and budget > 0:
            budget -= 1
            meant = corrected(plain)
            if meant:
                token = replace(token, low=meant, typo_of=meant, possessive=False)
        out.append(token)
    return out


def _item(text: str, tokens: list[Token], at: int, known: Lexicon) -> tuple[Item, int]:
    token = tokens[at]
    if token.sort in ("punct", "tag"):
        return Item(token.start, token.end, token.text, sort=token.sort), at + 1
    if token.glued and at + 1 < len(tokens) and tokens[at + 1].low in ("like", "shaped", "sized", "themed"):
        phrase = _phrase(text, tokens, at, known)
        if phrase is None or phrase[1] < at + 2:  # "planet-like" is no planet
            return Item(token.start, tokens[at + 1].end, text[token.start : tokens[at + 1].end]), at + 2
    if token.sort == "clock":
        return Item(token.start, token.end, token.text, (_time(token.low),)), at + 1
    number = _number(text, tokens, at, known)
    phrase = _phrase(text, tokens, at, known)
    if number and (not phrase or number[1] >= phrase[1]):
        return number
    if phrase:
        return phrase
    return Item(token.start, token.end, token.text, possessive=token.possessive), at + 1


def _time(low: str) -> Entry:
    """ "9 pm", "17:30", "6 o'clock"."""
    hour, _, rest = low.partition(":")
    value = float(re.match(r"\d+", hour).group()) + (float(rest[:2]) / 60 if rest else 0.0)  # type: ignore[union-attr]
    letters = re.sub(r"[^a-z]", "", low)
    if letters == "pm" and value < 12:
        value += 12
    elif letters == "am" and value >= 12:
        value -= 12
    return Entry("setting", low, sets=(("hour", round(value % 24, 3)),), unsets=(("hour", 14.0),))


def _phrase(text: str, tokens: list[Token], at: int, known: Lexicon) -> tuple[Item, int] | None:
    """The longest known phrase that begins here."""
    for length in range(min(known.longest, len(tokens) - at), 0, -1):
        run = tokens[at : at + length]
        if any(token.sort not in ("word", "number") for token in run):
            continue
        found = _look_up([token.low for token in run], known)
        if found is None and run[-1].possessive:
            found = _look_up([*(token.low for token in run[:-1]), run[-1].low[:-2]], known)
        if found:
            entries, plural = found
            typo = " ".join(token.low for token in run) if any(token.typo_of for token in run) else ""
            start, end = run[0].start, run[-1].end
            possessive = run[-1].possessive
            return Item(start, end, text[start:end], entries, plural, possessive, typo_of=typo), at + length
    return None


def _look_up(words: list[str], known: Lexicon) -> tuple[tuple[Entry, ...], bool] | None:
    last = words[-1]
    alone = singular(last)
    own = tuple(words) in known.listed and (*words[:-1], alone) not in known.listed  # "alps", "mars": no plurals
    plural = (alone != last and not own) or last in _PLURALS
    plural = plural and last not in _ALONE_PLURAL
    exact = known.phrases.get(tuple(words), [])
    base = known.phrases.get((*words[:-1], alone), []) if alone != last else []
    entries = (*exact, *(entry for entry in base if all(entry.role != other.role for other in exact)))
    entries = tuple(entry for entry in entries if plural or not entry.only_plural)
    return (entries, plural) if entries else None


def _number(text: str, tokens: list[Token], at: int, known: Lexicon) -> tuple[Item, int] | None:
    """A number in digits or words, with its unit if there is one; "10 by 6 m" too."""
    read = _quantity(tokens, at)
    if read is None:
        return None
    value, after = read
    second, end = _second(tokens, after)
    unit, end = _unit(tokens, end, known)
    if second is not None and unit is None and not (value <= 60 and second <= 60):
        second, end = None, after
        unit, end = _unit(tokens, end, known)
    start, stop = tokens[at].start, tokens[end - 1].end
    scale = unit if unit is not None else 1.0
    pair = (value * scale, second * scale) if second is not None else None
    entries = () if unit is not None or pair else (Entry("number", str(value), value=value),)
    measured = unit is not None or pair is not None
    return Item(start, stop, text[start:stop], entries, value > 1, False, value * scale, pair, measured), end


def _second(tokens: list[Token], at: int) -> tuple[float | None, int]:
    """The 6 of "10 by 6"."""
    after = at
    if after < len(tokens) and tokens[after].low in ("m", "metres", "meters", "ft", "feet"):
        after += 1
    if after < len(tokens) and tokens[after].low in ("by", "x", "\u00d7"):
        read = _quantity(tokens, after + 1)
        if read:
            return read
    return None, at


def _unit(tokens: list[Token], at: int, known: Lexicon) -> tuple[float | None, int]:
    if at < len(tokens) and tokens[at].sort == "word":
        for word in (tokens[at].low, singular(tokens[at].low)):
            for entry in known.phrases.get((word,), []):
                if entry.role == "unit":
                    return float(entry.value), at + 1
    return None, at


def _quantity(tokens: list[Token], at: int) -> tuple[float, int] | None:
    """ "3", "1,200", "two hundred", "twenty-four", "half a dozen", "a hundred": value and the index after it."""
    if at >= len(tokens):
        return None
    low = [token.low for token in tokens[at : at + 3]]
    if low[:3] == ["half", "a", "dozen"]:
        return 6.0, at + 3
    if low[0] in ("a", "an") and len(low) > 1 and low[1] in ("dozen", "hundred", "thousand", "score"):
        if len(low) > 2 and low[2] == "of" and low[1] == "score":
            return 20.0, at + 3
        value, after = _words_number(tokens, at + 1)
        return value, after
    if low[0] in ("a", "the") and len(low) > 1 and low[1] in ("single", "lone", "lonely", "solitary"):
        return 1.0, at + 2
    if low[0] in ("a", "the") and low[1:3] in (["pair", "of"], ["couple", "of"]):
        return 2.0, at + 3
    if tokens[at].sort == "number":
        value = _digits(tokens[at].text)
        if value is None:
            return None
        after = at + 1
        if after < len(tokens) and tokens[after].low in ("hundred", "thousand", "dozen"):
            value *= {"hundred": 100, "thousand": 1000, "dozen": 12}[tokens[after].low]
            after += 1
        return value, after
    if _number_word(tokens[at]) is not None:
        return _words_number(tokens, at)
    return None


def _digits(text: str) -> float | None:
    plain = re.sub(r",(?=\d{3}\b)", "", text).replace(",", ".")
    try:
        return min(float(plain), 1e9)
    except ValueError:
        return None


def _number_word(token: Token) -> float | None:
    entries = lexicon().phrases.get((token.low,), []) if token.sort == "word" else []
    return next((float(entry.value) for entry in entries if entry.role == "number"), None)


def _words_number(tokens: list[Token], at: int) -> tuple[float, int]:
    """ "two hundred and fifty", from its first word."""
    total = 0.0
    after = at
    while after < len(tokens):
        low = tokens[after].low
        value = _number_word(tokens[after])
        if low in ("hundred", "thousand", "dozen") and value:
            total = max(total, 1.0) * value
        elif value is not None and (total == 0 or tokens[after - 1].low in _TENS | {"hundred", "and"}):
            total += value
        elif low == "and" and after > at and tokens[after - 1].low == "hundred" and _follows_number(tokens, after + 1):
            pass
        else:
            break
        after += 1
        if low in ("pair", "couple") and after < len(tokens) and tokens[after].low == "of":
            after += 1
    return total, after


def _follows_number(tokens: list[Token], at: int) -> bool:
    return at < len(tokens) and _number_word(tokens[at]) is not None
