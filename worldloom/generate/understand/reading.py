"""A text is checked before it is read: its length, its script and its language."""

from __future__ import annotations

import re
import unicodedata

from worldloom.generate.understand.spelling import english_words
from worldloom.generate.understand.vocabulary import lexicon, singular
from worldloom.scene.errors import InvalidDataError

LIMIT = 4000
_READ = "describe the world in English"
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

_FOREIGN: dict[str, str] = {
    "German": "der die das und ein eine einen einem einer mit auf im ist dem den von zum zur am bei nicht ohne sehr auch "
    "über unter zwischen neben kein keine vor wie aus für schöne großer kleines kleine haus wald und oder des sind",
    "French": "le la les un une des et avec dans sur du au aux est sous près pas sans très qui par pour ou ville mer "
    "forêt maison petit petite grand grande une ciel de",
    "Spanish": "el la los las un una unos y con en del al es sobre bajo cerca sin muy que por para casa bosque pequeño "
    "pequeña grande mar cielo ciudad playa de",
    "Italian": "il lo la gli le un una e con nel nella sul sulla del della dei delle di è sotto vicino senza molto che per "
    "casa bosco piccolo piccola mare cielo città",
    "Portuguese": "o a os as um uma e com em no na nos nas do da dos das é sobre sob perto sem muito que por para casa "
    "floresta pequeno pequena mar céu cidade",
    "Dutch": "de het een en met op in van is bij onder boven naast geen zonder zeer ook door voor huis bos klein kleine "
    "grote zee lucht stad aan",
    "Polish": "i w na z ze jest do nad pod przy bez bardzo oraz dom las mały mała duży morze niebo miasto się nie dla",
    "Swedish": "och en ett med på är i av vid under över utan mycket hus skog liten stor hav himmel stad den det",
    "Turkish": "ve bir ile bu da de için çok üzerinde altında ev orman küçük büyük deniz şehir",
    "Indonesian": "dan yang di dengan sebuah ke dari pada untuk rumah hutan kecil besar laut langit kota",
}
_SCRIPTS = {
    "CJK": "Chinese or Japanese",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
    "CYRILLIC": "Russian or another language in Cyrillic letters",
    "ARABIC": "Arabic",
    "HEBREW": "Hebrew",
    "GREEK": "Greek",
    "DEVANAGARI": "Hindi",
    "THAI": "Thai",
    "BENGALI": "Bengali",
    "TAMIL": "Tamil",
    "GEORGIAN": "Georgian",
    "ARMENIAN": "Armenian",
}


def checked(text: str) -> str:
    """The text with control characters as spaces, every character in its place.

    Raises:
        InvalidDataError: it is empty, too long, has no words, or is in a language we don't read.
    """
    if not isinstance(text, str):
        raise InvalidDataError("The description must be a text.")
    if not text.strip():
        raise InvalidDataError("The description is empty; say in a sentence what the world should be.")
    if len(text) > LIMIT:
        raise InvalidDataError(
            f"The description has {len(text):,} characters, and at most {LIMIT:,} are read; say it in fewer words."
        )
    clean = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") and c != "\n" else c for c in text)
    letters = [c for c in clean if c.isalpha()]
    if not letters:
        raise InvalidDataError(f"The description has no words; {_READ}.")
    _check_script(letters)
    _check_language(clean)
    return clean


def _check_script(letters: list[str]) -> None:
    names: dict[str, int] = {}
    for letter in letters:
        script = unicodedata.name(letter, "?").split()[0]
        if script not in ("LATIN", "FULLWIDTH", "FEMININE", "MASCULINE", "MODIFIER"):
            names[script] = names.get(script, 0) + 1
    if sum(names.values()) > 0.3 * len(letters):
        script = max(names, key=lambda name: names[name])
        language = _SCRIPTS.get(script, f"{script.capitalize()} script")
        raise InvalidDataError(f"The description seems to be in {language}, and only English is read; {_READ}.")


def _check_language(text: str) -> None:
    """Foreign function words, or too few English ones."""
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)]
    known = lexicon().words
    ours = sum(word in known or singular(word) in known for word in words)
    english = ours + sum(
        word not in known and (word in english_words() or singular(word) in english_words()) for word in words
    )
    best, language = 0, ""
    for name, listed in _FOREIGN.items():
        function = set(listed.split())
        found = sum(word in function and word not in known for word in words)
        if found > best:
            best, language = found, name
    others = len(words) - best
    if best >= 2 and best / len(words) > 0.15 and ours - _shared(words) < 0.6 * others:
        raise InvalidDataError(f"The description seems to be in {language}, and only English is read; {_READ}.")
    if len(words) >= 4 and english < 0.35 * len(words):
        raise InvalidDataError(f"The description does not seem to be in English, the one language read; {_READ}.")


def _shared(words: list[str]) -> int:
    """Words that English shares with its neighbours, such as "in": no sign of either."""
    return sum(word in {"in", "an", "a", "i", "die", "am", "on", "as", "so", "do", "me", "no", "the"} - {"the"} for word in words)
