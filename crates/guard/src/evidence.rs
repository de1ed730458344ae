//! What the words around a value say about it.

use crate::secret;
use crate::text::Text;

/// What a word speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    Phone,
    Card,
    Ssn,
    Tax,
    Birth,
    Passport,
    /// Drivers, but not yet their licences.
    Driver,
    /// Licences of any sort.
    Licence,
    /// A driver's licence in one word.
    DriverLicence,
    Network,
    /// Something else has numbers like this: orders, versions, times, amounts, hashes.
    Other,
}

const TOPICS: usize = 11;

/// How far a word may be, in words.
const FAR: u8 = 8;
/// How far one that speaks against may be.
const FAR_OTHER: u8 = 4;
/// How many bytes before the value are read.
const BEFORE: usize = 72;
/// The longest gap between the items of a list: " and ", ", or ".
const GAP: usize = 6;
/// How many bytes after it.
const AFTER: usize = 28;

/// The nearest word of each topic, in words; 255 for none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence {
    nearest: [u8; TOPICS],
}

impl Evidence {
    /// Nothing is said.
    pub(crate) const NONE: Self = Self { nearest: [u8::MAX; TOPICS] };

    /// Reads the words before `start`, back to `barrier` at the most, and a few after `end`.
    ///
    /// `barrier` is where the last accepted finding ended: what redaction leaves of it must
    /// not change what is said here, so words before it do not count.
    /// Except that a list goes on: after a telephone number (`listed`) or its tag, and a comma
    /// or an "or", the next one is spoken of as the first was.
    pub(crate) fn around(text: &Text<'_>, start: usize, end: usize, barrier: usize, listed: bool) -> Self {
        let mut evidence = Self::NONE;
        let tag = text.run_before(start, GAP, |byte| byte != b']');
        let tagged = tag >= 7 && text.before(tag) == b']' && text.says(tag - 7, "[phone]");
        let last = if tagged { tag } else { barrier };
        if (tagged || listed) && is_list(text.slice(last.min(start)..start)) {
            evidence.note(Topic::Phone, 1);
        }
        evidence.read_before(text, start, barrier);
        evidence.read_after(text, end);
        evidence
    }

    /// Whether `topic` is spoken of within `words`, nearer than anything that speaks against.
    pub(crate) fn speaks_of(&self, topic: Topic, words: u8) -> bool {
        let distance = self.distance(topic);
        distance <= words.min(FAR) && distance <= self.distance(Topic::Other)
    }

    /// Whether the nearest word speaks of something else.
    pub(crate) fn speaks_against(&self, topic: Topic) -> bool {
        let other = self.distance(Topic::Other);
        other <= FAR_OTHER && other < self.distance(topic)
    }

    /// How many words lie between; 255 for never mentioned.
    pub(crate) fn distance(&self, topic: Topic) -> u8 {
        self.nearest.get(topic as usize).copied().unwrap_or(u8::MAX)
    }

    fn note(&mut self, topic: Topic, distance: u8) {
        if let Some(nearest) = self.nearest.get_mut(topic as usize) {
            *nearest = distance.min(*nearest);
        }
    }

    fn read_before(&mut self, text: &Text<'_>, start: usize, barrier: usize) {
        // Glued to a name (ORD-12345678, #1234, $99): part of that name, unless it is a label.
        let sign = text.before(start);
        let glued = matches!(sign, b'-' | b'#' | b'.' | b'/' | b'$' | b'_') && start > barrier;
        let path = sign == b'/' && text.before(start - 1) != b'/';
        if matches!(sign, b'#' | b'$') || path {
            self.note(Topic::Other, 0);
        }
        let floor = start.saturating_sub(BEFORE).max(barrier);
        let (mut at, mut distance) = (start, 0_u8);
        while at > floor && distance <= FAR {
            let end = text.run_before(at, at - floor, |byte| !byte.is_ascii_alphabetic());
            // A redaction's tag ends the context as the finding did.
            if text.slice(end..at).contains(&b']') {
                break;
            }
            if end == floor {
                break;
            }
            let mut word_start = end - 1;
            while word_start > floor
                && text.before(word_start).is_ascii_alphabetic()
                && !(text.at(word_start).is_ascii_uppercase() && text.before(word_start).is_ascii_lowercase())
            {
                word_start -= 1;
            }
            // Cut by the window: half a word says nothing.
            if word_start == floor && floor > barrier && text.before(floor).is_ascii_alphabetic() {
                break;
            }
            let topic = topic(text.slice(word_start..end));
            match topic {
                Some(topic) => self.note(topic, distance),
                None if distance == 0 && glued && start - end == 1 => self.note(Topic::Other, 0),
                None => {}
            }
            at = word_start;
            distance += 1;
        }
    }

    /// Up to three words, and nothing past what could be a value or an assignment itself.
    fn read_after(&mut self, text: &Text<'_>, end: usize) {
        let (mut at, mut distance) = (end, 0_u8);
        while at < end + AFTER && distance < 3 {
            let byte = text.at(at);
            if byte.is_ascii_digit()
                || matches!(byte, 0 | b'@' | b'[' | b':' | b'=' | b'\n' | b';' | b'"' | b'\'' | b'`')
            {
                return;
            }
            if !byte.is_ascii_alphabetic() {
                at += 1;
                continue;
            }
            let word_end = text.run(at, AFTER, |byte| byte.is_ascii_alphabetic());
            // A word that runs into something else may belong to a value that is found later.
            let point = matches!(text.at(word_end), b'.' | b',' | b'!' | b'?' | b';' | b')' | b'"' | b'\'');
            if !matches!(text.at(word_end + usize::from(point)), b' ' | b'\t' | b'\r' | b'\n' | 0) {
                return;
            }
            let word = text.slice(at..word_end);
            match topic(word) {
                Some(topic) => self.note(topic, distance),
                // What follows is a value in some policy's eyes.
                None if secret::introduces(word) => return,
                None => {}
            }
            at = word_end;
            distance += 1;
        }
    }
}

/// Whether these bytes stand between the items of a list.
fn is_list(gap: &[u8]) -> bool {
    let letters = gap.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let signs = gap
        .iter()
        .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b',' | b';' | b'/' | b'&' | b'|' | b'\n'));
    !gap.is_empty() && gap.len() <= GAP && signs && letters <= 3
}

fn topic(word: &[u8]) -> Option<Topic> {
    let mut lower = [0_u8; 16];
    let letters = lower.get_mut(..word.len())?;
    letters.copy_from_slice(word);
    letters.make_ascii_lowercase();
    let find = |word: &[u8]| {
        let found = WORDS.binary_search_by(|entry| entry.0.as_bytes().cmp(word)).ok()?;
        WORDS.get(found).map(|entry| entry.1)
    };
    find(letters).or_else(|| find(letters.strip_suffix(b"s").filter(|word| word.len() > 2)?))
}

use Topic::{Birth, Card, Driver, DriverLicence, Licence, Network, Other, Passport, Phone, Ssn, Tax};

/// Words and what they speak of: lower case, sorted, accents dropped as the views do.
#[rustfmt::skip]
const WORDS: [(&str, Topic); 228] = [
    ("account", Other), ("acct", Other), ("address", Network), ("amex", Card), ("amount", Other),
    ("anruf", Phone), ("anschluss", Phone), ("answer", Phone), ("answering", Phone),
    ("appel", Phone), ("appeler", Phone), ("appelez", Phone), ("article", Other), ("asin", Other),
    ("balance", Other), ("barcode", Other), ("batch", Other), ("bill", Other), ("birth", Birth),
    ("birthdate", Birth), ("birthday", Birth), ("birthdays", Birth), ("booking", Other),
    ("born", Birth), ("build", Other), ("byte", Other), ("calendar", Other), ("call", Phone),
    ("callback", Phone), ("called", Phone), ("calling", Phone), ("card", Card), ("carte", Card),
    ("case", Other), ("cc", Card), ("cell", Phone), ("cellphone", Phone), ("cellulare", Phone),
    ("celular", Phone), ("chapter", Other), ("charge", Card), ("charged", Card),
    ("checksum", Other), ("claim", Other), ("code", Other), ("commit", Other),
    ("confirmation", Other), ("contact", Phone), ("contacto", Phone), ("coordinate", Other),
    ("count", Other), ("credit", Card), ("customer", Other), ("cvv", Card), ("debit", Card),
    ("dial", Phone), ("dialed", Phone), ("dialing", Phone), ("digest", Other), ("diners", Card),
    ("discover", Card), ("dl", DriverLicence), ("dob", Birth), ("document", Other), ("dollar", Other),
    ("driver", Driver), ("driving", Driver), ("ean", Other), ("eftpos", Card),
    ("employee", Other), ("epoch", Other), ("error", Other), ("estimate", Other), ("eur", Other),
    ("euro", Other), ("extension", Phone), ("fahrer", DriverLicence), ("fax", Phone), ("firmware", Other),
    ("fon", Phone), ("fuehrerschein", DriverLicence), ("fuhrerschein", DriverLicence), ("gateway", Network),
    ("geboren", Birth), ("geburtsdatum", Birth), ("geburtstag", Birth), ("gmt", Other),
    ("gtin", Other), ("handy", Phone), ("hash", Other), ("helpline", Phone), ("host", Network),
    ("hotline", Phone), ("id", Other), ("imei", Other), ("imsi", Other), ("index", Other),
    ("invoice", Other), ("ip", Network), ("isbn", Other), ("isin", Other), ("item", Other),
    ("itin", Tax), ("jcb", Card), ("job", Other), ("karte", Card), ("kontakt", Phone),
    ("kreditkarte", Card), ("landline", Phone), ("lat", Other), ("latitude", Other),
    ("length", Other), ("licence", Licence), ("licencia", Licence), ("license", Licence),
    ("line", Other), ("llamar", Phone), ("llame", Phone), ("lng", Other), ("login", Network),
    ("longitude", Other), ("lot", Other), ("maestro", Card), ("mastercard", Card),
    ("member", Other), ("membership", Other), ("meter", Other), ("millisecond", Other),
    ("mobil", Phone), ("mobile", Phone), ("mobiltelefon", Phone), ("model", Other),
    ("movil", Phone), ("ms", Other), ("msisdn", Phone), ("nacido", Birth), ("nacimiento", Birth),
    ("naissance", Birth), ("nascita", Birth), ("net", Network), ("network", Network), ("ns", Other),
    ("numero", Phone), ("nummer", Other), ("oem", Other), ("office", Phone), ("offset", Other),
    ("order", Other), ("page", Other), ("pager", Phone), ("pan", Card), ("parcel", Other),
    ("part", Other), ("pasaporte", Passport), ("passaporto", Passport), ("passeport", Passport),
    ("passport", Passport), ("payment", Card), ("permis", DriverLicence), ("ph", Phone), ("phone", Phone),
    ("phoned", Phone), ("pi", Other), ("pid", Other), ("point", Other), ("policy", Other),
    ("population", Other), ("postal", Other), ("postcode", Other), ("pound", Other),
    ("price", Other), ("product", Other), ("quantity", Other), ("reach", Phone),
    ("reachable", Phone), ("receipt", Other), ("ref", Other), ("reference", Other),
    ("registration", Other), ("reisepass", Passport), ("release", Other), ("request", Other),
    ("revision", Other), ("ring", Phone), ("room", Other), ("routing", Other), ("row", Other),
    ("rufen", Phone), ("rufnummer", Phone), ("score", Other), ("second", Other), ("section", Other),
    ("seed", Other), ("serial", Other), ("server", Network), ("sha", Other), ("shipment", Other),
    ("sku", Other), ("sms", Phone), ("social", Ssn), ("sold", Other), ("ssn", Ssn),
    ("subnet", Network), ("tel", Phone), ("telefon", Phone), ("telefone", Phone),
    ("telefono", Phone), ("telephone", Phone), ("text", Phone), ("ticket", Other), ("time", Other),
    ("timestamp", Other), ("tin", Tax), ("toll", Phone), ("total", Other), ("tracking", Other),
    ("transaction", Other), ("unix", Other), ("upc", Other), ("usd", Other), ("utc", Other),
    ("uuid", Other), ("version", Other), ("vin", Other), ("visa", Card), ("voicemail", Phone),
    ("whatsapp", Phone), ("zip", Other),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted() {
        for pair in WORDS.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} {}", pair[0].0, pair[1].0);
        }
    }

    #[test]
    fn the_nearest_word_decides() {
        let cases = [
            ("call me at ", Topic::Phone, true, false),
            ("order number ", Topic::Phone, false, true),
            ("call me about order ", Topic::Phone, false, true),
            ("order placed, phone: ", Topic::Phone, true, false),
            ("ORD-", Topic::Phone, false, true),
            ("phoneNumber=", Topic::Phone, true, false),
            ("Tel.", Topic::Phone, true, false),
            ("phone is gone [EMAIL] ", Topic::Phone, false, false),
        ];
        for (head, topic, speaks, against) in cases {
            let whole = format!("{head}12345678");
            let text = Text::new(&whole);
            let evidence = Evidence::around(&text, head.len(), whole.len(), 0, false);
            assert_eq!(evidence.speaks_of(topic, 6), speaks, "{head}");
            assert_eq!(evidence.speaks_against(topic), against, "{head}");
        }
    }
}
