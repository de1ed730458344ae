//! What a scanner reports: which rule, where, how sure.

use crate::view::ViewKind;
use std::ops::Range;

/// What was found, as a policy decides about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Kind {
    /// An instruction to the model that its operator did not write.
    Injection,
    /// The private half of a key pair.
    PrivateKey,
    /// A key or token of a service, in its documented form, or a signed token.
    Token,
    /// A password, secret or key named as such: assignments, connection strings.
    Password,
    /// A payment card number.
    Card,
    /// A United States social security number.
    Ssn,
    /// An international bank account number.
    Iban,
    /// A passport number.
    Passport,
    /// A driver's licence number.
    DriverLicence,
    /// A date of birth.
    BirthDate,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// An IP address, version 4 or 6.
    Ip,
    /// What an operator's own pattern looks like ([`crate::own`]): what is done about it stands with the pattern.
    #[cfg_attr(feature = "serde", serde(skip_deserializing))]
    Own,
}

impl Kind {
    /// Every kind that a policy decides about, gravest first: where findings overlap, the first one names the place,
    /// unless one is of an operator's own pattern.
    pub const ALL: [Self; 13] = [
        Self::Injection,
        Self::PrivateKey,
        Self::Token,
        Self::Password,
        Self::Card,
        Self::Ssn,
        Self::Iban,
        Self::Passport,
        Self::DriverLicence,
        Self::BirthDate,
        Self::Email,
        Self::Phone,
        Self::Ip,
    ];

    /// The name in policies and reports, snake case.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// What redaction puts in the place of a value.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Injection => "[FILTERED_INJECTION_ATTEMPT]",
            Self::PrivateKey => "[PRIVATE_KEY]",
            Self::Token => "[TOKEN]",
            Self::Password => "[PASSWORD]",
            Self::Card => "[CARD]",
            Self::Ssn => "[SSN]",
            Self::Iban => "[IBAN]",
            Self::Passport => "[PASSPORT]",
            Self::DriverLicence => "[DRIVER_LICENCE]",
            Self::BirthDate => "[BIRTH_DATE]",
            Self::Email => "[EMAIL]",
            Self::Phone => "[PHONE]",
            Self::Ip => "[IP]",
            Self::Own => "[OWN]",
        }
    }
}

/// One finding. It says where the value is and never what it is.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Finding {
    /// The rule's stable code (see [`crate::rule::Rule::code`]).
    pub code: &'static str,
    /// What was found.
    pub kind: Kind,
    /// Where, in bytes of the caller's text, on character borders.
    pub span: Range<usize>,
    /// How sure, from 0 to 1; 0.5 is the default threshold.
    pub score: f32,
    /// In which reading of the text it was seen.
    pub view: ViewKind,
}
