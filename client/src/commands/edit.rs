//! `abide rename`, `remove`, `clear` and `trust`: what changes a session without typing into it.

use abide_protocol::message::Request;

use crate::cli;
use crate::fault::Fault;
use crate::sessions::{self, Located, Place, has_ended};

pub(super) async fn rename(args: cli::Rename) -> Result<u8, Fault> {
    super::check_name(&args.name)?;
    let found = sessions::find(Some(&args.session)).await?;
    let request = Request::Rename {
        session: found.info.id,
        name: args.name,
    };
    // The daemon, not the keeper: it knows which names are taken.
    sessions::ask_daemon(&found.place, request).await?;
    Ok(0)
}

/// Stops at the first that cannot be removed.
pub(super) async fn remove(args: cli::Remove) -> Result<u8, Fault> {
    let sessions = if args.ended {
        let place = Place::here()?;
        let listing = sessions::list(&place).await;
        if let Some(down) = listing.daemon_down {
            return Err(down.into());
        }
        let ended = listing.sessions.into_iter().filter(has_ended);
        let here = |info| Located {
            place: place.clone(),
            info,
        };
        ended.map(here).collect()
    } else {
        let mut found = Vec::new();
        for name in &args.sessions {
            found.push(sessions::find(Some(name)).await?);
        }
        found
    };
    for Located { place, info } in sessions {
        let request = Request::Remove { session: info.id };
        sessions::ask_daemon(&place, request).await?;
    }
    Ok(0)
}

pub(super) async fn clear(args: cli::Named) -> Result<u8, Fault> {
    let found = sessions::find(Some(&args.session)).await?;
    let session = found.info.id;
    sessions::ask(&found, Request::Clear { session }).await?;
    Ok(0)
}

pub(super) async fn trust(args: cli::Trust) -> Result<u8, Fault> {
    let found = sessions::find(Some(&args.session)).await?;
    let request = Request::Trust {
        session: found.info.id,
        trusted: !args.off,
    };
    // The daemon, not the keeper: it writes down whom to trust.
    sessions::ask_daemon(&found.place, request).await?;
    Ok(0)
}
