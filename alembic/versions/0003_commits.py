# SPDX-License-Identifier: GPL-2.0-or-later
"""Git trees: their commits, and which patches were found in them."""

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _column(
    name: str, type_: "sa.types.TypeEngine[object]", comment: str, *, null: bool = False
) -> "sa.Column[object]":
    return sa.Column(name, type_, autoincrement=False, nullable=null, comment=comment)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "tree",
        _column("id", sa.Integer(), "row"),
        _column("name", sa.Text(), "its path, with #BRANCH where one is configured"),
        _column("tip", sa.Text(), "commit up to which it is indexed, null before the first run ended", null=True),
        _column("boundary", sa.Text(), "digest of the commits where a shallow clone ends, empty for a whole one"),
        _column("since", sa.BigInteger(), "only commits from this second on are indexed, null: all", null=True),
        _column("lists", sa.Text(), "lists that are compared with it, one a line"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tree")),
        sa.UniqueConstraint("name", name=op.f("uq_tree_name")),
        comment="A git tree in which patches are looked for.",
    )
    op.create_table(
        "tree_commit",
        _column("tree_id", sa.Integer(), "the tree"),
        _column("commit_id", sa.Text(), "id of the commit"),
        _column("patch_id", sa.Text(), "as `git patch-id --stable` prints it, null without a change", null=True),
        _column("title", sa.Text(), "first paragraph of its message"),
        _column("title_key", sa.Text(), "title as it is compared"),
        _column("author_name", sa.Text(), "name of its author"),
        _column("author_email", sa.Text(), "address of its author"),
        _column("committed_at", sa.BigInteger(), "commit date in UTC seconds"),
        sa.ForeignKeyConstraint(["tree_id"], ["tree.id"], name=op.f("fk_tree_commit_tree_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tree_id", "commit_id", name=op.f("pk_tree_commit")),
        comment="Commits of a tree that are no merges.",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_tree_commit_patch_id"), "tree_commit", ["patch_id"], unique=False)
    op.create_index(op.f("ix_tree_commit_title_key"), "tree_commit", ["title_key"], unique=False)
    op.create_table(
        "commit_link",
        _column("tree_id", sa.Integer(), "the tree"),
        _column("commit_id", sa.Text(), "id of the commit"),
        _column("seq", sa.Integer(), "order within the owner, from 0"),
        _column("mid", sa.Text(), "Message-ID without <>"),
        _column("is_origin", sa.Boolean(), "named as the mail that was applied, not just as a link"),
        sa.ForeignKeyConstraint(
            ["tree_id", "commit_id"],
            ["tree_commit.tree_id", "tree_commit.commit_id"],
            name=op.f("fk_commit_link_tree_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tree_id", "commit_id", "seq", name=op.f("pk_commit_link")),
        comment="Message-IDs that commits name.",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_commit_link_mid"), "commit_link", ["mid"], unique=False)
    op.create_table(
        "merged",
        _column("series_id", sa.Text(), "the series"),
        _column("seq", sa.Integer(), "order within the owner, from 0"),
        _column("message_id", sa.Text(), "Message-ID of the patch"),
        _column("commit_id", sa.Text(), "id of the commit"),
        _column("found_by", sa.Text(), "link, patch-id, title"),
        _column("tree", sa.Text(), "name of the tree"),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_merged_series_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("series_id", "seq", name=op.f("pk_merged")),
        comment="Patches of series that were found in a tree.",
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take this revision back; trees are indexed anew when it returns."""
    for table in ("merged", "commit_link", "tree_commit", "tree"):
        op.drop_table(table)
