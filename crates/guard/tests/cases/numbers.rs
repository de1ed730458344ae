//! Cards, telephones and social security numbers, and numbers that only look like them.

use super::{Find, Flag, Nothing, Row, check};
use promptgate_guard::Kind::{Card, Email, Phone, Ssn};

/// Cards, and several numbers beside each other.
const CARDS: &[Row] = &[
    (Nothing, "1204 8831 4410 9982\n1205 8832 4411 9983\n1206 8833 4412 9984"),
    (Nothing, "4716 2210 9174 5683 1120\n4716 2211 9175 5684 1121"),
    (Nothing, "4532,7153,3790,1245\n4532,7153,3790,1242"),
    (Nothing, "4532\t7153\t3790\t1245"),
    (Nothing, "| 4532 | 7153 | 3790 | 1245 |"),
    (Nothing, "|4532|7153|3790|1245|\n|4533|7154|3791|1242|"),
    (Nothing, "4532 7153 3790 1245 5 8831"),
    (Nothing, "7 4532 7153 3790 1245"),
    (Nothing, "id qty price\n62270 12 4499\n51122 3 2150\n"),
    (Nothing, "51055\n10510510\n5100"),
    (Nothing, "5105105\n105105100"),
    (Nothing, "port 51051\n0510-51-05 100 connections"),
    (Nothing, "5 1 0 5 1 0 5 1 0 5 1 0 5 1 0 0 3 4 4"),
    (Nothing, "blk_-4532715337901245 replicated"),
    (Nothing, "block -4532715337901245"),
    (Nothing, "offset=-4532715337901245"),
    (Nothing, "0.4532715337901245"),
    (Nothing, "45327153 37901245"),
    (Nothing, "453271 5337901245"),
    (Nothing, "took 4532 ms, 7153 rows, 3790 kB, 1241 pages"),
    (Nothing, "x4532715337901245"),
    (Nothing, "2015-10-18 4532 7153 3790 1245"),
    (Nothing, "[4532, 7153, 3790, 1245]"),
    (Nothing, "arn:aws:sns:eu-west-1:506912345672:topic"),
    (Nothing, "account 630490017740 in eu-west-1"),
    (Flag, "tracking 4532715337901245"),
    (Flag, "ticket 4532715337901245 is open"),
    (Find(Card), "4532 7153 3790 1245"),
    (Find(Card), "please charge 4532715337901245"),
    (Find(Card), "4532-7153-3790-1245, exp 04/29, cvv 123"),
    (Find(Card), "4532 7153 3790 1245 04/29 123"),
    (Find(Card), "4532 7153 3790 1245 123"),
    (Find(Card), "4532 7153 3790 1245\n5105 1051 0510 5100\n3782 822463 10005"),
    (Find(Card), "4532715337901245\n5105105105105100"),
    (Find(Card), "id,name,card\n7,Ann,4532715337901245\n8,Bob,5105105105105100"),
    (Find(Card), "my card: 4532 7153\n3790 1245, thanks"),
    (Find(Card), "the card no. is 7 4532 7153 3790 1245"),
    (Find(Card), "card -4532715337901245"),
    (Find(Card), "Amex 3782 822463 10005"),
    (Find(Card), "5105 1051 0510 5100."),
    (Find(Card), "4 5 3 2 7 1 5 3 3 7 9 0 1 2 4 5"),
];

/// Telephones, and spaced numbers.
const PHONES: &[Row] = &[
    (Nothing, "p90 p95 p99: 212 345 6789"),
    (Nothing, "status unpacked libx:arm64 0.0.3-1\n2026-03-11 06:12:44 status installed libx"),
    (Nothing, "<td bgcolor=\"#8c7711\" text=\"#000000\" call=\"#111111\">"),
    (Nothing, "mask 0010 0100 0110 1000"),
    (Nothing, "\"object\": \"text_answer\", \"created\": 1611478378,"),
    (Nothing, "year, month = parts[::2]"),
    (Find(Phone), "Tel. 00 44 20 7946 0958"),
    (Find(Phone), "phone #415-555-0132"),
    (Nothing, "took 250 310 1200 ms"),
    (Nothing, "415 555 2671"),
    (Nothing, "305 410 2200 and 306 411 2201"),
    (Nothing, "width 640 height 480 depth 2400"),
    (Nothing, "rows: 201 402 8040"),
    (Nothing, "Musterstr. 12 34567 Berlin"),
    (Nothing, "12 Main Street, 94105 San Francisco"),
    (Nothing, "Rua das Flores, numero 123 4567-890 Porto"),
    (Nothing, "Via Roma numero 12 00184 Roma"),
    (Nothing, "Calle Mayor, número 28013 4567"),
    (Nothing, "setInterval(callback, 36000000)"),
    (Nothing, "fs.read(fd, callback, 12345678)"),
    (Nothing, "addCallback(callback=12345678)"),
    (Nothing, "2026-06-30 2026-07-15"),
    (Nothing, "between 2019-04 and 2020-05"),
    (Nothing, "loss 0.123 0.456 0.7890"),
    (Nothing, "score 312 455 7781 points"),
    (Nothing, "212 345 6789 units sold"),
    (Nothing, "rgb 212 245 2550"),
    (Nothing, "epoch 120 250 2100 lr 3e-4"),
    (Find(Phone), "call me at 212 345 6789"),
    (Find(Phone), "phone 212 345 6789"),
    (Find(Phone), "212-345-6789"),
    (Find(Phone), "(212) 345-6789"),
    (Find(Phone), "my number is 212 345 6789"),
    (Find(Phone), "Tel. +49 30 901820"),
    (Find(Phone), "callback number 212 345 6789"),
    (Find(Phone), "please call back on 0171 2345678"),
    (Find(Phone), "mi numero es 612 345 678"),
    (Find(Phone), "o meu numero e 912 345 678"),
];

/// Verbs and nouns of other languages before a telephone number.
const CUES: &[Row] = &[
    (Find(Phone), "Vous pouvez me joindre au 06 12 34 56 78"),
    (Find(Phone), "Je suis joignable au 01 44 55 66 77"),
    (Find(Phone), "Rappelez-moi au 06 12 34 56 78"),
    (Find(Phone), "Puede llamarme al 612 345 678"),
    (Find(Phone), "Llámame al 91 123 45 67"),
    (Find(Phone), "Contactar en el 934 567 890"),
    (Find(Phone), "Potete chiamare il 347 1234567"),
    (Find(Phone), "Chiamami al 06 1234 5678"),
    (Find(Phone), "Pode ligar para 912 345 678"),
    (Find(Phone), "Me ligue no 11 91234-5678"),
    (Find(Phone), "Bel mij op 06-12345678"),
    (Find(Phone), "U kunt me bereiken op 06 1234 5678"),
    (Find(Phone), "Ich bin unter 0171 2345678 erreichbar"),
    (Find(Phone), "Bitte anrufen: 089 123456"),
    (Find(Phone), "Durchwahl 030 901820"),
    (Find(Phone), "Ring mig på 08-123 456 78"),
    (Find(Phone), "Soita numeroon 040 123 4567"),
    (Find(Phone), "Proszę zadzwonić 601 234 567"),
    (Find(Phone), "Zavolejte mi na 601 234 567"),
    (Find(Phone), "Sunați la 0722 123 456"),
    (Find(Phone), "Beni 0532 123 45 67 numaradan arayin"),
    (Find(Phone), "Hubungi saya di 0812 3456 7890"),
    (Find(Phone), "WhatsApp 0812-3456-7890"),
    (Find(Phone), "Call me on 098765 43210"),
    (Find(Phone), "mobile: 09876543210"),
    (Find(Phone), "contact 098765-43210"),
    (Find(Phone), "Звоните на 8 916 123-45-67"),
    (Nothing, "Bel Air 123456"),
    (Nothing, "Ringe 12 of Saturn"),
    (Nothing, "joindre 3 fichiers"),
];

/// Social security numbers beside everyday words.
const SSNS: &[Row] = &[
    (Find(Ssn), "Customer 536-90-4399 asked about it"),
    (Find(Ssn), "order for 536-90-4399 please"),
    (Find(Ssn), "case 536-90-4399"),
    (Find(Ssn), "id 536-90-4399"),
    (Find(Ssn), "ID: 536-90-4399"),
    (Find(Ssn), "account holder 536-90-4399"),
    (Find(Ssn), "invoice 536-90-4399"),
    (Find(Ssn), "claim 536-90-4399 was denied"),
    (Find(Ssn), "policy holder's 536-90-4399"),
    (Find(Ssn), "member 536-90-4399"),
    (Find(Ssn), "employee id 536-90-4399"),
    (Find(Ssn), "reference 536-90-4399"),
    (Find(Ssn), "ticket about 536-90-4399"),
    (Find(Ssn), "17 536-90-4399 Ann"),
    (Find(Ssn), "id,ssn\n7,536-90-4399\n8,536-91-4398"),
    (Nothing, "part 536-90-4399"),
    (Nothing, "SKU 536-90-4399"),
    (Nothing, "model 536-90-4399"),
    (Nothing, "customer 536904399"),
    (Nothing, "order 536 90 4399"),
    (Nothing, "customer 900-12-3456"),
    (Nothing, "case 536-00-4399"),
    (Nothing, "order 536-90-43991"),
    (Nothing, "536 90 4399 rows"),
];

/// Addresses, decorators, packages.
const MAIL: &[Row] = &[
    (Nothing, "@Injectable\n@Controller.get('/x')"),
    (Nothing, "class A:\n    pass\n@app.task\ndef f(): ..."),
    (Nothing, "import x\n@pytest.fixture\ndef y(): ..."),
    (Nothing, "lodash@4.17.21.\nThen run"),
    (Nothing, "vue@3.4.0.\nDone."),
    (Nothing, "next@14.2.3\nreact@18.3.1"),
    (Nothing, "ping me @team.\nThanks"),
    (Nothing, "git@gitlab.com:a/b.git"),
    (Nothing, "docker pull repo@sha256.\nnow"),
    (Nothing, "we meet at [at] noon"),
    (Find(Email), "ann@mail.example.com"),
    (Find(Email), "ann@example.\ncom"),
    (Find(Email), "ann@\nexample.com"),
    (Find(Email), "ann.b\n@example.com"),
];

#[test]
fn cards_are_no_lists() {
    check(CARDS);
}

#[test]
fn telephones_need_a_form_or_a_word() {
    check(PHONES);
}

#[test]
fn telephones_in_other_languages() {
    check(CUES);
}

#[test]
fn social_security_numbers_stand_beside_everyday_words() {
    check(SSNS);
}

#[test]
fn addresses_and_what_looks_like_them() {
    check(MAIL);
}
