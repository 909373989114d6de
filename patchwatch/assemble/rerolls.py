# SPDX-License-Identifier: GPL-2.0-or-later
"""
Single patches of a series that were sent anew, each as an answer to the patch that it replaces.

Nobody posted the others again, so the series goes on with the new patch in its slot, and says so. The new patch alone
is no posting that anybody waits for: it points to the series.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from patchwatch.assemble.evidence import age
from patchwatch.assemble.threads import order_key
from patchwatch.model.mail import Message
from patchwatch.model.series import Patch, Series, State


def put_into_slots(series: Sequence[Series], partial: Mapping[int, tuple[int, tuple[int, ...]]]) -> list[Series]:
    """
    Return *series* with what was sent anew in its slots.

    *partial* gives, by the place of a posting, that of the series and the slot of each patch there. Of several for
    one slot the newest stands. A former patch becomes a follow-up; answers to the new one are answers to the series.
    """
    done = list(series)
    sent: dict[int, list[int]] = defaultdict(list)
    for number in sorted(partial, key=lambda number: age(series[number])):
        target, slots = partial[number]
        sent[target].append(number)
        told = f"rerolled: stands for {_patches(slots)} of {series[target].id}"
        own = replace(series[number], notes=(*series[number].notes, told))
        if own.state is State.OPEN:
            own = replace(own, state=State.SUPERSEDED, superseded_by=series[target].id)
        done[number] = own
    for target, numbers in sent.items():
        done[target] = _with_patches(done[target], [(series[number], partial[number][1]) for number in numbers])
    return done


def _with_patches(target: Series, anew: Sequence[tuple[Series, tuple[int, ...]]]) -> Series:
    new: dict[int | None, Message] = {}
    former = {patch.position: patch.message for patch in target.patches}
    answers = {mail.blob: mail for mail in target.followups}
    notes = list(target.notes)
    for posting, slots in anew:
        new.update(zip(slots, (patch.message for patch in posting.patches), strict=True))
        answers.update({mail.blob: mail for mail in (*posting.followups, *posting.messages)})
        notes.append(f"rerolled: {_patches(slots)} as v{posting.revision}, {posting.id}")
    answers.update({mail.blob: mail for slot, mail in former.items() if slot in new})
    for mail in new.values():
        answers.pop(mail.blob, None)
    return replace(
        target,
        patches=tuple(
            Patch(position=patch.position, message=new.get(patch.position, patch.message)) for patch in target.patches
        ),
        followups=tuple(sorted(answers.values(), key=order_key)),
        notes=tuple(notes),
    )


def _patches(slots: Sequence[int]) -> str:
    return f"patch{'es' if len(slots) > 1 else ''} {', '.join(map(str, sorted(slots)))}"
