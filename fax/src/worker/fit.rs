//! Pages that are finer than the far end takes become coarser before the engine opens them. Which it takes is known when its DIS has
//! come (T.30 Table 2, bits 42 and 43); fine pages become standard ones inside the engine.

use super::channel::Files;
use crate::grain::Grain;
use crate::page::PageError;
use crate::tiff::{self, TiffError};

/// Rewrites the document for a machine that takes 300 and 400 dots per inch or not. `Some` says at which resolution it is now; `None`
/// that nothing had to be done.
pub(super) fn fit(files: &Files, takes_300: bool, takes_400: bool) -> Result<Option<Grain>, TiffError> {
    let document = files.read_to_send().map_err(|_| TiffError::Truncated)?;
    let pages = tiff::read(&document)?;
    let own = pages.iter().filter_map(Grain::of_page);
    let Some(finest) = own.max_by_key(|grain| grain.x_dpi) else { return Ok(None) };
    let coarsest = finest.within(takes_300, takes_400);
    if coarsest == finest {
        return Ok(None);
    }
    // All alike, so that the machines need not agree anew between two pages.
    let fitted = pages.iter().map(|page| page.at(coarsest)).collect::<Result<Vec<_>, PageError>>()?;
    files.write_strip(&tiff::write(&fitted)).map_err(|_| TiffError::Truncated)?;
    Ok(Some(coarsest))
}
