# SPDX-License-Identifier: GPL-2.0-or-later
"""One mail: as bytes with the place they came from, and as the facts read from them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from patchwatch.model.diff import FileChange
from patchwatch.model.disclosure import Disclosure
from patchwatch.model.followup import Speech


class MessageKind(StrEnum):
    """What a message is in a review thread."""

    PATCH = "patch"
    COVER = "cover"
    REPLY = "reply"
    PULL = "pull"
    OTHER = "other"


class Place(StrEnum):
    """Where in a message a line stands."""

    TRAILERS = "trailers"  # last paragraph of the commit log: what git itself reads
    BODY = "body"  # another paragraph of the commit log
    BELOW_CUT = "below-cut"  # between the `---` line and the diff
    COVER = "cover"
    REPLY = "reply"
    HEADER = "header"


class DefectKind(StrEnum):
    """What was odd about a message. Those in UNREADABLE make its facts unsure."""

    TOO_LARGE = "too-large"
    HEADER = "header"  # a broken or over-long header block
    NO_MESSAGE_ID = "no-message-id"
    DATE = "date"  # missing, unreadable or impossible
    CHARSET = "charset"  # unknown or wrong; decoded as UTF-8 or latin-1
    ENCODING = "encoding"  # an unknown or broken transfer encoding
    MIME = "mime"  # broken or over-deep multipart structure
    HTML_ONLY = "html-only"
    NESTED_PATCH = "nested-patch"  # a diff inside message/rfc822
    NO_DIFF = "no-diff"  # a patch subject without any diff
    DIFF = "diff"  # the lines do not fit the hunk headers
    LIMIT = "limit"  # a cap was reached; the rest was not read
    SUBJECT = "subject"  # a doubled counter or version
    PATH = "path"  # absolute or upward path in a diff: data, never opened
    DUPLICATE_ID = "duplicate-id"  # another message has the same Message-ID


# Defects after which the diff or the log cannot be trusted: such a patch is never `ready`.
UNREADABLE = frozenset(
    {
        DefectKind.TOO_LARGE,
        DefectKind.ENCODING,
        DefectKind.MIME,
        DefectKind.HTML_ONLY,
        DefectKind.NESTED_PATCH,
        DefectKind.NO_DIFF,
        DefectKind.DIFF,
        DefectKind.LIMIT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMessage:
    """
    Bytes of one mail and where they were found.

    *data* has no mbox `From ` line and no mbox quoting. *blob* is the git blob id (40 or 64 hex digits)
    of the mail as stored, also for sources that are no git repository. *origin* is for people:
    "path#3", "git/0.git:COMMIT". *truncated* says that *data* was cut by the reader at its size cap.
    """

    blob: str
    data: bytes
    origin: str
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """A display name (decoded, may be empty) and an address as written."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.name else self.email


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One oddity; *detail* is a short sentence for people."""

    kind: DefectKind
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trailer:
    """
    One `Key: value` line of a commit log, cover letter or reply.

    *value* is unfolded and stripped; *line* counts from 1 in the decoded body and is that of the key;
    *quote* is that line verbatim, cut at 512 characters.
    """

    key: str
    value: str
    line: int
    place: Place
    quote: str


class MarkKind(StrEnum):
    """What a mark counts or quotes; each is read only where it is cheap and may matter."""

    ALIKE_TESTS = "alike-tests"  # count: new test functions that are alike, of: all new ones
    TEST_SKIP = "test-skip"  # an added line of a test file that has a test skipped
    REPEATED_EDIT = "repeated-edit"  # count: hunks with one and the same edit, of: all hunks
    TOOL_NAMED = "tool-named"  # a line of the log that names a deterministic tool
    HEADING = "heading"  # a heading of the description
    REPRODUCER = "reproducer"  # a line that tells of a reproducer, trace or test
    PROMPT = "prompt"  # a line of a declaring mail that tells what the tool was given
    PORTION = "portion"  # a line of a declaring mail that tells which parts the tool made
    TESTING = "testing"  # a line of a declaring mail that tells how the result was tested
    NEXT_VERSION = "next-version"  # a line of a reply that promises a new version
    ACTS = "acts"  # a line of a reply whose sender will act: fix, apply
    LOOKS = "looks"  # a line of a reply whose sender will look, test, answer
    WITHDRAWN = "withdrawn"  # a line of a reply that takes the patch back
    GREETS = "greets"  # the first line of a reply that asks, when it greets somebody
    UNQUOTED = "unquoted"  # count: characters of a long reply without any quote; its first line


@dataclass(frozen=True, slots=True)
class Mark:
    """
    A small fact about the text or diff of a mail, for rules that come when the text is no longer at hand.

    *count* and *of* are numbers (0 where the kind has none); *line* counts from 1 in the decoded body, None
    where no single line tells; *quote* is that line verbatim, cut at 512 characters.
    """

    kind: MarkKind
    count: int = 0
    of: int = 0
    line: int | None = None
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """
    A subject line taken apart.

    *title* is what stays after reply marks and bracket groups. *position* and *total* come from `n/m`;
    *position* is None for an inserted patch (`1.1/15`). *revision* is None when the subject states none.
    *flags* are upper-case words (`RFC`, `RESEND`); *tags* all other words of the brackets, as written.
    """

    title: str
    is_reply: bool = False
    is_patch: bool = False
    is_pull: bool = False
    is_patchset: bool = False
    position: int | None = None
    total: int | None = None
    revision: int | None = None
    title_revision: int | None = None
    flags: frozenset[str] = frozenset()
    tags: tuple[str, ...] = ()
    doubled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """
    The facts of one mail. Its text is not kept: it is read again from the source by *blob*.

    Message-IDs are bare. *sender* is the person behind the mail (relays and rewritten From undone),
    *author* the author of the patch (an in-body From, else the sender). *date* is UTC, None when
    unreadable. *recipients* are the bare, lower-case addresses of To and Cc in order.
    *prose_lines* counts the lines of a patch's commit log that are not blank. *speech* is None for patches and
    cover letters, and for mail that was stored before such facts were read. *predecessors* are Message-IDs that a
    posting names as its former revisions ("Link to v1: URL"), as written, newest first. *text_key* is a digest of
    its own words that copies of a mail have in common (see `patchwatch.parse.copies`), *arrived* when this copy did.
    """

    blob: str
    message_id: str
    aliases: tuple[str, ...]
    kind: MessageKind
    subject: str
    prefix: Subject
    sender: Person
    author: Person
    date: datetime | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    list_id: str
    recipients: tuple[str, ...]
    is_automatic: bool
    trailers: tuple[Trailer, ...] = ()
    disclosures: tuple[Disclosure, ...] = ()
    files: tuple[FileChange, ...] = ()
    has_diff: bool = False
    patch_id: str | None = None
    change_id: str | None = None
    predecessors: tuple[str, ...] = ()
    prose_lines: int = 0
    speech: Speech | None = None
    marks: tuple[Mark, ...] = ()
    defects: tuple[Defect, ...] = ()
    text_key: str = ""
    arrived: datetime | None = None

    @property
    def unreadable(self) -> tuple[Defect, ...]:
        """The defects after which diff or log cannot be trusted."""
        return tuple(d for d in self.defects if d.kind in UNREADABLE)
