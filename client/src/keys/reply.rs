//! What a terminal says by itself. None of it is ever forwarded.

use super::Reply;
use super::csi::Csi;
use abide_protocol::Rgb;

/// Bytes of an OSC, DCS, APC, PM or SOS that are looked at; the rest is swallowed.
pub(super) const MAX_TEXT: usize = 1024;

/// A control sequence with a private marker, with intermediates, or with a final byte that only
/// replies have.
pub(super) fn sequence(csi: &Csi<'_>) -> Reply {
    let numbers = csi.firsts();
    match (csi.private, csi.intermediates, csi.last, &numbers[..]) {
        (Some(b'?'), [], b'c', _) => Reply::PrimaryAttributes(numbers),
        (Some(b'>'), [], b'c', _) => Reply::SecondaryAttributes(numbers),
        (Some(b'?'), [], b'u', [flags]) => Reply::KittyFlags(clamp(*flags)),
        (Some(b'>'), [], b'm', [4, level]) => Reply::ModifyOtherKeys(clamp(*level)),
        (Some(b'?'), [], b'n', [997, scheme @ (1 | 2)]) => {
            Reply::ColorScheme { dark: *scheme == 1 }
        }
        (private @ (None | Some(b'?')), b"$", b'y', [mode, state]) => Reply::Mode {
            private: private.is_some(),
            mode: *mode,
            state: *state,
        },
        (None, [], b't', [6, height, width]) => Reply::CellPixels(side(*width), side(*height)),
        (None, [], b't', [4, height, width]) => Reply::WindowPixels(side(*width), side(*height)),
        (None, [], b't', [8, rows, columns]) => Reply::WindowCells(side(*columns), side(*rows)),
        _ => Reply::Other,
    }
}

fn clamp(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

fn side(number: u32) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

/// The body of a string sequence; `kind` is the byte after ESC that began it.
pub(super) fn text(kind: u8, body: &[u8]) -> Reply {
    let Ok(body) = std::str::from_utf8(body) else {
        return Reply::Other;
    };
    let reply = match kind {
        b'P' => version(body).or_else(|| cursor_style(body)),
        b']' => color(body),
        _ => None,
    };
    reply.unwrap_or(Reply::Other)
}

fn version(body: &str) -> Option<Reply> {
    let name = body.strip_prefix(">|")?;
    let printable = |c: &char| *c == ' ' || c.is_ascii_graphic();
    Some(Reply::Version(name.chars().filter(printable).collect()))
}

/// The answer to `DCS $ q SP q ST`.
fn cursor_style(body: &str) -> Option<Reply> {
    let style = body.strip_prefix("1$r")?.strip_suffix(" q")?;
    Some(Reply::CursorStyle(style.parse().ok()?))
}

fn color(body: &str) -> Option<Reply> {
    let (number, rest) = body.split_once(';')?;
    match number {
        "4" => {
            let (index, color) = rest.split_once(';')?;
            Some(Reply::Indexed(index.parse().ok()?, rgb(color)?))
        }
        "10" => Some(Reply::Foreground(rgb(rest)?)),
        "11" => Some(Reply::Background(rgb(rest)?)),
        "12" => Some(Reply::CursorColor(rgb(rest)?)),
        _ => None,
    }
}

/// `rgb:r/g/b`, `rgba:r/g/b/a` with 1 to 4 digits each, or `#rrggbb`.
fn rgb(text: &str) -> Option<Rgb> {
    if let Some(digits) = text.strip_prefix('#').filter(|digits| digits.len() == 6) {
        let part = |at: usize| digits.get(at..at + 2).and_then(channel);
        return Some(Rgb {
            r: part(0)?,
            g: part(2)?,
            b: part(4)?,
        });
    }
    let parts = text
        .strip_prefix("rgb:")
        .or_else(|| text.strip_prefix("rgba:"))?;
    let mut parts = parts.split('/').map(channel);
    Some(Rgb {
        r: parts.next()??,
        g: parts.next()??,
        b: parts.next()??,
    })
}

/// 1 to 4 hexadecimal digits as the share of their full scale, in 8 bits.
fn channel(digits: &str) -> Option<u8> {
    let digits = Some(digits).filter(|d| (1..=4).contains(&d.len()))?;
    let value = digits
        .bytes()
        .all(|b| b.is_ascii_hexdigit())
        .then_some(digits)?;
    let value = u32::from_str_radix(value, 16).ok()?;
    let full = (1_u32 << (4 * digits.len())) - 1;
    u8::try_from((value * 255 + full / 2) / full).ok()
}
