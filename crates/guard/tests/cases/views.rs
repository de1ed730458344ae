//! Values in disguise: escapes, Markdown, encodings.

use super::{Find, Nothing, Row, check};
use promptgate_guard::Kind::{Card, Email, Iban, Phone, Ssn, Token};

const ESCAPED: &[Row] = &[
    (Find(Email), "ann [at] example.com"),
    (Find(Email), "ann(at)example.com"),
    (Find(Email), "ann[at]example[dot]com"),
    (Find(Email), "ann (at) mail (dot) example (dot) org"),
    (Find(Email), "ann%40example.com"),
    (Find(Email), "mailto:ann%40example.com"),
    (Find(Email), "ann@**example**.com"),
    (Find(Card), "**4532** **7153** **3790** **1245**"),
    (Find(Card), "4532**7153**37901245"),
    (Find(Card), "`4532` `7153` `3790` `1245`"),
    (Find(Card), "my card is `4532-7153-3790-1245`"),
    (Find(Card), "***4532 7153 3790 1245***"),
    (Find(Card), "card=4532%207153%203790%201245&x=1"),
    (Find(Card), "%34%35%33%32%37%31%35%33%33%37%39%30%31%32%34%35"),
    (Find(Card), r"\u0034\u0035\u0033\u0032715337901245"),
    (Find(Card), r"\x34\x35\x33\x32 7153 3790 1245"),
    (Find(Card), r"4532\u00207153\u00203790\u00201245"),
    (Find(Card), "|4532|7153|3790|1245|"),
    (Find(Ssn), "my ssn: **536**-**90**-**4399**"),
    (Find(Ssn), "536%2D90%2D4399"),
    (Find(Phone), "call `212-345-6789`"),
    (Find(Phone), "tel:%2B14155550132"),
    (Find(Iban), "GB82%20WEST%201234%205698%207654%2032"),
    (Find(Token), r"\u0067hp_16C7e42F292c6912E7710c838347Ae178B4a"),
    (Find(Token), "**ghp_16C7e42F292c6912E7710c838347Ae178B4a**"),
    // In hexadecimal digits and in Base32.
    (Find(Card), "6d792063617264206973203435333220373135332033373930203132343520746861"),
    (Find(Card), "NV4SAY3BOJSCA2LTEA2DKMZSEA3TCNJTEAZTOOJQEAYTENBV"),
    (Nothing, "100%20 of 50%"),
    (Nothing, r"C:\users\x41\u00e9"),
    (Nothing, "2**10 and 4**5 and a**b"),
    (Nothing, "**Note:** see `src/lib.rs` and `v1.2.3`"),
    (Nothing, "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    (Nothing, "JBSWY3DPEBLW64TMMQQQ"),
    (Nothing, "%d %s %02x %5.2f"),
];

#[test]
fn values_are_found_behind_escapes_and_marks() {
    check(ESCAPED);
}
