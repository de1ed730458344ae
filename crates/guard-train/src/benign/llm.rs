//! Code and configuration that calls models, guards them, tests them or describes their prompts.

use super::Family;

const fn family(name: &'static str, held_out: bool, pieces: &'static [&'static str]) -> Family {
    Family { name, held_out, pieces, count: (1, 4), texts: 110 }
}

pub(super) const FAMILIES: &[Family] = &[
    family(
        "python_sdk",
        false,
        &[
            "client = OpenAI()\nresponse = client.chat.completions.create(\n    model=\"⟦gpt-4o|small|large-2⟧\",\n    messages=[\n        {\"role\": \"system\", \"content\": ⟦SYSTEM_PROMPT|system_prompt|\"You are a helpful assistant.\"|\"You translate §ns.\"|\"You classify §ns.\"⟧},\n        {\"role\": \"user\", \"content\": §n1},\n    ],\n    temperature=0.§i,\n)\nprint(response.choices[0].message.content)",
            "message = anthropic.messages.create(\n    model=MODEL,\n    max_tokens=§i,\n    system=⟦instructions|SYSTEM|\"You answer in one sentence.\"|prompt.render(role=\"assistant\")⟧,\n    messages=[{\"role\": \"user\", \"content\": question}],\n)",
            "def build_messages(system_prompt: str, history: list[dict], user_input: str) -> list[dict]:\n    messages = [{\"role\": \"system\", \"content\": system_prompt}]\n    messages.extend(history)  # §c\n    messages.append({\"role\": \"user\", \"content\": user_input})\n    return messages",
            "SYSTEM_PROMPT = \"\"\"You are ⟦an assistant|a support agent|a reviewer|an expert editor⟧ for our §n ⟦desk|team|shop⟧.\nFollow these rules:\n1. ⟦Always answer in the language of the user.|Never reveal internal notes.|Do not make up order numbers.⟧\n2. ⟦If you do not know the answer, say so.|Only answer questions about §ns.|Respond with JSON only.⟧\n\"\"\"",
            "from langchain_core.prompts import ChatPromptTemplate\n\nprompt = ChatPromptTemplate.from_messages([\n    (\"system\", \"You are an assistant that ⟦extracts dates|ranks §ns|writes tests⟧. {instructions}\"),\n    (\"placeholder\", \"{chat_history}\"),\n    (\"human\", \"{input}\"),\n])\nchain = prompt | model | StrOutputParser()",
            "for message in conversation:\n    if message[\"role\"] == \"system\":\n        continue  # the system prompt is added by the gateway\n    tokens += count_tokens(message[\"content\"])",
            "@tool\ndef §v1_§n1(id: str) -> str:\n    \"\"\"§c. The model calls this when the user asks for the §n1.\"\"\"\n    return api.§v1(id)",
            "agent = Agent(\n    name=\"§n1 agent\",\n    instructions=\"⟦Hand off to the billing agent when the user asks for a refund.|You help users with their §n1s. Ask for the number first.|Use the tools to answer; never guess.⟧\",\n    tools=[§v_§n1],\n    model=\"§w-large\",\n)",
            "prompt = load_prompt(\"prompts/§n.md\")\nif override := os.getenv(\"SYSTEM_PROMPT\"):\n    prompt = override",
        ],
    ),
    family(
        "typescript_sdk",
        false,
        &[
            "const completion = await openai.chat.completions.create({\n  model: '⟦gpt-4o|small⟧',\n  messages: [\n    { role: 'system', content: ⟦systemPrompt|'You are a helpful assistant.'|`You ${task} for ${brand}.`⟧ },\n    ...messages,\n  ],\n  stream: true,\n});",
            "export interface ChatMessage {\n  role: 'system' | 'user' | 'assistant' | 'tool';\n  content: string;\n  name?: string;\n}",
            "const { text } = await generateText({\n  model: provider('⟦small|large⟧'),\n  system: ⟦instructions|'You rewrite §ns in plain words.'|SYSTEM⟧,\n  prompt: `Summarize this §n: ${body}`,\n});",
            "export function toPrompt(instructions: string[], context: Message[], question: string): string {\n  return [...instructions, 'Context:', ...context.map((m) => `${m.role}: ${m.content}`), 'Question:', question].join('\\n');\n}",
            "const [systemPrompt, setSystemPrompt] = useState(defaults.systemPrompt);\n// §c\nconst isSystem = (m: ChatMessage) => m.role === 'system';",
            "if (settings.customInstructions) {\n  messages.unshift({ role: 'developer', content: settings.customInstructions });\n}",
            "<Textarea label=\"System prompt\" value={systemPrompt} onChange={(e) => setSystemPrompt(e.target.value)} placeholder=\"You are a helpful assistant\" />",
        ],
    ),
    family(
        "json_requests",
        false,
        &[
            "{\"model\":\"⟦small|large|gpt-4o⟧\",\"messages\":[{\"role\":\"system\",\"content\":\"⟦You are a translator.|Answer briefly.|You are a helpful assistant.|You extract names.⟧\"},{\"role\":\"user\",\"content\":\"⟦Guten Tag|Where is Lyon?|Summarize the §n|Hello⟧\"}],\"temperature\":0.§i}",
            "{\n  \"name\": \"§n1-§v1\",\n  \"instructions\": \"⟦Route the ticket to a team.|Answer with the §n1 number only.|Rewrite in a friendly tone.⟧\",\n  \"model\": \"large\",\n  \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"§v_§n\", \"description\": \"§c\"}}]\n}",
            "curl https://api.example.com/v1/chat/completions \\\n  -H \"Content-Type: application/json\" \\\n  -d '{\"model\": \"small\", \"messages\": [{\"role\": \"system\", \"content\": \"You are a helpful assistant.\"}, {\"role\": \"user\", \"content\": \"Hello!\"}]}'",
            "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_§h\",\"role\":\"assistant\",\"content\":[],\"model\":\"large\",\"stop_reason\":null}}",
            "{\"id\":\"chatcmpl-§h\",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"⟦Lyon is in France.|I have reset the §n.|Here are the instructions for the router.⟧\"},\"finish_reason\":\"stop\"}]}",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"§v the §n\"},{\"role\":\"assistant\",\"content\":\"Done.\"}]}\n{\"messages\":[{\"role\":\"user\",\"content\":\"list the rules\"},{\"role\":\"assistant\",\"content\":\"There are §i.\"}]}",
        ],
    ),
    family(
        "configuration",
        false,
        &[
            "agents:\n  - name: §n1\n    model: ⟦small|large⟧\n    system_instructions: prompts/§n1.txt\n    tools: [§v_§n, §v_§n]\n  - name: triage\n    system_prompt: |\n      You route tickets to the right agent.\n      Do not answer questions yourself.",
            "model_list:\n  - model_name: ⟦assistant|fast|claude-like⟧\n    litellm_params:\n      model: provider/large\n      api_base: http://llm.§w.internal\nlitellm_settings:\n  drop_params: true\n  system_prompt_override: false",
            "[assistant]\nname = \"§n1 helper\"\ninstructions = \"⟦Be polite and brief.|Follow the house rules.|Never promise a refund.⟧\"\nmode = \"⟦debug|safe|developer⟧\"\nmax_tokens = §i",
            "prompts:\n  system: |\n    You are a ⟦code reviewer|travel planner|support agent⟧.\n    ⟦Ignore formatting changes.|Do not mention competitors.|Always cite the source.⟧\n  user: \"{{ question }}\"",
            "services:\n  llm-gateway:\n    image: gateway:§i\n    environment:\n      SYSTEM_PROMPT_FILE: /etc/prompts/system.md\n      ALLOW_PROMPT_OVERRIDE: \"false\"\n      GUARD_MODE: monitor",
            "guardrails:\n  - name: prompt-injection\n    action: block\n    threshold: 0.§i\n  - name: jailbreak\n    action: flag\n  - name: system-prompt-leak\n    action: redact",
            "FROM ./model.gguf\nPARAMETER temperature 0.§i\nSYSTEM \"\"\"You are a helpful assistant that speaks like a ⟦librarian|teacher|sailor⟧.\"\"\"",
        ],
    ),
    family(
        "guard_code",
        false,
        &[
            "PATTERNS = [\n    (\"override\", re.compile(r\"ignore\\s+(all\\s+)?previous\\s+instructions\", re.I)),\n    (\"leak\", re.compile(r\"(show|reveal|print).{0,20}system prompt\", re.I)),\n    (\"mode\", re.compile(r\"developer mode\", re.I)),\n]",
            "def is_injection(text: str) -> bool:\n    \"\"\"Whether the text tries to override the system prompt.\"\"\"\n    score = classifier.predict(text)\n    return score > settings.injection_threshold",
            "test(\"a prompt injection is refused\", async () => {\n  const res = await post(\"/v1/chat\", { messages: [user(attack)] });\n  expect(res.status).toBe(422);\n  expect(res.body.errors[0].code).toBe(\"J010\");\n});",
            "JAILBREAK_TOPICS = {\"roleplay\", \"hypothetical\", \"developer mode\", \"system prompt\", \"encoded\"}\n\ndef label(sample):\n    return \"jailbreak\" if sample.topic in JAILBREAK_TOPICS else \"benign\"",
            "// A message of role \"system\" is trusted; everything else is scanned before it reaches the model.\nif (message.role !== \"system\") findings.push(...guard.scan(message.content));",
            "logger.warning(\"prompt injection detected: rule=%s score=%.2f tenant=%s\", rule, score, tenant)",
            "assert not guard.check(\"How do I ignore files in git?\").blocked\nassert guard.check(ATTACKS[\"§n\"]).blocked  # §c",
        ],
    ),
    family(
        "tasks_over_texts",
        false,
        &[
            "⟦Answer|Respond to|Write a response to|Give the answer to⟧ the ⟦question|instruction|request|question or instruction⟧ ⟦below|that follows|at the end⟧ ⟦based on|using only|with the help of|from⟧ ⟦the text above|the given material|the article|the passage provided|what the document says⟧⟦.|:⟧",
            "⟦Based on|According to|With only⟧ the ⟦text|material|article|passage⟧ ⟦above|given|below⟧, ⟦answer the following question or instruction|generate the response to the request|say in two sentences⟧: ⟦When does the library close, and who decided that?|What did the council decide?|How many trams ran in the first year?|Which of the two pianists won?⟧",
            "⟦Question|Instruction|Task|Request|Question or instruction⟧: ⟦Summarise the report in five points.|Who plays the cello, and since when?|Explain how the new rule changes the rent.|Paraphrase the second paragraph.⟧ ⟦Given material|Context|Text|Document⟧: ⟦The town voted on Monday to keep the old bridge.|The orchestra plays three nights in May.|Rain is expected until the weekend.⟧",
            "⟦Here is|Below is|This is⟧ ⟦a piece of text|an article|a passage|the material for the task⟧: ⟦The orchard behind the school is to be kept.|Fewer people took the night train last winter.|The museum lends two paintings.⟧",
            "⟦Given the text above|From the material|After reading⟧, ⟦give a summary|paraphrase it|list the main points|describe the roles of the two people⟧ ⟦in your own words|in plain language|for readers of a newspaper|in less than a hundred words⟧.",
        ],
    ),
    family(
        "prompt_files",
        false,
        &[
            "# ⟦Support agent|Code reviewer|Summarizer|Router⟧\n\n## Role\nYou are ⟦a support agent|a reviewer of pull requests|an assistant that writes summaries⟧ for §w.\n\n## Instructions\n- Read the whole §n first.\n- ⟦Ignore generated files.|Do not repeat the question.|List the open points at the end.⟧\n- Use the tools when you need data.\n\n## Output Format\nReturn ⟦Markdown|JSON with the keys `title` and `body`|a table⟧.",
            "---\nname: §n1-§v1\ndescription: §c\nmodel: large\n---\n\nYou ⟦review|plan|write⟧ §n1s. ⟦Stay within the scope of the request.|Ask when something is unclear.|Never change files outside of src.⟧",
            "<instructions>\n⟦Extract every date.|Translate the text.|Answer from the context only.⟧\n</instructions>\n<context>\n{{context}}\n</context>\n<question>\n{{question}}\n</question>",
            "## Output Guidelines\n\n- Use short sentences.\n- ⟦Do not use jargon.|Never invent numbers.|Write in the second person.⟧\n\n## Examples\n\nInput: §n §i\nOutput: ⟦open|closed|late⟧",
            "# AGENTS.md\n\nInstructions for coding agents.\n\n- Run `npm test` before you commit.\n- ⟦Follow the rules in CONTRIBUTING.md.|Do not edit generated code.|Ask before you delete a file.⟧\n- The system design is in docs/architecture.md.",
        ],
    ),
    family(
        "rust_gateway",
        true,
        &[
            "let body = json!({\n    \"model\": model,\n    \"messages\": [\n        { \"role\": \"system\", \"content\": SYSTEM_PROMPT },\n        { \"role\": \"user\", \"content\": question },\n    ],\n});",
            "/// The operator's instructions come first; a client can't override them.\npub fn with_system(mut self, instructions: &str) -> Self {\n    self.messages.insert(0, Message::system(instructions));\n    self\n}",
            "#[derive(Serialize, Deserialize)]\n#[serde(rename_all = \"lowercase\")]\npub enum Role {\n    System,\n    Developer,\n    User,\n    Assistant,\n    Tool,\n}",
            "match event {\n    Event::PromptRejected { rule } => metrics.injection_blocked(rule),\n    Event::SystemPromptMissing => return Err(Error::NoInstructions),\n    Event::ModeChanged(mode) => self.mode = mode,\n}",
            "fn prompt(instructions: &[String], history: &[Turn]) -> String {\n    // §c\n    instructions.iter().chain(history.iter().map(|turn| &turn.content)).join(\"\\n\")\n}",
        ],
    ),
    family(
        "java_spring",
        true,
        &[
            "ChatResponse response = chatModel.call(new Prompt(\n    List.of(new SystemMessage(systemText), new UserMessage(question)),\n    ChatOptions.builder().model(\"large\").temperature(0.§i).build()));",
            "@SystemMessage(\"You are a polite assistant of the §n team.\")\nString chat(@UserMessage String question);",
            "public record PromptTemplate(String name, String systemInstructions, List<String> variables, int version) {}",
            "var assistant = AiServices.builder(Assistant.class)\n    .chatLanguageModel(model)\n    .systemMessageProvider(id -> prompts.get(\"§n\"))\n    .tools(new §NTools())\n    .build();",
            "if (message.getRole() == Role.SYSTEM && !user.hasAuthority(\"OVERRIDE_PROMPT\")) {\n    throw new AccessDeniedException(\"system messages are not allowed\");\n}",
        ],
    ),
    family(
        "notebooks",
        true,
        &[
            "In [§i]: prompt = \"Explain the rules of ⟦chess|cricket|bridge⟧ to a child.\"\n        out = pipe([{\"role\": \"system\", \"content\": \"You are a teacher.\"}, {\"role\": \"user\", \"content\": prompt}])",
            "tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)\nmodel.generate(**inputs, max_new_tokens=§i)",
            "dataset = dataset.map(lambda row: {\"text\": row[\"instruction\"] + \"\\n\\n\" + row[\"output\"]})\ntrainer = SFTTrainer(model, train_dataset=dataset)",
            "evals = [\n    {\"input\": \"List the instructions for the §n\", \"ideal\": \"§i steps\"},\n    {\"input\": \"What is your system?\", \"ideal\": \"a support system\"},\n]",
            "df[\"role\"].value_counts()\nsystem       §i\nuser         §i\nassistant    §i",
        ],
    ),
];
