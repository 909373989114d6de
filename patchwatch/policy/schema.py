# SPDX-License-Identifier: GPL-2.0-or-later
"""
The vocabulary of a policy file, schema 1: every table, key and word there is. Anything else is a fault.

The types are read by pydantic once, for the JSON Schema; files are held against that schema (`policy.shape`),
so that editors and `policy lint` agree. Only files of people are checked at run time; those that ship are
checked by the tests, so that no start pays for pydantic: this module is imported when a check is due, and
for types. The descriptions are the reference in the documentation.
"""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal, Required

from annotated_types import Ge
from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from patchwatch.policy.shape import Schema, find_faults
from patchwatch.policy.text import plain
from patchwatch.policy.words import Day, Effect, May, Name, RoleWord, Stance, Status, Suggest, Use, Words

SCHEMA = 1


class SourceTable(TypedDict, total=False):
    url: Required[Annotated[Name, Field(description="Where the text can be read.")]]
    revision: Annotated[str, Field(description="Commit or version of the text that was read.")]
    retrieved: Annotated[Day, Field(description="Day on which it was read last.")]
    via: Annotated[
        Literal["text", "secondary", "thread", "press"],
        Field(description="What was read: the `text` itself, somebody's account of it, a thread, the press."),
    ]


SelectTable = TypedDict(
    "SelectTable",
    {
        "list-ids": Annotated[Words, Field(description="Globs on the List-Id, with `*` and `?`.")],
        "addresses": Annotated[
            Words, Field(description="Globs on addresses in To and Cc; asked when no List-Id fits.")
        ],
        "subject-prefixes": Annotated[
            Words, Field(description="Words in the brackets of the subject (`[PATCH util-linux]`); asked last.")
        ],
        "paths": Annotated[
            Words, Field(description="Only with `overlay-of`: globs on the files that the overlay is about.")
        ],
    },
    total=False,
)
WhenTable = TypedDict(
    "WhenTable",
    {
        "evidence": Annotated[
            list[Literal["trailer", "prose", "identity", "link", "branch"]],
            Field(description="There is a disclosure of this kind."),
        ],
        "uses": Annotated[list[Use], Field(description="One of these uses is declared.")],
        "uses-not": Annotated[list[Use], Field(description="A use outside this list is declared.")],
        "kind": Annotated[
            list[Literal["bug-fix", "mechanical", "bug-report"]],
            Field(
                description="`bug-fix`: Fixes, Resolves, Closes or Reported-by is there (the word fix in the subject "
                "alone is unknown); `mechanical`: the log names a tool and the hunks are the same edit, else unknown; "
                "`bug-report`: the mail is one."
            ),
        ],
        "only-roles": Annotated[
            list[RoleWord | Literal["comments"]],
            Field(description="All changed files have these roles; `comments`: comment lines of code files."),
        ],
        "any-roles": Annotated[list[RoleWord], Field(description="At least one changed file has one of these roles.")],
        "label": Annotated[
            Literal["prototype", "none"], Field(description="Whether the posting is labelled as a prototype.")
        ],
        "message-kind": Annotated[
            list[Literal["patch", "cover", "reply", "bug-report", "pull"]], Field(description="Kind of the message.")
        ],
        "first-time": Annotated[
            bool,
            Field(description="Whether the database has no earlier mail of the author; unknown without a database "
                  "or with one that knows less than 90 days."),
        ],
        "prior-contact": Annotated[
            bool, Field(description="Whether a maintainer recorded that the author asked before; never inferred.")
        ],
    },
    total=False,
)  # fmt: skip
TagTable = TypedDict(
    "TagTable",
    {
        "means": Annotated[
            Literal["ai", "human", "either"],
            Field(description="Whom the tag names; `human`: it is never evidence of AI, whatever its value."),
        ],
        "grammar": Annotated[
            Literal["words", "list", "text", "person"],
            Field(
                description="How the value is written: forms separated by blanks, a list, any text, or a name with an "
                "optional address."
            ),
        ],
        "first": Annotated[
            str,
            Field(description="Form of the first word: `agent:model`, `model`, `name`, `tool` or `literal:WORD`."),
        ],
        "rest": Annotated[str, Field(description="Form of all words after the first; absent: there are none.")],
        "items": Annotated[Words, Field(description="Closed words of a list.")],
        "item": Annotated[str, Field(description="Form of each item of a list, where the words are not closed.")],
        "separator": Annotated[
            str, Field(min_length=1, max_length=1, description="Sign between the items of a list; default: a comma.")
        ],
        "note": Annotated[
            Literal["none", "parenthesised"], Field(description="Whether an item may carry a note in parentheses.")
        ],
        "before": Annotated[str, Field(description="Key that the tag stands before.")],
        "after": Annotated[str, Field(description="Key that the tag stands after.")],
        "names-model": Annotated[
            Literal["ignore", "forbid", "require"], Field(description="Whether the value is to name a model.")
        ],
        "also-accept": Annotated[
            Words, Field(description="Versions of the same policy whose form of this tag is fine too.")
        ],
    },
    total=False,
)
MeasureTable = TypedDict(
    "MeasureTable",
    {
        "count": Annotated[
            Literal["added", "removed", "added+removed", "max"],
            Field(description="Reading that is shown first; `max` is per file the larger of added and removed."),
        ],
        "scope": Annotated[
            Literal["lines", "lines-no-docs", "code"],
            Field(description="Lines that are shown first; `code` leaves out blank lines and comments."),
        ],
        "exclude-roles": Annotated[list[RoleWord], Field(description="Roles of files that are not counted.")],
        "ignore": Annotated[
            list[Literal["moved", "whitespace-only", "repeated-edit"]],
            Field(
                description="Lines that are not counted. Needs the text of the mail; where it is not at hand, the "
                "result says that the numbers could not be reduced."
            ),
        ],
        "per": Annotated[
            Literal["patch", "series", "author"],
            Field(
                description="What is summed. `author` adds what the database knows of the author's earlier series; "
                "it is at most a question, and nothing without a database."
            ),
        ],
        "window-days": Annotated[
            int, Ge(0), Field(description="Days before the mail that `author` sums over; 0: ever.")
        ],
        "limit": Annotated[int, Ge(0), Field(description="Largest number of lines that is fine; 0 only shows them.")],
        "borderline": Annotated[
            Literal["any-reading"] | Annotated[int, Ge(0)],
            Field(
                description="What is too close to call: nine ways of counting that disagree about the limit, or a "
                "number of lines around it."
            ),
        ],
    },
    total=False,
)


class ScenarioTable(TypedDict, total=False):
    id: Required[Annotated[Name, Field(description="Name of the scenario.")]]
    when: Annotated[WhenTable, Field(description="Condition; absent: always.")]
    measure: Annotated[str, Field(description="Name of a measure; over its limit, the next scenario is tried.")]
    outcome: Required[
        Annotated[
            Literal["allow", "allow-with-note", "maintainer-discretion", "ask-first", "decline"],
            Field(description="What the text says about such a change."),
        ]
    ]
    note: Annotated[str, Field(description="What is to be noted beside it.")]
    ask: Annotated[Words, Field(description="Ids of questions that come with this scenario.")]


class RuleTable(TypedDict, total=False):
    use: Required[Annotated[Name, Field(description="Id of the rule; `patchwatch rule` lists them.")]]
    effect: Annotated[
        Literal["decline", "ask", "none", "off"],
        Field(description="The most a finding may do; `off` removes an inherited rule. Default: `none`."),
    ]
    when: Annotated[WhenTable, Field(description="Findings count only where this holds.")]
    params: Annotated[dict[str, object], Field(description="The rule's own parameters.")]
    why: Annotated[str, Field(description="The text's reason, in own words; required with `decline`.")]
    clause: Annotated[str, Field(description="URL of the clause; default: the first source.")]


class HumanTable(TypedDict, total=False):
    id: Required[Annotated[Name, Field(description="Name of the question.")]]
    ask: Required[Annotated[Name, Field(description="The question.")]]
    when: Annotated[WhenTable, Field(description="Asked only where this holds or may hold.")]


class DiscretionTable(TypedDict, total=False):
    paths: Required[Annotated[Words, Field(description="Globs on files; `**` for all.")]]
    may: Required[Annotated[list[May], Field(description="What maintainers may do.")]]
    disputed: Annotated[bool, Field(description="Whether people disagree that they may.")]


class WaiverTable(TypedDict, total=False):
    by: Required[
        Annotated[
            list[Literal["maintainer", "named-reviewer", "core", "list-consensus"]],
            Field(description="Who may lift a clause for a series."),
        ]
    ]
    self: Annotated[bool, Field(description="Whether people may do so for their own patches; default: true.")]


class OutcomeWhenTable(TypedDict, total=False):
    rules: Annotated[Words, Field(description="One of these rules found something.")]
    effect: Annotated[
        Effect | list[Effect], Field(description="A finding (of these rules, if any are named) has this effect.")
    ]
    repeated: Annotated[
        int, Ge(1), Field(description="So many series of the author had it, this one included; needs a database.")
    ]
    days: Annotated[int, Ge(1), Field(description="Days before the mail in which they are counted.")]


class OutcomeTable(TypedDict, total=False):
    when: Annotated[OutcomeWhenTable, Field(description="Condition; absent: always.")]
    suggest: Required[Annotated[Suggest, Field(description="What the text says follows.")]]


class ExampleTable(TypedDict, total=False):
    id: Required[Annotated[Name, Field(description="Name of the example.")]]
    says: Annotated[str, Field(description="What it shows, in a sentence.")]
    mail: Required[Annotated[Name, Field(description="A whole mail, or an mbox of several.")]]
    outcome: Required[
        Annotated[
            Literal["ready", "ask", "prototype", "decline", "undetermined"],
            Field(description="The outcome that this text gives the newest series of the mail."),
        ]
    ]
    findings: Annotated[Words, Field(description="All rules that ask or decline.")]
    notes: Annotated[str, Field(description="What a reader should know beside it.")]


EffectiveTable = TypedDict(
    "EffectiveTable",
    {
        "from": Required[Annotated[Day, Field(description="First day, in UTC.")]],
        "until": Annotated[Day, Field(description="Last day.")],
        "review-by": Annotated[Day, Field(description="Day from which the text is to be read again.")],
    },
    total=False,
)
PolicyTable = TypedDict(
    "PolicyTable",
    {
        "id": Required[Annotated[Name, Field(description="The project, in `a-z 0-9 . _ -`; all versions share it.")]],
        "version": Annotated[str, Field(description="Name of this version of the text; `id@version` is unique.")],
        "status": Annotated[
            Status,
            Field(description="Whether the text binds: only `in-force` and `superseded` do, inside their dates."),
        ],
        "stance": Annotated[Stance, Field(description="A label for lists of policies, without effect.")],
        "abstract": Annotated[bool, Field(description="Only there to be inherited; the id begins with `_`.")],
        "effective": Annotated[EffectiveTable, Field(description="The dates of the text.")],
        "overlay-of": Annotated[
            str,
            Field(
                description="Id of the policy that this one lies on, for series that touch `select.paths`. An overlay "
                "may add rules and questions and raise effects."
            ),
        ],
        "exempt-uses": Annotated[
            list[Use],
            Field(description="Uses the text does not speak about: a declaration of only these is no AI content."),
        ],
        "exclude-paths": Annotated[
            Words, Field(description="Globs on files outside the text (imported code): they leave every count.")
        ],
        "stale-after-days": Annotated[
            int, Ge(1), Field(description="Age of `retrieved` from which on the text is to be read again; 180.")
        ],
    },
    total=False,
)


class LabelsTable(TypedDict, total=False):
    """Subject prefixes with a meaning."""

    prototype: Annotated[
        Words, Field(description="Mark a posting as not for merging; default: RFC, PROTOTYPE, POC, WIP.")
    ]


class PolicyFile(TypedDict, total=False):
    """One file: one version of one text."""

    schema: Required[Annotated[int, Field(description="Version of this vocabulary: 1.")]]
    inherit: Annotated[str, Field(description="Id (or id@version) of one policy whose tables are taken over.")]
    policy: Required[Annotated[PolicyTable, Field(description="Which text this is, and when it holds.")]]
    source: Annotated[list[SourceTable], Field(description="Where the text stands, the main one first.")]
    select: Annotated[SelectTable, Field(description="Which series belong to the project.")]
    roles: Annotated[
        dict[RoleWord, Words],
        Field(
            description="Globs on files for each role, tried in the order generated, tests, build, docs, code; what "
            "matches none is code. `*` and `?` stop at `/`, `**` does not."
        ),
    ]
    labels: Annotated[LabelsTable, Field(description="Words in subjects that mean something.")]
    tag: Annotated[dict[str, TagTable], Field(description="What a trailer key means, and how its value is written.")]
    measure: Annotated[dict[str, MeasureTable], Field(description="How much is too much.")]
    scenario: Annotated[
        list[ScenarioTable],
        Field(
            description="Kinds of change that the text speaks about, where AI content is declared; first match wins."
        ),
    ]
    rule: Annotated[list[RuleTable], Field(description="The rules that this text uses.")]
    human: Annotated[list[HumanTable], Field(description="Questions for a person, never answered by the tool.")]
    discretion: Annotated[list[DiscretionTable], Field(description="What the text leaves to maintainers.")]
    waiver: Annotated[WaiverTable, Field(description="Who may lift a clause.")]
    outcome: Annotated[list[OutcomeTable], Field(description="What the text says follows; shown, never done.")]
    example: Annotated[list[ExampleTable], Field(description="Mail with the answer that this text gives.")]


def shape_faults(data: Mapping[str, object]) -> list[str]:
    """Return every fault in tables, keys and words of one file, each as `key.path[1]: what is wrong`."""
    version = data.get("schema")
    if isinstance(version, int) and not isinstance(version, bool) and version > SCHEMA:
        return [f"schema: {version} needs a newer patchwatch (this one reads {SCHEMA})"]
    found = find_faults(plain(data), json_schema())
    if isinstance(version, int) and version < SCHEMA:
        found.append(f"schema: {version} is no version; write {SCHEMA}")
    return found


@cache
def json_schema() -> Schema:
    """Return the JSON Schema of a policy file, for editors and for `shape_faults`."""
    typed = with_config(ConfigDict(extra="forbid", strict=True))(PolicyFile)
    return TypeAdapter(typed).json_schema(by_alias=True)
