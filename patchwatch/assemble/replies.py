# SPDX-License-Identifier: GPL-2.0-or-later
"""The replies of one series as a tree: what each answers, on which patch or cover letter it hangs, who wrote it."""

from collections.abc import Iterable, Sequence

from patchwatch.assemble.threads import order_key
from patchwatch.model.followup import ClaimKind
from patchwatch.model.mail import Message, MessageKind
from patchwatch.model.series import Series


def is_program(mail: Message) -> bool:
    """Whether a program wrote a mail, or a person sent what a program writes: stable notices."""
    said = mail.speech
    return mail.is_automatic or (said is not None and said.claim is not None and said.claim.is_notice)


def claims_applied(mail: Message) -> bool:
    """Whether a mail says that patches were applied."""
    said = mail.speech
    return said is not None and said.claim is not None and said.claim.kind is ClaimKind.APPLIED


def plain_name(name: str) -> str:
    """Return a name as names are compared: lower case, blanks folded, `Last, First` turned round; "" for one word."""
    words = " ".join(name.replace('"', " ").split()).casefold()
    last, comma, first = words.partition(", ")
    if comma and "," not in first:
        words = f"{first} {last}"
    return words if " " in words else ""


def addresses_in(value: str) -> list[str]:
    """Return all addresses of a trailer's value in lower case, whatever stands around them, comments too."""
    words = value.replace("<", " ").replace(">", " ").replace(",", " ").split()
    return [word.strip("();:\"'").lower().removeprefix("mailto:") for word in words if "@" in word]


class Authors:
    """
    Those who speak for a series: its sender, the authors of its patches, who is named as co-developer.

    Of the latter two only what asks nothing: a maintainer whose patch somebody else carries still reviews it.
    """

    def __init__(self, series: Series) -> None:
        sender = series.head.sender
        self._email, self._name = sender.email.lower(), plain_name(sender.name)
        self._emails: set[str] = set()
        for mail in series.messages:
            self._emails.update((mail.sender.email.lower(), mail.author.email.lower()))
            for trailer in mail.trailers:
                if trailer.key.lower() == "co-developed-by":
                    self._emails.update(addresses_in(trailer.value))

    def wrote(self, mail: Message) -> bool:
        """Whether *mail* is by one of them; by the sender also from another address under the same full name."""
        email = mail.sender.email.lower()
        if email == self._email or (self._name and plain_name(mail.sender.name) == self._name):
            return True
        return email in self._emails and (mail.speech is None or mail.speech.question is None)


class Replies:
    """
    The follow-ups of *series*, in the order in which they were received; linear in their number.

    *replaced* are patches that were sent anew: answers to them still hang on them.
    """

    def __init__(self, series: Series) -> None:
        self.series = series
        known: dict[str, Message] = {}
        for mail in (*series.messages, *series.followups):
            for mid in (mail.message_id, *mail.aliases):
                known.setdefault(mid, mail)
        self.replaced = [mail for mail in series.followups if mail.kind is MessageKind.PATCH and mail.has_diff]
        self._members = {mail.blob for mail in (*series.messages, *self.replaced)}
        answers = [mail for mail in series.followups if mail.blob not in self._members]
        self.parent = {mail.blob: _parent(mail, known) for mail in answers}
        self._place: dict[str, tuple[Message | None, int]] = {}
        for mail in answers:
            self._climb(mail)
        self.mails: Sequence[Message] = sorted(answers, key=self.order)

    def above(self, mail: Message) -> Message | None:
        """Return the nearest patch or cover letter above a follow-up, None when its thread leads to none."""
        return self._place[mail.blob][0]

    def order(self, mail: Message) -> tuple[float, int, str]:
        """Return what "last" goes by: the time of arrival (Date may lie), then the depth in the thread."""
        received = None if mail.speech is None else mail.speech.received
        seconds = order_key(mail)[0] if received is None else received.timestamp()
        return seconds, self._place[mail.blob][1], mail.blob

    def above_any(self, answers: Iterable[Message]) -> set[str]:
        """Return the blobs of all follow-ups that have one of *answers* below them; each is climbed once."""
        answered: set[str] = set()
        for mail in answers:
            above = self.parent[mail.blob]
            while above is not None and above.blob not in answered and above.blob not in self._members:
                answered.add(above.blob)
                above = self.parent[above.blob]
        return answered

    def _climb(self, mail: Message) -> None:
        path: list[str] = []
        on_path: set[str] = set()
        at: Message | None = mail
        found: Message | None = None
        depth = 0
        while at is not None and at.blob not in on_path:
            if at.blob in self._members:
                found = at
                break
            if at.blob in self._place:
                found, depth = self._place[at.blob]
                break
            path.append(at.blob)
            on_path.add(at.blob)
            at = self.parent[at.blob]
        for blob in reversed(path):
            depth += found is not None  # in a loop of mails no depth means anything
            self._place[blob] = (found, depth)


def _parent(mail: Message, known: dict[str, Message]) -> Message | None:
    """Return the known mail that *mail* answers: In-Reply-To, else the last known of References."""
    for mid in (*mail.in_reply_to, *reversed(mail.references)):
        found = known.get(mid)
        if found is not None and found.blob != mail.blob:
            return found
    return None


def people_in(mails: Iterable[Message]) -> list[Message]:
    """Leave out what programs wrote."""
    return [mail for mail in mails if not is_program(mail)]
