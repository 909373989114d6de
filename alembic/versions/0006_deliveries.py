# SPDX-License-Identifier: GPL-2.0-or-later
"""
What tells copies of one mail from other mails with its Message-ID, and when each arrived.

Mails that are stored already get theirs when they are read again; until then their facts alone are compared.
"""

import sqlalchemy as sa

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _column(
    name: str, type_: "sa.types.TypeEngine[object]", comment: str, *, null: bool = False
) -> "sa.Column[object]":
    return sa.Column(name, type_, autoincrement=False, nullable=null, comment=comment)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "delivery",
        _column("message_id", sa.Integer(), "the message (its row)"),
        _column("seq", sa.Integer(), "order within the owner, from 0"),
        _column("text_key", sa.Text(), "digest of its own words, the same in all copies of a mail"),
        _column("arrived_at", sa.BigInteger(), "arrival in UTC seconds, null when no header tells", null=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_delivery_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", "seq", name=op.f("pk_delivery")),
        comment="One copy of a mail as it came: lists change subject, sender and footer, so copies differ.",
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the table back."""
    op.drop_table("delivery")
