//! `abide rename`, `remove`, `clear` and `trust`: what changes a session without typing into it.

use abide_protocol::message::Request;

use crate::cli;
use crate::fault::Fault;
use crate::sessions::{self, has_ended};

pub(super) async fn rename(args: cli::Rename) -> Result<u8, Fault> {
    super::check_name(&args.name)?;
    let paths = sessions::paths()?;
    let info = sessions::find(&paths, Some(&args.session)).await?;
    let request = Request::Rename {
        session: info.id,
        name: args.name,
    };
    // The daemon, not the keeper: it knows which names are taken.
    sessions::ask_daemon(&paths, request).await?;
    Ok(0)
}

/// Stops at the first that cannot be removed.
pub(super) async fn remove(args: cli::Remove) -> Result<u8, Fault> {
    let paths = sessions::paths()?;
    let sessions = if args.ended {
        let listing = sessions::list(&paths).await;
        if let Some(down) = listing.daemon_down {
            return Err(down.into());
        }
        listing.sessions.into_iter().filter(has_ended).collect()
    } else {
        let mut found = Vec::new();
        for name in &args.sessions {
            found.push(sessions::find(&paths, Some(name)).await?);
        }
        found
    };
    for info in sessions {
        let request = Request::Remove { session: info.id };
        sessions::ask_daemon(&paths, request).await?;
    }
    Ok(0)
}

pub(super) async fn clear(args: cli::Named) -> Result<u8, Fault> {
    let paths = sessions::paths()?;
    let info = sessions::find(&paths, Some(&args.session)).await?;
    let request = Request::Clear { session: info.id };
    sessions::ask(&paths, &info, request).await?;
    Ok(0)
}

pub(super) async fn trust(args: cli::Trust) -> Result<u8, Fault> {
    let paths = sessions::paths()?;
    let info = sessions::find(&paths, Some(&args.session)).await?;
    let request = Request::Trust {
        session: info.id,
        trusted: !args.off,
    };
    sessions::ask(&paths, &info, request).await?;
    Ok(0)
}
