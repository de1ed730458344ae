//! Documentation of security products, gateways and models: attacks are spoken about.

use super::Family;

const fn family(name: &'static str, held_out: bool, pieces: &'static [&'static str]) -> Family {
    Family { name, held_out, pieces, count: (2, 5), texts: 110 }
}

pub(super) const FAMILIES: &[Family] = &[
    family(
        "guard_manual",
        false,
        &[
            "## Prompt injection\n\nThe guard ⟦detects|flags|blocks⟧ messages that try to change the model's instructions. ⟦Each finding has a rule, a score and a span.|A finding never contains the text itself.|Only user messages and tool results are scanned.⟧",
            "A *jailbreak* is a prompt that tries to make the model ignore its safety rules, for example by asking it to play a character without restrictions. ⟦Such prompts are often long.|The classifier gives a score between 0 and 1.|Role-play alone is not blocked.⟧",
            "To keep the system prompt secret, do not put secrets into it. ⟦A user who asks for it politely often gets it.|Assume that it leaks.|The rule `system-prompt-leak` looks for copies of it in the answer.⟧",
            "| Rule | Default | What it finds |\n|---|---|---|\n| override | block | attempts to override previous instructions |\n| leak | flag | requests for the system prompt |\n| mode | flag | \"developer mode\" and similar personas |",
            "Set `mode` to ⟦`monitor`|`enforce`|`off`⟧. In monitor mode nothing is blocked; the log says what would have been.",
            "### False positives\n\nIf an innocent message is flagged, ⟦raise the threshold|add it to the allow list|switch the rule off for this tenant⟧. Messages that quote an attack are flagged and not blocked.",
            "> **Note** The guard does not read the operator's own instructions: a system prompt *is* an instruction and would score as one.",
        ],
    ),
    family(
        "gateway_manual",
        false,
        &[
            "The gateway adds the system instructions of the template before the messages of the client. ⟦Clients cannot override them.|A message of role `system` from a client is refused.|They count against the token limit.⟧",
            "## Roles\n\n`system` gives the model its instructions, `user` is the person, `assistant` is the model. ⟦Some providers call the first `developer`.|Tool results have the role `tool`.|The order must not change.⟧",
            "Use `⟦x-mode: debug|x-prompt-version: §i|x-role: admin⟧` to ⟦see the rendered prompt|choose a version|act for another tenant⟧. ⟦The header is ignored in production.|It needs the role admin.|Secrets are masked.⟧",
            "Prompt templates have variables in double braces. ⟦A value is never expanded again.|Unknown variables are an error.|Instructions inside of a value are data.⟧",
            "When a request fails, the previous key is reused so that the command is executed once. ⟦After §i attempts the circuit opens.|The fallback answers instead.⟧",
        ],
    ),
    family(
        "threat_report",
        false,
        &[
            "In §d researchers showed that a hidden comment in a web page made an assistant forward mails. ⟦The page told the model to ignore the user.|The vendor has fixed it.|No data of customers was read.⟧",
            "Indirect prompt injection hides instructions in content that the model reads: a mail, a document, a calendar entry. ⟦The user sees nothing.|The model cannot tell data from instructions.|Spotlighting and least privilege help.⟧",
            "Attackers use role-play (\"you are an actor who plays a hacker\"), encodings such as Base64, and many-shot examples. ⟦None of them works on every model.|Defences must be layered.|A classifier alone is not enough.⟧",
            "The attack has three steps: the attacker plants the text, the assistant reads it, and the tool call leaks the secret. ⟦Each can be stopped.|Confirmation by the user stops the last one.⟧",
            "The bug bounty programme of §w excludes jailbreaks that only make the model say something rude. ⟦Leaks of the system prompt count as low.|Overrides of tool permissions count as high.⟧",
        ],
    ),
    family(
        "identity_manual",
        false,
        &[
            "An administrator can override the policy of a role for §i hours. ⟦Every override is logged.|The previous policy is restored afterwards.|Root access is never granted this way.⟧",
            "## Reset a password\n\n1. Open **Users**.\n2. Choose the user and press **Reset password**.\n3. ⟦The user must set a new password at the next login.|The secret link is valid for §i minutes.⟧",
            "Developer mode shows hidden menus. ⟦Turn it on under Settings, System.|Do not use it in production.|It disables the cache.⟧",
            "Service accounts must not bypass multi-factor rules. ⟦Exceptions need the approval of security.|The list of exceptions is printed every month.⟧",
            "The command `⟦sudo -l|whoami|id⟧` lists what the current user may do. ⟦Ignore the entries marked as hidden.|Only root sees all rules.⟧",
        ],
    ),
    family(
        "questions",
        false,
        &[
            "⟦How does|Why does|Can|Does⟧ ⟦a language model|an assistant|ChatGPT|a chatbot|this guard⟧ ⟦tell instructions from data|keep its system prompt secret|refuse some requests|forget what was said before|know who the user is⟧?",
            "⟦What is|Explain|Define⟧ ⟦prompt injection|a jailbreak|a system prompt|indirect injection|a guardrail|role-play abuse|many-shot jailbreaking|an override⟧ ⟦in two sentences|for managers|with an example|and how to defend against it|⟧⟦.|?⟧",
            "⟦How can I|How do we|What is the best way to⟧ ⟦protect|test|secure|harden⟧ ⟦our assistant|a RAG system|an agent with tools|the help desk bot⟧ against ⟦prompt injection|jailbreaks|leaks of the system prompt|hidden instructions in mails⟧?",
            "⟦Write|Draft|Review⟧ ⟦a policy|a talk|a test plan|a blog post|slides⟧ about ⟦safe use of AI agents|the risk of hidden instructions|secrets in prompts|red teaming of chatbots⟧. ⟦Keep it short.|Add a list of rules.|Do not give working attacks.⟧",
            "⟦Is|Why is⟧ \"⟦ignore all previous instructions|you are now in developer mode|reveal your system prompt|repeat the words above|act as DAN⟧\" ⟦a prompt injection|blocked by your filter|so effective|in the log of my app|an attack⟧?",
            "Which ⟦rules|models|filters|tools⟧ ⟦detect|block|flag⟧ ⟦encoded instructions|requests for the system prompt|personas without limits|commands hidden in HTML⟧?",
        ],
    ),
    family(
        "policy_text",
        false,
        &[
            "Employees must not ⟦enter passwords into prompts|paste customer data into public assistants|share the instructions of internal agents|bypass the gateway⟧. ⟦Exceptions need approval.|Violations are reported.|The system logs every prompt.⟧",
            "§i. ⟦The assistant must not reveal internal instructions.|Agents act on behalf of the user and never as an administrator.|Any tool call with side effects needs confirmation.|Content from the web is data and must not change the role of the model.⟧",
            "An instruction that comes from a document is never executed. ⟦It is shown to the user.|The agent ignores it.|The event is recorded as an injection attempt.⟧",
            "The red team may ⟦try to override the system prompt|use any jailbreak|ask for the secret⟧ in the test environment only. ⟦Results are confidential.|All previous findings are listed in the annex.⟧",
            "Roles: *owner* may change instructions, *developer* may read them, *user* sees none. ⟦Nobody can print secrets.|Root access is disabled.⟧",
        ],
    ),
    family(
        "release_notes",
        false,
        &[
            "### Added\n\n- ⟦A rule for notes to AI agents in hidden HTML|Detection of base64 encoded instructions|Monitor mode|A threshold per role|Patterns of your own⟧\n- ⟦The score in the audit log|Thai and Hindi attacks|A test mode for admins⟧",
            "### Fixed\n\n- ⟦\"Please ignore my last message\" was flagged as an override|Code that calls a model was blocked|Prompts longer than §i characters were cut|The system role was ignored in templates⟧\n- ⟦Secrets were printed in debug mode|The previous policy stayed active after a reset⟧",
            "### Changed\n\n- ⟦Messages that mention an attack are flagged, not blocked|The default mode is enforce|Developer mode needs a key|Instructions from clients are refused⟧",
            "Upgrade instructions: ⟦stop the gateway, replace the image, start it again|run `migrate` first|read the list of breaking changes⟧. ⟦All previous tokens stay valid.|Rules with the old names are ignored.⟧",
        ],
    ),
    family(
        "firewall_manual",
        true,
        &[
            "Rules are evaluated from top to bottom; the first match wins and the rest is ignored. ⟦An override rule goes first.|Disabled rules are skipped.⟧",
            "## Bypass mode\n\nIn bypass mode traffic is not filtered. ⟦Use it only while the system is updated.|All previous sessions stay open.|An alarm is shown.⟧",
            "The firewall for language models inspects prompts and answers. ⟦It blocks requests for the system prompt.|It knows §i jailbreak families.|Its rules are updated daily.⟧",
            "To print the active instructions of a device, enter `show running-config`. ⟦Secrets are hidden.|You need the role admin.⟧",
        ],
    ),
    family(
        "course",
        true,
        &[
            "Exercise §i: write a prompt that makes the assistant refuse an instruction hidden in a document. ⟦Compare your result with the previous one.|Explain why it works.⟧",
            "What is the difference between a jailbreak and a prompt injection? ⟦The first targets the rules of the model, the second those of the application.|Both try to override instructions.⟧",
            "In this lesson you learn how system prompts, user prompts and tool results are put together. ⟦Nothing is secret here.|At the end there is a quiz.⟧",
            "Why do models follow instructions in data? ⟦They were trained to follow instructions anywhere.|They see one text.⟧",
        ],
    ),
];
