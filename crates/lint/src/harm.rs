//! What harms in a text, in words.

use promptgate_guard::Kind;

/// That a value of this kind is in a text and what to do, for people. It quotes nothing.
pub const fn message(kind: Kind) -> &'static str {
    match kind {
        Kind::Injection => "This reads like an attempt to change the model's instructions: remove or rephrase it.",
        Kind::PrivateKey => "Private key: remove it, and replace the key if it was in use.",
        Kind::Token => "Key or token of a service: remove it, and revoke it if it was in use.",
        Kind::Password => "Password or secret: remove its value.",
        Kind::Card => "Payment card number: remove it.",
        Kind::Ssn => "Social security number: remove it.",
        Kind::Iban => "Bank account number: remove it.",
        Kind::Passport => "Passport number: remove it.",
        Kind::DriverLicence => "Driver's licence number: remove it.",
        Kind::BirthDate => "Date of birth: remove it.",
        Kind::Email => "E-mail address: remove it.",
        Kind::Phone => "Telephone number: remove it.",
        Kind::Ip => "IP address: remove it.",
        Kind::Own => "The operator's own patterns name this: remove it.",
    }
}
