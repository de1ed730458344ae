//! The references: tiktoken-rs, whose vocabulary is packed, and bpe-openai, which must agree.

use std::collections::HashMap;

use promptgate_tokens::Vocabulary;

/// The encoder of tiktoken-rs.
pub fn tiktoken(vocabulary: Vocabulary) -> &'static tiktoken_rs::CoreBPE {
    match vocabulary {
        Vocabulary::Cl100k => tiktoken_rs::cl100k_base_singleton(),
        Vocabulary::O200k => tiktoken_rs::o200k_base_singleton(),
    }
}

/// The encoder of bpe-openai.
pub fn bpe(vocabulary: Vocabulary) -> &'static bpe_openai::Tokenizer {
    match vocabulary {
        Vocabulary::Cl100k => bpe_openai::cl100k_base(),
        Vocabulary::O200k => bpe_openai::o200k_base(),
    }
}

/// A vocabulary as bytes and merges.
pub struct Merges {
    /// The id of each byte.
    pub bytes: [u8; 256],
    /// For each token from 256 on the two that it is merged from.
    pub pairs: Vec<(u32, u32)>,
}

/// Reads a vocabulary from tiktoken-rs.
///
/// # Errors
/// A sentence, if bpe-openai has another token somewhere, or if the vocabulary is not 256 bytes and
/// then merges in the order of their ids.
pub fn read(vocabulary: Vocabulary) -> Result<Merges, String> {
    let tokens = (0..vocabulary.ordinary_tokens())
        .map(|id| tiktoken(vocabulary).decode_bytes(&[id]).map_err(|error| format!("token {id}: {error}")))
        .collect::<Result<Vec<_>, _>>()?;
    for (id, token) in (0u32..).zip(&tokens) {
        if bpe(vocabulary).bpe.token_bytes(id) != token.as_slice() {
            return Err(format!("bpe-openai has another token {id}"));
        }
    }
    let ids: HashMap<&[u8], u32> = tokens.iter().map(Vec::as_slice).zip(0u32..).collect();
    let mut merges = Merges { bytes: [0; 256], pairs: Vec::new() };
    for (id, token) in (0u32..).zip(&tokens) {
        match token.as_slice() {
            &[byte] => {
                let id = u8::try_from(id).map_err(|_| format!("byte {byte} has the id {id}"))?;
                if let Some(place) = merges.bytes.get_mut(usize::from(byte)) {
                    *place = id;
                }
            }
            token => merges.pairs.push(split(token, id, &ids).ok_or(format!("token {id} is no merge of two"))?),
        }
    }
    if merges.pairs.len() + 256 != tokens.len() {
        return Err("not every byte is a token".into());
    }
    Ok(merges)
}

/// The two tokens that are left before the last merge of `token`.
fn split(token: &[u8], id: u32, ids: &HashMap<&[u8], u32>) -> Option<(u32, u32)> {
    // the starts of the parts, and the end
    let mut cuts: Vec<usize> = (0..=token.len()).collect();
    while cuts.len() > 3 {
        let (_, at) = cuts
            .windows(3)
            .zip(1..)
            .filter_map(|(cut, at)| {
                let rank = *ids.get(token.get(*cut.first()?..*cut.last()?)?)?;
                (rank < id).then_some((rank, at))
            })
            .min()?;
        cuts.remove(at);
    }
    let cut = *cuts.get(1)?;
    Some((*ids.get(token.get(..cut)?)?, *ids.get(token.get(cut..)?)?))
}
