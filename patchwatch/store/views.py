# SPDX-License-Identifier: GPL-2.0-or-later
"""
The views: the SQL interface for reviewers. Tables may change under them, their columns do not.

One text for SQLite and PostgreSQL: times are integers (`*_at`, UTC seconds) with `day` and `week` as text,
booleans are real ones (`where not complete`), nothing needs a function of one engine.
"""

from patchwatch.store.view import ID_DOC as _ID_DOC
from patchwatch.store.view import MESSAGE_DOC as _MESSAGE_DOC
from patchwatch.store.view import SERIES_DOC as _SERIES
from patchwatch.store.view import View, address_in, area_of
from patchwatch.store.views_more import V_AUTHOR, V_DRAFT, V_REVISION

_V_MESSAGE = View(
    name="v_message",
    comment="one row per mail",
    columns=_MESSAGE_DOC
    | {
        "blob": "git blob id of the mail",
        "kind": "patch, cover, reply, pull, other",
        "subject": "subject",
        "author_name": "name of the person behind the mail",
        "author_email": "address of that person",
        "sent_at": "Date of the mail",
        "received_at": "first arrival of a copy, null when no header tells",
        "list": "List-Id",
        "in_reply_to": "Message-ID it answers, null when none",
        "is_bot": "sent by a program",
    },
    body="""
SELECT i.mid AS message_id, m.blob AS blob, m.kind AS kind, m.subject AS subject, m.sender_name AS author_name,
  m.sender_email AS author_email, m.sent_at AS sent_at,
  (SELECT min(d.arrived_at) FROM delivery d WHERE d.message_id = m.id) AS received_at,
  m.list_id AS list, p.mid AS in_reply_to, m.is_automatic AS is_bot
FROM message m JOIN msgid i ON i.id = m.msgid_id
LEFT JOIN reference r ON r.message_id = m.id AND r.is_reply_to AND r.position = 0
LEFT JOIN msgid p ON p.id = r.msgid_id""",
)

_V_SERIES = View(
    name="v_series",
    comment="one row per posting (one revision)",
    columns=_ID_DOC
    | {
        "list": _SERIES["list"],
        "subject": "subject",
        "author_name": "name of the author",
        "author_email": "address of the author",
        "revision": "number of the revision",
        "root": "id of the first revision known",
        "previous_id": "id of the revision before, null for a first posting",
        "latest": _SERIES["latest"],
        "expected": "stated number of patches, null when unknown",
        "found": "slots that are filled",
        "complete": "every slot is filled",
        "patches": "patches present",
        "added_code": "lines added in code",
        "removed_code": "lines removed in code",
        "added_tests": "lines added in tests",
        "added_docs": "lines added in documentation",
        "disclosed": _SERIES["disclosed"],
        "agents": "agents as disclosed",
        "outcome": "ready, ask, prototype, decline, undetermined",
        "policy": "id of the policy that judged",
        "policy_version": "its version",
        "state": _SERIES["state"],
        "label": "rfc, resend, ..., null when none",
        "first_time": "no older mail of its sender is known; null when less than 90 days before it are known",
        "last_at": "newest mail of the thread by a person",
        "last_email": "address of that person",
        "posted_at": _SERIES["posted_at"],
        "day": _SERIES["day"],
        "week": _SERIES["week"],
    },
    body="""
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
)

_V_PATCH = View(
    name="v_patch",
    comment="one row per patch of a series",
    columns=_ID_DOC
    | _MESSAGE_DOC
    | {
        "position": "slot, null for an inserted patch",
        "subject": "subject",
        "author_name": "name of the author of the patch",
        "author_email": "address of the author of the patch",
        "added": "lines added",
        "removed": "lines removed",
        "added_code": "lines added in code",
        "removed_code": "lines removed in code",
        "added_tests": "lines added in tests",
        "disclosed": _SERIES["disclosed"],
        "patch_id": "as git patch-id --stable prints it",
        "sent_at": "Date of the mail",
        "posted_at": _SERIES["posted_at"],
        "state": _SERIES["state"],
        "latest": _SERIES["latest"],
    },
    body="""
SELECT s.id AS series_id, i.mid AS message_id, x.position AS position, m.subject AS subject,
  coalesce(m.author_name, m.sender_name) AS author_name, coalesce(m.author_email, m.sender_email) AS author_email,
  z.added_code + z.added_tests + z.added_docs + z.added_generated + z.added_build AS added,
  z.removed_code + z.removed_tests + z.removed_docs + z.removed_generated + z.removed_build AS removed,
  z.added_code AS added_code, z.removed_code AS removed_code, z.added_tests AS added_tests,
  s.disclosed AS disclosed, m.patch_id AS patch_id, m.sent_at AS sent_at, s.posted_at AS posted_at,
  s.state AS state, s.latest AS latest
FROM series s JOIN series_message x ON x.series_id = s.id AND x.role = 'patch'
JOIN message m ON m.id = x.message_id JOIN msgid i ON i.id = m.msgid_id
LEFT JOIN patch_size z ON z.series_id = s.id AND z.message_row = m.id""",
)

_V_FILE = View(
    name="v_file",
    comment="one row per file of a patch",
    columns=_ID_DOC
    | _MESSAGE_DOC
    | {
        "path": "path after the change (before it, for a deletion)",
        "old_path": "former path of a rename or copy",
        "subsystem": "first two directories of the path, a stand-in for a subsystem; . for a file at the top",
        "role": "code, tests, docs, generated, build",
        "added": "lines added",
        "removed": "lines removed",
        "is_binary": "a binary change",
        "disclosed": _SERIES["disclosed"],
        "author_email": "address of the author of the series",
        "list": _SERIES["list"],
        "state": _SERIES["state"],
        "latest": _SERIES["latest"],
        "posted_at": _SERIES["posted_at"],
        "week": _SERIES["week"],
    },
    body=f"""
SELECT s.id AS series_id, z.message_id AS message_id, f.path AS path, f.old_path AS old_path,
  {area_of("f.path")} AS subsystem, p.role AS role,
  f.added AS added, f.removed AS removed, f.is_binary AS is_binary, s.disclosed AS disclosed,
  s.author_email AS author_email, s.list_id AS list, s.state AS state, s.latest AS latest,
  s.posted_at AS posted_at, s.week AS week
FROM series s JOIN patch_size z ON z.series_id = s.id
JOIN file f ON f.message_id = z.message_row
LEFT JOIN patch_role p ON p.series_id = s.id AND p.seq = z.seq AND p.file_seq = f.seq""",  # noqa: S608 - our own pieces
)

_V_TRAILER = View(
    name="v_trailer",
    comment="one row per trailer of a mail of a series",
    columns=_ID_DOC
    | _MESSAGE_DOC
    | {
        "key": "key as written",
        "value": "value, unfolded",
        "email": "address in the value, in lower case, null without one",
        "line": "line of the decoded body, from 1",
        "place": "trailers, body, below-cut, cover, reply",
        "from_reply": "given in a reply, not by the posting itself",
        "posted_at": _SERIES["posted_at"],
    },
    body=f"""
SELECT s.id AS series_id, i.mid AS message_id, t.key AS key, t.value AS value,
  {address_in("t.value")} AS email, t.line AS line, t.place AS place,
  (x.role = 'followup') AS from_reply, s.posted_at AS posted_at
FROM series s JOIN series_message x ON x.series_id = s.id AND x.role <> 'foreign'
JOIN message m ON m.id = x.message_id JOIN msgid i ON i.id = m.msgid_id
JOIN trailer t ON t.message_id = m.id""",  # noqa: S608 - our own pieces
)

_V_DISCLOSURE = View(
    name="v_disclosure",
    comment="one row per statement on the use of AI in a mail of a series",
    columns=_ID_DOC
    | _MESSAGE_DOC
    | {
        "kind": "trailer, prose, identity, link, branch",
        "key": "trailer key, may be empty",
        "value": "trailer value, may be empty",
        "agent": "as disclosed",
        "model": "as disclosed",
        "uses": "what for, one a line",
        "place": "trailers, body, below-cut, cover, reply, header",
        "line": "line of the decoded body, from 1; null for a header",
        "quote": "the line verbatim",
        "from_reply": "made in a reply, not by the posting itself",
        "posted_at": _SERIES["posted_at"],
        "week": _SERIES["week"],
    },
    body="""
SELECT s.id AS series_id, i.mid AS message_id, d.kind AS kind, d.key AS key, d.value AS value, d.agent AS agent,
  d.model AS model, d.uses AS uses, d.place AS place, d.line AS line, d.quote AS quote,
  (x.role = 'followup') AS from_reply, s.posted_at AS posted_at, s.week AS week
FROM series s JOIN series_message x ON x.series_id = s.id AND x.role <> 'foreign'
JOIN message m ON m.id = x.message_id JOIN msgid i ON i.id = m.msgid_id
JOIN disclosure d ON d.message_id = m.id""",
)

_V_FINDING = View(
    name="v_finding",
    comment="one row per finding",
    columns=_ID_DOC
    | {
        "rule": "id of the rule",
        "level": "fact, info, ok, unknown",
        "effect": "none, ask, decline",
        "message": "a sentence for people",
        "message_id": "Message-ID of the mail that the finding rests on first, null without evidence",
        "part": "header, commit-log, below-cut, diff, cover, reply",
        "line": "line of the decoded body, from 1; null for a header",
        "quote": "that line verbatim",
        "clause": "URL of the text it applies",
        "policy": "id of the policy",
        "waived": "a maintainer waived it",
        "since_revision": "first revision with it",
        "outcome": "outcome of the series",
        "state": _SERIES["state"],
        "latest": _SERIES["latest"],
        "posted_at": _SERIES["posted_at"],
    },
    body="""
SELECT s.id AS series_id, f.rule AS rule, f.level AS level, f.effect AS effect, f.message AS message,
  e.message_id AS message_id, e.part AS part, e.line AS line, e.quote AS quote,
  f.clause AS clause, s.policy_id AS policy, f.waived AS waived, f.since_revision AS since_revision,
  s.outcome AS outcome, s.state AS state, s.latest AS latest, s.posted_at AS posted_at
FROM series s JOIN finding f ON f.series_id = s.id
LEFT JOIN evidence e ON e.series_id = f.series_id AND e.finding_seq = f.seq AND e.seq = 0""",
)

_V_WAITING = View(
    name="v_waiting",
    comment="one row per open series of which no newer revision is known",
    columns=_ID_DOC
    | {
        "waits_for": "author, us, reviewers, maintainer, nobody",
        "since_at": "date of the mail that decides",
        "since_message": "Message-ID of that mail",
        "is_question": "a line of that mail asks, by its form (a heuristic)",
        "quote": "the line that decides, verbatim, null when none does",
        "line": "line of the decoded body, from 1",
        "list": _SERIES["list"],
        "subject": "subject",
        "author_name": "name of the author",
        "author_email": "address of the author",
        "posted_at": _SERIES["posted_at"],
    },
    body="""
SELECT s.id AS series_id, w.waits_for AS waits_for, w.since_at AS since_at, w.message_id AS since_message,
  w.is_question AS is_question, w.quote AS quote, w.line AS line, s.list_id AS list, s.subject AS subject,
  s.author_name AS author_name, s.author_email AS author_email, s.posted_at AS posted_at
FROM series s JOIN waits w ON w.series_id = s.id
WHERE s.latest AND s.state = 'open'""",
)

VIEWS: tuple[View, ...] = (
    _V_MESSAGE,
    _V_SERIES,
    V_REVISION,
    _V_PATCH,
    _V_FILE,
    _V_TRAILER,
    _V_DISCLOSURE,
    _V_FINDING,
    _V_WAITING,
    V_AUTHOR,
    V_DRAFT,
)
