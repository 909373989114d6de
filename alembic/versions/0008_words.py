# SPDX-License-Identifier: GPL-2.0-or-later
"""
The index of words, and indexes for queries: paths, arrivals, the queue of a state.

It is empty until the next `patchwatch ingest`, which reads all mail once more for it.
"""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SQLITE = (
    """CREATE VIRTUAL TABLE mail_words USING fts5(
words, content='', columnsize=0, tokenize="ascii tokenchars '_:'")""",
)
POSTGRESQL = (
    """CREATE TABLE mail_words (
message_id integer PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE, words tsvector NOT NULL)""",
    "CREATE INDEX ix_mail_words_words ON mail_words USING gin (words)",
)


def upgrade() -> None:
    """Make the index, and the tables that tell what is in it."""
    op.create_table(
        "text_index",
        sa.Column(
            "parts",
            sa.Text(),
            autoincrement=False,
            nullable=False,
            comment="version, then prose, quotes, diff: what is in it beside headers and file names",
        ),
        sa.PrimaryKeyConstraint("parts", name=op.f("pk_text_index")),
        comment="What the index of words holds: one row, none before the first run.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "indexed",
        sa.Column("message_id", sa.Integer(), autoincrement=False, nullable=False, comment="the message (its row)"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_indexed_message_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_indexed")),
        comment="Mails whose words are in the index.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unindexed",
        sa.Column("row_id", sa.Integer(), autoincrement=False, nullable=False, comment="row of the mail"),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_unindexed")),
        comment="Mails that are forgotten and whose words are still to be taken out of the index.",
    )
    op.create_index(op.f("ix_delivery_arrived_at"), "delivery", ["arrived_at"], unique=False)
    op.create_index(op.f("ix_file_path"), "file", ["path"], unique=False, postgresql_ops={"path": "text_pattern_ops"})
    op.create_index(op.f("ix_series_state_latest_posted_at"), "series", ["state", "latest", "posted_at"], unique=False)
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """Take all of it back."""
    op.execute("DROP TABLE mail_words")
    op.drop_index(op.f("ix_series_state_latest_posted_at"), "series")
    op.drop_index(op.f("ix_file_path"), "file")
    op.drop_index(op.f("ix_delivery_arrived_at"), "delivery")
    op.drop_table("unindexed")
    op.drop_table("indexed")
    op.drop_table("text_index")
