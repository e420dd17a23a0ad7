"""What the desk keeps in the database. Nothing here is kept longer than ``web.desk.settings.Retention`` says."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from web.storage import Moment, metadata

account_table = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    # Lower case; what the person types to sign in.
    Column("name", String(100), nullable=False, unique=True),
    Column("display_name", String(200), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("language", String(8), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created", Moment, nullable=False),
    # Argon2id in PHC form; null for accounts of the city's own sign-in.
    Column("password_hash", Text),
    # Encrypted with the desk's key.
    Column("totp_secret", Text),
    # The time step of the last code used, so that none is used twice.
    Column("totp_last_step", Integer),
    # SHA-256 of each that is left, in hex, with spaces between.
    Column("recovery_codes", Text),
    # SHA-256 in hex of the one-time code with which a password is set, and until when it is good.
    Column("invitation", String(64), unique=True),
    Column("invited_until", Moment),
    # SHA-256 in hex of issuer and subject of the city's own sign-in.
    Column("subject", String(64), unique=True),
)

attempt_table = Table(
    "attempt",
    metadata,
    # Who tried to sign in, or where from: a digest under the desk's key, whether there is such an account or not.
    Column("key", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last", Moment, nullable=False, index=True),
    Column("locked_until", Moment),
)

session_table = Table(
    "session",
    metadata,
    Column("id", Integer, primary_key=True),
    # SHA-256 of the cookie's value, in hex.
    Column("token", String(64), nullable=False, unique=True),
    Column("csrf", String(64), nullable=False),
    Column("account", Integer, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created", Moment, nullable=False),
    Column("seen", Moment, nullable=False, index=True),
    Column("device", String(200), nullable=False),
)

audit_table = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    # Not a foreign key: an entry outlives the account.
    Column("account", Integer),
    Column("account_name", String(100), nullable=False),
    Column("action", String(64), nullable=False, index=True),
    Column("subject", String(200)),
    Column("details", JSON, nullable=False),
)

hand_off_table = Table(
    "hand_off",
    metadata,
    # Random and public to advisors only.
    Column("id", String(32), primary_key=True),
    # SHA-256 in hex of the conversation's id.
    Column("conversation", String(64), index=True),
    Column("created", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
    # new, assigned, answered (the resident's turn), closed
    Column("state", String(16), nullable=False),
    # asked, abstained, crisis, request
    Column("reason", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("municipality", String(100)),
    Column("situation", String(32)),
    # The title of the first source that was found, for the list.
    Column("topic", String(300)),
    Column("assigned_to", Integer, ForeignKey("account.id", ondelete="SET NULL")),
    # Since when the resident has waited for an answer; null while it is their turn.
    Column("waiting_since", Moment),
    Column("first_answered", Moment),
    Column("closed", Moment),
    # How many messages there were: who answers must have seen them all.
    Column("version", Integer, nullable=False),
    # Where it was handed on to, such as "zammad 4711".
    Column("external", String(200)),
    Column("email", String(320)),
    # Masked exchanges: question, the Answer's wire form, and both in Finnish once an advisor read it.
    Column("transcript", JSON, nullable=False),
    # The wire form of the Answer in Finnish to the last question, once an advisor read it.
    Column("suggestion", JSON(none_as_null=True)),
    Index("ix_hand_off_state_created", "state", "created"),
    Index("ix_hand_off_state_updated", "state", "updated"),
    Index("ix_hand_off_assigned_to", "assigned_to", "state", "created"),
    Index("ix_hand_off_assigned_to_updated", "assigned_to", "state", "updated"),
    Index("ix_hand_off_language", "language", "state", "created"),
    Index("ix_hand_off_language_updated", "language", "state", "updated"),
    Index("ix_hand_off_first_answered", "first_answered"),
)

hand_off_token_table = Table(
    "hand_off_token",
    metadata,
    # SHA-256 in hex of what the resident's page, or the link in an e-mail to them, proves itself with.
    Column("token", String(64), primary_key=True),
    Column("hand_off", String(32), ForeignKey("hand_off.id", ondelete="CASCADE"), nullable=False, index=True),
)

message_table = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hand_off", String(32), ForeignKey("hand_off.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    # resident or advisor
    Column("author", String(16), nullable=False),
    Column("account", Integer, ForeignKey("account.id", ondelete="SET NULL")),
    Column("text", Text, nullable=False),
    Column("language", String(8), nullable=False),
    # Sentences, each with its translation or null.
    Column("translation", JSON(none_as_null=True)),
    Column("translation_language", String(8)),
    # The engine, or "people" for a reply that was written in both languages.
    Column("translated_by", String(100)),
    # SHA-256 in hex of the form it was sent with, or the id at the other system: none is kept twice.
    Column("sent_as", String(100), unique=True),
)

delivery_table = Table(
    "delivery",
    metadata,
    Column("id", Integer, primary_key=True),
    # No foreign key: that somebody withdrew is told after everything is deleted here.
    Column("hand_off", String(32), nullable=False, index=True),
    Column("message", Integer, ForeignKey("message.id", ondelete="CASCADE")),
    # email, webhook, zammad
    Column("channel", String(16), nullable=False),
    # created, message, withdrawn; answered (to the resident)
    Column("event", String(16), nullable=False),
    Column("external", String(200)),
    Column("created", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    # Null where no further try is made.
    Column("next_try", Moment, index=True),
    # What the last try failed with: a kind, never words.
    Column("failure", String(200)),
)

canned_reply_table = Table(
    "canned_reply",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", String(200), nullable=False),
    # By language.
    Column("texts", JSON, nullable=False),
    Column("updated", Moment, nullable=False),
    Column("updated_by", Integer, ForeignKey("account.id", ondelete="SET NULL")),
)

flag_table = Table(
    "flag",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("created", Moment, nullable=False, index=True),
    Column("created_by", Integer, ForeignKey("account.id", ondelete="SET NULL")),
    # wrong, outdated, unclear, translation, unsafe, missing
    Column("kind", String(16), nullable=False),
    # open, fixed, declined
    Column("state", String(16), nullable=False, index=True),
    # Masked.
    Column("question", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("profile", JSON, nullable=False),
    # The Answer's wire form without its trace; null where only what was said of it is known.
    Column("answer", JSON(none_as_null=True)),
    Column("sentence", Integer),
    Column("correction", Text),
    # The first one cited, and its service card.
    Column("document", String(300)),
    Column("card", String(100), index=True),
    Column("build", String(64)),
    # Where it came from, for erasure: SHA-256 in hex of the question's key and of the conversation's id; the hand-off.
    Column("exchange", String(64), index=True),
    Column("conversation", String(64), index=True),
    Column("hand_off", String(32), index=True),
    # When the question was asked again, of which build, and the Answer without its trace.
    Column("asked_again", Moment),
    Column("build_now", String(64)),
    Column("answer_now", JSON(none_as_null=True)),
    Column("closed", Moment),
    Column("closed_by", Integer, ForeignKey("account.id", ondelete="SET NULL")),
    Column("resolution", Text),
    # The id of the evaluation case it became.
    Column("case_id", String(100)),
)

reviewed_text_table = Table(
    "reviewed_text",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("card", String(100), nullable=False),
    Column("language", String(16), nullable=False),
    # SHA-256 of the text that was read, in hex: another text is unread again.
    Column("digest", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("account", Integer, ForeignKey("account.id", ondelete="SET NULL")),
    UniqueConstraint("card", "language", name="uq_reviewed_text_card_language"),
)

pin_table = Table(
    "pin",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", Integer, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("document", String(300), nullable=False),
    Column("created", Moment, nullable=False),
    UniqueConstraint("account", "document", name="uq_pin_account_document"),
)

recent_question_table = Table(
    "recent_question",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", Integer, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Moment, nullable=False, index=True),
    # Masked.
    Column("question", Text, nullable=False),
    # Of the client's text: "so", "fi-selko".
    Column("language", String(8), nullable=False),
    Column("municipality", String(100)),
    Column("situation", String(32)),
)

question_table = Table(
    "question",
    metadata,
    Column("id", Integer, primary_key=True),
    # SHA-256 in hex of the key of the question, for the asker's consent; null once the conversation is forgotten.
    Column("answer", String(64), unique=True),
    # The beginning of the hour: no more is needed, and nothing else can be matched with it.
    Column("at", Moment, nullable=False, index=True),
    # chat, api or desk
    Column("channel", String(8), nullable=False),
    Column("language", String(8), nullable=False),
    Column("municipality", String(100)),
    Column("situation", String(32)),
    Column("status", String(32), nullable=False),
    # Of the first cited document, else of the nearest one.
    Column("topic", String(64)),
    Column("document", String(300)),
    Column("similarity", Float),
    Column("milliseconds", Float),
    # 0 to 23, in Finland.
    Column("hour", SmallInteger, nullable=False),
    Column("build", String(64)),
    # Masked, and with its vector (float16), only where the asker agreed; with it SHA-256 in hex of the conversation's
    # id, for erasure.
    Column("question", Text),
    Column("vector", LargeBinary),
    Column("conversation", String(64), index=True),
)

indicator_table = Table(
    "indicator",
    metadata,
    # Counts of one day in Finland, made when it is over; "all" of "questions" stands for every day that was counted.
    Column("day", Date, primary_key=True),
    Column("dimension", String(24), primary_key=True),
    Column("value", String(100), primary_key=True),
    Column("asked", Integer, nullable=False),
    Column("answered", Integer, nullable=False),
    Column("abstained", Integer, nullable=False),
)
