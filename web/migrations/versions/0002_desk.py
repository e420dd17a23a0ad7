"""The desk: accounts, hand-offs, review, insight."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _by(name: str, ondelete: str, *, nullable: bool = True, table: str) -> list[Any]:
    return [
        sa.Column(name, sa.Integer(), nullable=nullable),
        sa.ForeignKeyConstraint([name], ["account.id"], name=f"fk_{table}_{name}_account", ondelete=ondelete),
    ]


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("display_name", sa.String(200), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("password_hash", sa.Text()),
        sa.Column("totp_secret", sa.Text()),
        sa.Column("totp_last_step", sa.Integer()),
        sa.Column("recovery_codes", sa.Text()),
        sa.Column("invitation", sa.String(64)),
        sa.Column("invited_until", sa.DateTime()),
        sa.Column("subject", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("name", name="uq_account_name"),
        sa.UniqueConstraint("invitation", name="uq_account_invitation"),
        sa.UniqueConstraint("subject", name="uq_account_subject"),
    )
    op.create_table(
        "attempt",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last", sa.DateTime(), nullable=False),
        sa.Column("locked_until", sa.DateTime()),
        sa.PrimaryKeyConstraint("key", name="pk_attempt"),
    )
    op.create_index("ix_attempt_last", "attempt", ["last"])
    op.create_table(
        "session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("csrf", sa.String(64), nullable=False),
        *_by("account", "CASCADE", nullable=False, table="session"),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("seen", sa.DateTime(), nullable=False),
        sa.Column("device", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.UniqueConstraint("token", name="uq_session_token"),
    )
    op.create_index("ix_session_account", "session", ["account"])
    op.create_index("ix_session_seen", "session", ["seen"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("account", sa.Integer()),
        sa.Column("account_name", sa.String(100), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(200)),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_action", "audit", ["action"])
    _keep_audit_entries()
    op.create_table(
        "hand_off",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("conversation", sa.String(64)),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("updated", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("municipality", sa.String(100)),
        sa.Column("situation", sa.String(32)),
        sa.Column("topic", sa.String(300)),
        *_by("assigned_to", "SET NULL", table="hand_off"),
        sa.Column("waiting_since", sa.DateTime()),
        sa.Column("first_answered", sa.DateTime()),
        sa.Column("closed", sa.DateTime()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("external", sa.String(200)),
        sa.Column("email", sa.String(320)),
        sa.Column("transcript", sa.JSON(), nullable=False),
        sa.Column("suggestion", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_hand_off"),
    )
    op.create_index("ix_hand_off_conversation", "hand_off", ["conversation"])
    op.create_index("ix_hand_off_state_created", "hand_off", ["state", "created"])
    op.create_index("ix_hand_off_state_updated", "hand_off", ["state", "updated"])
    op.create_index("ix_hand_off_assigned_to", "hand_off", ["assigned_to", "state", "created"])
    op.create_index("ix_hand_off_assigned_to_updated", "hand_off", ["assigned_to", "state", "updated"])
    op.create_index("ix_hand_off_language", "hand_off", ["language", "state", "created"])
    op.create_index("ix_hand_off_language_updated", "hand_off", ["language", "state", "updated"])
    op.create_index("ix_hand_off_first_answered", "hand_off", ["first_answered"])
    op.create_table(
        "hand_off_token",
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("hand_off", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["hand_off"], ["hand_off.id"], name="fk_hand_off_token_hand_off_hand_off", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token", name="pk_hand_off_token"),
    )
    op.create_index("ix_hand_off_token_hand_off", "hand_off_token", ["hand_off"])
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hand_off", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("author", sa.String(16), nullable=False),
        *_by("account", "SET NULL", table="message"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("translation", sa.JSON()),
        sa.Column("translation_language", sa.String(8)),
        sa.Column("translated_by", sa.String(100)),
        sa.Column("sent_as", sa.String(100)),
        sa.ForeignKeyConstraint(["hand_off"], ["hand_off.id"], name="fk_message_hand_off_hand_off", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("sent_as", name="uq_message_sent_as"),
    )
    op.create_index("ix_message_hand_off", "message", ["hand_off"])
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hand_off", sa.String(32), nullable=False),
        sa.Column("message", sa.Integer()),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("external", sa.String(200)),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try", sa.DateTime()),
        sa.Column("failure", sa.String(200)),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_delivery_message_message", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
    )
    op.create_index("ix_delivery_hand_off", "delivery", ["hand_off"])
    op.create_index("ix_delivery_next_try", "delivery", ["next_try"])
    op.create_table(
        "canned_reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("updated", sa.DateTime(), nullable=False),
        *_by("updated_by", "SET NULL", table="canned_reply"),
        sa.PrimaryKeyConstraint("id", name="pk_canned_reply"),
    )
    op.create_table(
        "flag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        *_by("created_by", "SET NULL", table="flag"),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("profile", sa.JSON(), nullable=False),
        sa.Column("answer", sa.JSON()),
        sa.Column("sentence", sa.Integer()),
        sa.Column("correction", sa.Text()),
        sa.Column("document", sa.String(300)),
        sa.Column("card", sa.String(100)),
        sa.Column("build", sa.String(64)),
        sa.Column("exchange", sa.String(64)),
        sa.Column("conversation", sa.String(64)),
        sa.Column("hand_off", sa.String(32)),
        sa.Column("asked_again", sa.DateTime()),
        sa.Column("build_now", sa.String(64)),
        sa.Column("answer_now", sa.JSON()),
        sa.Column("closed", sa.DateTime()),
        *_by("closed_by", "SET NULL", table="flag"),
        sa.Column("resolution", sa.Text()),
        sa.Column("case_id", sa.String(100)),
        sa.PrimaryKeyConstraint("id", name="pk_flag"),
    )
    op.create_index("ix_flag_created", "flag", ["created"])
    op.create_index("ix_flag_state", "flag", ["state"])
    for column in ("card", "exchange", "conversation", "hand_off"):
        op.create_index(f"ix_flag_{column}", "flag", [column])
    op.create_table(
        "reviewed_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("card", sa.String(100), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        *_by("account", "SET NULL", table="reviewed_text"),
        sa.PrimaryKeyConstraint("id", name="pk_reviewed_text"),
        sa.UniqueConstraint("card", "language", name="uq_reviewed_text_card_language"),
    )
    op.create_table(
        "pin",
        sa.Column("id", sa.Integer(), nullable=False),
        *_by("account", "CASCADE", nullable=False, table="pin"),
        sa.Column("document", sa.String(300), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pin"),
        sa.UniqueConstraint("account", "document", name="uq_pin_account_document"),
    )
    op.create_table(
        "recent_question",
        sa.Column("id", sa.Integer(), nullable=False),
        *_by("account", "CASCADE", nullable=False, table="recent_question"),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("municipality", sa.String(100)),
        sa.Column("situation", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_recent_question"),
    )
    op.create_index("ix_recent_question_account", "recent_question", ["account"])
    op.create_index("ix_recent_question_at", "recent_question", ["at"])
    op.create_table(
        "question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(64)),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("municipality", sa.String(100)),
        sa.Column("situation", sa.String(32)),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("topic", sa.String(64)),
        sa.Column("document", sa.String(300)),
        sa.Column("similarity", sa.Float()),
        sa.Column("milliseconds", sa.Float()),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("build", sa.String(64)),
        sa.Column("question", sa.Text()),
        sa.Column("vector", sa.LargeBinary()),
        sa.Column("conversation", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_question"),
        sa.UniqueConstraint("answer", name="uq_question_answer"),
    )
    op.create_index("ix_question_at", "question", ["at"])
    op.create_index("ix_question_conversation", "question", ["conversation"])
    op.create_table(
        "indicator",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("dimension", sa.String(24), nullable=False),
        sa.Column("value", sa.String(100), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("abstained", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "dimension", "value", name="pk_indicator"),
    )
    with op.batch_alter_table("feedback") as feedback:
        feedback.add_column(sa.Column("conversation", sa.String(64)))
    op.create_index("ix_feedback_conversation", "feedback", ["conversation"])


def _keep_audit_entries() -> None:
    """The database itself refuses to change an entry; only deleting old ones is left."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'audit entries are never changed'; END $$"
        )
        op.execute("CREATE TRIGGER audit_is_kept BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_kept()")
    else:
        op.execute(
            "CREATE TRIGGER audit_is_kept BEFORE UPDATE ON audit "
            "BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END"
        )


def downgrade() -> None:
    op.drop_index("ix_feedback_conversation", "feedback")
    with op.batch_alter_table("feedback") as feedback:
        feedback.drop_column("conversation")
    for table in (
        "indicator",
        "question",
        "recent_question",
        "pin",
        "reviewed_text",
        "flag",
        "canned_reply",
        "delivery",
        "message",
        "hand_off_token",
        "hand_off",
        "audit",
        "session",
        "attempt",
        "account",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_kept()")
