# SPDX-License-Identifier: GPL-2.0-or-later
"""
What replies say, and who owes the next mail.

A database of the first schema holds no text, so what its replies say has to be read from the archives again:
the cursors lose their tips, and the next `patchwatch ingest` reads all mail once more, as the first one did. Mails
that are known get what they lack, none is forgotten meanwhile, and an archive that is gone keeps its mails as they
are. All threads are marked, so that the series tell who owes the next mail as soon as triage has run.
"""

import sqlalchemy as sa

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

V_WAITING = """
SELECT s.id AS series_id, w.waits_for AS waits_for, w.since_at AS since_at, w.message_id AS since_message,
  w.is_question AS is_question, w.quote AS quote, w.line AS line, s.list_id AS list, s.subject AS subject,
  s.author_name AS author_name, s.author_email AS author_email, s.posted_at AS posted_at
FROM series s JOIN waits w ON w.series_id = s.id
WHERE s.latest AND s.state = 'open'"""


def _column(
    name: str, type_: "sa.types.TypeEngine[object]", comment: str, *, null: bool = False
) -> "sa.Column[object]":
    return sa.Column(name, type_, autoincrement=False, nullable=null, comment=comment)


def upgrade() -> None:
    """Make the tables, and have all mail read again."""
    op.create_table(
        "speech",
        _column("message_id", sa.Integer(), "the message (its row)"),
        _column("own_lines", sa.BigInteger(), "lines of own text, no greetings, trailers and quotes"),
        _column(
            "received_at",
            sa.BigInteger(),
            "arrival at the archive in UTC seconds, null when no header tells",
            null=True,
        ),
        _column("to_count", sa.BigInteger(), "so many of the recipients, from the first, are those of To"),
        _column("asks", sa.Text(), "the last line that asks by its form, null without one", null=True),
        _column("asks_line", sa.BigInteger(), "line of the decoded body, from 1", null=True),
        _column("objects", sa.Text(), "a line that objects, null without one", null=True),
        _column("objects_line", sa.BigInteger(), "line of the decoded body, from 1", null=True),
        _column("claim", sa.Text(), "applied, failed: what the mail says became of a patch", null=True),
        _column("claim_quote", sa.Text(), "the line that says so", null=True),
        _column("claim_line", sa.BigInteger(), "line of the decoded body, from 1; null for the Subject", null=True),
        _column("is_notice", sa.Boolean(), "it says so in the words of a program"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_speech_message_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_speech")),
        comment="What mails say that are no patches and no cover letters; none: stored before such facts were read.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "waits",
        _column("series_id", sa.Text(), "the series"),
        _column("waits_for", sa.Text(), "author, us, reviewers, maintainer, nobody"),
        _column("since_at", sa.BigInteger(), "date of the mail that decides, in UTC seconds", null=True),
        _column("message_id", sa.Text(), "Message-ID of that mail"),
        _column("quote", sa.Text(), "the line that decides, null when none does", null=True),
        _column("line", sa.BigInteger(), "line of the decoded body, from 1", null=True),
        _column("is_question", sa.Boolean(), "that line asks, by its form (a heuristic)"),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_waits_series_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("series_id", name=op.f("pk_waits")),
        comment="Who owes the next mail on a series.",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_waits_waits_for"), "waits", ["waits_for"], unique=False)
    op.create_table(
        "not_carried",
        _column("series_id", sa.Text(), "the series"),
        _column("seq", sa.Integer(), "order within the owner, from 0"),
        _column("revision", sa.BigInteger(), "number of the former revision"),
        _column("message_id", sa.Text(), "Message-ID of the reply"),
        _column("key", sa.Text(), "as written"),
        _column("value", sa.Text(), "unfolded"),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_not_carried_series_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("series_id", "seq", name=op.f("pk_not_carried")),
        comment="Trailers that replies gave to the former revision and that no patch of this one has.",
        sqlite_with_rowid=False,
    )
    op.execute(f"CREATE VIEW v_waiting AS {V_WAITING}")
    op.execute("UPDATE cursor SET tip = ''")
    op.execute(
        "INSERT INTO pending (thread) SELECT DISTINCT i.thread FROM message m JOIN msgid i ON i.id = m.msgid_id"
        " WHERE i.thread NOT IN (SELECT thread FROM pending)"
    )


def downgrade() -> None:
    """Take this revision back; what was read of replies is lost."""
    op.execute("DROP VIEW v_waiting")
    op.drop_table("not_carried")
    op.drop_table("waits")
    op.drop_table("speech")
