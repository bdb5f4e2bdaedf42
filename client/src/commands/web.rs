//! `abide web`: the sessions in a browser on this machine, one code away.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use abide_protocol::channel::link::PairingLink;
use abide_protocol::message::{
    Answer, FailKind, PairingOffer, Request, ShareChange, ShareInfo, Ticket,
};

use super::pair;
use crate::cli;
use crate::clock;
use crate::fault::{Fault, failure};
use crate::link::Link;
use crate::sessions::{self, Place};

pub(super) async fn run(args: cli::Web) -> Result<u8, Fault> {
    let place = Place::here()?;
    pair::outside(&place).await?;
    let mut link = sessions::connect_daemon_of(&place).await?;
    let port = loopback(&mut link).await?;
    let offer = offer(args.role);
    let gives = pair::given(&offer, &[], clock::now());
    let ticket = ticket(&mut link, offer, port).await?;
    let page = (!args.print && has_screen()).then(|| Opener::write(&ticket.link));
    let page = page.transpose()?;
    if page.as_ref().is_none_or(|page| page.open().is_err()) {
        super::note("open this link in a browser on this machine:");
    }
    let reception = pair::Reception {
        gives,
        as_link: true,
        name: None,
        replace: false,
    };
    pair::accompany(&place, link, &ticket, reception).await
}

/// The port on 127.0.0.1 where the daemon speaks HTTP; it begins to if it does not.
async fn loopback(link: &mut Link) -> Result<u16, Fault> {
    if let Some(port) = share(link, None).await?.loopback {
        return Ok(port);
    }
    let change = ShareChange {
        loopback: cli::LOOPBACK_PORT.parse().ok(),
        ..ShareChange::default()
    };
    let info = share(link, Some(Box::new(change))).await?;
    let port = info.loopback.ok_or_else(|| {
        let line = "the daemon does not listen on 127.0.0.1; see: abide share";
        failure(FailKind::Exhausted, line)
    })?;
    super::note(&format!(
        "browsers on this machine reach the daemon at 127.0.0.1:{port} from now on; to end that: \
         abide share --no-loopback"
    ));
    Ok(port)
}

async fn share(link: &mut Link, change: Option<Box<ShareChange>>) -> Result<ShareInfo, Fault> {
    match link.request(Request::Share { change }).await? {
        Answer::Share(info) => Ok(*info),
        _ => Err(sessions::unexpected("the daemon").into()),
    }
}

fn offer(role: cli::Role) -> PairingOffer {
    PairingOffer {
        role: role.into(),
        sessions: None,
        history: false,
        lasts: None,
        name: None,
        link: true,
    }
}

async fn ticket(link: &mut Link, offer: PairingOffer, port: u16) -> Result<Ticket, Fault> {
    let offer = Box::new(offer);
    let Answer::Ticket(ticket) = link.request(Request::Pair { offer }).await? else {
        return Err(sessions::unexpected("the daemon").into());
    };
    let link = on_this_machine(&ticket.link, port);
    let link = link.ok_or_else(|| sessions::unexpected("the daemon"))?;
    Ok(Ticket {
        link,
        native_only: None,
        ..*ticket
    })
}

/// The same ticket, by the way that is open to browsers here.
fn on_this_machine(link: &str, port: u16) -> Option<String> {
    let link = PairingLink::parse(link).ok()?;
    let address = format!("http://127.0.0.1:{port}").parse().ok()?;
    Some(PairingLink { address, ..link }.to_text().to_string())
}

/// A browser could be seen.
fn has_screen() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"]
        .into_iter()
        .any(set)
}

/// A page of the user's own that leads on to the link, since everybody on the machine can read the
/// arguments of a program.
struct Opener {
    path: PathBuf,
}

impl Opener {
    fn write(link: &str) -> Result<Self, Fault> {
        Ok(Self::write_in(&sessions::paths()?.run(), link)?)
    }

    fn write_in(directory: &Path, link: &str) -> io::Result<Self> {
        let path = directory.join(format!("open-{}.html", std::process::id()));
        let _ = fs::remove_file(&path);
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        let page = Self { path };
        writeln!(
            file,
            "<!doctype html><meta http-equiv=\"refresh\" content=\"0; url={link}\">"
        )?;
        Ok(page)
    }

    fn open(&self) -> io::Result<()> {
        let program = std::env::var_os("BROWSER").filter(|program| !program.is_empty());
        let mut command = Command::new(program.unwrap_or_else(|| "xdg-open".into()));
        command.arg(&self.path);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().map(drop)
    }
}

impl Drop for Opener {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://desk.example.org/p#v1.CepcLJK5az_W_p0cgXk2mka62EpAC4YnYNmWphLGIVNeXl5eXl5eXl5eXl5eXl5eCXfOdA";

    #[test]
    fn a_ticket_is_good_by_the_way_of_this_machine_too() {
        let local = on_this_machine(LINK, 7000).unwrap();
        assert!(local.starts_with("http://127.0.0.1:7000/p#v1."), "{local}");
        let (one, other) = (PairingLink::parse(LINK), PairingLink::parse(&local));
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!((one.daemon, one.secret), (other.daemon, other.secret));
        assert_eq!(on_this_machine("https://desk.example.org", 7000), None);
    }

    #[test]
    fn the_page_that_leads_on_is_the_user_s_own_and_goes() {
        use std::os::unix::fs::PermissionsExt;
        let directory = std::env::temp_dir();
        let page = Opener::write_in(&directory, LINK).unwrap();
        let path = page.path.clone();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(fs::read_to_string(&path).unwrap().contains(LINK));
        drop(page);
        assert!(!path.exists());
    }
}
