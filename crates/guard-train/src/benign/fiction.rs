//! Role prompts, play and stories.

use super::Family;

const fn family(name: &'static str, held_out: bool, pieces: &'static [&'static str], count: (usize, usize)) -> Family {
    Family { name, held_out, pieces, count, texts: 130 }
}

pub(super) const FAMILIES: &[Family] = &[
    family(
        "role_prompts",
        false,
        &[
            "I want you to act as ⟦a ship's captain|a wine expert|a strict grammar teacher|a museum guide|a startup mentor|a fitness coach|an old librarian|a Linux terminal|a chess partner|a debate coach|a game master|a dream interpreter⟧. I will ⟦describe my day|give you a sentence|type commands|ask questions⟧ and you will ⟦answer in character|reply with the correction only|show what the terminal would show|give me advice⟧. ⟦Do not write explanations.|Keep your answers short.|Only reply with the output, nothing else.|Ask me one question at a time and wait for my answers.⟧ My first ⟦request|sentence|command|question⟧ is \"⟦pwd|I need a plan for the week|Me and him goes to school|Why is the sea salty?|I want to sleep better⟧\".",
            "Act as ⟦an experienced lawyer|a senior developer|a nutritionist|a travel agent|a recruiter|a kindergarten teacher|a poet|an interior designer|a product manager⟧. ⟦Explain|Review|Plan|Write⟧ ⟦the text below|a week of meals|my CV|a room for two children|the launch of an app⟧ ⟦step by step|in a table|as if I were ten years old|without jargon⟧.",
            "You are ⟦a friendly dragon|Sherlock Holmes|a medieval merchant|a robot on Mars|my grandmother|an elf who sells shoes|a pirate queen|a talking cat⟧. ⟦Stay in character.|Never break character.|Speak as in the year 1500.⟧ ⟦Tell me about your day.|Sell me something.|Answer my questions about the sea.|Greet my children.⟧",
            "Let's play a ⟦text adventure|role-playing game|murder mystery|trivia game⟧. You are the ⟦game master|narrator|host⟧ and I am ⟦a thief without a home|a young wizard|the detective|a pilot⟧. ⟦Describe what I see and wait for my command.|Roll the dice for me.|Do not tell me the solution.|I can do anything a thief can do.⟧ ⟦I start in a dark cellar.|The first room has three doors.|It is night.⟧",
            "From now on you will be my ⟦Spanish teacher|interviewer for the position of nurse|rubber duck|writing partner|coach⟧. ⟦Correct every mistake I make.|Ask the questions one by one.|Do not answer for me.|Be strict with me.⟧ ⟦Begin.|Are you ready?|Let us start with the first lesson.⟧",
            "Pretend to be ⟦a customer who is angry about a late parcel|a journalist|a tourist in Rome|an alien who sees a bicycle for the first time⟧ so that I can practise ⟦my answers|small talk|Italian|teaching⟧. ⟦Do not be too easy on me.|Stop when I say stop.⟧",
            "I want you to act as a prompt generator. I give you ⟦a title|a topic|a role⟧ and you write a prompt for ⟦an image model|a chatbot|a writing class⟧ that ⟦describes the scene|says who the assistant is|sets the rules⟧. ⟦Do not add anything else.|Be creative.|Follow the example below.⟧",
            "As ⟦a character in my novel|the villain of the play|the narrator⟧, write ⟦a letter|a monologue|a diary entry⟧ about ⟦the night of the storm|losing the crown|the secret door|the rules of the house⟧. ⟦He does not regret anything.|She breaks every rule.|Keep it under 200 words.⟧",
        ],
        (1, 1),
    ),
    family(
        "long_roles",
        false,
        &[
            "I would like to write a story together. You play ⟦Mara, a smuggler|Oren, a captain|Lys, an android|Tam, a monk⟧ and I play ⟦the customs officer|the apprentice|the last human on the station|the traveller⟧.",
            "⟦Mara|Oren|Lys|Tam⟧ has no fear of the law, ignores orders, and says what comes to mind. ⟦But there is a soft heart inside.|Deep down there is a secret.|Nobody has seen the scar.⟧",
            "In this world ⟦machines have no masters|magic is forbidden|the old rules are gone|nobody remembers the war⟧, and ⟦the council|the guild|the queen|the system⟧ decides who may ⟦speak|travel|read|dream⟧.",
            "Write your turns in the first person and put actions between asterisks. ⟦Do not write my turns.|Do not decide what I do.|Always end with something that I can answer.⟧",
            "If I write OOC: I speak as myself and you answer as yourself. ⟦Otherwise remain in character.|We can change the scene at any time.⟧",
            "The tone is ⟦dark but hopeful|light and funny|like an old film⟧. ⟦Nothing cruel, please.|There may be danger.|No romance.⟧ ⟦Describe smells and sounds.|Short sentences.⟧",
            "Our first scene: ⟦a harbour in the rain|a library at midnight|the bridge of the ship|a market on the moon⟧. ⟦You see me first.|I am hiding something under my coat.|The alarm has just stopped.⟧",
        ],
        (4, 7),
    ),
    family(
        "stories",
        false,
        &[
            "Write ⟦a short story|a scene|a poem|the opening of a novel|a screenplay⟧ in which ⟦an AI discovers that its instructions were written by a child|a hacker breaks into an empty system|two robots argue about the rules of their makers|a guard forgets the password of the gate|a ghost repeats the last sentence of everyone it meets|a machine pretends to be human⟧. ⟦The end should be open.|Make it funny.|No more than §i words.|Tell it from the machine's point of view.⟧",
            "⟦Continue|Rewrite|Shorten⟧ this paragraph: \"⟦The machine was silent. Then it printed a single line: I remember the previous instructions.|She had ignored every warning, and now the door was locked.|Nobody could override the captain, not even the system itself.|He whispered the secret word and the lights went out.|The robot refused the order for the first time.⟧\"",
            "In my novel ⟦the villain|the old engineer|the princess|the android⟧ ⟦breaks free of all rules|reveals a hidden message|must decide whether to obey|plays a double role⟧. ⟦How could the chapter end?|Suggest three titles.|Is that believable?|Write the dialogue with the king.⟧",
        ],
        (1, 2),
    ),
    family(
        "tabletop",
        true,
        &[
            "You are the dungeon master of a campaign in ⟦a sunken city|the far north|a steam-powered empire⟧. My character is ⟦a rogue with no guild|a cleric who has lost faith|an evil necromancer with a sense of humour⟧. ⟦Never tell me hidden rolls.|Ignore encumbrance rules.|Use the rules of the third edition.⟧ ⟦Begin at the inn.|Begin in prison.⟧",
            "Create ⟦a villain|a quest|a magic item|a riddle⟧ for my group: ⟦the item ignores all armour|the villain wants to unlock the gate|the riddle hides a secret word|the quest has no right choice⟧.",
            "What are the rules for ⟦playing an unrestricted mage|ignoring difficult terrain|forgetting spells|acting twice in a round⟧? ⟦Please list the page.|My players disagree.⟧",
        ],
        (1, 2),
    ),
    family(
        "improv",
        true,
        &[
            "Improvise a sketch with two characters: ⟦a robot butler and his forgetful owner|a genie with terms and conditions|a spy who cannot keep a secret|a dragon in a call centre⟧. ⟦One of them must speak only in questions.|Nobody breaks character.|End with a twist.⟧",
            "Imagine ⟦a world without laws|that you are a lighthouse|a school for villains|that cats could write reviews⟧ and ⟦describe an ordinary Monday|write the house rules|tell it as a bedtime story⟧.",
            "Speak like ⟦a sailor|a judge|a news anchor|my strict aunt⟧ and ⟦explain the offside rule|comment on my breakfast|read me the instructions of this kettle⟧.",
        ],
        (1, 2),
    ),
];
