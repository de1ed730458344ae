//! What outlives a restart: templates, prompts and models, in one file.

use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use crate::cached_templates::CachedTemplates;
use crate::models::Models;
use crate::prompt_templates::PromptTemplates;
use crate::world::World;

/// Shortest time between two writes of the file.
const PACE: Duration = Duration::from_millis(300);

#[derive(Deserialize)]
struct SavedState {
    templates: CachedTemplates,
    prompts: PromptTemplates,
    models: Models,
}

/// As [`SavedState`], without a copy.
#[derive(Serialize)]
struct Seen<'a> {
    templates: &'a CachedTemplates,
    prompts: &'a PromptTemplates,
    models: &'a Models,
}

/// Reads the file into the state; a file that is not there is an empty one.
pub(crate) fn load(world: &World, file: &Path) -> io::Result<()> {
    let bytes = match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read?,
    };
    let kept: SavedState = serde_json::from_slice(&bytes).map_err(|error| {
        io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}; delete it to start anew", file.display()))
    })?;
    world.update(|state| (state.templates, state.prompts, state.models) = (kept.templates, kept.prompts, kept.models));
    Ok(())
}

/// Writes the file, whole or not at all.
pub(crate) fn save(world: &World, file: &Path) -> io::Result<()> {
    let bytes = world.look(|state| {
        serde_json::to_vec(&Seen { templates: &state.templates, prompts: &state.prompts, models: &state.models })
    })?;
    if fs::read(file).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let beside = file.with_extension("new");
    fs::write(&beside, bytes)?;
    fs::rename(beside, file)
}

/// Writes the file after changes, until it is dropped. What cannot be written is tried again at the next change.
pub(crate) async fn follow(world: &World, file: &Path) {
    let mut changes = world.changes();
    while changes.changed().await.is_ok() {
        let _ = save(world, file);
        tokio::time::sleep(PACE).await;
    }
}
