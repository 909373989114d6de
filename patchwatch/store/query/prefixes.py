# SPDX-License-Identifier: GPL-2.0-or-later
"""The prefixes of the query language: those of lore with lore's meaning, and ours."""

from dataclasses import dataclass
from difflib import get_close_matches

PROSE, QUOTES, DIFF = "prose", "quotes", "diff"


@dataclass(frozen=True, slots=True)
class Prefix:
    """
    One prefix: what it *matches*, and an *example*.

    *lore* is its name there, "" for one of ours. *fields* are the kinds of words that are searched; *part* is the
    part of the text index that they are in ("": always there). *words* are all values it takes, none: any.
    """

    name: str
    matches: str
    example: str
    lore: str = ""
    fields: str = ""
    part: str = ""
    words: tuple[str, ...] = ()


_OUTCOMES = ("ready", "ask", "prototype", "decline", "undetermined")
_STATES = ("open", "superseded", "merged")
_YES_NO = ("yes", "no")

_OF_LORE = (
    Prefix("s", "the subject", 's:"fix race"', "s", "s"),
    Prefix("f", "the sender", "f:anna", "f", "f"),
    Prefix("t", "a recipient in To", "t:list@example.org", "t", "t"),
    Prefix("c", "a recipient in Cc", "c:bert", "c", "c"),
    Prefix("tc", "a recipient in To or Cc", "tc:bert", "tc", "tc"),
    Prefix("a", "a sender or recipient", "a:anna", "a", "ftc"),
    Prefix("tcf", "a sender or recipient", "tcf:anna", "tcf", "ftc"),
    Prefix("b", "the text, not the diff", "b:overflow", "b", "bq", PROSE),
    Prefix("nq", "the text without quotes", "nq:overflow", "nq", "b", PROSE),
    Prefix("q", "the quotes only", "q:overflow", "q", "q", QUOTES),
    Prefix("bs", "the text or the subject", "bs:overflow", "bs", "sbq", PROSE),
    Prefix("l", "the list: List-Id or configured name", "l:qemu-devel", "l"),
    Prefix("m", "the Message-ID of one of the mails, whole or a part", "m:20261104@example.org", "m"),
    Prefix("mid", "the whole Message-ID of one of the mails", "mid:1@example.org", "mid"),
    Prefix("d", "the day of the Date", "d:20260101..20260201", "d"),
    Prefix("dt", "the second of the Date", "dt:20260101120000..", "dt"),
    Prefix("rt", "when the archive got it: seconds or a time", "rt:2.days.ago..", "rt"),
    Prefix("dfn", "a file of the diff: a path, its beginning, a directory, or a glob", "dfn:hw/nvme/", "dfn", "n"),
    Prefix("dfa", "removed lines of the diff", "dfa:kmalloc", "dfa", "r", DIFF),
    Prefix("dfb", "added lines of the diff", "dfb:kmalloc", "dfb", "i", DIFF),
    Prefix("dfctx", "context lines of the diff", "dfctx:kmalloc", "dfctx", "x", DIFF),
    Prefix("dfhh", "hunk headers of the diff", "dfhh:nvme_init", "dfhh", "h", DIFF),
    Prefix("dfpre", "blob ids before the change", "dfpre:1234567", "dfpre", "o", DIFF),
    Prefix("dfpost", "blob ids after the change", "dfpost:1234567", "dfpost", "p", DIFF),
    Prefix("dfblob", "blob ids of the diff", "dfblob:1234567", "dfblob", "op", DIFF),
    Prefix("patchid", "the patch id, as git patch-id --stable prints it", "patchid:0123456789abcdef", "patchid"),
)

_OURS = (
    Prefix("ai", "use of AI: stated, not stated, or how", "ai:yes", words=(*_YES_NO, "tag", "prose", "identity")),
    Prefix("agent", "the agent, as disclosed", "agent:claude"),
    Prefix("model", "the model, as disclosed", "model:opus"),
    Prefix("rule", "a finding of this rule, or of those a glob fits", "rule:*-size"),
    Prefix("waived", "whether a finding is waived; with yes, rule: finds such too", "waived:yes", words=_YES_NO),
    Prefix("state", "the state, or the outcome", "state:open", words=(*_STATES, *_OUTCOMES)),
    Prefix("complete", "whether all patches are there", "complete:no", words=_YES_NO),
    Prefix("outcome", "the outcome of the latest verdict", "outcome:ask", words=_OUTCOMES),
    Prefix("size", "added lines of code", "size:21.."),
    Prefix("tests", "added lines of tests", "tests:0"),
    Prefix("files", "number of files", "files:10.."),
    Prefix("patches", "number of patches", "patches:..3"),
    Prefix("rev", "the revision, or the latest", "rev:2..", words=("latest",)),
    Prefix("age", "how long ago it was posted", "age:..7d"),
    Prefix("since", "how long somebody owes the next mail", "since:3d.."),
    Prefix("waits", "who owes the next mail", "waits:us", words=("author", "us", "reviewers", "maintainer", "nobody")),
    Prefix("trailer", "a trailer of the patches: Key or Key:text", "trailer:Fixes"),
    Prefix("got", "a trailer that a reply gave: Key or Key:text", "got:Reviewed-by"),
    Prefix("who", "the author: new, known, me, or a name or address", "who:new"),
    Prefix("role", "touches such a file", "role:tests", words=("code", "tests", "docs", "generated", "build")),
    Prefix("only", "touches no other files", "only:docs", words=("code", "tests", "docs", "generated", "build")),
    Prefix("changed", "differs from the previous revision", "changed:rules",
           words=("rules", "size", "files", "trailers")),
    Prefix("policy", "the policy that judged", "policy:linux"),
    Prefix("list", "the list, as l:", "list:qemu-devel", "l"),
    Prefix("merged", "whether it is in a tree, or in which one", "merged:yes"),
    Prefix("draft", "the state of its draft", "draft:stale", words=("new", "written", "edited", "sent", "stale")),
)  # fmt: skip

PREFIXES = {prefix.name: prefix for prefix in (*_OF_LORE, *_OURS)}

_REFUSED = {
    "L": "labels are kept by lei, not here",
    "kw": "keywords are kept by lei, not here",
    "n": "names of attachments are not kept here; dfn: finds files of a diff",
    "lid": "is l: here",
    "z": "sizes of mails are not kept here; size: counts added lines of code",
    "uid": "numbers of an archive are not kept here; m: finds a Message-ID",
    "thread": "a series is its thread here; m: finds it by any of its mails",
    "references": "a series is its thread here; m: finds it by any of its mails",
}


def refused(name: str) -> str:
    """Return why a prefix of lore is none here, "" for others."""
    return _REFUSED.get(name, "")


def nearest(name: str) -> str:
    """Return the known prefix that is most like *name*, "" when none is."""
    folded = name.lower()
    if folded in PREFIXES:
        return folded
    starts = [
        known
        for known in PREFIXES
        if len(folded) > 1 < len(known) and (known.startswith(folded) or folded.startswith(known))
    ]
    found = get_close_matches(folded, PREFIXES, 1, 0.5) or sorted(starts, key=len, reverse=True)
    return found[0] if found else ""
