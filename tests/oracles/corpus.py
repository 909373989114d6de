# SPDX-License-Identifier: GPL-2.0-or-later
"""The mails that both sides read: ours from fixtures/, or all of a public-inbox archive."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from patchwatch.model.diff import Diff
from patchwatch.model.mail import Message, MessageKind, Place, RawMessage
from patchwatch.model.source import Added, Cursor
from patchwatch.parse.headers import Headers, split_headers
from patchwatch.parse.layout import Layout, lay_out_patch
from patchwatch.parse.mail import read_message, read_text
from patchwatch.parse.mime import Body, read_body
from patchwatch.sources.detect import open_source

FIXTURES = Path(__file__).parents[2] / "fixtures"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mail:
    """
    One mail as patchwatch reads it: its facts, and the layers below them that a judge looks at.

    *where* is what a difference is listed by: a file below fixtures/, or a Message-ID.
    """

    where: str
    data: bytes
    message: Message
    headers: Headers
    body: Body
    lines: Sequence[str]
    diff: Diff
    diff_start: int | None

    @property
    def is_patch(self) -> bool:
        """Whether the mail is a patch for us."""
        return self.message.kind is MessageKind.PATCH

    @property
    def layout(self) -> Layout:
        """Where log, notes and diff of a patch stand."""
        return lay_out_patch(self.lines, self.diff_start)

    @property
    def log(self) -> str:
        """The commit log of a patch, each line with its end."""
        start, stop = self.layout.log
        return "".join(f"{line}\n" for line in self.lines[start:stop])

    def trailers(self, *places: Place) -> list[tuple[str, str]]:
        """Our trailers that stand in *places*; all without any."""
        return [(t.key, t.value) for t in self.message.trailers if not places or t.place in places]


def read(raw: RawMessage, where: str = "") -> Mail:
    """Read one mail; *where* is its Message-ID when nothing is given."""
    headers = split_headers(raw.data)
    body = read_body(raw.data, headers)
    text = read_text(body)
    message = read_message(raw)
    return Mail(
        where=where or message.message_id,
        data=raw.data,
        message=message,
        headers=headers,
        body=body,
        lines=text.lines,
        diff=text.diff,
        diff_start=text.diff_start,
    )


def fixture_mails() -> list[Mail]:
    """Return every mail below fixtures/: files, mboxes, Maildirs and archives."""
    found = []
    places = [path for pattern in ("*.eml", "*.mbox") for path in FIXTURES.rglob(pattern)]
    places += [path.parent for pattern in ("cur", "git") for path in FIXTURES.rglob(pattern) if path.is_dir()]
    for path in sorted(places):
        name = path.relative_to(FIXTURES).as_posix()
        raws = list(_raws(path))
        found += [read(raw, f"{name}#{n}" if len(raws) > 1 else name) for n, raw in enumerate(raws, 1)]
    return found


def archive_mails(archive: Path) -> Iterator[Mail]:
    """Give every mail of a public-inbox directory, by its Message-ID."""
    for raw in _raws(archive):
        yield read(raw)


def _raws(path: Path) -> Iterator[RawMessage]:
    return (event.raw for event in open_source(str(path)).events(Cursor()) if isinstance(event, Added))
