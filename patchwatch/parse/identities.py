# SPDX-License-Identifier: GPL-2.0-or-later
"""
Who is an AI agent: the table, as data. Version 2026-11.

To extend it: add a whole address to AGENT_EMAILS, a name to AGENT_NAMES (and to AMBIGUOUS when people
carry it too), a model word to MODEL_PREFIXES. Personal addresses of people whose name collides never
belong here: an address that is not listed is a person's, and a company's domain proves nothing.
Collected from git logs of 31 projects since 2023 and 51 kernel-list archives 2019-07 to 2026-07.
"""

VERSION = "2026-11"

AGENT_EMAILS = {
    "noreply@anthropic.com": "Claude",
    "claude@anthropic.com": "Claude",
    "claude@anthropic.ai": "Claude",
    "noreply@openai.com": "Codex",
    "codex@openai.com": "Codex",
    "codex@example.com": "Codex",
    "cursoragent@cursor.com": "Cursor",
    "agent@cursor.com": "Cursor",
    "cursor@agent": "Cursor",
    "copilot@github.com": "Copilot",
    "noreply@aider.chat": "aider",
    "aider@aider.chat": "aider",
    "amp@ampcode.com": "Amp",
    "noreply@opencode.ai": "OpenCode",
    "noreply@codebuff.com": "Codebuff",
    "codemender-patching@google.com": "CodeMender",
    "gemini-cli-agent@google.com": "Gemini",
    "gemini-cli-robot@google.com": "Gemini",
    "gemini-cli@google.com": "Gemini",
    "gemini-agent@google.com": "Gemini",
    "agent@gemini.com": "Gemini",
    "antigravity@gemini.ai": "Antigravity",
    "grok@x.ai": "Grok",
    "crush@charm.land": "Crush",
    "droid@factory.ai": "Droid",
    "pi@earendil.works": "Pi",
    "noreply@cline.bot": "Cline",
}

# Shared no-reply addresses: an agent only together with a name that starts like this.
AGENT_EMAILS_WITH_NAME = {"noreply@google.com": ("gemini", "Gemini"), "noreply@alibaba.com": ("qwen", "Qwen")}

# The number before `+login@users.noreply.github.com` identifies an account; the login alone proves nothing.
AGENT_GITHUB_IDS = {
    "209825114": "Claude",
    "215619710": "Claude",
    "208546643": "Claude",
    "198982749": "Copilot",
    "167198135": "Copilot",
    "175728472": "Copilot",
    "223556219": "Copilot",
    "206951365": "Cursor",
    "215057067": "Codex",
    "199175422": "Codex",
    "161369871": "Jules",
    "158243242": "Devin",
    "208079219": "Amazon Q",
    "205137888": "Cline",
    "230936708": "Continue",
    "201248094": "Cody",
    "220155983": "JetBrains AI",
}
AGENT_GITHUB_LOGINS = {
    "claude[bot]": "Claude",
    "anthropic-claude[bot]": "Claude",
    "claude-code-action[bot]": "Claude",
    "copilot[bot]": "Copilot",
    "cursor[bot]": "Cursor",
    "openai-codex[bot]": "Codex",
    "chatgpt-codex-connector[bot]": "Codex",
    "google-labs-jules[bot]": "Jules",
    "devin-ai-integration[bot]": "Devin",
    "amazon-q-developer[bot]": "Amazon Q",
    "cline[bot]": "Cline",
    "continue[bot]": "Continue",
    "sourcegraph-cody[bot]": "Cody",
    "jetbrains-ai[bot]": "JetBrains AI",
}

# Names as people write them; compared without case, blanks, `-` and `_`.
AGENT_NAMES = (
    *("Claude", "Claude Code", "Codex", "OpenAI Codex", "Codex CLI", "Copilot", "GitHub Copilot", "Copilot CLI"),
    *(
        "Cursor",
        "OpenCode",
        "Kiro",
        "kres",
        "Gemini",
        "Gemini CLI",
        "Antigravity",
        "Qoder",
        "kimi-cli",
        "Pi",
        "Pi agent",
    ),
    *("aider", "CodeMender", "Amp", "Devin", "Jules", "Cody", "Cline", "Crush", "Droid", "ChatGPT", "AuditCode-AI"),
    *("atomcode", "Comagic", "0sec", "Augment code", "Claude AI", "GitHub Copilot CLI", "Google Gemini"),
)
GENERIC_NAMES = ("LLM", "AI", "AI assistant", "generic LLM chatbot", "LLM chatbot")

# People, CPUs, projects and words carry these names too: alone they count only as the whole value of a
# key that is about help from tools, and never beside a personal address.
AMBIGUOUS = frozenset("claude devin jules cody gemini cursor pi amp codex crush droid copilot aider ai".split())
# First names of people: in prose never enough by themselves.
FIRST_NAMES = frozenset("claude devin jules cody gemini".split())

MODEL_PREFIXES = (
    *("claude-", "gpt-", "gpt4", "gpt5", "gemini-", "glm-", "qwen", "kimi-", "deepseek-", "llama-", "grok-"),
    *("minimax-", "mistral-", "big-pickle", "chatgptv"),
)
# Model families that count when a number stands with them: "Opus 4.7", "GLM 5.2", "o3".
MODEL_FAMILIES = frozenset(
    "opus sonnet haiku fable gpt glm gemini claude qwen kimi deepseek llama grok minimax".split()
)
MODEL_WORDS = frozenset("o1 o3 o4-mini opus sonnet haiku".split())

# These keys are about AI whatever the value (unless it is negative).
STRONG_KEYS = frozenset(
    """ai-used-for ai-assisted-by ai-generated-by ai-agent ai-assistant ai-tool llm-assisted-by llm coding-agent
    assisted-by-ai co-developed-by-ai""".split()
)
SESSION_KEYS = frozenset(
    "claude-session agent-logs-url amp-thread-id entire-checkpoint replit-commit-session-id".split()
)
# These are about help from tools or people: a bare agent name is enough.
HELP_KEYS = frozenset("assisted-by assisted-with generated-by generated-with made-with agent helped-by".split())
# These name people as a rule: only a listed address, a model, or an unambiguous agent name counts.
PERSON_KEYS = frozenset(
    """co-authored-by co-developed-by suggested-by reported-by found-by reviewed-by signed-off-by tested-by
    acked-by""".split()
)
NEGATIVE_VALUES = frozenset(("none", "n/a", "no", "-", "not used", "nothing"))

# Programs that send an agent's mail, as the product that X-Mailer or User-Agent names, with a version or not.
# A mailer is no person, so first names count here; compared like AGENT_NAMES.
AGENT_MAILERS = {
    **dict.fromkeys(("claude", "claude-code", "claude-cli"), "Claude"),
    **dict.fromkeys(("codex", "codex-cli", "codex_cli_rs", "openai-codex"), "Codex"),
    **dict.fromkeys(("copilot-cli", "github-copilot", "github-copilot-cli"), "Copilot"),
    **dict.fromkeys(("gemini-cli", "gemini-cli-agent"), "Gemini"),
    "cursor-agent": "Cursor",
    "opencode": "OpenCode",
    "aider": "aider",
    "kimi-cli": "kimi-cli",
    "kres": "kres",
}

SESSION_LINKS = ("https://claude.ai/code/session",)
BRANCH_KEYS = frozenset(("published-as", "fetch-it-via"))
BRANCH_PREFIXES = ("claude/", "codex/", "copilot/", "cursor/", "devin/")

# Words of the policy language that a tag's items or a sentence may name.
USES = frozenset(
    """code tests docs comments commit-message content research analysis static-analysis debugging bug-finding
    review autocomplete spelling grammar translation accessibility rename reformat""".split()
)

# Automatic senders: their mail keeps its kind, but is nobody's word. A `*` stands for any text.
BOT_ADDRESSES = (
    *(
        "syzbot+*@syzkaller.appspotmail.com",
        "syzbot@syzkaller.appspotmail.com",
        "lkp@intel.com",
        "oe-lkp@lists.linux.dev",
    ),
    *("patchwork-bot+*@kernel.org", "bot@kernelci.org", "bot+bpf-ci@kernel.org", "tip-bot2@linutronix.de"),
    *("sashiko-bot@kernel.org", "sashiko@kernel.org", "sashiko+bot@kernel.org", "sashiko@lists.linux.dev"),
    *("sashiko@sashiko.dev", "noreply@github.com", "mailer-daemon@*", "postmaster@*", "no-reply@patchew.org"),
)
