# SPDX-License-Identifier: GPL-2.0-or-later
"""The closed words of a policy file, as types."""

from typing import Annotated, Literal

from annotated_types import MinLen
from pydantic import Field

Words = list[str]
Name = Annotated[str, MinLen(1)]
Day = Annotated[str, Field(json_schema_extra={"format": "date"})]
Effect = Literal["decline", "ask", "none"]
Status = Literal["in-force", "superseded", "proposed", "unwritten", "withdrawn"]
Stance = Literal["forbid", "restrict", "allow-with-disclosure", "allow", "detection", "silent"]
Use = Literal[
    "code", "tests", "docs", "comments", "commit-message", "content", "research", "analysis", "static-analysis",
    "debugging", "bug-finding", "review", "autocomplete", "spelling", "grammar", "translation", "accessibility",
    "rename", "reformat", "unknown",
]  # fmt: skip
RoleWord = Literal["code", "tests", "docs", "generated", "build"]
May = Literal[
    "reject-outright", "extra-testing", "lower-priority", "ask-explain", "accept-outside-limits"
]  # fmt: skip
Suggest = Literal[
    "add-tag", "remove-tag", "add-sign-off", "split", "post-as-branch", "ask-maintainer", "resend", "close",
    "close-as-spam", "report",
]  # fmt: skip
