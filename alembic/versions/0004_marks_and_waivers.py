# SPDX-License-Identifier: GPL-2.0-or-later
"""
Former revisions that postings name, marks of text and diff, and what maintainers decided.

As with the revision before the last, the text is no longer at hand: the cursors lose their tips, so that the next
`patchwatch ingest` reads all mail once more and known mails get what they lack.
"""

import sqlalchemy as sa

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _column(
    name: str, type_: "sa.types.TypeEngine[object]", comment: str, *, null: bool = False
) -> "sa.Column[object]":
    return sa.Column(name, type_, autoincrement=False, nullable=null, comment=comment)


def _of_message(name: str, comment: str, *columns: "sa.Column[object]") -> None:
    op.create_table(
        name,
        _column("message_id", sa.Integer(), "the message (its row)"),
        _column("seq", sa.Integer(), "order within the owner, from 0"),
        *columns,
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f(f"fk_{name}_message_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", "seq", name=op.f(f"pk_{name}")),
        comment=comment,
        sqlite_with_rowid=False,
    )


def upgrade() -> None:
    """Make the tables, and have all mail read again."""
    _of_message(
        "predecessor",
        "Message-IDs that a posting names as its former revisions.",
        _column("mid", sa.Text(), "Message-ID without <>"),
    )
    op.create_index(op.f("ix_predecessor_mid"), "predecessor", ["mid"], unique=False)
    _of_message(
        "mark",
        "Small facts about text and diff that rules need when the text is no longer at hand.",
        _column("kind", sa.Text(), "what is counted or quoted"),
        _column("count", sa.BigInteger(), "a number, 0 where the kind has none"),
        _column("of", sa.BigInteger(), "the number that it is a part of"),
        _column(
            "line", sa.BigInteger(), "line of the decoded body, from 1; null where no single line tells", null=True
        ),
        _column("quote", sa.Text(), "that line verbatim"),
    )
    op.create_table(
        "waiver",
        _column("id", sa.Integer(), "row"),
        _column(
            "series_id",
            sa.Text(),
            "Message-ID of a posting of the series; no foreign key: a decision outlives what it is about",
        ),
        _column(
            "rule",
            sa.Text(),
            "id of the rule whose findings no longer count; empty: the submitter asked before posting",
        ),
        _column("who_name", sa.Text(), "who decided"),
        _column("who_email", sa.Text(), "address of that person"),
        _column("decided_at", sa.BigInteger(), "when, in UTC seconds"),
        _column("reason", sa.Text(), "why: words, a Message-ID or a URL"),
        _column("until_at", sa.BigInteger(), "last second it holds, null: for good", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiver")),
        comment="Decisions of maintainers about single series.",
    )
    op.create_index(op.f("ix_waiver_series_id"), "waiver", ["series_id"], unique=False)
    op.execute("UPDATE cursor SET tip = ''")


def downgrade() -> None:
    """Take this revision back; what maintainers decided is lost."""
    for table in ("waiver", "mark", "predecessor"):
        op.drop_table(table)
