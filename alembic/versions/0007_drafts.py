# SPDX-License-Identifier: GPL-2.0-or-later
"""Which drafts were written where: what a later run may replace, and what it must leave alone."""

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

V_DRAFT = """
SELECT d.message_id AS message_id, d.sink AS sink, d.place AS place, d.series_id AS series_id, d.root AS root,
  d.revision AS revision, d.target AS target, d.state AS state, (d.written_at IS NOT NULL) AS written,
  d.written_at AS written_at, coalesce(not s.latest, false) AS superseded, s.subject AS subject,
  s.author_email AS author_email, s.list_id AS list
FROM draft d LEFT JOIN series s ON s.id = d.series_id"""


def _column(
    name: str, type_: "sa.types.TypeEngine[object]", comment: str, *, null: bool = False
) -> "sa.Column[object]":
    return sa.Column(name, type_, autoincrement=False, nullable=null, comment=comment)


def upgrade() -> None:
    """Make the table and its view."""
    op.create_table(
        "draft",
        _column("message_id", sa.Text(), "Message-ID of the draft, without <>"),
        _column("sink", sa.Text(), "where it is kept, as --to names it"),
        _column("place", sa.Text(), "file or folder in it, for people"),
        _column("series_id", sa.Text(), "the series; no foreign key: a draft outlives what it is about"),
        _column("root", sa.Text(), "first revision known of that work"),
        _column("revision", sa.BigInteger(), "revision that it is about"),
        _column("target", sa.Text(), "Message-ID of the mail that it answers"),
        _column("hashes", sa.Text(), "digests of the texts that we wrote or set out to write, one a line, newest last"),
        _column("findings", sa.Text(), "digest of the findings it speaks of"),
        _column("intended_at", sa.BigInteger(), "when the last writing began, in UTC seconds"),
        _column("written_at", sa.BigInteger(), "when it was first there; null: not known to be written", null=True),
        _column("seen_at", sa.BigInteger(), "when it was last seen there, null when never", null=True),
        _column("state", sa.Text(), "intended, created, unchanged, refreshed, kept-edited, kept-gone, dropped"),
        sa.PrimaryKeyConstraint("message_id", "sink", name=op.f("pk_draft")),
        comment="Drafts that were written, or were about to be.",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_draft_series_id"), "draft", ["series_id"], unique=False)
    op.create_index(op.f("ix_draft_target"), "draft", ["target"], unique=False)
    op.execute(f"CREATE VIEW v_draft AS {V_DRAFT}")


def downgrade() -> None:
    """Take them back; edited drafts stay in their folders, but nothing is known of them any more."""
    op.execute("DROP VIEW v_draft")
    op.drop_table("draft")
