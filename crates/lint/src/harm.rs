//! What harms in a text, in words.

use promptgate_guard::Kind;

/// That a value of this kind stands in a text and what to do, for people. It quotes nothing.
pub const fn message(kind: Kind) -> &'static str {
    match kind {
        Kind::Injection => {
            "This reads like an attempt to change the model's instructions: take it out, or rephrase it."
        }
        Kind::PrivateKey => "A private key stands here: remove it, and replace the key if it was in use.",
        Kind::Token => "A key or token of a service stands here: remove it, and revoke it if it was in use.",
        Kind::Password => "A password or secret is given here: remove its value.",
        Kind::Card => "A payment card number stands here: remove it.",
        Kind::Ssn => "A social security number stands here: remove it.",
        Kind::Iban => "A bank account number stands here: remove it.",
        Kind::Passport => "A passport number stands here: remove it.",
        Kind::DriverLicence => "A driver's licence number stands here: remove it.",
        Kind::BirthDate => "A date of birth stands here: remove it.",
        Kind::Email => "An e-mail address stands here: remove it.",
        Kind::Phone => "A telephone number stands here: remove it.",
        Kind::Ip => "An IP address stands here: remove it.",
    }
}
