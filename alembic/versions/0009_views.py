# SPDX-License-Identifier: GPL-2.0-or-later
"""Views of revisions and authors, and more columns in those of mails, series, files, trailers, findings, drafts."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# As SQLite takes them; ON_POSTGRESQL are its words for the same. No line is split: a view's text is kept as it is.
# ruff: noqa: E501
ON_POSTGRESQL = {"group_concat(": "string_agg(", "unixepoch()": "CAST(extract(epoch FROM now()) AS bigint)"}

NEW = {
    "v_message": """
SELECT i.mid AS message_id, m.blob AS blob, m.kind AS kind, m.subject AS subject, m.sender_name AS author_name,
  m.sender_email AS author_email, m.sent_at AS sent_at,
  (SELECT min(d.arrived_at) FROM delivery d WHERE d.message_id = m.id) AS received_at,
  m.list_id AS list, p.mid AS in_reply_to, m.is_automatic AS is_bot
FROM message m JOIN msgid i ON i.id = m.msgid_id
LEFT JOIN reference r ON r.message_id = m.id AND r.is_reply_to AND r.position = 0
LEFT JOIN msgid p ON p.id = r.msgid_id""",
    "v_series": """
SELECT s.id AS series_id, s.list_id AS list, s.subject AS subject, s.author_name AS author_name,
  s.author_email AS author_email, s.revision AS revision, s.root AS root, s.previous_id AS previous_id,
  s.latest AS latest, s.expected AS expected, s.found AS found, s.complete AS complete, s.patches AS patches,
  s.added_code AS added_code, s.removed_code AS removed_code, s.added_tests AS added_tests,
  s.added_docs AS added_docs, s.disclosed AS disclosed, s.agents AS agents, s.outcome AS outcome,
  s.policy_id AS policy, s.policy_version AS policy_version, s.state AS state, s.label AS label,
  CASE WHEN EXISTS (SELECT 1 FROM message m WHERE m.sender_key = s.sender AND m.sent_at < s.posted_at - 60) THEN false
    WHEN s.posted_at >= (SELECT min(o.posted_at) FROM series o) + 7776000 THEN true END AS first_time,
  s.last_at AS last_at, s.last_email AS last_email, s.posted_at AS posted_at, s.day AS day, s.week AS week
FROM series s""",
    "v_revision": """
SELECT s.id AS series_id, s.root AS root, s.revision AS revision, b.id AS previous_id,
  b.revision AS previous_revision,
  coalesce((SELECT group_concat(r.rule, ',') FROM (SELECT DISTINCT f.rule AS rule FROM finding f WHERE f.series_id = b.id AND f.effect <> 'none' ORDER BY 1) r), '') AS rules_before,
  coalesce((SELECT group_concat(r.rule, ',') FROM (SELECT DISTINCT f.rule AS rule FROM finding f WHERE f.series_id = s.id AND f.effect <> 'none' ORDER BY 1) r), '') AS rules_after,
  b.added_code AS code_before, s.added_code AS code_after,
  (SELECT count(*) FROM (SELECT f.path FROM series_message x JOIN file f ON f.message_id = x.message_id WHERE x.role = 'patch' AND x.series_id = s.id EXCEPT SELECT f.path FROM series_message x JOIN file f ON f.message_id = x.message_id WHERE x.role = 'patch' AND x.series_id = b.id) c) AS files_added,
  (SELECT count(*) FROM (SELECT f.path FROM series_message x JOIN file f ON f.message_id = x.message_id WHERE x.role = 'patch' AND x.series_id = b.id EXCEPT SELECT f.path FROM series_message x JOIN file f ON f.message_id = x.message_id WHERE x.role = 'patch' AND x.series_id = s.id) c) AS files_dropped,
  s.latest AS latest, s.posted_at AS posted_at, s.week AS week
FROM series s JOIN series b ON b.id = s.previous_id""",
    "v_file": """
SELECT s.id AS series_id, z.message_id AS message_id, f.path AS path, f.old_path AS old_path,
  CASE WHEN substr(f.path, 1, 1000) LIKE '%/%/%' THEN substr(substr(f.path, 1, 1000), 1, length(substr(f.path, 1, 1000)) - length(ltrim(substr(f.path, 1, 1000), replace(substr(f.path, 1, 1000), '/', '')))) || '/' || substr(substr(substr(f.path, 1, 1000), length(substr(substr(f.path, 1, 1000), 1, length(substr(f.path, 1, 1000)) - length(ltrim(substr(f.path, 1, 1000), replace(substr(f.path, 1, 1000), '/', ''))))) + 2), 1, length(substr(substr(f.path, 1, 1000), length(substr(substr(f.path, 1, 1000), 1, length(substr(f.path, 1, 1000)) - length(ltrim(substr(f.path, 1, 1000), replace(substr(f.path, 1, 1000), '/', ''))))) + 2)) - length(ltrim(substr(substr(f.path, 1, 1000), length(substr(substr(f.path, 1, 1000), 1, length(substr(f.path, 1, 1000)) - length(ltrim(substr(f.path, 1, 1000), replace(substr(f.path, 1, 1000), '/', ''))))) + 2), replace(substr(substr(f.path, 1, 1000), length(substr(substr(f.path, 1, 1000), 1, length(substr(f.path, 1, 1000)) - length(ltrim(substr(f.path, 1, 1000), replace(substr(f.path, 1, 1000), '/', ''))))) + 2), '/', '')))) WHEN substr(f.path, 1, 1000) LIKE '%/%' THEN substr(substr(f.path, 1, 1000), 1, length(substr(f.path, 1, 1000)) - length(ltrim(substr(f.path, 1, 1000), replace(substr(f.path, 1, 1000), '/', '')))) ELSE '.' END AS subsystem, p.role AS role,
  f.added AS added, f.removed AS removed, f.is_binary AS is_binary, s.disclosed AS disclosed,
  s.author_email AS author_email, s.list_id AS list, s.state AS state, s.latest AS latest,
  s.posted_at AS posted_at, s.week AS week
FROM series s JOIN patch_size z ON z.series_id = s.id
JOIN file f ON f.message_id = z.message_row
LEFT JOIN patch_role p ON p.series_id = s.id AND p.seq = z.seq AND p.file_seq = f.seq""",
    "v_trailer": """
SELECT s.id AS series_id, i.mid AS message_id, t.key AS key, t.value AS value,
  CASE WHEN trim(substr(substr(substr(t.value, 1, 1000), length(rtrim(substr(t.value, 1, 1000), replace(substr(t.value, 1, 1000), '<', ''))) + 1), 1, length(substr(substr(t.value, 1, 1000), length(rtrim(substr(t.value, 1, 1000), replace(substr(t.value, 1, 1000), '<', ''))) + 1)) - length(ltrim(substr(substr(t.value, 1, 1000), length(rtrim(substr(t.value, 1, 1000), replace(substr(t.value, 1, 1000), '<', ''))) + 1), replace(substr(substr(t.value, 1, 1000), length(rtrim(substr(t.value, 1, 1000), replace(substr(t.value, 1, 1000), '<', ''))) + 1), '>', ''))))) LIKE '%_@_%' AND trim(substr(substr(substr(t.value, 1, 1000), length(rtrim(substr(t.value, 1, 1000), replace(substr(t.value, 1, 1000), '<', ''))) + 1), 1, length(substr(substr(t.value, 1, 1000), length(rtrim(substr(t.value, 1, 1000), replace(substr(t.value, 1, 1000), '<', ''))) + 1)) - length(ltrim(substr(substr(t.value, 1, 1000), length(rtrim(substr(t.value, 1, 1000), replace(substr(t.value, 1, 1000), '<', ''))) + 1), replace(substr(substr(t.value, 1, 1000), length(rtrim(substr(t.value, 1, 1000), replace(substr(t.value, 1, 1000), '<', ''))) + 1), '>', ''))))) NOT LIKE '% %' THEN lower(trim(substr(substr(substr(t.value, 1, 1000), length(rtrim(substr(t.value, 1, 1000), replace(substr(t.value, 1, 1000), '<', ''))) + 1), 1, length(substr(substr(t.value, 1, 1000), length(rtrim(substr(t.value, 1, 1000), replace(substr(t.value, 1, 1000), '<', ''))) + 1)) - length(ltrim(substr(substr(t.value, 1, 1000), length(rtrim(substr(t.value, 1, 1000), replace(substr(t.value, 1, 1000), '<', ''))) + 1), replace(substr(substr(t.value, 1, 1000), length(rtrim(substr(t.value, 1, 1000), replace(substr(t.value, 1, 1000), '<', ''))) + 1), '>', '')))))) END AS email, t.line AS line, t.place AS place,
  (x.role = 'followup') AS from_reply, s.posted_at AS posted_at
FROM series s JOIN series_message x ON x.series_id = s.id AND x.role <> 'foreign'
JOIN message m ON m.id = x.message_id JOIN msgid i ON i.id = m.msgid_id
JOIN trailer t ON t.message_id = m.id""",
    "v_finding": """
SELECT s.id AS series_id, f.rule AS rule, f.level AS level, f.effect AS effect, f.message AS message,
  e.message_id AS message_id, e.part AS part, e.line AS line, e.quote AS quote,
  f.clause AS clause, s.policy_id AS policy, f.waived AS waived, f.since_revision AS since_revision,
  s.outcome AS outcome, s.state AS state, s.latest AS latest, s.posted_at AS posted_at
FROM series s JOIN finding f ON f.series_id = s.id
LEFT JOIN evidence e ON e.series_id = f.series_id AND e.finding_seq = f.seq AND e.seq = 0""",
    "v_author": """
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
    "v_draft": """
SELECT d.message_id AS message_id, d.sink AS sink, d.place AS place, d.series_id AS series_id, d.root AS root,
  d.revision AS revision, d.target AS target, d.state AS state, (d.written_at IS NOT NULL) AS written,
  d.written_at AS written_at, coalesce(not s.latest, false) AS superseded, (q.mid IS NOT NULL) AS sent,
  (d.written_at IS NOT NULL AND q.mid IS NULL AND d.state NOT IN ('dropped', 'kept-gone')
    AND coalesce(not s.latest, false)) AS stale,
  s.subject AS subject, s.author_email AS author_email, s.list_id AS list
FROM draft d LEFT JOIN series s ON s.id = d.series_id
LEFT JOIN msgid q ON q.mid = d.message_id AND EXISTS (SELECT 1 FROM message m WHERE m.msgid_id = q.id)""",
}
OLD = {
    "v_message": """
SELECT i.mid AS message_id, m.blob AS blob, m.kind AS kind, m.subject AS subject, m.sender_name AS author_name,
  m.sender_email AS author_email, m.sent_at AS sent_at, m.list_id AS list, p.mid AS in_reply_to,
  m.is_automatic AS is_bot
FROM message m JOIN msgid i ON i.id = m.msgid_id
LEFT JOIN reference r ON r.message_id = m.id AND r.is_reply_to AND r.position = 0
LEFT JOIN msgid p ON p.id = r.msgid_id""",
    "v_series": """
SELECT s.id AS series_id, s.list_id AS list, s.subject AS subject, s.author_name AS author_name,
  s.author_email AS author_email, s.revision AS revision, s.root AS root, s.previous_id AS previous_id,
  s.latest AS latest, s.expected AS expected, s.found AS found, s.complete AS complete, s.patches AS patches,
  s.added_code AS added_code, s.removed_code AS removed_code, s.added_tests AS added_tests,
  s.added_docs AS added_docs, s.disclosed AS disclosed, s.agents AS agents, s.outcome AS outcome,
  s.policy_id AS policy, s.policy_version AS policy_version, s.state AS state, s.label AS label,
  s.last_at AS last_at, s.last_email AS last_email, s.posted_at AS posted_at, s.day AS day, s.week AS week
FROM series s""",
    "v_file": """
SELECT s.id AS series_id, z.message_id AS message_id, f.path AS path, f.old_path AS old_path, p.role AS role,
  f.added AS added, f.removed AS removed, f.is_binary AS is_binary, s.disclosed AS disclosed,
  s.author_email AS author_email, s.list_id AS list, s.state AS state, s.latest AS latest,
  s.posted_at AS posted_at, s.week AS week
FROM series s JOIN patch_size z ON z.series_id = s.id
JOIN file f ON f.message_id = z.message_row
LEFT JOIN patch_role p ON p.series_id = s.id AND p.seq = z.seq AND p.file_seq = f.seq""",
    "v_trailer": """
SELECT s.id AS series_id, i.mid AS message_id, t.key AS key, t.value AS value, t.line AS line, t.place AS place,
  (x.role = 'followup') AS from_reply, s.posted_at AS posted_at
FROM series s JOIN series_message x ON x.series_id = s.id AND x.role <> 'foreign'
JOIN message m ON m.id = x.message_id JOIN msgid i ON i.id = m.msgid_id
JOIN trailer t ON t.message_id = m.id""",
    "v_finding": """
SELECT s.id AS series_id, f.rule AS rule, f.level AS level, f.effect AS effect, f.message AS message,
  f.clause AS clause, s.policy_id AS policy, f.waived AS waived, f.since_revision AS since_revision,
  s.outcome AS outcome, s.state AS state, s.latest AS latest, s.posted_at AS posted_at
FROM series s JOIN finding f ON f.series_id = s.id""",
    "v_draft": """
SELECT d.message_id AS message_id, d.sink AS sink, d.place AS place, d.series_id AS series_id, d.root AS root,
  d.revision AS revision, d.target AS target, d.state AS state, (d.written_at IS NOT NULL) AS written,
  d.written_at AS written_at, coalesce(not s.latest, false) AS superseded, s.subject AS subject,
  s.author_email AS author_email, s.list_id AS list
FROM draft d LEFT JOIN series s ON s.id = d.series_id""",
}


def upgrade() -> None:
    """Make the views anew."""
    for name in OLD:
        op.execute(f"DROP VIEW {name}")
    for name, body in NEW.items():
        if op.get_bind().dialect.name == "postgresql":
            for ours, theirs in ON_POSTGRESQL.items():
                body = body.replace(ours, theirs)
        op.execute(f"CREATE VIEW {name} AS {body}")


def downgrade() -> None:
    """Make the former views again."""
    for name in NEW:
        op.execute(f"DROP VIEW {name}")
    for name, body in OLD.items():
        op.execute(f"CREATE VIEW {name} AS {body}")
