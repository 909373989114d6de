# SPDX-License-Identifier: GPL-2.0-or-later
"""The views that are computed from others' rows: pairs of revisions, authors, drafts."""

from patchwatch.store.view import SERIES_DOC, View


def _rules(of: str) -> str:
    """Return SQL for the rules of a series that ask or decline, sorted and joined by commas."""
    rows = f"SELECT DISTINCT f.rule AS rule FROM finding f WHERE f.series_id = {of} AND f.effect <> 'none' ORDER BY 1"  # noqa: S608 - our own pieces
    return f"coalesce((SELECT group_concat(r.rule, ',') FROM ({rows}) r), '')"  # noqa: S608


def _only_in(one: str, other: str) -> str:
    """Return SQL for the number of paths that patches of *one* touch and no patch of *other*."""
    paths = (
        "SELECT f.path FROM series_message x JOIN file f ON f.message_id = x.message_id"
        " WHERE x.role = 'patch' AND x.series_id = "
    )
    return f"(SELECT count(*) FROM ({paths}{one} EXCEPT {paths}{other}) c)"  # noqa: S608 - our own pieces


V_REVISION = View(
    name="v_revision",
    comment="one row per posting of which the previous revision is known",
    columns={
        "series_id": "id of the series",
        "root": "id of the first revision known",
        "revision": "number of the revision",
        "previous_id": "id of the revision before",
        "previous_revision": "its number",
        "rules_before": "rules whose findings ask or decline in the revision before, comma-joined, sorted",
        "rules_after": "the same of this revision",
        "code_before": "lines added in code by the revision before",
        "code_after": "lines added in code by this revision",
        "files_added": "number of paths that only this revision touches",
        "files_dropped": "number of paths that only the revision before touches",
        "latest": SERIES_DOC["latest"],
        "posted_at": SERIES_DOC["posted_at"],
        "week": SERIES_DOC["week"],
    },
    body=f"""
SELECT s.id AS series_id, s.root AS root, s.revision AS revision, b.id AS previous_id,
  b.revision AS previous_revision,
  {_rules("b.id")} AS rules_before,
  {_rules("s.id")} AS rules_after,
  b.added_code AS code_before, s.added_code AS code_after,
  {_only_in("s.id", "b.id")} AS files_added,
  {_only_in("b.id", "s.id")} AS files_dropped,
  s.latest AS latest, s.posted_at AS posted_at, s.week AS week
FROM series s JOIN series b ON b.id = s.previous_id""",  # noqa: S608 - our own pieces
)

V_AUTHOR = View(
    name="v_author",
    comment="one row per address that posted series",
    columns={
        "author_email": "the address, in lower case",
        "name": "name in its newest series",
        "first_at": "Date of its oldest mail here, of any kind",
        "series": "works posted: all revisions of one count once",
        "series_7d": "works begun in the last seven days",
        "open_questions": "open series in which a question waits for the author (found by its form: a heuristic)",
        "merged": "works that are merged",
        "last_at": "date of its newest series",
    },
    body="""
SELECT s.sender AS author_email,
  (SELECT n.author_name FROM series n WHERE n.sender = s.sender
    ORDER BY coalesce(n.posted_at, 0) DESC, n.id LIMIT 1) AS name,
  (SELECT min(m.sent_at) FROM message m WHERE m.sender_key = s.sender) AS first_at,
  count(DISTINCT s.root) AS series,
  count(DISTINCT CASE WHEN s.id = s.root AND s.posted_at > unixepoch() - 604800 THEN s.root END) AS series_7d,
  count(CASE WHEN s.latest AND s.state = 'open' AND w.waits_for = 'author' AND w.is_question THEN 1 END)
    AS open_questions,
  count(DISTINCT CASE WHEN s.state = 'merged' THEN s.root END) AS merged, max(s.posted_at) AS last_at
FROM series s LEFT JOIN waits w ON w.series_id = s.id GROUP BY s.sender""",
)

V_DRAFT = View(
    name="v_draft",
    comment="one row per draft and place that it was written to",
    columns={
        "message_id": "Message-ID of the draft, without <>",
        "sink": "where it is kept, as --to names it",
        "place": "file or folder in it",
        "series_id": "id of the series it is about",
        "root": "id of the first revision known",
        "revision": "number of the revision it is about",
        "target": "Message-ID of the mail it answers",
        "state": "intended, created, unchanged, refreshed, kept-edited, kept-gone, dropped: as the last run left it",
        "written": "it was seen to be written, not just intended",
        "written_at": "when it was first there, null when not known",
        "superseded": "a newer revision of the series is known",
        "sent": "a mail with its Message-ID is here (a client may give what it sends another one)",
        "stale": "written, neither sent nor dropped, and about an older revision",
        "subject": "subject of the series, null when it was forgotten",
        "author_email": "address of its author, null when it was forgotten",
        "list": SERIES_DOC["list"],
    },
    body="""
SELECT d.message_id AS message_id, d.sink AS sink, d.place AS place, d.series_id AS series_id, d.root AS root,
  d.revision AS revision, d.target AS target, d.state AS state, (d.written_at IS NOT NULL) AS written,
  d.written_at AS written_at, coalesce(not s.latest, false) AS superseded, (q.mid IS NOT NULL) AS sent,
  (d.written_at IS NOT NULL AND q.mid IS NULL AND d.state NOT IN ('dropped', 'kept-gone')
    AND coalesce(not s.latest, false)) AS stale,
  s.subject AS subject, s.author_email AS author_email, s.list_id AS list
FROM draft d LEFT JOIN series s ON s.id = d.series_id
LEFT JOIN msgid q ON q.mid = d.message_id AND EXISTS (SELECT 1 FROM message m WHERE m.msgid_id = q.id)""",
)
