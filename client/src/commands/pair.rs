//! `abide pair`: shows a link, and stays until the device that has it is let in or the time is over.

mod picture;
mod replacing;
mod typed;

use std::io::{self, Write};
use std::time::Duration;

use abide_protocol::message::{
    Answer, Claiming, CodeVerdict, DeviceInfo, DeviceKind, FailKind, PairingOffer, PairingStage,
    Request, Ticket, ToClient,
};
use abide_protocol::{PairingNo, RequestId, Role};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use super::attach::nesting;
use super::list::clean;
use crate::cli;
use crate::clock;
use crate::fault::{Fault, failure};
use crate::json;
use crate::link::Link;
use crate::sessions::{self, Place};
use picture::Picture;
use typed::Typed;

/// A device that is on its way has come by then.
const EXPECTED: Duration = Duration::from_secs(20);

pub(super) async fn run(args: cli::Pair) -> Result<u8, Fault> {
    let place = Place::here()?;
    let interactive = crate::output::interactive();
    if !args.link && !interactive {
        let line = "a picture needs a terminal, and somebody who types the device's digits there; \
                    for a link, use: abide pair --link";
        return Err(Fault::Usage(line.into()));
    }
    if let Some(name) = &args.name {
        super::check_name(name)?;
    }
    outside(&place).await?;
    let named = super::devices::named(&place, &args.rights.session).await?;
    let offer = PairingOffer {
        role: args.role.into(),
        sessions: named
            .as_ref()
            .map(|named| named.iter().map(|info| info.id).collect()),
        history: args.rights.history,
        lasts: args.rights.expires.map(super::devices::millis),
        name: args.name.clone(),
        link: args.link,
    };
    let names = named.iter().flatten().map(|info| info.name.as_str());
    let gives = given(&offer, &names.collect::<Vec<_>>(), clock::now());
    let mut link = sessions::connect_daemon_of(&place).await?;
    let offer = Box::new(offer);
    let Answer::Ticket(ticket) = link.request(Request::Pair { offer }).await? else {
        return Err(sessions::unexpected("the daemon").into());
    };
    let reception = Reception {
        gives,
        as_link: args.link,
        name: args.name,
        replace: args.replace,
    };
    accompany(&place, link, &ticket, reception).await
}

/// How a device is received.
pub(super) struct Reception {
    /// What it will get, in words.
    pub(super) gives: String,
    /// The ticket is a link to pass on, not a picture.
    pub(super) as_link: bool,
    /// What it will be called; `None`: as it calls itself.
    pub(super) name: Option<String>,
    /// It takes the place of the device that has its name, and nobody is asked.
    pub(super) replace: bool,
}

/// Shows the ticket, and stays until the device is let in or the time is over.
pub(super) async fn accompany(
    place: &Place,
    link: Link,
    ticket: &Ticket,
    reception: Reception,
) -> Result<u8, Fault> {
    let Reception {
        gives,
        as_link,
        name,
        replace,
    } = reception;
    let mut show = Show::begin(ticket, as_link)?;
    let mut pairing = Pairing::new(link, ticket.pairing, gives)?;
    pairing.called = name;
    let ending = pairing.run(&mut show).await;
    show.hide()?;
    let ending = ending?;
    match (pairing.paired.take(), pairing.called.take()) {
        (Some(new), Some(name)) => {
            replacing::offer(place, &mut pairing, &new, name.trim(), replace).await
        }
        _ => Ok(ending),
    }
}

/// A session's screen is shown on other devices, and kept: no place for a secret.
pub(super) async fn outside(place: &Place) -> Result<(), Fault> {
    let sessions = sessions::list(place).await.sessions;
    match nesting::around_us(&sessions) {
        None => Ok(()),
        Some(info) => {
            let line = format!(
                "this terminal is the session \"{}\", whose screen others may see; type it in a \
                 terminal outside of all sessions",
                clean(&info.name)
            );
            Err(failure(FailKind::Forbidden, line).into())
        }
    }
}

/// What is shown of the link, as long as it may be used.
struct Show {
    address: String,
    /// The alternate screen is on.
    drawn: bool,
}

impl Show {
    fn begin(ticket: &Ticket, as_link: bool) -> Result<Self, Fault> {
        let address = ticket.link.split("/p#").next().unwrap_or_default();
        let mut show = Self {
            address: address.into(),
            drawn: false,
        };
        let minutes = ticket.lasts / 60_000;
        let mut out = io::stdout().lock();
        let picture = Picture::of(&ticket.link).filter(|picture| !as_link && fits(picture));
        match picture {
            Some(picture) => {
                show.drawn = true;
                write!(out, "\x1b[?1049h\x1b[H\x1b[2J")?;
                for line in picture.lines() {
                    write!(out, "{line}\r\n")?;
                }
                write!(out, "\r\n{}\r\n", ticket.link)?;
            }
            None => writeln!(out, "{}", ticket.link)?,
        }
        out.flush()?;
        drop(out);
        if !as_link && !show.drawn {
            super::note(
                "this window is too small for the picture; make it larger, or use the link",
            );
        }
        if let Some(why) = &ticket.native_only {
            super::note(why);
        }
        show.say(&format!(
            "waiting for the device, {minutes} minutes at most; Ctrl-C takes it back"
        ));
        Ok(show)
    }

    /// A line about how it stands.
    #[expect(
        clippy::unused_self,
        reason = "whoever shows the link says how it stands"
    )]
    fn say(&self, line: &str) {
        super::note(line);
    }

    /// The link is of no more use: it goes from the screen.
    fn hide(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.drawn) {
            let mut out = io::stdout().lock();
            write!(out, "\x1b[?1049l")?;
            out.flush()?;
        }
        Ok(())
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        // A terminal that is gone needs no care.
        let _ = self.hide();
    }
}

/// Below it come the link, which may take three lines, and lines about how it stands.
fn fits(picture: &Picture) -> bool {
    let (columns, rows) = picture.size();
    let size = rustix::termios::tcgetwinsize(io::stdout());
    size.is_ok_and(|size| {
        usize::from(size.ws_col) >= columns && usize::from(size.ws_row) >= rows + 6
    })
}

struct Pairing {
    link: Link,
    number: PairingNo,
    /// The question how far it has come.
    asked: RequestId,
    /// A device shows a code.
    claimed: bool,
    /// Typed before that.
    early: Option<String>,
    /// What the device will get, in words.
    gives: String,
    /// What the device is to be called.
    called: Option<String>,
    paired: Option<Box<DeviceInfo>>,
    typed: Typed,
    end: [Signal; 3],
}

impl Pairing {
    fn new(mut link: Link, pairing: PairingNo, gives: String) -> Result<Self, Fault> {
        let asked = link.ask(Request::AwaitPairing { pairing, seen: 1 })?;
        Ok(Self {
            link,
            number: pairing,
            asked,
            claimed: false,
            early: None,
            gives,
            called: None,
            paired: None,
            typed: Typed::open().map_err(|_| {
                let line = "nobody can type the digits here; run it in a terminal";
                Fault::Usage(line.into())
            })?,
            end: [
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
            ],
        })
    }

    async fn run(&mut self, show: &mut Show) -> Result<u8, Fault> {
        let late = Instant::now() + EXPECTED;
        let mut told = false;
        loop {
            let [interrupt, terminate, hang_up] = &mut self.end;
            tokio::select! {
                message = self.link.next() => {
                    let Some(message) = message? else {
                        let line = "the daemon has left, and the pairing with it; try again";
                        return Err(failure(FailKind::Internal, line).into());
                    };
                    if let Some(code) = self.take(message, show)? {
                        return Ok(code);
                    }
                }
                line = self.typed.next() => {
                    let line = line?;
                    self.enter(&line, show)?;
                }
                () = sleep_until(late), if !told && !self.claimed => {
                    told = true;
                    show.say(&causes(&show.address));
                }
                _ = interrupt.recv() => return Ok(130),
                _ = terminate.recv() => return Ok(143),
                _ = hang_up.recv() => return Ok(129),
            }
        }
    }

    fn take(&mut self, message: ToClient, show: &mut Show) -> Result<Option<u8>, Fault> {
        match message {
            ToClient::Answer { id, answer } if id == self.asked => match answer {
                Answer::Pairing { step, stage } => {
                    let (pairing, seen) = (self.number, step);
                    self.asked = self.link.ask(Request::AwaitPairing { pairing, seen })?;
                    self.stage(stage, show)
                }
                Answer::Failed(failure) => Err(failure.into()),
                _ => Err(sessions::unexpected("the daemon").into()),
            },
            ToClient::Answer { answer, .. } => {
                match answer {
                    Answer::Code(verdict) => say_verdict(verdict, show),
                    Answer::Failed(failure) => show.say(&failure.line),
                    _ => {}
                }
                Ok(None)
            }
            ToClient::Closed(failure) => Err(failure.into()),
            _ => Ok(None),
        }
    }

    fn stage(&mut self, stage: PairingStage, show: &mut Show) -> Result<Option<u8>, Fault> {
        match stage {
            PairingStage::Waiting => {}
            PairingStage::Claimed(claiming) => {
                // It may come again, for instance where its page is loaded again.
                if !std::mem::replace(&mut self.claimed, true) {
                    show.say(&format!("opened from {}", claiming.from));
                }
                show.hide()?;
                show.say(&who(&claiming));
                show.say(&format!("it will get: {}", self.gives));
                self.called.get_or_insert(claiming.name);
                match self.early.take() {
                    Some(code) => self.send(code)?,
                    None => show.say("type the six digits that it shows, or Ctrl-C to refuse:"),
                }
            }
            PairingStage::Approved => show.say("right; the device is keeping its key ..."),
            PairingStage::Paired(info) => {
                show.hide()?;
                show.say(&format!(
                    "\"{}\" is paired (role {}); see: abide devices",
                    clean(&info.name),
                    json::role(info.grant.role)
                ));
                self.paired = Some(info);
                return Ok(Some(0));
            }
            PairingStage::Over(why) => return Err(failure(FailKind::State, why).into()),
        }
        Ok(None)
    }

    /// The next line that is typed; none where the program is told to end instead.
    async fn answer(&mut self) -> Result<String, Fault> {
        let [interrupt, terminate, hang_up] = &mut self.end;
        tokio::select! {
            line = self.typed.next() => Ok(line?),
            _ = interrupt.recv() => Ok(String::new()),
            _ = terminate.recv() => Ok(String::new()),
            _ = hang_up.recv() => Ok(String::new()),
        }
    }

    /// Before a device shows a code, Enter takes the picture from the screen. A device shows it a
    /// moment before we hear of that: what is typed by then waits.
    fn enter(&mut self, line: &str, show: &mut Show) -> Result<(), Fault> {
        let code = line.trim().to_owned();
        if self.claimed {
            return self.send(code);
        }
        self.early = (!code.is_empty()).then_some(code);
        Ok(show.hide()?)
    }

    fn send(&mut self, code: String) -> Result<(), Fault> {
        let pairing = self.number;
        self.link.ask(Request::EnterCode { pairing, code })?;
        Ok(())
    }
}

/// What a device that is let in will get: its role, the sessions, the end.
pub(super) fn given(offer: &PairingOffer, names: &[&str], now: u64) -> String {
    let role = json::role(offer.role);
    let history = match offer.role {
        Role::View if offer.history => " with history",
        _ => "",
    };
    let sessions = match (offer.role, &offer.sessions, names) {
        (Role::Manage, _, _) | (_, None, _) => "all sessions".into(),
        (_, _, [name]) => format!("session {}", clean(name)),
        (_, _, names) => {
            let names: Vec<_> = names.iter().map(|name| clean(name)).collect();
            format!("sessions {}", names.join(" and "))
        }
    };
    let end = match offer.lasts {
        None => "until it is revoked".into(),
        Some(lasts) => format!("until {}", clock::end(now.saturating_add(lasts), now)),
    };
    format!("{role}{history}, {sessions}, {end}")
}

fn who(claiming: &Claiming) -> String {
    let kind = match claiming.kind {
        DeviceKind::Native => "abide on another machine",
        DeviceKind::Browser => "a browser",
        DeviceKind::Unknown => "a device of a kind that this version does not know",
    };
    let origin = match &claiming.origin {
        Some(origin) => format!(", with the page of {}", clean(origin)),
        None => String::new(),
    };
    format!(
        "\"{}\" at {} asks to be let in: {kind} ({}){origin}",
        clean(&claiming.name),
        clean(&claiming.from),
        clean(&claiming.agent)
    )
}

fn say_verdict(verdict: CodeVerdict, show: &Show) {
    let line = match verdict {
        CodeVerdict::NoCode => "a code has six digits; type them again:".into(),
        CodeVerdict::Wrong { left: 1 } => "wrong; 1 try is left:".into(),
        CodeVerdict::Wrong { left } => format!("wrong; {left} tries are left:"),
        CodeVerdict::Unclaimed => "no device shows a code yet".into(),
        // The stage that follows says it.
        CodeVerdict::Right | CodeVerdict::Burned | CodeVerdict::Over => return,
    };
    show.say(&line);
}

fn causes(address: &str) -> String {
    format!(
        "no device has come yet: is it in a network that reaches this machine, and does no firewall \
         stand between? try this address in its browser: {address}; see: abide share"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_protocol::SessionId;

    const NOW: u64 = 1_795_849_200_000;
    const DAY: u64 = 24 * 60 * 60 * 1000;

    #[test]
    fn what_a_device_will_get_is_said_in_one_line() {
        let check = |role, names: Option<&[&str]>, history, lasts, expected: &str| {
            let ids = names.map(|names| vec![SessionId([1; 16]); names.len()]);
            let offer = PairingOffer {
                role,
                sessions: ids,
                history,
                lasts,
                name: None,
                link: false,
            };
            assert_eq!(given(&offer, names.unwrap_or_default(), NOW), expected);
        };
        let web = Some(&["web"][..]);
        check(
            Role::Type,
            web,
            false,
            Some(30 * DAY),
            "type, session web, until 2026-12-28",
        );
        check(
            Role::Type,
            None,
            false,
            None,
            "type, all sessions, until it is revoked",
        );
        check(
            Role::View,
            Some(&["a", "b"]),
            true,
            None,
            "view with history, sessions a and b, until it is revoked",
        );
        check(
            Role::Manage,
            web,
            true,
            Some(DAY / 2),
            "manage, all sessions, until 2026-11-28 19:00:00Z",
        );
    }
}
