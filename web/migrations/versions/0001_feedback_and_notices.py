"""Feedback and notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(64), nullable=False),
        sa.Column("given", sa.DateTime(), nullable=False),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.Column("build", sa.String(64)),
        sa.Column("trace", sa.JSON(), nullable=False),
        sa.Column("question", sa.Text()),
        sa.Column("comment", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sa.UniqueConstraint("answer", name="uq_feedback_answer"),
    )
    op.create_index("ix_feedback_given", "feedback", ["given"])
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("published", sa.DateTime(), nullable=False),
        sa.Column("starts", sa.DateTime()),
        sa.Column("ends", sa.DateTime()),
        sa.Column("withdrawn", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
    )


def downgrade() -> None:
    op.drop_table("notice")
    op.drop_table("feedback")
