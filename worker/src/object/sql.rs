//! Numbers in the objects' SQLite, which come and go as JavaScript's.

use serde::Deserialize;
use worker::{SqlStorage, SqlStorageValue};

#[derive(Deserialize)]
struct Row {
    number: Option<f64>,
}

/// A whole number as a parameter of a statement; exact up to 2^53.
pub(super) fn value(number: u64) -> SqlStorageValue {
    (number as f64).into()
}

/// The column `number` of the first row; none where there is no row, or NULL in it.
///
/// # Errors
/// Those of SQLite.
pub(super) fn number(sql: &SqlStorage, query: &str, values: Vec<SqlStorageValue>) -> worker::Result<Option<u64>> {
    let row = sql.exec(query, values)?.to_array::<Row>()?.pop();
    Ok(row.and_then(|row| row.number).map(|number| number as u64))
}
