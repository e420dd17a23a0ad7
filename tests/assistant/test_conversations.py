from __future__ import annotations

from threading import Thread

from assistant.conversations import LIFETIME, MOST_CONVERSATIONS, MOST_TURNS, Conversations, PastTurn
from assistant.questions import Situation


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def turn(question: str) -> PastTurn:
    return PastTurn(question, "en")


def asked(turns: tuple[PastTurn, ...]) -> list[str]:
    return [past.question for past in turns]


def test_turns_come_back_as_they_were() -> None:
    conversations = Conversations()
    past = PastTurn("ja Kauniaisissa?", "fi", ("integration-plan",), frozenset({"Kauniainen"}), Situation.AT_HOME)
    conversations.remember("a", past)
    assert conversations.recall("a") == (past,)


def test_the_oldest_come_first_and_only_the_last_are_kept() -> None:
    conversations = Conversations()
    for number in range(MOST_TURNS + 2):
        conversations.remember("a", turn(str(number)))
    assert asked(conversations.recall("a")) == ["2", "3", "4"]


def test_conversations_are_apart() -> None:
    conversations = Conversations()
    conversations.remember("a", turn("one"))
    conversations.remember("b", turn("two"))
    assert asked(conversations.recall("a")) == ["one"]
    assert conversations.recall("c") == ()


def test_a_conversation_is_forgotten_when_asked() -> None:
    conversations = Conversations()
    conversations.remember("a", turn("one"))
    conversations.forget("a")
    conversations.forget("never there")
    assert conversations.recall("a") == ()


def test_a_conversation_is_forgotten_half_an_hour_after_its_last_message() -> None:
    clock = Clock()
    conversations = Conversations(clock)
    conversations.remember("a", turn("one"))
    clock.now += LIFETIME - 1
    conversations.remember("a", turn("two"))
    clock.now += LIFETIME - 1
    assert asked(conversations.recall("a")) == ["one", "two"]
    clock.now += 1
    assert conversations.recall("a") == ()


def test_reading_does_not_prolong_it() -> None:
    clock = Clock()
    conversations = Conversations(clock)
    conversations.remember("a", turn("one"))
    clock.now += LIFETIME / 2
    conversations.recall("a")
    clock.now += LIFETIME / 2
    assert conversations.recall("a") == ()


def test_a_forgotten_conversation_begins_anew() -> None:
    clock = Clock()
    conversations = Conversations(clock)
    conversations.remember("a", turn("one"))
    clock.now += LIFETIME
    conversations.remember("a", turn("two"))
    assert asked(conversations.recall("a")) == ["two"]


def test_the_one_silent_for_longest_makes_room() -> None:
    conversations = Conversations(Clock())
    for number in range(MOST_CONVERSATIONS):
        conversations.remember(str(number), turn("one"))
    conversations.remember("0", turn("two"))
    conversations.remember("new", turn("one"))
    assert conversations.recall("1") == ()
    assert asked(conversations.recall("0")) == ["one", "two"]
    assert asked(conversations.recall("new")) == ["one"]


def test_threads_share_them() -> None:
    conversations = Conversations()

    def talk(name: str) -> None:
        for number in range(200):
            conversations.remember(name, turn(f"{name}{number}"))
            conversations.recall(name)

    threads = [Thread(target=talk, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked(conversations.recall("d")) == ["d197", "d198", "d199"]


def test_an_answer_that_comes_after_forgetting_is_not_remembered() -> None:
    conversations = Conversations()
    late, other = conversations.begin("a"), conversations.begin("b")
    conversations.forget("a")
    conversations.remember(late, turn("late"))
    conversations.remember(other, turn("other"))
    assert conversations.recall("a") == ()
    assert asked(conversations.recall("b")) == ["other"]


def test_a_conversation_begun_again_after_forgetting_is_remembered() -> None:
    conversations = Conversations()
    conversations.begin("a")
    conversations.forget("a")
    conversations.remember(conversations.begin("a"), turn("anew"))
    assert asked(conversations.recall("a")) == ["anew"]
