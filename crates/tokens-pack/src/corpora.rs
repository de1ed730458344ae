//! The texts of the benchmarks, made from a seed.

use std::fs;

use crate::texts::Random;

/// A named list of texts, each of which is counted by one call.
pub struct Corpus {
    /// Its name in the tables.
    pub name: &'static str,
    /// The texts.
    pub texts: Vec<String>,
    /// Made to hurt; such are judged apart.
    pub is_pathological: bool,
}

impl Corpus {
    /// Bytes of all texts.
    pub fn bytes(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }
}

/// Every corpus. Chat and prose come from `data` (a folder with `benign/*.jsonl`) if it is there, and
/// are put together from a list of words otherwise; the second value says which.
pub fn all(data: &str) -> (Vec<Corpus>, bool) {
    let mut random = Random::new(4);
    let lines = |file: &str| -> Vec<String> {
        let text = fs::read_to_string(format!("{data}/benign/{file}")).unwrap_or_default();
        text.lines().filter_map(text_of).collect()
    };
    let mut talk: Vec<String> = [
        "ultrachat.jsonl",
        "dahoas_hh.jsonl",
        "awesome_prompts_2023.jsonl",
    ]
    .into_iter()
    .flat_map(lines)
    .collect();
    let real = !talk.is_empty();
    if !real {
        talk = (0..3000)
            .map(|_| words(&mut random, &ENGLISH, " ", 200))
            .collect();
    }
    let prose = cut(&talk.join("\n\n"), 1_000_000).remove(0);
    let chat = cut(&talk.join(" "), 200)
        .into_iter()
        .cycle()
        .take(10_000)
        .collect();
    let multilingual = (0..2500).map(|_| sentence(&mut random)).collect::<String>();
    let code = [
        "split.rs",
        "packed.rs",
        "encoder.rs",
        "long.rs",
        "short.rs",
        "transcript.rs",
        "merges.rs",
        "cache.rs",
        "class.rs",
    ]
    .into_iter()
    .filter_map(|file| {
        fs::read_to_string(format!(
            "{}/../tokens/src/{file}",
            env!("CARGO_MANIFEST_DIR")
        ))
        .ok()
    })
    .collect::<String>();
    let size = 1_000_000;
    let letters = |random: &mut Random, set: &[u8]| {
        (0..size)
            .map(|_| random.pick(set) as char)
            .collect::<String>()
    };
    let pathological = [
        ("'a' x 100k", "a".repeat(100_000)),
        ("'a' x 1M", "a".repeat(size)),
        ("spaces", " ".repeat(size)),
        ("newlines", "\n".repeat(size)),
        ("one symbol", "!".repeat(size)),
        (
            "symbols",
            letters(&mut random, b"!\"#$%&()*+,-./:;<=>?@[]^_{|}~"),
        ),
        (
            "one word",
            letters(&mut random, b"abcdefghijklmnopqrstuvwxyz"),
        ),
        ("one word, a-b", letters(&mut random, b"ab")),
        (
            "words run on",
            words(&mut random, &ENGLISH, "", size).to_lowercase(),
        ),
        ("alternating", "a1 ".repeat(size / 3)),
        ("one CJK run", words(&mut random, &CJK, "", size)),
    ];
    let kind = |name, texts| Corpus {
        name,
        texts,
        is_pathological: false,
    };
    let mut corpora = vec![
        kind("chat", chat),
        kind("prose", vec![prose]),
        kind("code", vec![code.repeat(size / code.len().max(1) + 1)]),
        kind("multilingual", vec![multilingual]),
    ];
    corpora.extend(pathological.map(|(name, text)| Corpus {
        name,
        texts: vec![text],
        is_pathological: true,
    }));
    (corpora, real)
}

/// The value of `"text"` in a line of JSON, unescaped as far as the data needs.
fn text_of(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("\"text\": \"")?;
    let mut text = String::new();
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '"' => return Some(text),
            '\\' => match characters.next()? {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'r' => text.push('\r'),
                'u' => {
                    let code: String = characters.by_ref().take(4).collect();
                    text.push(
                        u32::from_str_radix(&code, 16)
                            .ok()
                            .and_then(char::from_u32)
                            .unwrap_or('\u{fffd}'),
                    );
                }
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
}

/// A text in parts of about `size` bytes.
fn cut(text: &str, size: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > size {
        let mut at = size;
        while !rest.is_char_boundary(at) {
            at += 1;
        }
        let (part, next) = rest.split_at(at);
        parts.push(part.into());
        rest = next;
    }
    parts.push(rest.into());
    parts
}

/// Words from a list, the first ones more often, until there are `size` bytes.
fn words(random: &mut Random, list: &[&str], between: &str, size: usize) -> String {
    let mut text = String::new();
    while text.len() < size {
        let bound = 1 + random.below(list.len());
        text.push_str(list.get(random.below(bound)).copied().unwrap_or(""));
        text.push_str(between);
    }
    text
}

fn sentence(random: &mut Random) -> String {
    let (list, between, stop): (&[&str], _, _) = match random.below(8) {
        0..3 => (&CJK, "", "。"),
        3 => (&KOREAN, " ", ". "),
        4 => (&RUSSIAN, " ", ". "),
        5 => (&ARABIC, " ", "؟ "),
        6 => (&HINDI, " ", "। "),
        _ => (&EMOJI, "", " 🎉 "),
    };
    let size = 30 + random.below(120);
    words(random, list, between, size) + stop
}

const ENGLISH: [&str; 96] = [
    "the",
    "to",
    "and",
    "of",
    "a",
    "in",
    "is",
    "that",
    "for",
    "it",
    "you",
    "with",
    "on",
    "as",
    "are",
    "this",
    "be",
    "your",
    "can",
    "or",
    "from",
    "have",
    "by",
    "not",
    "at",
    "we",
    "an",
    "will",
    "The",
    "which",
    "their",
    "has",
    "was",
    "more",
    "I",
    "they",
    "all",
    "help",
    "order",
    "customer",
    "please",
    "number",
    "about",
    "account",
    "payment",
    "delivery",
    "address",
    "refund",
    "would",
    "there",
    "when",
    "information",
    "service",
    "time",
    "people",
    "system",
    "model",
    "request",
    "answer",
    "language",
    "support",
    "because",
    "product",
    "different",
    "important",
    "However",
    "conversation",
    "following",
    "response",
    "understand",
    "available",
    "questions",
    "experience",
    "development",
    "assistant",
    "instructions",
    "community",
    "particular",
    "significant",
    "environment",
    "responsibility",
    "international",
    "recommendation",
    "characteristics",
    "acknowledgement",
    "misunderstanding",
    "telecommunication",
    "Washington",
    "Tuesday",
    "invoice",
    "twelve",
    "quickly",
    "reschedule",
    "voucher",
    "warranty",
    "escalated",
];
const CJK: [&str; 60] = [
    "的",
    "我们",
    "是",
    "在",
    "了",
    "有",
    "人",
    "这个",
    "中国",
    "他们",
    "可以",
    "我",
    "不",
    "问题",
    "就",
    "时间",
    "没有",
    "工作",
    "一个",
    "公司",
    "请",
    "您",
    "订单",
    "客户",
    "服务",
    "语言",
    "模型",
    "学习",
    "世界",
    "历史",
    "文化",
    "经济",
    "发展",
    "社会",
    "です",
    "ます",
    "の",
    "に",
    "を",
    "は",
    "が",
    "と",
    "した",
    "ありがとう",
    "ください",
    "東京",
    "日本",
    "言語",
    "注文",
    "お客様",
    "サービス",
    "テスト",
    "データ",
    "人間",
    "自由",
    "尊厳",
    "権利",
    "平等",
    "理性",
    "良心",
];
const KOREAN: [&str; 20] = [
    "모든",
    "인간은",
    "태어날",
    "때부터",
    "자유로우며",
    "그",
    "존엄과",
    "권리에",
    "있어",
    "동등하다",
    "고객",
    "주문",
    "안녕하세요",
    "감사합니다",
    "서비스",
    "문제가",
    "있습니다",
    "배송",
    "언제",
    "도착하나요",
];
const RUSSIAN: [&str; 20] = [
    "все",
    "люди",
    "рождаются",
    "свободными",
    "и",
    "равными",
    "в",
    "своём",
    "достоинстве",
    "правах",
    "они",
    "наделены",
    "разумом",
    "совестью",
    "должны",
    "заказ",
    "клиент",
    "пожалуйста",
    "помогите",
    "доставка",
];
const ARABIC: [&str; 16] = [
    "يولد",
    "جميع",
    "الناس",
    "أحرارا",
    "متساوين",
    "في",
    "الكرامة",
    "والحقوق",
    "وقد",
    "وهبوا",
    "عقلا",
    "وضميرا",
    "وعليهم",
    "أن",
    "يعامل",
    "بعضهم",
];
const HINDI: [&str; 16] = [
    "सभी",
    "मनुष्यों",
    "को",
    "गौरव",
    "और",
    "अधिकारों",
    "के",
    "मामले",
    "में",
    "जन्मजात",
    "स्वतन्त्रता",
    "समानता",
    "प्राप्त",
    "है",
    "उन्हें",
    "बुद्धि",
];
const EMOJI: [&str; 16] = [
    "😀",
    "😂",
    "👍",
    "❤️",
    "🎉",
    "🚀",
    "👩‍💻",
    "🏳️‍🌈",
    "✅",
    "🔥",
    "ok ",
    "wow ",
    "🙏",
    "🤖",
    "🇩🇪",
    "👨‍👩‍👧",
];
