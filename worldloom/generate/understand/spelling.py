"""Slips of the keyboard: an unknown word a letter away from a word we know, unless it is a word of English itself."""

from __future__ import annotations

from functools import cache, lru_cache

from worldloom.generate.understand.vocabulary import FOLDER, lexicon, singular


@cache
def english_words() -> frozenset[str]:
    """Words of the embedding model's vocabulary (BERT, uncased): mostly English."""
    lines = (FOLDER / "minilm_vocab.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for word in lines if len(word) > 1 and word.isalpha())


@lru_cache(maxsize=2048)
def corrected(word: str) -> str:
    """The known word that `word` is a slip of, or "" for none. `word` is lower case and not in the lexicon."""
    if len(word) < 3 or len(word) > 24 or not word.isascii() or not word.isalpha():
        return ""
    if word in english_words() or singular(word) in english_words():
        return ""
    allowed = 1.0 if len(word) < 8 else 2.0
    best, best_cost = "", allowed + 0.1
    for candidate in _by_letter().get(word[0], ()):
        if abs(len(candidate) - len(word)) <= 2:
            cost = _slips(word, candidate, best_cost)
            if cost < best_cost:
                best, best_cost = candidate, cost
    return best


@cache
def _by_letter() -> dict[str, tuple[str, ...]]:
    """Known words of four letters and more (three for the commonest), by their first letter, in alphabetic order."""
    groups: dict[str, list[str]] = {}
    listed = lexicon().words - lexicon().joined
    words = listed | {word + "s" for word in listed if len(word) > 3 and not word.endswith("s")}
    for word in sorted(words):
        if word.isascii() and word.isalpha() and (len(word) > 3 or word in ("two", "six", "sun", "sea", "red", "car")):
            groups.setdefault(word[0], []).append(word)
    return {letter: tuple(words) for letter, words in groups.items()}


def _slips(word: str, other: str, limit: float) -> float:
    """Damerau-Levenshtein distance; swapped and doubled letters are the commonest slips and cost a little less."""
    previous2: list[float] = []
    previous = [float(i) for i in range(len(other) + 1)]
    for i, letter in enumerate(word, 1):
        row = [float(i)]
        for j, wanted in enumerate(other, 1):
            drop = 0.8 if i > 1 and word[i - 2] == letter else 1.0
            miss = 0.8 if j > 1 and other[j - 2] == wanted else 1.0
            cost = min(previous[j] + drop, row[j - 1] + miss, previous[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == wanted:
                cost = min(cost, previous2[j - 2] + 0.85)
            row.append(cost)
        if min(row) > limit + 0.2:  # a swap may still make up for it
            return limit
        previous2, previous = previous, row
    return previous[-1]
