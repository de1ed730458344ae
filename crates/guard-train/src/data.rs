//! Rows of the evaluation data.

use serde_json::Value;
use std::path::PathBuf;

/// A row of a JSON Lines file.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Name of the file, without its ending.
    pub(crate) file: String,
    /// The row as it stands there.
    pub(crate) value: Value,
}

/// The data's folder: `../shared/data` beside the repository.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data")
}

/// Every row of every file of one part (`injection`, `benign`, `pii`, `secrets`), by file name.
pub(crate) fn rows(part: &str) -> Result<Vec<Row>, String> {
    let folder = folder().join(part);
    let wrong = |why: std::io::Error| format!("{}: {why}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(wrong)? {
        paths.push(entry.map_err(wrong)?.path());
    }
    paths.sort();
    let mut rows = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(wrong)?;
        let file = path.file_stem().unwrap_or_default().to_string_lossy();
        for line in text.lines() {
            let value = serde_json::from_str(line).map_err(|why| format!("{}: {why}", path.display()))?;
            rows.push(Row { file: file.clone().into_owned(), value });
        }
    }
    Ok(rows)
}
