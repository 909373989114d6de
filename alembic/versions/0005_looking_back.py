# SPDX-License-Identifier: GPL-2.0-or-later
"""Indexes for rules that look back: the first mail of a sender, the series of a list in a period; and change-ids."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes; one takes the place of a shorter one."""
    op.drop_index(op.f("ix_message_sender_key_kind"), "message")
    columns = ["sender_key", "kind", "sent_at"]
    op.create_index(op.f("ix_message_sender_key_kind_sent_at"), "message", columns, unique=False)
    op.create_index(op.f("ix_series_list_id_posted_at"), "series", ["list_id", "posted_at"], unique=False)
    op.create_index(op.f("ix_message_change_id"), "message", ["change_id"], unique=False)


def downgrade() -> None:
    """Take the indexes back."""
    op.drop_index(op.f("ix_message_change_id"), "message")
    op.drop_index(op.f("ix_series_list_id_posted_at"), "series")
    op.drop_index(op.f("ix_message_sender_key_kind_sent_at"), "message")
    op.create_index(op.f("ix_message_sender_key_kind"), "message", ["sender_key", "kind"], unique=False)
