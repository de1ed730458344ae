//! Words that say what a number is, in the languages that the numbers are written in.

use super::Topic;

/// The most bytes of a word of another script that are read, before the number.
pub(super) const LONGEST: usize = 36;

/// What `word` speaks of, `right` being the word after it.
pub(super) fn topic(word: &[u8], right: &[u8]) -> Option<Topic> {
    let mut lower = [0_u8; 16];
    let letters = lower.get_mut(..word.len())?;
    letters.copy_from_slice(word);
    letters.make_ascii_lowercase();
    let letters = &*letters;
    let follows = |words: &[&str]| words.iter().any(|word| right.eq_ignore_ascii_case(word.as_bytes()));
    match letters {
        // "social media", but "my social is"
        b"social" if !right.is_empty() && !follows(&["security", "sec", "number", "no", "num", "is", "insurance"]) => {
            return None;
        }
        b"my" | b"your" | b"his" | b"her" | b"our" | b"their" if follows(&["number", "digits"]) => {
            return Some(Topic::Phone);
        }
        // Not the name of a function's argument.
        b"answer" | b"answers" if follows(&["at", "on", "your", "calls"]) => return Some(Topic::Phone),
        b"callback" if follows(&["number", "at", "on", "to", "is", "me"]) => return Some(Topic::Phone),
        b"bel" if follows(&["mij", "me", "ons", "naar", "op", "even", "hem", "haar"]) => return Some(Topic::Phone),
        b"mi" | b"meu" | b"mio" | b"mon" if follows(&["numero"]) => return Some(Topic::Phone),
        b"nato" | b"nata" if follows(&["il"]) => return Some(Topic::Birth),
        b"ne" | b"nee" if follows(&["le"]) => return Some(Topic::Birth),
        _ => {}
    }
    let find = |word: &[u8]| {
        let letter = usize::from(word.first()?.wrapping_sub(b'a'));
        let (from, to) = (*FIRST.get(letter)?, *FIRST.get(letter + 1)?);
        let alike = WORDS.get(usize::from(from)..usize::from(to))?;
        let found = alike.iter().find(|entry| entry.0.len() == word.len() && entry.0.as_bytes() == word)?;
        Some(found.1)
    };
    find(letters).or_else(|| find(letters.strip_suffix(b"s").filter(|word| word.len() > 2)?))
}

/// What a word of another script speaks of; scripts without spaces put more before and after it.
pub(super) fn foreign(word: &[u8]) -> Option<Topic> {
    let has = |part: &str| word.windows(part.len()).any(|window| window == part.as_bytes());
    let short = ["teл", "Teл", "moб", "Moб"].iter().any(|short| word == short.as_bytes());
    let found = FOREIGN.iter().find(|(part, _)| has(part)).map(|entry| entry.1);
    found.or(short.then_some(Topic::Phone))
}

/// Whether a word only says that a number follows: "no.", "nr."
pub(super) fn is_label(word: &[u8]) -> bool {
    ["no", "nr", "num", "number"].iter().any(|label| word.eq_ignore_ascii_case(label.as_bytes()))
}

use Topic::{Birth, Card, Driver, DriverLicence, Licence, Network, Other, Passport, Phone, Record, Ssn, Tax};

/// Words and what they speak of: lower case, sorted, accents dropped as the views do.
#[rustfmt::skip]
const WORDS: [(&str, Topic); 379] = [
    ("account", Record), ("acct", Record), ("address", Network), ("amex", Card), ("amount", Other),
    ("angerufen", Phone), ("anruf", Phone), ("anrufen", Phone), ("anschluss", Phone),
    ("answering", Phone), ("apelati", Phone), ("appel", Phone),
    ("appele", Phone), ("appeler", Phone), ("appelez", Phone), ("aramak", Phone),
    ("arayabilirsiniz", Phone), ("arayin", Phone), ("article", Other), ("asin", Other),
    ("balance", Other), ("barcode", Other), ("batch", Other), ("bellen", Phone), ("belt", Phone),
    ("bereikbaar", Phone), ("bereiken", Phone), ("bill", Record), ("birth", Birth),
    ("birthdate", Birth), ("birthday", Birth), ("birthdays", Birth), ("booking", Record),
    ("born", Birth), ("build", Other), ("byte", Other), ("calendar", Other), ("call", Phone),
    ("called", Phone), ("calling", Phone), ("calls", Other), ("card", Card), ("carnet", Licence),
    ("cartao", Card), ("carte", Card), ("case", Record), ("cc", Card), ("cell", Phone),
    ("cellphone", Phone), ("cellulare", Phone), ("celular", Phone), ("chapter", Other),
    ("charge", Card), ("charged", Card), ("checksum", Other), ("chiama", Phone),
    ("chiamami", Phone), ("chiamare", Phone), ("chiamate", Phone), ("chiamatemi", Phone),
    ("claim", Record), ("cnh", DriverLicence), ("code", Other), ("commit", Other),
    ("conducir", Driver), ("confirmation", Other), ("contact", Phone), ("contactar", Phone),
    ("contactem", Phone), ("contacteme", Phone), ("contacto", Phone), ("contate", Phone),
    ("contato", Phone), ("contattami", Phone), ("contattare", Phone), ("contattateci", Phone),
    ("coordinate", Other), ("count", Other), ("created", Other), ("credit", Card), ("customer", Record), ("cvv", Card),
    ("debit", Card), ("dial", Phone), ("dialed", Phone), ("dialing", Phone), ("dials", Phone),
    ("dienthoai", Phone), ("digest", Other), ("diners", Card), ("discover", Card),
    ("dl", DriverLicence), ("dln", DriverLicence), ("dob", Birth), ("document", Other),
    ("dollar", Other), ("driver", Driver), ("driving", Driver), ("durchwahl", Phone),
    ("dzwon", Phone), ("dzwonic", Phone), ("ean", Other), ("eftpos", Card), ("employee", Record),
    ("epoch", Other), ("erreichbar", Phone), ("erreichen", Phone), ("erreicht", Phone),
    ("error", Other), ("estimate", Other), ("eur", Other), ("euro", Other), ("extension", Phone),
    ("fahrer", DriverLicence), ("fax", Phone), ("festnetz", Phone), ("firmware", Other),
    ("fodelsedatum", Birth), ("fodselsdato", Birth), ("fon", Phone), ("forerkort", DriverLicence),
    ("fuehrerschein", DriverLicence), ("fuhrerschein", DriverLicence),
    ("fuhrerscheinnr", DriverLicence), ("gateway", Network), ("geboorte", Birth),
    ("geboortedatum", Birth), ("geboren", Birth), ("geburtsdatum", Birth), ("geburtstag", Birth),
    ("gmt", Other), ("gsm", Phone), ("gtin", Other), ("guida", Driver), ("handy", Phone),
    ("handynr", Phone), ("handynummer", Phone), ("hash", Other), ("helpline", Phone),
    ("hivhat", Phone), ("hivj", Phone), ("hivjon", Phone), ("host", Network), ("hotline", Phone),
    ("hp", Phone), ("hubungi", Phone), ("id", Record), ("imei", Other), ("imsi", Other),
    ("index", Other), ("invoice", Record), ("ip", Network), ("isbn", Other), ("isin", Other),
    ("item", Other), ("itin", Tax), ("jazdy", DriverLicence), ("jcb", Card), ("job", Other),
    ("joignable", Phone), ("joindre", Phone), ("kaart", Card), ("kapta", Card), ("karte", Card),
    ("komorka", Phone), ("komorkowy", Phone), ("kontakt", Phone), ("kontakta", Phone),
    ("korkort", DriverLicence), ("kreditkarte", Card), ("landline", Phone), ("lat", Other),
    ("latitude", Other), ("length", Other), ("licence", Licence), ("licencia", Licence),
    ("license", Licence), ("ligar", Phone), ("ligue", Phone), ("ligueme", Phone), ("line", Other),
    ("llamadme", Phone), ("llamame", Phone), ("llamanos", Phone), ("llamar", Phone),
    ("llamarme", Phone), ("llame", Phone), ("llamen", Phone), ("lng", Other), ("login", Network),
    ("longitude", Other), ("lot", Other), ("maestro", Card), ("marcar", Phone),
    ("mastercard", Card), ("member", Record), ("membership", Record), ("menelepon", Phone),
    ("meter", Other), ("millisecond", Other), ("mobiel", Phone), ("mobielnummer", Phone),
    ("mobieltje", Phone), ("mobil", Phone), ("mobile", Phone), ("mobilni", Phone),
    ("mobilnummer", Phone), ("mobilszam", Phone), ("mobiltelefon", Phone), ("model", Other),
    ("motorista", Driver), ("movil", Phone), ("ms", Other), ("msisdn", Phone), ("nacido", Birth),
    ("nacimiento", Birth), ("nacnopt", Passport), ("nacnopta", Passport), ("naissance", Birth),
    ("nascimento", Birth), ("nascita", Birth), ("net", Network), ("network", Network),
    ("ns", Other), ("numaram", Phone), ("numarasi", Phone), ("numeroon", Phone), ("nummer", Other),
    ("oem", Other), ("office", Phone), ("offset", Other), ("order", Record), ("page", Other),
    ("pager", Phone), ("pan", Card), ("parcel", Other), ("part", Other), ("pasaporte", Passport),
    ("paspoort", Passport), ("paspoortnummer", Passport), ("pasport", Passport),
    ("passaporto", Passport), ("passeport", Passport), ("passnr", Passport),
    ("passnummer", Passport), ("passport", Passport), ("paszport", Passport), ("patente", Licence),
    ("payment", Card), ("permis", DriverLicence), ("permiso", Licence), ("ph", Phone),
    ("phone", Phone), ("phoned", Phone), ("phonenumber", Phone), ("phones", Phone), ("pi", Other),
    ("pid", Other), ("point", Other), ("policy", Record), ("population", Other),
    ("portable", Phone), ("postal", Other), ("postcode", Other), ("pound", Other), ("price", Other),
    ("product", Other), ("puhelin", Phone), ("puhelinnumero", Phone), ("quantity", Other),
    ("rang", Phone), ("rappeler", Phone), ("rappelez", Phone), ("rappelle", Phone),
    ("reach", Phone), ("reachable", Phone), ("recapito", Phone), ("receipt", Record),
    ("ref", Record), ("reference", Record), ("registration", Record), ("reisepass", Passport),
    ("reisepassnummer", Passport), ("release", Other), ("request", Record), ("revision", Other),
    ("rijbewijs", DriverLicence), ("ring", Phone), ("ringa", Phone), ("ringe", Phone),
    ("ringer", Phone), ("ringes", Phone), ("ringup", Phone), ("room", Other), ("routing", Other),
    ("row", Other), ("ruckruf", Phone), ("rueckruf", Phone), ("rufen", Phone), ("rufnummer", Phone),
    ("score", Other), ("second", Other), ("section", Other), ("seed", Other), ("serial", Other),
    ("server", Network), ("sha", Other), ("shipment", Other), ("sku", Other), ("sms", Phone),
    ("social", Ssn), ("soita", Phone), ("soittaa", Phone), ("soittakaa", Phone), ("sold", Other),
    ("ssn", Ssn), ("subnet", Network), ("sunati", Phone), ("tarjeta", Card), ("tawag", Phone),
    ("tawagan", Phone), ("tel", Phone), ("telefon", Phone), ("telefonar", Phone),
    ("telefonare", Phone), ("telefone", Phone), ("telefonear", Phone), ("telefoneren", Phone),
    ("telefonico", Phone), ("telefonicznie", Phone), ("telefonisch", Phone), ("telefonni", Phone),
    ("telefonnummer", Phone), ("telefono", Phone), ("telefonszam", Phone), ("telefonszama", Phone),
    ("telefonu", Phone), ("telefonum", Phone), ("telefoonnummer", Phone), ("telemovel", Phone),
    ("telephone", Phone), ("telephoner", Phone), ("telephonez", Phone), ("telepon", Phone),
    ("telf", Phone), ("telnr", Phone), ("text", Phone), ("tfno", Phone), ("ticket", Record),
    ("time", Other), ("timestamp", Other), ("tin", Tax), ("tlf", Phone), ("toll", Phone),
    ("total", Other), ("tracking", Other), ("transaction", Record), ("tumawag", Phone),
    ("ulasabilirsiniz", Phone), ("unix", Other), ("upc", Other), ("urodzenia", Birth),
    ("urodzona", Birth), ("urodzony", Birth), ("usd", Other), ("utc", Other), ("uuid", Other),
    ("version", Other), ("vin", Other), ("visa", Card), ("voicemail", Phone), ("volejte", Phone),
    ("whatsapp", Phone), ("zadzwon", Phone), ("zadzwonic", Phone), ("zavolat", Phone),
    ("zavolej", Phone), ("zavolejte", Phone), ("zip", Other),
];

/// Where the words of each letter start.
#[allow(clippy::indexing_slicing, reason = "evaluated by the compiler, within bounds")]
const FIRST: [u16; 27] = {
    let mut first = [0; 27];
    let (mut letter, mut at) = (0, 0);
    while letter < first.len() {
        while at < WORDS.len() && WORDS[at].0.as_bytes()[0] < b'a' + letter as u8 {
            at += 1;
        }
        first[letter] = at as u16;
        letter += 1;
    }
    first
};

/// Parts of words of other scripts, as the views leave them (look-alikes are Latin letters there).
#[rustfmt::skip]
const FOREIGN: [(&str, Topic); 55] = [
    ("手机", Phone), ("手機", Phone), ("电话", Phone), ("電話", Phone), ("携帯", Phone), ("传真", Phone),
    ("전화", Phone), ("휴대폰", Phone), ("연락처", Phone), ("eлeфoн", Phone), ("teл", Phone),
    ("вoниte", Phone), ("oзвoниte", Phone), ("هاتف", Phone), ("جوال", Phone), ("טלפון", Phone),
    ("फ़ोन", Phone), ("मोबाइल", Phone), ("โทร", Phone), ("生年月日", Birth), ("出生", Birth),
    ("生日", Birth), ("생년월일", Birth), ("생일", Birth), ("poждeн", Birth), ("poдил", Birth),
    ("الميلاد", Birth), ("जन्म", Birth), ("护照", Passport), ("護照", Passport), ("旅券", Passport),
    ("パスポ-ト", Passport), ("여권", Passport), ("جواز", Passport), ("驾驶证", DriverLicence),
    ("驾照", DriverLicence), ("駕照", DriverLicence), ("免許", DriverLicence), ("운전면허", DriverLicence),
    ("oдиteльck", DriverLicence), ("信用卡", Card), ("银行卡", Card), ("銀行卡", Card), ("カ-ド", Card),
    ("신용카드", Card), ("aptы", Card), ("بطاقة", Card), ("订单", Other), ("訂單", Other), ("注文", Other),
    ("주문", Other), ("зakaз", Other), ("Зakaз", Other), ("вepcия", Other), ("编号", Other),
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
    fn words_of_other_scripts_are_as_the_views_leave_them() {
        for (part, _) in FOREIGN {
            let views = crate::view::Views::values(part);
            assert_eq!(views.plain().text(), part);
        }
    }
}
