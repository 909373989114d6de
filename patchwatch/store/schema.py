# SPDX-License-Identifier: GPL-2.0-or-later
"""
The tables of the local database, one definition for SQLite and PostgreSQL.

Rows hold facts, never bodies: a mail's text is read again from its archive by blob id. Ids are given by the
writer, which holds the write lock, so that both engines number alike. Numbers that a mail states are BigInteger.
Child tables are clustered by their owner (WITHOUT ROWID on SQLite; PostgreSQL ignores that word).
"""

from sqlalchemy import Boolean, CheckConstraint, ForeignKeyConstraint, Index, Table

from patchwatch.store.columns import (
    clustered,
    column,
    flag,
    link,
    number,
    of_message,
    of_series,
    row_id,
    seq,
    text,
)
from patchwatch.store.columns import metadata as metadata

# --- where mail comes from -------------------------------------------------------------------------------------

source = Table(
    "source",
    metadata,
    row_id("id", "row"),
    text("kind", "how it is read: public-inbox, mbox, ..."),
    text("location", "path or URL", "U"),
    text("list_name", "configured name of its list, may be empty"),
    comment="An archive that has been read.",
)

cursor = clustered(
    "cursor",
    "How far each epoch of a source has been read.",
    link("source_id", "source.id", "the source", "P"),
    text("epoch", "name of the epoch", "P"),
    text("tip", "id of the last commit taken"),
    number("count", "positions below this one are used"),
)

event = clustered(
    "event",
    "The log of a source as read: what was added and deleted, also of unknown mails.",
    link("source_id", "source.id", "the source", "P"),
    text("epoch", "name of the epoch", "P"),
    number("position", "place in the epoch, from 0, oldest first", "P"),
    text("op", "m: the mail was added, d: it was deleted"),
    text("blob", "git blob id of the mail", "I"),
    CheckConstraint("op in ('m', 'd')", name="op"),
)

unreadable = clustered(
    "unreadable",
    "What a source holds that is no mail or cannot be read.",
    link("source_id", "source.id", "the source", "P"),
    text("epoch", "name of the epoch", "P"),
    text("origin", "where, for people", "P"),
    text("reason", "why, for people"),
)

# --- facts of mails --------------------------------------------------------------------------------------------

msgid = Table(
    "msgid",
    metadata,
    row_id("id", "row"),
    text("mid", "Message-ID without <>", "U"),
    link("thread", "msgid.id", "smallest row of all Message-IDs that are connected by references", "I"),
    comment="Every Message-ID that is known or was referred to.",
)

message = Table(
    "message",
    metadata,
    row_id("id", "row"),
    text("blob", "git blob id: the identity of a stored mail", "U"),
    link("msgid_id", "msgid.id", "its Message-ID (not unique: two mails may bear the same)", "I"),
    text("kind", "patch, cover, reply, pull, other"),
    text("subject", "Subject, decoded and unfolded"),
    text("title", "subject without reply marks and bracket groups; null: the whole subject", "N"),
    flag("is_reply", "the subject has a reply mark"),
    flag("is_patch", "the subject has a patch prefix"),
    flag("is_pull", "the subject is that of a pull request"),
    flag("is_patchset", "the subject names a patch set as a whole"),
    number("position", "n of n/m in the subject", "N"),
    number("total", "m of n/m in the subject", "N"),
    number("revision", "stated revision", "N"),
    number("title_revision", "revision stated in the title", "N"),
    text("flags", "upper-case words of the brackets, one a line, sorted"),
    text("tags", "other words of the brackets, one a line"),
    flag("is_doubled", "the subject has two counters or two versions"),
    text("sender_name", "name of the person behind the mail"),
    text("sender_email", "address of the person behind the mail"),
    text("sender_key", "the same address in lower case"),
    text("author_name", "name of the author of the patch; null: the sender", "N"),
    text("author_email", "address of the author of the patch; null: the sender", "N"),
    number("sent_at", "Date in UTC seconds, null when unreadable", "IN"),
    text("list_id", "List-Id"),
    text("recipients", "addresses of To and Cc, one a line"),
    flag("is_automatic", "sent by a program"),
    flag("has_diff", "holds a diff"),
    text("patch_id", "as `git patch-id --stable` prints it", "IN"),
    text("change_id", "change-id, null when none is given", "IN"),
    number("prose_lines", "lines of own text"),
    Index(None, "sender_key", "kind", "sent_at"),
    comment="One mail: its facts, not its text.",
)

reference = clustered(
    "reference",
    "In-Reply-To and References of a mail.",
    of_message(),
    column(Boolean(), "is_reply_to", "from In-Reply-To, else from References", "P"),
    row_id("position", "order within the header, from 0"),
    link("msgid_id", "msgid.id", "the Message-ID named", "I"),
)

alias = clustered(
    "alias",
    "Further Message-IDs that a mail bears.",
    of_message(),
    seq(),
    link("msgid_id", "msgid.id", "the Message-ID", "I"),
)

trailer = clustered(
    "trailer",
    "Trailers of patches, cover letters and replies.",
    of_message(),
    seq(),
    text("key", "as written"),
    text("value", "unfolded"),
    number("line", "line of the decoded body, from 1"),
    text("place", "trailers, body, below-cut, cover, reply, header"),
    text("quote", "the line verbatim; null: key, colon, blank, value", "N"),
)

file = clustered(
    "file",
    "Files that a patch changes.",
    of_message(),
    seq(),
    text("path", "new path (old one for a deletion)"),
    text("old_path", "former path of a rename or copy", "N"),
    number("added", "lines added, as git apply --numstat counts"),
    number("removed", "lines removed"),
    number("code_added", "added lines that are neither blank nor comment"),
    number("code_removed", "removed lines that are neither blank nor comment"),
    flag("is_binary", "a binary change: counts 0"),
    Index(None, "path", postgresql_ops={"path": "text_pattern_ops"}),
)

disclosure = clustered(
    "disclosure",
    "What mails themselves say about the use of AI.",
    of_message(),
    seq(),
    text("kind", "trailer, prose, identity, link, branch"),
    text("key", "trailer key, may be empty"),
    text("value", "trailer value, may be empty"),
    text("agent", "as disclosed"),
    text("model", "as disclosed"),
    text("tools", "other tools named, one a line"),
    text("uses", "what for, one a line"),
    text("place", "trailers, body, below-cut, cover, reply, header"),
    number("line", "line of the decoded body, from 1; null for a header", "N"),
    text("quote", "the line verbatim"),
)

speech = clustered(
    "speech",
    "What mails say that are no patches and no cover letters; none: stored before such facts were read.",
    of_message(),
    number("own_lines", "lines of own text, no greetings, trailers and quotes"),
    number("received_at", "arrival at the archive in UTC seconds, null when no header tells", "N"),
    number("to_count", "so many of the recipients, from the first, are those of To"),
    text("asks", "the last line that asks by its form, null without one", "N"),
    number("asks_line", "line of the decoded body, from 1", "N"),
    text("objects", "a line that objects, null without one", "N"),
    number("objects_line", "line of the decoded body, from 1", "N"),
    text("claim", "applied, failed: what the mail says became of a patch", "N"),
    text("claim_quote", "the line that says so", "N"),
    number("claim_line", "line of the decoded body, from 1; null for the Subject", "N"),
    flag("is_notice", "it says so in the words of a program"),
)

predecessor = clustered(
    "predecessor",
    "Message-IDs that a posting names as its former revisions.",
    of_message(),
    seq(),
    text("mid", "Message-ID without <>", "I"),
)

mark = clustered(
    "mark",
    "Small facts about text and diff that rules need when the text is no longer at hand.",
    of_message(),
    seq(),
    text("kind", "what is counted or quoted"),
    number("count", "a number, 0 where the kind has none"),
    number("of", "the number that it is a part of"),
    number("line", "line of the decoded body, from 1; null where no single line tells", "N"),
    text("quote", "that line verbatim"),
)

delivery = clustered(
    "delivery",
    "One copy of a mail as it came: lists change subject, sender and footer, so copies differ.",
    of_message(),
    seq(),
    text("text_key", "digest of its own words, the same in all copies of a mail"),
    number("arrived_at", "arrival in UTC seconds, null when no header tells", "IN"),
)

defect = clustered(
    "defect",
    "What was odd about a mail.",
    of_message(),
    seq(),
    text("kind", "kind of defect"),
    text("detail", "a sentence for people"),
)

# --- the index of words ----------------------------------------------------------------------------------------

text_index = clustered(
    "text_index",
    "What the index of words holds: one row, none before the first run.",
    text("parts", "version, then prose, quotes, diff: what is in it beside headers and file names", "P"),
)

indexed = clustered(
    "indexed",
    "Mails whose words are in the index.",
    of_message(),
)

unindexed = Table(
    "unindexed",
    metadata,
    row_id("row_id", "row of the mail"),
    comment="Mails that are forgotten and whose words are still to be taken out of the index.",
)

# --- what is to be done ----------------------------------------------------------------------------------------

pending = Table(
    "pending",
    metadata,
    row_id("thread", "thread (msgid row)"),
    comment="Threads whose series must be assembled and judged again.",
)

pending_sender = clustered(
    "pending_sender",
    "Senders of forgotten mails: their other series must be assembled again.",
    text("sender", "address in lower case", "P"),
)

# --- series and verdicts ---------------------------------------------------------------------------------------

ROLES = ("code", "tests", "docs", "generated", "build")

series = Table(
    "series",
    metadata,
    text("id", "Message-ID of the cover letter, else of the lowest patch", "P"),
    text("sender", "address of the sender of that mail, in lower case", "I"),
    row_id("thread", "thread (msgid row)", "I"),
    text("list_id", "list it was posted to"),
    text("subject", "subject of the series"),
    text("author_name", "name of its author"),
    text("author_email", "address of its author"),
    number("posted_at", "date in UTC seconds", "IN"),
    text("day", "date as 2026-11-20, UTC", "N"),
    text("week", "ISO week as 2026-W47", "N"),
    number("revision", "1 for a first posting"),
    flag("revision_inferred", "the revision is not stated in the subject"),
    number("expected", "stated number of patches, null when it cannot be known", "N"),
    number("found", "slots that are filled"),
    number("patches", "patches present, with inserted ones"),
    flag("complete", "every slot is filled"),
    text("missing", "slots without a patch, comma-joined"),
    text("label", "rfc, resend, ...", "N"),
    text("tags", "words of the subject's brackets, one a line"),
    text("state", "open, superseded, merged"),
    text("superseded_by", "id of the newer posting", "N"),
    text("root", "id of the first revision known"),
    text("previous_id", "id of the revision before, null for a first posting", "N"),
    flag("latest", "no newer revision is known"),
    text("notes", "remarks of the assembly, one a line"),
    *[number(f"{how}_{role}", f"lines {how} in {role}") for role in ROLES for how in ("added", "removed")],
    flag("disclosed", "its sender states the use of AI somewhere in it"),
    text("agents", "agents as disclosed, comma-joined, sorted"),
    text("last_name", "who wrote the newest mail of the thread that is not automatic", "N"),
    text("last_email", "address of that person", "N"),
    number("last_at", "date of that mail in UTC seconds", "N"),
    text("policy_id", "policy that judged"),
    text("policy_version", "its version"),
    text("policy_status", "its status at the date of the series"),
    text("policy_source", "URL of its text"),
    text("policy_digest", "SHA-256 of its content"),
    text("outcome", "ready, ask, prototype, decline, undetermined", "I"),
    Index(None, "list_id", "posted_at"),
    Index(None, "state", "latest", "posted_at"),
    comment="One posting (one revision) and its verdict.",
)

series_message = clustered(
    "series_message",
    "Mails of a series.",
    of_series(),
    seq("cover letter, patches, followups, foreign: each in the order of the series"),
    link("message_id", "message.id", "the mail (its row)", "I"),
    text("role", "cover, patch, followup, foreign"),
    number("position", "slot of a patch, null for an inserted one", "N"),
    CheckConstraint("role in ('cover', 'patch', 'followup', 'foreign')", name="role"),
)

revision_link = clustered(
    "revision_link",
    "Former revisions of a series.",
    of_series(),
    seq(),
    number("revision", "its number"),
    text("other_id", "its id"),
    text("evidence", "what the link rests on"),
)

waits = clustered(
    "waits",
    "Who owes the next mail on a series.",
    of_series(),
    text("waits_for", "author, us, reviewers, maintainer, nobody", "I"),
    number("since_at", "date of the mail that decides, in UTC seconds", "N"),
    text("message_id", "Message-ID of that mail"),
    text("quote", "the line that decides, null when none does", "N"),
    number("line", "line of the decoded body, from 1", "N"),
    flag("is_question", "that line asks, by its form (a heuristic)"),
)

not_carried = clustered(
    "not_carried",
    "Trailers that replies gave to the former revision and that no patch of this one has.",
    of_series(),
    seq(),
    number("revision", "number of the former revision"),
    text("message_id", "Message-ID of the reply"),
    text("key", "as written"),
    text("value", "unfolded"),
)

patch_size = clustered(
    "patch_size",
    "Lines of each patch by role, as judged.",
    of_series(),
    seq(),
    text("message_id", "Message-ID of the patch"),
    link("message_row", "message.id", "the patch (its row)", "IN"),
    text("counted", "roles that the verdict lists, comma-joined"),
    *[number(f"{how}_{role}", f"lines {how} in {role}") for role in ROLES for how in ("added", "removed")],
)

patch_role = clustered(
    "patch_role",
    "Role of each file of a patch, as judged.",
    text("series_id", "the series", "P"),
    seq("patch: seq of patch_size"),
    row_id("file_seq", "file: seq of file"),
    text("role", "code, tests, docs, generated, build"),
    ForeignKeyConstraint(["series_id", "seq"], ["patch_size.series_id", "patch_size.seq"], ondelete="CASCADE"),
)

finding = clustered(
    "finding",
    "What rules found.",
    of_series(),
    seq(),
    text("rule", "id of the rule", "I"),
    text("level", "fact, info, ok, unknown"),
    text("effect", "none, ask, decline"),
    text("message", "a sentence for people"),
    text("clause", "URL of the text it applies"),
    flag("waived", "a maintainer waived it"),
    number("since_revision", "first revision with it"),
)

evidence = clustered(
    "evidence",
    "Verbatim lines that findings rest on.",
    text("series_id", "the series", "P"),
    row_id("finding_seq", "the finding: its seq"),
    seq(),
    text("message_id", "Message-ID of the mail"),
    text("part", "header, commit-log, below-cut, diff, cover, reply"),
    number("line", "line of the decoded body, from 1; null for a header", "N"),
    text("quote", "the line verbatim"),
    ForeignKeyConstraint(["series_id", "finding_seq"], ["finding.series_id", "finding.seq"], ondelete="CASCADE"),
)

skipped = clustered(
    "skipped",
    "Rules that could not look.",
    of_series(),
    seq(),
    text("rule", "id of the rule"),
    text("reason", "why"),
)

question = clustered(
    "question",
    "Questions that only a person answers.",
    of_series(),
    seq(),
    text("id", "id of the question"),
    text("ask", "its text"),
)

# --- what maintainers decided -----------------------------------------------------------------------------------

waiver = Table(
    "waiver",
    metadata,
    row_id("id", "row"),
    text(
        "series_id", "Message-ID of a posting of the series; no foreign key: a decision outlives what it is about", "I"
    ),
    text("rule", "id of the rule whose findings no longer count; empty: the submitter asked before posting"),
    text("who_name", "who decided"),
    text("who_email", "address of that person"),
    number("decided_at", "when, in UTC seconds"),
    text("reason", "why: words, a Message-ID or a URL"),
    number("until_at", "last second it holds, null: for good", "N"),
    comment="Decisions of maintainers about single series.",
)

# --- drafts ----------------------------------------------------------------------------------------------------

draft = clustered(
    "draft",
    "Drafts that were written, or were about to be.",
    text("message_id", "Message-ID of the draft, without <>", "P"),
    text("sink", "where it is kept, as --to names it", "P"),
    text("place", "file or folder in it, for people"),
    text("series_id", "the series; no foreign key: a draft outlives what it is about", "I"),
    text("root", "first revision known of that work"),
    number("revision", "revision that it is about"),
    text("target", "Message-ID of the mail that it answers", "I"),
    text("hashes", "digests of the texts that we wrote or set out to write, one a line, newest last"),
    text("findings", "digest of the findings it speaks of"),
    number("intended_at", "when the last writing began, in UTC seconds"),
    number("written_at", "when it was first there; null: not known to be written", "N"),
    number("seen_at", "when it was last seen there, null when never", "N"),
    text("state", "intended, created, unchanged, refreshed, kept-edited, kept-gone, dropped"),
)

# --- git trees -------------------------------------------------------------------------------------------------

tree = Table(
    "tree",
    metadata,
    row_id("id", "row"),
    text("name", "its path, with #BRANCH where one is configured", "U"),
    text("tip", "commit up to which it is indexed, null before the first run ended", "N"),
    text("boundary", "digest of the commits where a shallow clone ends, empty for a whole one"),
    number("since", "only commits from this second on are indexed, null: all", "N"),
    text("lists", "lists that are compared with it, one a line"),
    comment="A git tree in which patches are looked for.",
)

tree_commit = clustered(
    "tree_commit",
    "Commits of a tree that are no merges.",
    link("tree_id", "tree.id", "the tree", "P", cascade=True),
    text("commit_id", "id of the commit", "P"),
    text("patch_id", "as `git patch-id --stable` prints it, null without a change", "IN"),
    text("title", "first paragraph of its message"),
    text("title_key", "title as it is compared", "I"),
    text("author_name", "name of its author"),
    text("author_email", "address of its author"),
    number("committed_at", "commit date in UTC seconds"),
)

commit_link = clustered(
    "commit_link",
    "Message-IDs that commits name.",
    row_id("tree_id", "the tree"),
    text("commit_id", "id of the commit", "P"),
    seq(),
    text("mid", "Message-ID without <>", "I"),
    flag("is_origin", "named as the mail that was applied, not just as a link"),
    ForeignKeyConstraint(
        ["tree_id", "commit_id"], ["tree_commit.tree_id", "tree_commit.commit_id"], ondelete="CASCADE"
    ),
)

merged = clustered(
    "merged",
    "Patches of series that were found in a tree.",
    of_series(),
    seq(),
    text("message_id", "Message-ID of the patch"),
    text("commit_id", "id of the commit"),
    text("found_by", "link, patch-id, title"),
    text("tree", "name of the tree"),
)
