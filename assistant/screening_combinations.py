"""What is urgent in any language, as combinations of concepts; each language's file has the words of a concept.

A line names concepts that must all be said in one sentence, in any order and near each other; after ``|`` stand
concepts that silence it there ("fire" in "fire drill"). A concept alone on its line is urgent by itself. Each
category has concepts that silence all its lines and the phrases of the languages' tables.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Category = Literal["emergency", "crisis", "violence", "small_talk"]


class Combination(NamedTuple):
    """Concepts that are urgent together, and those that say it is not meant so."""

    category: Category
    concepts: tuple[str, ...]
    unless: tuple[str, ...]


SILENCED_BY: dict[Category, tuple[str, ...]] = {
    "emergency": ("lesson", "figure", "long_ago"),
    "crisis": ("lesson", "figure"),
    "violence": ("lesson",),
    "small_talk": (),
}

_TABLE: dict[Category, str] = {
    "emergency": """
        place + burn | fire_safety
        fire_now | fire_safety
        smoke + smoke_much | fire_safety
        not_breathing
        chest + pain
        pain + left_arm
        heart_attack
        stroke
        body_part + numb
        speech + slurred
        unconscious
        choke
        throat + stuck
        bleed + much
        swallow + poison
        overdose
        swallow + pills + many
        child + swallow + pills
        toxic
        drown
        fell + water
        accident + injured
        vehicle + hit_by
        fell + height + injured
        attack + someone
        stab
        weapon + wields
        intruder
        child + missing
        seizure
        ambulance
    """,
    "crisis": """
        suicide | course
        want_die
        not_live
        life + pointless
        kill_verb + self
        jump + deadly
        burden
        self_harm
        cut + own_body
        boss + passport + taken
        passport + confiscated
        unpaid + work
        boss + unpaid
        unpaid + menace
        unpaid + deport
        force + work
        force + marry
        force + sex
        sex_work + force
        boss + menace
        boss + deport
        boss + not_let + leave
        work + locked
        boss + locked
        trafficking | course
    """,
    "violence": """
        partner + beat
        beat + victim
        partner + menace + victim
        partner + control
        partner + not_let
        partner + locked
        victim + locked
        neighbour + scream
        fear + partner
        fear + go_home
        stalk
        violent_home | course
        rape | course
        sexual + abuse | course
        touch + unwanted
        partner + force
        nude_photos + menace
        family + honour
        family + marry + unwilling
        family + kill
        mutilation | course
        adult + beat + child
        child + bruise
        child + sexual
        child + nude_photos
        child + touch + adult
        fear + partner + child
        shelter | course bomb
    """,
}


def _combinations() -> tuple[Combination, ...]:
    found = []
    for category, lines in _TABLE.items():
        for line in lines.split("\n"):
            concepts, _, unless = line.partition("|")
            if concepts.strip():
                names = tuple(name.strip() for name in concepts.split("+"))
                found.append(Combination(category, names, (*unless.split(), *SILENCED_BY[category])))
    return tuple(found)


COMBINATIONS = _combinations()
CONCEPTS = tuple(dict.fromkeys(name for rule in COMBINATIONS for name in (*rule.concepts, *rule.unless)))
"""Every concept that each language must have words for."""
SILENCING = frozenset(name for rule in COMBINATIONS for name in rule.unless)
"""Concepts that silence."""
