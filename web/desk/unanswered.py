"""Questions without an answer that askers let us keep, grouped by what they mean: what the cards lack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, select

from web.desk.tables import question_table as table

MOST = 1000
"""Questions that are looked at, the latest."""

NEAR = 0.55
"""Cosine to the middle of a group from which on a question belongs to it. On the residents' questions (25 meanings, 205
questions in 16 languages, in random order): 95 % of questions stand in a group of their own meaning, pairs of the same
meaning are found with precision 0.84 and recall 0.58; 0.4 gives 84 %, 0.64 and 0.81, and 0.6 gives 100 %, 1.00 and
0.50."""


@dataclass(frozen=True, slots=True)
class KeptQuestion:
    """A masked question, as its asker wrote it."""

    id: int
    at: datetime
    language: str
    question: str
    document: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that mean much the same, the one nearest to their middle first. ``document`` is what most of them were
    nearest to."""

    questions: tuple[KeptQuestion, ...]
    document: str | None

    @property
    def languages(self) -> tuple[str, ...]:
        """The most frequent first."""
        return tuple(code for code, _ in Counter(one.language for one in self.questions).most_common())

    @property
    def latest(self) -> datetime:
        return max(one.at for one in self.questions)


class Unanswered:
    """Kept questions in the database. Blocks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._made: tuple[tuple[int, ...], tuple[Group, ...]] = ((), ())

    def groups(self) -> tuple[Group, ...]:
        """The largest first."""
        columns = (table.c.id, table.c.at, table.c.language, table.c.question, table.c.document, table.c.vector)
        statement = select(*columns).where(table.c.question.is_not(None)).order_by(table.c.id.desc()).limit(MOST)
        with self._engine.connect() as connection:
            rows = connection.execute(statement).all()
        seen = tuple(row.id for row in rows)
        if self._made[0] != seen:
            kept = [KeptQuestion(row.id, row.at, row.language, row.question, row.document) for row in rows]
            self._made = seen, _groups(kept, [row.vector for row in rows])
        return self._made[1]


def clusters(vectors: NDArray[np.float32], near: float = NEAR) -> list[list[int]]:
    """Row numbers of unit vectors, shape ``(n, dimension)``, by group: each joins the group whose middle is nearest,
    or begins one. Then each is asked once more, since the middles have moved."""
    sums = np.zeros_like(vectors)
    count = 0
    place = np.full(len(vectors), -1)
    for again in (False, True):
        for row, vector in enumerate(vectors):
            if again:
                sums[place[row]] -= vector
            middles = sums[:count]
            lengths = np.linalg.norm(middles, axis=1)
            cosines = np.where(lengths > 1e-6, middles @ vector / np.maximum(lengths, 1e-6), -1.0)
            best = int(np.argmax(cosines)) if count else -1
            if best < 0 or cosines[best] < near:
                best = int(place[row]) if again else count
                count = max(count, best + 1)
            place[row] = best
            sums[best] += vector
    groups: list[list[int]] = [[] for _ in range(count)]
    for row in range(len(vectors)):
        groups[place[row]].append(row)
    return [_inner_first(group, vectors) for group in groups if group]


def _inner_first(group: list[int], vectors: NDArray[np.float32]) -> list[int]:
    middle = vectors[group].sum(axis=0)
    return sorted(group, key=lambda row: (-float(vectors[row] @ middle), row))


def _groups(kept: Sequence[KeptQuestion], packed: Sequence[bytes | None]) -> tuple[Group, ...]:
    lengths = Counter(len(one) for one in packed if one)
    usual = lengths.most_common(1)[0][0] if lengths else 0
    # Without a vector, or with one of an earlier model, a question stands alone.
    with_vector = [row for row, one in enumerate(packed) if one and len(one) == usual]
    made = [[row] for row in range(len(kept)) if row not in set(with_vector)]
    if with_vector:
        vectors = np.stack([np.frombuffer(packed[row] or b"", np.float16) for row in with_vector]).astype(np.float32)
        made += [[with_vector[row] for row in group] for group in clusters(vectors)]
    groups = [_group([kept[row] for row in rows]) for rows in made]
    return tuple(sorted(groups, key=lambda group: (-len(group.questions), -group.latest.timestamp())))


def _group(questions: Sequence[KeptQuestion]) -> Group:
    documents = Counter(one.document for one in questions if one.document)
    return Group(tuple(questions), documents.most_common(1)[0][0] if documents else None)
